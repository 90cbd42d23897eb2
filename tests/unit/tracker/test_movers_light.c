/* Objects, and none, in light that changes. */
#include <math.h>

#include "movers_scene.h"

/* The camera's exposure, or a cloud: as if all of the picture were new, and who walked there was lost and found again. */
static void a_person_in_another_exposure_goes_on_as_one_object(void **state)
{
    (void)state;
    static const double exposures[] = {1.0, 1.4, 0.7, 1.2, 0.6};
    uint64_t id = 0;
    learn_the_wall();
    for (int i = 0; i < 100; i++) {
        begin_picture();
        const struct camd_box box = person(50 + 4 * i, 200, 40);
        expose(exposures[i / 20]);
        look();
        if (i < 15)
            continue;
        expect_followed(&box, &id);
        assert_int_equal(present(), 1);
    }
}

/* A lamp is switched on: the scene stayed the dark one for minutes, and who differed little from it in the dark was not seen. */
static void who_walks_after_it_became_light_is_an_object(void **state)
{
    (void)state;
    for (int i = 0; i < LEARN_FRAMES + 5 * FPS; i++) {
        begin_picture();
        expose(i < LEARN_FRAMES ? 0.3 : 1.0);
        look();
    }
    walk_and_be_seen(85, false);
}

/* As infra-red light shows it: from one side to the other more. */
static void light_infra_red(void)
{
    for (int32_t row = 0; row < HEIGHT; row++)
        for (int32_t x = 0; x < WIDTH; x++) {
            uint8_t *pixel = &pixels[row * WIDTH + x];
            *pixel = (uint8_t)(16 + (*pixel - 16) * (0.3 + 1.5 * x / WIDTH));
        }
}

/* Who looks as the wall did before that was taken for it, for half a minute. */
static void who_comes_after_a_switch_to_infra_red_is_an_object(void **state)
{
    (void)state;
    struct camd_box box;
    for (int i = 0; i < 10 * FPS; i++) {
        begin_picture();
        look();
    }
    for (int i = 0; i < 8 * FPS; i++) {
        begin_picture();
        light_infra_red();
        look();
    }
    for (int32_t x = 420; x < 580; x += 5) {
        begin_picture();
        light_infra_red();
        box = person(x, 200, 118);
        look();
    }
    assert_int_not_equal(track_at(&box, .5), 0);
}

/* What another lamp shows of a room: fields that were not there. */
static void draw_other_room(void)
{
    for (int32_t row = 0; row < HEIGHT; row++)
        for (int32_t x = 0; x < WIDTH; x++)
            pixels[row * WIDTH + x] =
                (uint8_t)(60 + (x / 10 + row / 14) % 2 * 90 + (x / 33 * 7 + row / 21 * 3) % 5 * 12);
}

/* His place was held as it had been, and stayed an object after he had gone, as he himself was none. */
static void where_somebody_stood_as_the_room_changed_is_no_object(void **state)
{
    (void)state;
    enum { STOPS = 300, TOP = 200 };
    const struct camd_box place = {STOPS, TOP, STOPS + PERSON_WIDTH, TOP + PERSON_HEIGHT};
    learn_the_wall();
    for (int32_t x = 50; x < STOPS; x += 5) {
        begin_picture();
        person(x, TOP, 30);
        look();
    }
    for (int i = 0; i < 50 * FPS; i++) {
        const int32_t x = STOPS + (i > 40 * FPS ? 5 * (i - 40 * FPS) : 0);
        begin_picture();
        if (i > 10 * FPS)
            draw_other_room();
        if (x + PERSON_WIDTH < WIDTH)
            person(x, TOP, 30);
        look();
        assert_true(i > 0 || track_at(&place, .6) != 0);
        if (x > STOPS + 3 * PERSON_WIDTH)
            assert_int_equal(track_at(&place, .3), 0);
    }
}

