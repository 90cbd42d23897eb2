/* Objects from what moves: people made of rectangles before a noisy wall. */
#include <stdlib.h>
#include <string.h>

#include "movers_scene.h"

#include "tracker/box.h"

static void a_person_who_walks_is_one_object_of_its_size(void **state)
{
    (void)state;
    uint64_t id = 0;
    learn_the_wall();
    for (int32_t x = 50; x < 500; x += 6) {
        begin_picture();
        struct camd_box box = person(x, 200, 30);
        look();
        assert_in_range(found.count, 1, 1);
        assert_true(box_iou(&found.list[0].box, &box) > .7);
        if (x < 150)
            continue;
        assert_int_equal(present(), 1);
        expect_followed(&box, &id);
    }
}

/* As a camera sees people that looks down a street. */
static struct camd_box person_down_the_street(int32_t x, int32_t feet)
{
    const int32_t height = (feet - 100) * 4 / 17, width = height * 3 / 8;
    draw(x, feet - height, width, height, 30);
    return (struct camd_box){x, feet - height, x + width, feet};
}

static void who_is_small_because_he_is_far_away_is_an_object(void **state)
{
    (void)state;
    enum { NEAR = 440, NEARER = 240, FAR_AWAY = 172 }; /* rows of the feet; far away 6x16 pixels */
    struct camd_box box;
    learn_the_wall();
    for (int32_t feet = NEAR; feet >= NEARER; feet -= 50)
        for (int32_t x = 50; x < 500; x += 6) {
            begin_picture();
            person_down_the_street(x, feet);
            look();
        }
    for (int32_t x = 100; x < 200; x += 2) {
        begin_picture();
        box = person_down_the_street(x, FAR_AWAY);
        look();
    }
    assert_int_not_equal(track_at(&box, .5), 0);
}

/* In each picture he has left all of his last place: his steps tell that he is one. */
static void who_runs_farther_than_his_width_in_a_picture_is_one_object(void **state)
{
    (void)state;
    uint64_t id = 0;
    learn_the_wall();
    for (int32_t x = 20; x < 560; x += PERSON_WIDTH * 7 / 3) {
        begin_picture();
        struct camd_box box = person(x, 200, 30);
        look();
        const uint64_t seen = track_at(&box, .5);
        if (seen != 0 && id == 0)
            id = seen;
        assert_int_equal(seen, id);
        assert_true(present() <= 1);
    }
    assert_int_not_equal(id, 0);
}

