/* What counts as frozen, black and covered, and above all what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/picture_health.h"

enum { WIDTH = 320, HEIGHT = 240, PIXELS = WIDTH * HEIGHT, BYTES = PIXELS * 3 / 2, FPS = 5 };
#define SECOND INT64_C(1000000000)

static struct picture_health health;
static struct picture_limits limits;
static unsigned int wholes; /* pictures of which all bytes were looked at */
static int64_t now_ns;
static uint8_t picture[BYTES];
static uint32_t random_state;
static unsigned int changes; /* of the verdict */
static enum picture_trouble verdict;
static double measure;

static int set_up(void **state)
{
    (void)state;
    health = (struct picture_health){0};
    wholes = 0;
    limits = (struct picture_limits){
        .ns = {
            [PICTURE_BLACK] = 10 * SECOND, [PICTURE_COVERED] = 10 * SECOND, [PICTURE_FROZEN] = 10 * SECOND}};
    now_ns = 1000 * SECOND;
    random_state = 1;
    changes = 0;
    verdict = PICTURE_GOOD;
    memset(picture, 128, sizeof(picture));
    return 0;
}

/* ---- scenes ---- */

static uint32_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static int random_below(int most)
{
    return (int)(random_word() % (uint32_t)most);
}

static uint8_t level(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Walls, windows and doors, from brightest down to 16; contrast in percent of a sunny day's. */
static void draw_place(int contrast)
{
    uint32_t before = random_state;
    random_state = 77;
    memset(picture, 16 + 110 * contrast / 100, PIXELS);
    for (int i = 0; i < 120; i++) {
        const int x = random_below(WIDTH - 60), y = random_below(HEIGHT - 50), w = 10 + random_below(50),
                  h = 10 + random_below(40), grey = 16 + random_below(220) * contrast / 100;
        for (int row = y; row < y + h; row++)
            memset(picture + row * WIDTH + x, grey, (size_t)w);
    }
    random_state = before;
}

/* What is close to the lens: brighter to one side, and to the middle. */
static void draw_hand(void)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            picture[y * WIDTH + x] = level(60 + x / 4 + y / 8 - (x - WIDTH / 2) * (x - WIDTH / 2) / 1000);
}

static void draw_cap(int grey)
{
    memset(picture, grey, PIXELS);
}

/* A sensor's: about a bell, of that standard deviation in tenths. Four bytes added up have one of 148. */
static void add_noise(int tenths)
{
    for (int i = 0; i < PIXELS; i++) {
        const uint32_t word = random_word();
        const int sum = (int)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)) - 510;
        picture[i] = level(picture[i] + (sum * tenths + (sum < 0 ? -740 : 740)) / 1480);
    }
}

static void draw_overlay(void)
{
    for (int y = 6; y < 20; y++)
        for (int x = 10; x < 200; x++)
            picture[y * WIDTH + x] = (x / 3 + y / 3) % 2 ? 235 : 16;
}

/* ---- playing ---- */

static void show(void)
{
    struct picture_sample sample;
    picture_sample_take(&sample, picture, WIDTH, HEIGHT);
    if (picture_health_note(&health, &sample, now_ns, &limits)) {
        wholes++;
        picture_health_note_whole(&health, picture_bytes(picture, sizeof(picture)));
    }
    const enum picture_trouble now = picture_health_judge(&health, &limits, &measure);
    changes += now != verdict;
    verdict = now;
    now_ns += SECOND / FPS;
}

static void show_key(void)
{
    picture_health_note_key(&health, now_ns);
    show();
}

/* A key picture every second; draw is told which picture it is. */
static void play(int seconds, void (*draw)(int number))
{
    for (int i = 0; i < seconds * FPS; i++) {
        draw(i);
        if (i % FPS == 0)
            picture_health_note_key(&health, now_ns);
        show();
    }
}

static void draw_day(int number)
{
    (void)number;
    draw_place(100);
    add_noise(10);
}

static void draw_still(int number)
{
    (void)number;
    draw_place(100);
}

/* ---- frozen ---- */

static void test_a_still_but_living_scene_is_well(void **state)
{
    (void)state;
    play(60, draw_day);
    assert_int_equal(changes, 0);
}

/* Half a grey level of noise, and one pixel in 100 of that: what is left of it where an encoder saves. */
static void draw_nearly_still(int number)
{
    draw_place(100);
    picture[random_below(PIXELS)] = level(number % 7);
}

static void test_hardly_any_noise_is_enough(void **state)
{
    (void)state;
    play(60, draw_nearly_still);
    assert_int_equal(changes, 0);
}

