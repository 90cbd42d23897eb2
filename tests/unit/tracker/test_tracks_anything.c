/* Tracks of whatever a detector may say, of more than there is room for, and of settings that make no sense. */
#include <math.h>
#include <stdlib.h>

#include "tracks_scene.h"

static struct tracks twin;

static const int32_t EDGES[] = {INT32_MIN, -5000, -1, 0, 1, 100, 479, 480, 639, 640, 5000, INT32_MAX};
static const float SCORES[] = {NAN, INFINITY, -INFINITY, -1.0f, 0.0f, 0.3f, 0.7f, 0.95f, 1.0f, 2.0f};

static int32_t random_edge(void)
{
    return EDGES[(size_t)rand() % (sizeof(EDGES) / sizeof(EDGES[0]))];
}

static struct detection random_detection(void)
{
    struct detection detection =
        person(rand() % 700 - 30, rand() % 500 - 10, 0.4f + (float)(rand() % 60) / 100.0f);
    if (rand() % 10 == 0)
        detection.box = (struct camd_box){random_edge(), random_edge(), random_edge(), random_edge()};
    if (rand() % 10 == 0)
        detection.score = SCORES[(size_t)rand() % (sizeof(SCORES) / sizeof(SCORES[0]))];
    detection.label = (uint32_t)rand() % 3;
    return detection;
}

static void check_track(const struct track *track)
{
    const double numbers[] = {track->box.x1, track->box.y1,   track->box.x2,
                              track->box.y2, track->evidence, (double)track->score};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_true(isfinite(numbers[i]));
    assert_true(track->box.x2 > track->box.x1 && track->box.y2 > track->box.y1);
    assert_in_range(track->estimate.x1, 0, FRAME_WIDTH - 1);
    assert_in_range(track->estimate.x2, track->estimate.x1, FRAME_WIDTH - 1);
    assert_in_range(track->estimate.y1, 0, FRAME_HEIGHT - 1);
    assert_in_range(track->estimate.y2, track->estimate.y1, FRAME_HEIGHT - 1);
    assert_true(track->hits >= 1 && track->hits <= track->age);
    assert_true(track->confirmed || !track->present);
    assert_true(track->disappeared <= tracks.settings.max_disappeared);
}

/* Whoever has an id keeps its label; new ids are higher than all before. */
static void check_ids(uint64_t *highest, uint64_t last_next_id)
{
    assert_true(tracks.next_id >= last_next_id);
    for (int i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &tracks.list[i];
        if (track->id == 0)
            continue;
        check_track(track);
        assert_true(track->id < tracks.next_id);
        *highest = track->id > *highest ? track->id : *highest;
        for (int j = 0; j < i; j++)
            assert_true(tracks.list[j].id != track->id);
    }
}

static void check_assignment(const struct detection *detections, uint32_t count)
{
    bool taken[TRACKS_MAX] = {false};
    for (uint32_t i = 0; i < count; i++) {
        int32_t place = tracks.track_of[i];
        if (place == TRACKS_NONE)
            continue;
        assert_in_range(place, 0, TRACKS_MAX - 1);
        const struct track *track = &tracks.list[place];
        assert_false(taken[place]);
        taken[place] = true;
        assert_true(track->id != 0 && track->label == detections[i].label && track->disappeared == 0);
        assert_memory_equal(&track->detected, &detections[i].box, sizeof(track->detected));
    }
}

static void check_twin(void)
{
    for (int i = 0; i < TRACKS_MAX; i++) {
        const struct track *a = &tracks.list[i], *b = &twin.list[i];
        assert_true(a->id == b->id && a->hits == b->hits && a->present == b->present);
        assert_memory_equal(&a->box, &b->box, sizeof(a->box));
    }
}

