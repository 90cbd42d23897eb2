/*
 * What becomes of an object's picture, from the frame to the segment and to the events: with a real segment and real
 * JPEGs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture/decode.h"
#include "segments_fixture.h"
#include "tracker/best_pictures.h"

enum { WIDTH = 320, HEIGHT = 240, COUNT = 3, BYTES = 16 * 1024, SIDE = 60 };

#define MS INT64_C(1000000)

struct scene {
    struct camd_segment_fds fds;
    struct camd_segments tracker, capture;
    struct best_pictures best;
    struct objects objects;
    struct camd_frame frame; /* the last */
    int64_t now_ns;
};

static struct scene scene;

static int set_up(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    fixture_make_sized(&scene.fds, CAMD_SLOTS_MIN, WIDTH, HEIGHT);
    fixture_add_best(&scene.fds, COUNT, BYTES);
    fixture_map(&scene.fds, CAMD_ROLE_TRACKER, &scene.tracker);
    fixture_map(&scene.fds, CAMD_ROLE_CAPTURE, &scene.capture);
    camd_capture_begin(&scene.capture, 1);
    scene.now_ns = 1000000 * MS;
    return best_pictures_attach(&scene.best, &scene.tracker, scene.now_ns);
}

static int tear_down(void **state)
{
    (void)state;
    best_pictures_fini(&scene.best);
    camd_segments_unmap(&scene.tracker);
    camd_segments_unmap(&scene.capture);
    fixture_close(&scene.fds);
    return 0;
}

/* An object that subscribers know, where it was found in the frame to come. */
static void place(size_t i, uint64_t id, int32_t x, int32_t y, float score)
{
    scene.objects.list[i] =
        (struct object){.id = id, .started = true, .score = score, .box = {x, y, x + SIDE - 1, y + SIDE - 1}};
}

static uint32_t draw_noise(uint8_t *pixels, bool noisy)
{
    uint32_t seed = 1;
    for (uint32_t i = 0; i < WIDTH * HEIGHT * 3 / 2; i++) {
        seed = seed * 1664525 + 1013904223;
        pixels[i] =
            noisy ? (uint8_t)(seed >> 24) : (uint8_t)(i < WIDTH * HEIGHT ? (i % 64 < 32 ? 60 : 180) : 128);
    }
    return seed;
}

/* A frame of sharp bars, or of noise, which no JPEG makes small; all objects are found in it. */
static void next_frame(bool noisy, uint32_t flags)
{
    const struct camd_frame_times times = {.wall_ns = 77, .flags = flags};
    uint32_t slot;
    uint8_t *pixels;
    bool queued;
    assert_int_equal(camd_capture_slot_open(&scene.capture, &slot, &pixels), 0);
    draw_noise(pixels, noisy);
    camd_capture_publish(&scene.capture, slot, &times, &queued);
    assert_int_equal(camd_tracker_take(&scene.tracker, &scene.frame), 0);
    for (size_t i = 0; i < TRACKS_MAX; i++)
        scene.objects.list[i].found_frame_id = scene.objects.list[i].id != 0 ? scene.frame.frame_id : 0;
}

static void look(int64_t after_ms)
{
    scene.now_ns += after_ms * MS;
    best_pictures_frame(&scene.best, &scene.objects, &scene.frame, scene.now_ns);
    assert_true(camd_tracker_release(&scene.tracker, &scene.frame));
}

static void frame_after(int64_t after_ms)
{
    next_frame(false, 0);
    look(after_ms);
}

static enum best_state state_of(uint64_t id)
{
    struct best_report report;
    best_pictures_report(&scene.best, id, &report);
    return report.state;
}

static const struct camd_best *entry_of(uint64_t id)
{
    for (uint32_t i = 0; i < COUNT; i++)
        if (camd_best_entry(&scene.tracker, i)->object_id == id)
            return camd_best_entry(&scene.tracker, i);
    return NULL;
}

static void test_a_picture_is_kept(void **state)
{
    struct best_report report;
    static uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
    (void)state;
    place(0, 5, 100, 80, 0.8F);
    assert_int_equal(state_of(5), BEST_NONE);
    frame_after(0);
    best_pictures_report(&scene.best, 5, &report);
    assert_int_equal(report.state, BEST_KEPT);
    assert_int_equal(report.frame_id, scene.frame.frame_id);
    assert_int_equal(report.wall_ns, 77);
    assert_int_equal(report.box.x2, 159);
    const struct camd_best *entry = entry_of(5);
    struct picture picture = {entry->width, entry->height, pixels};

    assert_int_equal(entry->sequence % 2, 0);
    assert_int_equal(entry->ended_ns, 0);
    assert_int_equal(entry->view.x2 - entry->view.x1, WIDTH); /* a frame that fits is whole */
    assert_int_equal(
        picture_from_jpeg(&picture, (const uint8_t *)entry + CAMD_BEST_HEAD_BYTES, entry->jpeg_bytes), 0);
    /* of full range: 60 is (60 - 16) * 255 / 219 */
    assert_in_range(pixels[6], 45, 58);
    assert_int_equal(scene.best.written, 1);
}