static void test_the_same_bytes_are_frozen_after_the_time_and_not_before(void **state)
{
    (void)state;
    play(20, draw_day);
    play(10, draw_still);
    assert_int_equal(verdict, PICTURE_GOOD);
    play(2, draw_still);
    assert_int_equal(verdict, PICTURE_FROZEN);
    assert_true(measure >= 10 && measure <= 12);
    draw_day(0);
    show();
    assert_int_equal(verdict, PICTURE_GOOD);
    assert_int_equal(changes, 2);
}

/* An encoder may send nothing new of a still scene until the next key picture. */
static void test_two_intervals_of_key_pictures_are_waited_for(void **state)
{
    (void)state;
    for (int interval = 0; interval < 10; interval++) {
        draw_day(0);
        show_key();
        for (int i = 1; i < 20 * FPS; i++)
            show();
    }
    assert_int_equal(changes, 0);
    for (int i = 0; i < 42 * FPS; i++) {
        if (i % (20 * FPS) == 0)
            picture_health_note_key(&health, now_ns);
        show();
        assert_int_equal(verdict, i < 20 * FPS - 1 ? PICTURE_GOOD : verdict);
    }
    assert_int_equal(verdict, PICTURE_FROZEN);
    assert_true(measure >= 40);
}

static void test_one_key_picture_says_nothing(void **state)
{
    (void)state;
    draw_still(0);
    show_key();
    for (int i = 0; i < 600 * FPS; i++)
        show();
    assert_int_equal(changes, 0);
}

/* Key pictures a little coarser than what the encoder makes of them, and two more that take turns. */
static void draw_encoded(int number)
{
    draw_still(0);
    picture[WIDTH * 120 + 5] = level(picture[WIDTH * 120 + 5] + (number % FPS == 0   ? 3
                                                                 : number % FPS == 1 ? 2
                                                                                     : 1));
}

static void test_an_encoder_that_takes_turns_hides_nothing(void **state)
{
    (void)state;
    play(20, draw_encoded);
    assert_int_equal(verdict, PICTURE_FROZEN);
    assert_int_equal(changes, 1);
}

static void draw_clip(int number)
{
    random_state = (uint32_t)(1 + number % 7);
    draw_day(0);
}

static void test_a_short_clip_that_is_played_again_is_not_frozen(void **state)
{
    (void)state;
    play(60, draw_clip);
    assert_int_equal(changes, 0);
}

/* It was frozen for ever after the first round. */
static void draw_clip_with_a_still_part(int number)
{
    const int at = number % 30 < 12 ? number % 30 : 12;
    random_state = (uint32_t)(1 + at);
    draw_day(0);
    memset(picture + 120 * WIDTH, 16 + 18 * at, 12 * WIDTH);
}

static void test_a_clip_with_a_still_part_is_frozen_there_only(void **state)
{
    (void)state;
    limits.ns[PICTURE_FROZEN] = 2 * SECOND;
    play(6 * 10, draw_clip_with_a_still_part);
    assert_int_equal(changes, 2 * 10 - 1);
}

/* One pixel between the samples: all bytes are looked at before a camera counts as frozen. */
static void draw_clock(int number)
{
    draw_still(0);
    picture[0] = (uint8_t)(number / FPS);
}

static void test_what_moves_between_the_samples_is_seen(void **state)
{
    (void)state;
    play(60, draw_clock);
    assert_int_equal(changes, 0);
}

/* A file without motion that is played again: each time it begins, its noise is new. */
static void test_a_file_that_begins_again_is_not_frozen(void **state)
{
    (void)state;
    limits.ns[PICTURE_FROZEN] = 2 * SECOND;
    for (int round = 0; round < 20; round++) {
        picture_health_begin(&health);
        for (int i = 0; i < 15; i++) {
            random_state = (uint32_t)(1 + (i < 12 ? i : 12));
            draw_day(0);
            if (i % FPS == 0)
                picture_health_note_key(&health, now_ns);
            show();
        }
    }
    assert_int_equal(changes, 0);
}

static void test_a_still_file_that_begins_again_goes_on(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        picture_health_begin(&health);
        play(3, draw_still);
    }
    assert_int_equal(verdict, PICTURE_FROZEN);
}

/* As x264 does without being told anything: nine versions, and little rest. */
static void draw_finely_encoded(int number)
{
    draw_still(0);
    picture[WIDTH * 124 + 5] = level(picture[WIDTH * 124 + 5] + (number % 10 < 9 ? number % 10 : 8));
}

/* The camera was frozen, was not, and was, several times a second. */
static void test_what_is_frozen_stays_so_until_something_new_is_shown(void **state)
{
    (void)state;
    for (int i = 0; i < 200 * FPS; i++) {
        draw_finely_encoded(i < 30 * FPS ? i : i % 9);
        if (i % 10 == 0)
            picture_health_note_key(&health, now_ns);
        show();
    }
    assert_int_equal(verdict, PICTURE_FROZEN);
    assert_int_equal(changes, 1);
}