static void nothing_is_seen_in_masks(void **state)
{
    (void)state;
    mask_count = 1;
    masks[0] = (struct mask_polygon){.count = 4, .points = {{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
    learn_the_wall();
    for (int32_t x = 50; x < 200; x += 6) {
        begin_picture();
        person(x, 200, 30);
        look();
        assert_int_equal(found.count, 0);
    }
}

/* Once sizes are known, two who walk side by side as one figure are two objects. */
static void two_who_walk_as_one_figure_are_two(void **state)
{
    (void)state;
    learn_the_wall();
    for (int n = 0; n < 2; n++)
        for (int32_t x = 50; x < 500; x += 6) {
            begin_picture();
            person(x, 150 + n * 60, 30);
            look();
        }
    int both = 0, frames = 0;
    for (int32_t x = 50; x < 450; x += 6) {
        begin_picture();
        struct camd_box left = person(x, 210, 30), right = person(x + PERSON_WIDTH + 1, 210, 200);
        look();
        if (x < 170)
            continue;
        frames++;
        both += track_at(&left, .5) != 0 && track_at(&right, .5) != 0 &&
                track_at(&left, .5) != track_at(&right, .5);
    }
    assert_true(both * 10 >= frames * 8);
}

/* Who came in the first half a minute and stopped was part of the scene two seconds later, and another object as he went on. */
static void who_waits_soon_after_the_start_goes_on_as_one_object(void **state)
{
    (void)state;
    enum { STOPS = 200, WAITS = 60 * FPS };
    uint64_t id = 0;
    learn_the_wall();
    for (int i = 0; i < 40 + WAITS + 20; i++) {
        const int walked = i < 40 ? i : i < 40 + WAITS ? 40 : i - WAITS;
        begin_picture();
        const struct camd_box box = person(STOPS + (walked - 40) * 4, 200, 30);
        look();
        if (i < 30)
            continue;
        expect_followed(&box, &id);
        assert_int_equal(present(), 1);
    }
}

/* The scene has an outline wherever he is, and was taken for what had gone. */
static void who_walks_before_a_fence_is_an_object(void **state)
{
    (void)state;
    for (int i = 0; i < LEARN_FRAMES; i++) {
        begin_picture();
        draw_stripes();
        look();
    }
    walk_and_be_seen(40, true);
}

/*
 * Drops above and below him were parts of him, and of what was known of sizes: he grew to twice his height, and was lost and found
 * again all the way.
 */
static void who_walks_in_rain_is_one_object_of_his_size(void **state)
{
    (void)state;
    int seen = 0, pictures = 0;
    uint32_t seed = 7;
    learn_the_wall();
    for (int32_t x = 50; x < 550; x += 3) {
        begin_picture();
        for (int drop = 0; drop < 120; drop++) {
            seed = seed * 1664525 + 1013904223;
            draw((int32_t)(seed >> 16) % (WIDTH - 8), (int32_t)(seed >> 8 & 0xFFFF) % (HEIGHT - 40), 6, 20,
                 (uint8_t)(180 + (seed >> 28)));
        }
        const struct camd_box box = person(x, 200, 30);
        look();
        pictures += x > 100;
        seen += x > 100 && track_at(&box, .5) != 0;
    }
    assert_true(seen * 10 >= pictures * 9);
}

/* A road that is masked, and larger than the rest, was another one for a while: that was taken for another light, and all forgotten. */
static void what_changes_in_masks_is_no_other_light(void **state)
{
    (void)state;
    enum { MASKED = 160 };
    const double left = (double)MASKED / WIDTH;
    masks[0] = (struct mask_polygon){.count = 4, .points = {{left, 0}, {1, 0}, {1, 1}, {left, 1}}};
    mask_count = 1;
    learn_the_wall();
    for (int i = 0; i < FPS; i++) {
        begin_picture();
        draw(MASKED + 10, 0, WIDTH - MASKED - 10, HEIGHT, 30);
        look();
        assert_int_equal(movers.changed_pictures, 0);
    }
}

/* Of those far away was learnt that all who come are as small, and one who came near was several objects. */
static void who_comes_near_after_others_far_away_is_one_object(void **state)
{
    (void)state;
    int seen = 0, pictures = 0;
    learn_the_wall();
    for (int n = 0; n < 6; n++)
        for (int32_t x = 50; x < 550; x += 5) {
            begin_picture();
            draw(x, 100 + n % 3 * 8, 16, 44 + n % 3 * 4, 30);
            look();
        }
    for (int32_t x = 50; x < 500; x += 8) {
        begin_picture();
        draw(x, 260, 50, 160, 30);
        const struct camd_box box = {x, 260, x + 50, 420};
        look();
        pictures += x > 130;
        seen += x > 130 && track_at(&box, .7) != 0 && present() == 1;
    }
    assert_true(seen * 10 >= pictures * 8);
}

/* Their small parts were as many as if it rained, and no longer theirs. */
static void people_who_are_seen_in_parts_are_no_rain(void **state)
{
    (void)state;
    enum { PEOPLE = 5, HEAD = 8, APART = 20, LEVEL = 30 };
    int seen = 0, pictures = 0;
    learn_the_wall();
    for (int32_t x = 50; x < 550; x += 4) {
        begin_picture();
        person(x, 200, LEVEL);
        look();
    }
    for (int32_t i = 0; i < 120; i++) {
        struct camd_box boxes[PEOPLE];
        begin_picture();
        for (int32_t n = 0; n < PEOPLE; n++) {
            const int32_t x = 20 + n * 60 + i * 2;
            boxes[n] = (struct camd_box){x, 200, x + PERSON_WIDTH, 200 + PERSON_HEIGHT};
            draw(x + 8, 200, 14, HEAD, LEVEL);
            draw(x, 200 + APART, PERSON_WIDTH, PERSON_HEIGHT - APART, LEVEL);
        }
        look();
        for (int32_t n = 0; n < PEOPLE && i >= 60; n++) {
            pictures++;
            seen += track_at(&boxes[n], .85) != 0;
        }
    }
    assert_true(seen * 10 >= pictures * 8);
}

static bool has_travelled_as_far(int32_t way)
{
    bool has_travelled = false;
    tracks_init(&tracks, &(struct tracks_settings){.fps = FPS}, WIDTH, HEIGHT);
    for (int i = 0; i < 40; i++) {
        const int32_t x = 300 + (i < 20 ? 0 : way * (i - 19) / 20);
        found.list[0] = (struct detection){
            .box = {x, 200, x + 8, 260}, .region = {0, 0, WIDTH - 1, HEIGHT - 1}, .score = 0.9F};
        found.count = 1;
        tracks_update(&tracks, found.list, found.count, pixels, 0);
    }
    assert_int_equal(present(), 1);
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        has_travelled = has_travelled || (tracks.list[i].id != 0 && tracks.list[i].has_travelled);
    return has_travelled;
}

/* It goes farther than it is wide, and its place was held for twenty minutes. */
static void a_branch_in_the_wind_has_not_travelled(void **state)
{
    (void)state;
    assert_false(has_travelled_as_far(16));
    assert_true(has_travelled_as_far(60));
}

/* Blocks all over the wall, more than there is room for; with light ignored it would be another picture. */
static void figures_without_room_are_counted(void **state)
{
    (void)state;
    light_is_motion = true;
    for (int i = 0; i < LEARN_FRAMES; i++) {
        begin_picture();
        look();
    }
    assert_int_equal(movers.left_out, 0);
    begin_picture();
    for (int32_t i = 0; i < 180; i++)
        draw(10 + i % 15 * 42, 5 + i / 15 * 40, 20, 20, 250);
    look();
    assert_int_equal(movers.left_out, 180 - FIGURES_MAX);
    begin_picture();
    look();
    assert_int_equal(movers.left_out, 0);
}

/* Bounded, whatever the picture. */
static void noise_all_over_is_survived(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        for (size_t k = 0; k < sizeof(pixels); k++) {
            noise = noise * 1664525 + 1013904223;
            pixels[k] = (uint8_t)(noise >> 24);
        }
        look();
    }
}

/* The sums of a large picture's pixels did not fit their 16 bits, and of a narrow one no column was left. */
static void frames_of_any_size_are_learnt(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{16, 16}, {18, 22}, {128, 8192}, {16, 8192}, {8192, 16}};
    enum { LEVEL = 235 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];
        size_t bytes = (size_t)width * height * 3 / 2;
        uint8_t *bright = malloc(bytes);
        assert_non_null(bright);
        memset(bright, LEVEL, bytes);
        const struct movers_input input = {.width = width,
                                           .height = height,
                                           .pixels = bright,
                                           .fps = FPS,
                                           .tracks = &tracks,
                                           .ignore_light = true};
        tracks_set_size(&tracks, width, height);
        for (int n = 0; n < 3; n++) {
            assert_int_equal(movers_detect(&movers, &input, &found), 0);
            assert_int_equal(found.count, 0);
        }
        assert_true(movers.background.mixture.looks[0][0].y[0] == LEVEL);
        movers_fini(&movers);
        free(bright);
    }
}