/* Few and more than fit, of sorts that no detector would make; and the same again gives the same. */
static void anything_may_come(void **state)
{
    (void)state;
    static struct detection detections[DETECTIONS_MAX + 10];
    uint64_t highest = 0;
    srand(5);
    begin_at(7.0);
    tracks_init(&twin, &(struct tracks_settings){.fps = 7.0}, FRAME_WIDTH, FRAME_HEIGHT);
    tracks_update(&twin, NULL, 0, NULL, 0);
    for (int frame = 0; frame < 600; frame++) {
        uint64_t last_next_id = tracks.next_id;
        uint32_t count = (uint32_t)rand() % (frame % 50 == 0 ? DETECTIONS_MAX + 10 : 30);
        for (uint32_t i = 0; i < count; i++)
            detections[i] = random_detection();
        if (frame % 17 == 0) {
            tracks_hold(&tracks, now_ns);
            tracks_hold(&twin, now_ns);
            check_ids(&highest, last_next_id);
            continue;
        }
        tracks_update(&tracks, detections, count, NULL, now_ns);
        tracks_update(&twin, detections, count, NULL, now_ns);
        check_ids(&highest, last_next_id);
        check_assignment(detections, count < DETECTIONS_MAX ? count : DETECTIONS_MAX);
        check_twin();
    }
    assert_true(highest > 500);
}

/* More objects than places: those that are there stay, new ones wait until one is missed. */
static void full_list_keeps_who_is_seen(void **state)
{
    (void)state;
    static struct detection crowd[TRACKS_MAX + 10];
    begin_at(10.0);
    for (int i = 0; i < TRACKS_MAX + 10; i++)
        crowd[i] = (struct detection){.box = {i % 16 * 40, i / 16 * 50, i % 16 * 40 + 15, i / 16 * 50 + 40},
                                      .score = SURE};
    for (int frame = 0; frame < 5; frame++)
        see(crowd, TRACKS_MAX + 10);
    assert_int_equal(count_tracks(), TRACKS_MAX);
    for (int i = 0; i < TRACKS_MAX; i++)
        assert_int_equal(tracks.list[i].hits, 5);
    see(crowd + 10, TRACKS_MAX);
    assert_int_equal(count_tracks(), TRACKS_MAX);
    for (int i = 0; i < TRACKS_MAX; i++)
        assert_int_equal(tracks.track_of[i] != TRACKS_NONE, true);
}

static void settings_that_make_no_sense_are_harmless(void **state)
{
    (void)state;
    static const double rates[] = {0.0, -1.0, NAN, INFINITY, 1e300, 1e-300};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        begin_at(rates[i]);
        for (int frame = 0; frame < 10; frame++)
            see_one(100, 100, SURE);
        see_nothing(1);
        check_track(only());
    }
    tracks_init(&tracks, &(struct tracks_settings){.fps = 5.0}, 0, 0);
    see_one(100, 100, SURE);
    assert_int_equal(count_tracks(), 0);
}

/* Frames of another size: other tracks, and never an id of before. */
static void another_size_ends_tracks_but_not_ids(void **state)
{
    (void)state;
    begin_at(10.0);
    see_one(100, 100, SURE);
    uint64_t id = only()->id;
    tracks_set_size(&tracks, 320, 240);
    assert_int_equal(count_tracks(), 0);
    see_one(100, 100, SURE);
    assert_true(only()->id > id);
}

static void defaults_follow_the_frame_rate(void **state)
{
    (void)state;
    begin_at(5.0);
    assert_int_equal(tracks.settings.max_disappeared, 25);
    assert_int_equal(tracks.settings.min_initialized, 2);
    tracks_configure(&tracks, &(struct tracks_settings){.fps = 25.0});
    assert_int_equal(tracks.settings.max_disappeared, 125);
    assert_int_equal(tracks.settings.min_initialized, 12);
    tracks_configure(&tracks,
                     &(struct tracks_settings){.fps = 25.0, .max_disappeared = 7, .min_initialized = 3});
    assert_int_equal(tracks.settings.max_disappeared, 7);
    assert_int_equal(tracks.settings.min_initialized, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_may_come),
        cmocka_unit_test(full_list_keeps_who_is_seen),
        cmocka_unit_test(settings_that_make_no_sense_are_harmless),
        cmocka_unit_test(another_size_ends_tracks_but_not_ids),
        cmocka_unit_test(defaults_follow_the_frame_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