static void test_an_encoder_with_many_versions_hides_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 40 * FPS; i++) {
        draw_finely_encoded(i);
        if (i % 10 == 0)
            picture_health_note_key(&health, now_ns);
        show();
    }
    assert_int_equal(verdict, PICTURE_FROZEN);
    assert_int_equal(changes, 1);
}

static void test_time_without_pictures_does_not_count(void **state)
{
    (void)state;
    play(3, draw_still);
    now_ns += 600 * SECOND;
    play(3, draw_still);
    assert_int_equal(changes, 0);
}

/* ---- black ---- */

static void draw_black(int number)
{
    (void)number;
    draw_cap(16);
}

static void draw_black_with_overlay(int number)
{
    (void)number;
    draw_cap(16);
    draw_overlay();
}

/* While nothing moves there are key pictures only (idle_decode). */
static void test_black_is_told_in_time_where_only_key_pictures_come(void **state)
{
    enum { APART = 5 };
    (void)state;
    limits.apart_ns = APART * SECOND;
    for (int i = 0; i < 3; i++) {
        draw_black(i);
        show_key();
        now_ns += APART * SECOND - SECOND / FPS;
    }
    assert_int_equal(verdict, PICTURE_BLACK);
}

static void test_black_is_told_and_over_at_once(void **state)
{
    (void)state;
    play(20, draw_day);
    play(9, draw_black);
    assert_int_equal(verdict, PICTURE_GOOD);
    play(3, draw_black_with_overlay);
    assert_int_equal(verdict, PICTURE_BLACK);
    assert_true(measure >= 16 && measure < 17);
    draw_day(0);
    show();
    assert_int_equal(verdict, PICTURE_GOOD);
}

static void draw_night(int number)
{
    (void)number;
    draw_place(5);
    add_noise(40);
}

static void draw_starless_night(int number)
{
    (void)number;
    draw_cap(18);
    add_noise(40);
}

static void test_a_dark_night_with_noise_is_well(void **state)
{
    (void)state;
    play(60, draw_night);
    assert_int_equal(changes, 0);
}

static void test_a_night_without_any_light_is_well(void **state)
{
    (void)state;
    play(60, draw_starless_night);
    assert_int_equal(changes, 0);
}

static void draw_dusk(int number)
{
    draw_place(100 - number * 100 / (400 * FPS));
    add_noise(10 + number * 30 / (400 * FPS));
}

static void test_nightfall_is_well(void **state)
{
    (void)state;
    play(400, draw_dusk); /* a quick one */
    play(60, draw_starless_night);
    assert_int_equal(changes, 0);
}

/* ---- covered ---- */

static void draw_capped(int number)
{
    (void)number;
    draw_cap(24);
    add_noise(30);
}

static void draw_bright_sheet(int number)
{
    (void)number;
    draw_cap(120);
    add_noise(20);
}

static void draw_covering_hand(int number)
{
    (void)number;
    draw_hand();
    add_noise(15);
    draw_overlay();
}

static void assert_covers(void (*draw)(int number))
{
    set_up(NULL);
    play(20, draw_day);
    play(9, draw);
    assert_int_equal(verdict, PICTURE_GOOD);
    play(5, draw);
    assert_int_equal(verdict, PICTURE_COVERED);
    assert_true(measure < 0.02);
    draw_day(0);
    show();
    show();
    assert_int_equal(verdict, PICTURE_GOOD);
}

static void test_caps_hands_and_sheets_cover(void **state)
{
    (void)state;
    assert_covers(draw_capped);
    assert_covers(draw_covering_hand);
    assert_covers(draw_bright_sheet);
}

static void test_what_was_covered_from_the_start_is_told_in_the_light(void **state)
{
    (void)state;
    play(20, draw_bright_sheet);
    assert_int_equal(verdict, PICTURE_COVERED);
}

static void draw_fog(int number)
{
    (void)number;
    draw_place(8);
    for (int i = 0; i < PIXELS; i++)
        picture[i] = level(picture[i] + 150);
    add_noise(10);
}

static void test_fog_is_well(void **state)
{
    (void)state;
    play(60, draw_day);
    play(60, draw_fog);
    assert_int_equal(changes, 0);
}

/* ---- all ---- */

static void test_what_is_off_is_not_looked_for(void **state)
{
    (void)state;
    limits = (struct picture_limits){0};
    play(60, draw_still);
    play(60, draw_black);
    play(60, draw_bright_sheet);
    assert_int_equal(changes, 0);
}