/* What had been held was black to it, and remained so for hours. */
static void light_is_ignored_from_now_on_while_somebody_stands(void **state)
{
    (void)state;
    light_is_motion = true;
    for (int32_t i = 0; i < LEARN_FRAMES + 60; i++) {
        begin_picture();
        if (i >= LEARN_FRAMES)
            person(50 + 4 * (i - LEARN_FRAMES), 200, 60);
        look();
    }
    assert_int_equal(present(), 1);
    light_is_motion = false;
    begin_picture();
    person(50 + 4 * 59, 200, 60);
    look();
    const struct lighting *lighting = &movers.lighting;
    for (size_t at = 0; at < (size_t)lighting->width * lighting->height; at++)
        assert_in_range(lighting->levels[at], 40, 140);
}

static void a_change_of_light_is_learnt(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 160; i++) {
        light = i / 8; /* slowly brighter */
        begin_picture();
        look();
        assert_int_equal(present(), 0);
    }
}

/* A pool of light with soft edges, as headlights make it: lighter by a factor, and by some levels. */
static void light_up(double centre)
{
    for (int32_t row = 120; row < 320; row++)
        for (int32_t x = 0; x < WIDTH; x++) {
            double near = exp(-pow((x - centre) / 70, 2) - pow((row - 220) / 50.0, 2));
            uint8_t *pixel = &pixels[row * WIDTH + x];
            *pixel = (uint8_t)fmin(*pixel * (1 + 0.6 * near) + 20 * near, 235);
        }
}

/* More places than there is room for became lighter: those without room were not looked at, and were objects. */
static void light_in_many_places_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 3 * FPS; i++) {
        begin_picture();
        for (int32_t row = 0; row < HEIGHT; row++)
            for (int32_t x = 0; x < WIDTH; x++) {
                double dx = (x + 3 * i) % 48 - 24, dy = row % 36 - 18;
                pixels[row * WIDTH + x] += (uint8_t)lround(18 * exp(-(dx * dx + dy * dy) / (2 * 14 * 14.0)));
            }
        look();
        for (uint32_t k = 0; k < found.count; k++)
            assert_true(found.list[k].score < .5F);
    }
}

/* Headlights on a wall made an object each. */
static void a_pool_of_light_that_passes_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int round = 0; round < 2; round++)
        for (int32_t centre = -100; centre < WIDTH + 100; centre += 12) {
            begin_picture();
            light_up(centre);
            look();
            assert_int_equal(present(), 0);
        }
}

/* Who wants light to be motion has its objects, too. */
static void light_is_an_object_where_it_is_not_ignored(void **state)
{
    (void)state;
    uint32_t most = 0;
    light_is_motion = true;
    learn_the_wall();
    for (int32_t centre = -100; centre < WIDTH + 100; centre += 12) {
        begin_picture();
        light_up(centre);
        look();
        most = present() > most ? present() : most;
    }
    assert_true(most > 0);
}

static void a_person_in_a_passing_light_goes_on_as_one_object(void **state)
{
    (void)state;
    uint64_t id = 0;
    int seen = 0, pictures = 0;
    learn_the_wall();
    for (int32_t x = 48; x < 500; x += 4) {
        begin_picture();
        struct camd_box box = person(x, 190, 30);
        if (x > 200)
            light_up((x - 200) * 3 - 100);
        look();
        assert_true(present() <= 1);
        if (x == 200)
            id = track_at(&box, .6);
        if (x <= 200)
            continue;
        pictures++;
        seen += track_at(&box, .4) == id;
    }
    assert_int_not_equal(id, 0);
    assert_true(seen * 10 >= pictures * 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MOVERS_TEST(a_person_in_another_exposure_goes_on_as_one_object),
        MOVERS_TEST(who_walks_after_it_became_light_is_an_object),
        MOVERS_TEST(who_comes_after_a_switch_to_infra_red_is_an_object),
        MOVERS_TEST(where_somebody_stood_as_the_room_changed_is_no_object),
        MOVERS_TEST(light_is_ignored_from_now_on_while_somebody_stands),
        MOVERS_TEST(a_change_of_light_is_learnt),
        MOVERS_TEST(light_in_many_places_is_no_object),
        MOVERS_TEST(a_pool_of_light_that_passes_is_no_object),
        MOVERS_TEST(light_is_an_object_where_it_is_not_ignored),
        MOVERS_TEST(a_person_in_a_passing_light_goes_on_as_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