static void test_only_a_clearly_better_one_is_encoded(void **state)
{
    (void)state;
    place(0, 5, 100, 80, 0.5F);
    frame_after(0);
    place(0, 5, 100, 80, 0.55F);
    frame_after(1000);
    assert_int_equal(scene.best.written, 1);
    place(0, 5, 100, 80, 0.65F);
    frame_after(1000);
    assert_int_equal(scene.best.written, 2);
    place(0, 5, 0, 80, 0.9F); /* at the side */
    frame_after(1000);
    assert_int_equal(scene.best.written, 2);
}

static void test_twice_a_second_at_most(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) { /* 25 frames a second, each better by far than the one before */
        place(0, 5 + (uint64_t)i, 100, 80, 0.5F);
        frame_after(40);
        best_pictures_end(&scene.best, 5 + (uint64_t)i, scene.now_ns - 120 * 1000 * MS);
    }
    assert_in_range(scene.best.written, 7, 8); /* in four seconds */
}

static void test_those_without_a_picture_come_first(void **state)
{
    (void)state;
    place(0, 5, 100, 80, 0.2F);
    frame_after(1000);
    place(0, 5, 100, 80, 0.9F); /* much better */
    place(1, 6, 10, 10, 0.1F);  /* but this one has none */
    frame_after(1000);
    assert_int_equal(state_of(6), BEST_KEPT);
    assert_true(entry_of(5)->score < 0.3F);
    frame_after(1000);
    assert_true(entry_of(5)->score > 0.8F);
}

/* Smear, an estimate, and what nobody has been told of are no pictures of an object. */
static void test_what_is_no_picture_of_an_object(void **state)
{
    (void)state;
    place(0, 5, 100, 80, 0.8F);
    next_frame(false, CAMD_FRAME_DAMAGED);
    look(1000);
    next_frame(false, 0);
    scene.objects.list[0].found_frame_id--; /* taken to be where it was */
    look(1000);
    next_frame(false, 0);
    scene.objects.list[0].started = false;
    look(1000);
    assert_int_equal(scene.best.written, 0);
    assert_int_equal(state_of(5), BEST_NONE);
}

/* A capture that overwrites the frame under the lease: what was cut out may be of two. */
static void test_a_frame_that_changes_meanwhile_is_no_picture(void **state)
{
    (void)state;
    place(0, 5, 100, 80, 0.8F);
    next_frame(false, 0);
    scene.capture.capture->slots[scene.frame.slot].sequence += 2;
    scene.now_ns += 1000 * MS;
    best_pictures_frame(&scene.best, &scene.objects, &scene.frame, scene.now_ns);
    assert_int_equal(state_of(5), BEST_NONE);
    assert_false(camd_tracker_release(&scene.tracker, &scene.frame));
}

/* Noise is too large a JPEG at any quality: then it is a smaller picture. */
static void test_what_does_not_fit_is_made_to(void **state)
{
    (void)state;
    place(0, 5, 100, 80, 0.8F);
    next_frame(true, 0);
    look(1000);
    const struct camd_best *entry = entry_of(5);

    assert_non_null(entry);
    assert_in_range(entry->jpeg_bytes, 1000, BYTES);
    assert_true(entry->view.x1 <= 100 && entry->view.x2 >= 160);
    frame_after(1000); /* and bars are tried at the quality that has just fitted, at least */
}