/* It cost a pass over the whole picture each second. */
static void test_nobody_looks_at_all_bytes_when_frozen_pictures_are_not_looked_for(void **state)
{
    (void)state;
    assert_true(picture_limits_any(&limits));
    limits.ns[PICTURE_FROZEN] = 0;
    assert_true(picture_limits_any(&limits));
    play(60, draw_still);
    assert_int_equal(wholes, 0);
    limits.ns[PICTURE_FROZEN] = 10 * SECOND;
    play(60, draw_still);
    assert_true(wholes > 0);
    assert_int_equal(verdict, PICTURE_FROZEN);
    limits = (struct picture_limits){0};
    assert_false(picture_limits_any(&limits));
}

/* Down to one block; and another size begins from the start. */
static void test_pictures_of_any_size_can_be_looked_at(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{16, 16}, {8192, 16}, {16, 8192}, {322, 18}, {640, 120}};
    uint8_t *pixels = calloc(8192 * 16, 1);

    assert_non_null(pixels);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct picture_sample sample;
        picture_sample_take(&sample, pixels, sizes[i][0], sizes[i][1]);
        assert_true(sample.columns >= 1 && sample.columns <= PICTURE_COLUMNS);
        assert_true(sample.rows >= 1 && sample.rows <= PICTURE_ROWS);
        picture_health_note(&health, &sample, now_ns += SECOND, &limits);
        picture_health_judge(&health, &limits, &measure);
    }
    free(pixels);
}

static void test_a_sample_says_what_is_there(void **state)
{
    (void)state;
    struct picture_sample sample;

    draw_cap(77);
    picture_sample_take(&sample, picture, WIDTH, HEIGHT);
    assert_int_equal(sample.columns, PICTURE_COLUMNS);
    assert_int_equal(sample.rows, PICTURE_ROWS);
    for (int x = 0; x < WIDTH; x++)
        for (int y = 0; y < HEIGHT; y++)
            picture[y * WIDTH + x] = (uint8_t)(x % 2 ? 100 : 90);
    picture_sample_take(&sample, picture, WIDTH, HEIGHT);
    for (int i = 0; i < PICTURE_BLOCKS; i++) {
        assert_int_equal(sample.brightness[i], 95 * PICTURE_BLOCK_PIXELS);
        assert_int_equal(sample.roughness[i], 10 * PICTURE_BLOCK_STEPS);
        assert_int_equal(sample.bend_across[i], 0);
        assert_int_equal(sample.bend_down[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_still_but_living_scene_is_well, set_up),
        cmocka_unit_test_setup(test_hardly_any_noise_is_enough, set_up),
        cmocka_unit_test_setup(test_the_same_bytes_are_frozen_after_the_time_and_not_before, set_up),
        cmocka_unit_test_setup(test_two_intervals_of_key_pictures_are_waited_for, set_up),
        cmocka_unit_test_setup(test_one_key_picture_says_nothing, set_up),
        cmocka_unit_test_setup(test_an_encoder_that_takes_turns_hides_nothing, set_up),
        cmocka_unit_test_setup(test_a_short_clip_that_is_played_again_is_not_frozen, set_up),
        cmocka_unit_test_setup(test_a_clip_with_a_still_part_is_frozen_there_only, set_up),
        cmocka_unit_test_setup(test_what_moves_between_the_samples_is_seen, set_up),
        cmocka_unit_test_setup(test_a_file_that_begins_again_is_not_frozen, set_up),
        cmocka_unit_test_setup(test_a_still_file_that_begins_again_goes_on, set_up),
        cmocka_unit_test_setup(test_what_is_frozen_stays_so_until_something_new_is_shown, set_up),
        cmocka_unit_test_setup(test_an_encoder_with_many_versions_hides_nothing, set_up),
        cmocka_unit_test_setup(test_time_without_pictures_does_not_count, set_up),
        cmocka_unit_test_setup(test_black_is_told_in_time_where_only_key_pictures_come, set_up),
        cmocka_unit_test_setup(test_black_is_told_and_over_at_once, set_up),
        cmocka_unit_test_setup(test_a_dark_night_with_noise_is_well, set_up),
        cmocka_unit_test_setup(test_a_night_without_any_light_is_well, set_up),
        cmocka_unit_test_setup(test_nightfall_is_well, set_up),
        cmocka_unit_test_setup(test_caps_hands_and_sheets_cover, set_up),
        cmocka_unit_test_setup(test_what_was_covered_from_the_start_is_told_in_the_light, set_up),
        cmocka_unit_test_setup(test_fog_is_well, set_up),
        cmocka_unit_test_setup(test_what_is_off_is_not_looked_for, set_up),
        cmocka_unit_test_setup(test_nobody_looks_at_all_bytes_when_frozen_pictures_are_not_looked_for,
                               set_up),
        cmocka_unit_test_setup(test_pictures_of_any_size_can_be_looked_at, set_up),
        cmocka_unit_test_setup(test_a_sample_says_what_is_there, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