/* At less than a picture in half a minute, more was learnt of each than there is in it: the scene swung ever further. */
static void a_picture_now_and_then_is_learnt(void **state)
{
    (void)state;
    const struct movers_input input = {.width = WIDTH,
                                       .height = HEIGHT,
                                       .pixels = pixels,
                                       .fps = 0.01,
                                       .tracks = &tracks,
                                       .ignore_light = true};
    for (int i = 0; i < LEARN_FRAMES; i++) {
        light = i % 2 * 3;
        begin_picture();
        assert_int_equal(movers_detect(&movers, &input, &found), 0);
    }
    const struct lighting *lighting = &movers.lighting;
    assert_in_range(lighting->levels[0] + 4, lighting->picture[0], lighting->picture[0] + 8);
    assert_in_range((int)movers.background.mixture.looks[0][0].y[0], 100, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MOVERS_TEST(a_person_who_walks_is_one_object_of_its_size),
        MOVERS_TEST(who_is_small_because_he_is_far_away_is_an_object),
        MOVERS_TEST(who_runs_farther_than_his_width_in_a_picture_is_one_object),
        MOVERS_TEST(nothing_is_seen_in_masks),
        MOVERS_TEST(two_who_walk_as_one_figure_are_two),
        MOVERS_TEST(who_waits_soon_after_the_start_goes_on_as_one_object),
        MOVERS_TEST(who_walks_before_a_fence_is_an_object),
        MOVERS_TEST(who_walks_in_rain_is_one_object_of_his_size),
        MOVERS_TEST(what_changes_in_masks_is_no_other_light),
        MOVERS_TEST(who_comes_near_after_others_far_away_is_one_object),
        MOVERS_TEST(people_who_are_seen_in_parts_are_no_rain),
        MOVERS_TEST(a_branch_in_the_wind_has_not_travelled),
        MOVERS_TEST(figures_without_room_are_counted),
        MOVERS_TEST(noise_all_over_is_survived),
        MOVERS_TEST(frames_of_any_size_are_learnt),
        MOVERS_TEST(a_picture_now_and_then_is_learnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