static void test_full_gone_and_kept_for_a_minute(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= COUNT; id++) {
        place((size_t)id - 1, id, 100, 80, 0.5F);
        frame_after(1000);
    }
    place(3, 9, 100, 80, 0.5F); /* no better than the others */
    frame_after(1000);
    assert_int_equal(state_of(9), BEST_FULL);
    place(3, 9, 100, 80, 0.9F);
    frame_after(1000);
    assert_int_equal(state_of(9), BEST_KEPT);
    assert_int_equal(state_of(1), BEST_GONE);
    frame_after(1000);
    assert_int_equal(state_of(1), BEST_GONE); /* it is found again, but it had one */

    memset(&scene.objects, 0, sizeof(scene.objects));
    best_pictures_end(&scene.best, 1, scene.now_ns);
    assert_int_equal(state_of(1), BEST_NONE); /* forgotten */
    best_pictures_end(&scene.best, 2, scene.now_ns);
    best_pictures_end(&scene.best, 3, scene.now_ns + 1);
    best_pictures_end(&scene.best, 9, scene.now_ns + 2);
    assert_int_equal(entry_of(9)->ended_ns, scene.now_ns + 2);
    place(0, 20, 100, 80, 1.0F);
    frame_after(59 * 1000);
    assert_int_equal(state_of(20), BEST_FULL);
    assert_non_null(entry_of(2));
    frame_after(1000);
    assert_int_equal(state_of(20), BEST_KEPT);
    assert_null(entry_of(2)); /* it ended first */
}

/* A tracker that starts goes on with what its predecessor kept, but for what that was writing when it died. */
static void test_pictures_outlive_the_tracker(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= COUNT; id++) {
        place((size_t)id - 1, id, 100, 80, 0.5F);
        frame_after(1000);
    }
    best_pictures_end(&scene.best, 1, scene.now_ns);
    const int64_t ended_ns = scene.now_ns;

    camd_sequence_write_begin((uint32_t *)(uintptr_t)&entry_of(3)->sequence);
    best_pictures_fini(&scene.best);
    memset(&scene.best, 0, sizeof(scene.best));
    memset(&scene.objects, 0, sizeof(scene.objects));
    scene.now_ns += 30 * 1000 * MS;
    assert_int_equal(best_pictures_attach(&scene.best, &scene.tracker, scene.now_ns), 0);
    assert_int_equal(entry_of(1)->ended_ns, ended_ns);
    assert_int_equal(entry_of(2)->ended_ns, scene.now_ns);
    assert_null(entry_of(3));
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(camd_best_entry(&scene.tracker, i)->sequence % 2, 0);
    place(0, 7, 100, 80, 0.5F);
    frame_after(1000);
    assert_int_equal(state_of(7), BEST_KEPT); /* in the place of 3 */
    place(1, 8, 100, 80, 0.5F);
    frame_after(28 * 1000);
    assert_int_equal(state_of(8), BEST_FULL);
    frame_after(1000);
    assert_int_equal(state_of(8), BEST_KEPT);
    assert_null(entry_of(1));
    assert_non_null(entry_of(2));
}

/* Whatever a predecessor left: it is taken for what it can be. */
static void test_any_content_is_survived(void **state)
{
    (void)state;
    srandom(3);
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < (size_t)COUNT * (CAMD_BEST_HEAD_BYTES + BYTES); i += 1 + (size_t)random() % 7)
            scene.tracker.best[i] = (uint8_t)random();
        assert_int_equal(best_pictures_attach(&scene.best, &scene.tracker, scene.now_ns), 0);
        place(0, 5000000 + (uint64_t)round, 100, 80, 0.5F);
        frame_after(61 * 1000);
        assert_int_equal(state_of(5000000 + (uint64_t)round), BEST_KEPT);
    }
}

static void test_other_segments_have_other_pictures(void **state)
{
    struct camd_segments without = scene.tracker;
    (void)state;
    place(0, 5, 100, 80, 0.5F);
    frame_after(1000);
    without.best = NULL;
    without.best_count = 0;
    assert_int_equal(best_pictures_attach(&scene.best, &without, scene.now_ns), 0);
    assert_int_equal(state_of(5), BEST_GONE);
    assert_int_equal(state_of(6), BEST_OFF);
    frame_after(1000);
    best_pictures_end(&scene.best, 5, scene.now_ns);
    assert_int_equal(state_of(5), BEST_OFF);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_picture_is_kept),
        TEST(test_only_a_clearly_better_one_is_encoded),
        TEST(test_twice_a_second_at_most),
        TEST(test_those_without_a_picture_come_first),
        TEST(test_what_is_no_picture_of_an_object),
        TEST(test_a_frame_that_changes_meanwhile_is_no_picture),
        TEST(test_what_does_not_fit_is_made_to),
        TEST(test_full_gone_and_kept_for_a_minute),
        TEST(test_pictures_outlive_the_tracker),
        TEST(test_any_content_is_survived),
        TEST(test_other_segments_have_other_pictures),
    };

    return cmocka_run_group_tests_name("best pictures", tests, NULL, NULL);
}
