/* Objects from what moves: people made of rectangles before a noisy wall. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/box.h"
#include "tracker/movers.h"

enum { WIDTH = 640, HEIGHT = 480, FPS = 10, LEARN_FRAMES = 40, PERSON_WIDTH = 30, PERSON_HEIGHT = 80 };

static struct movers movers;
static struct tracks tracks;
static struct detection_list found;
static struct mask_polygon masks[1];
static size_t mask_count;
static uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
static uint32_t noise;
static int light;
static bool light_is_motion; /* motion_ignore_light = no */

static int set_up(void **state)
{
    (void)state;
    const struct tracks_settings settings = {.fps = FPS};
    memset(&movers, 0, sizeof(movers));
    tracks_init(&tracks, &settings, WIDTH, HEIGHT);
    mask_count = 0;
    noise = 1;
    light = 0;
    light_is_motion = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    movers_fini(&movers);
    return 0;
}

/* The wall. */
static void begin_picture(void)
{
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        noise = noise * 1664525 + 1013904223;
        pixels[i] = (uint8_t)(110 + light + (int)(i / WIDTH / 40 % 2) * 15 + (int)(noise >> 30));
    }
    memset(pixels + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
}

static void draw(int32_t x, int32_t y, int32_t width, int32_t height, uint8_t level)
{
    for (int32_t row = y; row < y + height; row++)
        memset(pixels + (size_t)row * WIDTH + x, level, (size_t)width);
}

static struct camd_box person(int32_t x, int32_t y, uint8_t level)
{
    draw(x, y, PERSON_WIDTH, PERSON_HEIGHT, level);
    return (struct camd_box){x, y, x + PERSON_WIDTH, y + PERSON_HEIGHT};
}

static void look(void)
{
    const struct movers_input input = {
        .width = WIDTH,
        .height = HEIGHT,
        .pixels = pixels,
        .fps = FPS,
        .masks = masks,
        .mask_count = mask_count,
        .tracks = &tracks,
        .ignore_light = !light_is_motion,
    };
    assert_int_equal(movers_detect(&movers, &input, &found), 0);
    for (uint32_t i = 0; i < found.count; i++) {
        const struct camd_box *box = &found.list[i].box;
        assert_true(box->x1 >= 0 && box->y1 >= 0 && box->x2 < WIDTH && box->y2 < HEIGHT);
        assert_true(box->x1 < box->x2 && box->y1 < box->y2);
        assert_true(found.list[i].score > 0.0F && found.list[i].score <= 1.0F);
    }
    if (movers.is_unsure)
        tracks_hold(&tracks, 0);
    else
        tracks_update(&tracks, found.list, found.count, pixels, 0);
}

static void learn_the_wall(void)
{
    for (int i = 0; i < LEARN_FRAMES; i++) {
        begin_picture();
        look();
        assert_int_equal(found.count, 0);
    }
}

static uint32_t present(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        count += tracks.list[i].id != 0 && tracks.list[i].present;
    return count;
}

/* The id of the track that is there; 0: none. */
static uint64_t track_at(const struct camd_box *box, double least)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        if (tracks.list[i].id != 0 && tracks.list[i].present &&
            box_iou(&tracks.list[i].estimate, box) >= least)
            return tracks.list[i].id;
    return 0;
}

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
        if (id == 0)
            id = track_at(&box, .6);
        assert_int_not_equal(id, 0);
        assert_int_equal(track_at(&box, .6), id);
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

static bool any_is_believed(void)
{
    for (uint32_t i = 0; i < found.count; i++)
        if (found.list[i].score > 0.5F)
            return true;
    return false;
}

/* Three pictures have something in a line: one that is fast, unless another beside the first may be what the second shows. */
static void flickers_in_a_line_are_no_fast_object(void **state)
{
    (void)state;
    for (int others = 0; others <= 1; others++) {
        tear_down(state);
        set_up(state);
        learn_the_wall();
        for (int i = 0; i < 3; i++) {
            begin_picture();
            person(200 + 80 * i, 200, 30);
            if (i == 0 && others)
                person(200, 320, 30);
            look();
        }
        assert_int_equal(any_is_believed(), !others);
    }
}

/* Something flashes, and the next picture has something like it elsewhere, which stays: a lamp that was switched on. */
static void what_stays_after_a_flash_elsewhere_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 40; i++) {
        begin_picture();
        person(i == 0 ? 100 : 220, 200, 230);
        look();
        assert_int_equal(present(), 0);
    }
}

/* A door opens, a lamp goes on: it changed, but nothing walks. */
static void what_changed_and_stays_there_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 40; i++) {
        begin_picture();
        draw(300, 100, 40, 90, 230);
        look();
        assert_int_equal(present(), 0);
        for (uint32_t k = 0; k < found.count; k++)
            assert_true(found.list[k].score < .5F); /* cannot begin an object */
    }
}

static void a_flicker_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 40; i++) {
        begin_picture();
        if (i % 4 == 0)
            draw(40 + i * 5, 100 + i * 3, 40, 90, 230);
        look();
        assert_int_equal(present(), 0);
    }
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
        if (id == 0)
            id = track_at(&box, .6);
        assert_int_not_equal(id, 0);
        assert_int_equal(track_at(&box, .6), id);
        assert_int_equal(present(), 1);
    }
}

/* A car that was parked as the camera was started, and its empty place, were two objects. */
static void where_something_of_the_scene_was_is_no_object(void **state)
{
    (void)state;
    enum { LEFT = 100, TOP = 300, LONG = 120, HIGH = 45 };
    bool was_seen = false;
    const struct camd_box place = {LEFT, TOP, LEFT + LONG, TOP + HIGH};
    for (int i = -LEARN_FRAMES; i < 20 * FPS; i++) {
        const int32_t x = LEFT + (i > 0 ? 6 * i : 0);
        begin_picture();
        if (x + LONG < WIDTH)
            draw(x, TOP, LONG, HIGH, 30);
        look();
        const struct camd_box car = {x, TOP, x + LONG, TOP + HIGH};
        was_seen = was_seen || track_at(&car, .6) != 0;
        assert_int_equal(x > LEFT + 2 * LONG ? track_at(&place, .3) : 0, 0);
    }
    assert_true(was_seen);
}

/* As if the camera let in so many times as much light. */
static void expose(double times)
{
    for (size_t at = 0; at < (size_t)WIDTH * HEIGHT; at++)
        pixels[at] = (uint8_t)fmin(16 + (pixels[at] - 16) * times, 255);
}

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
        if (id == 0)
            id = track_at(&box, .6);
        assert_int_not_equal(id, 0);
        assert_int_equal(track_at(&box, .6), id);
        assert_int_equal(present(), 1);
    }
}

/* Stripes, or a fence, which are in the scene along any outline. */
static void draw_stripes(void)
{
    enum { STRIPE = 8, BRIGHTER = 60 };
    for (int32_t row = 100; row < 400; row++)
        for (int32_t x = 0; x < WIDTH; x++)
            pixels[row * WIDTH + x] =
                (uint8_t)(pixels[row * WIDTH + x] + (x / STRIPE % 2 ? BRIGHTER : -BRIGHTER));
}

/* What is seen of a person who walks, of all the pictures since he can be known. stripes: he walks before them. */
static void walk_and_be_seen(uint8_t level, bool stripes)
{
    for (int32_t x = 50; x < 500; x += 5) {
        begin_picture();
        if (stripes)
            draw_stripes();
        const struct camd_box box = person(x, 200, level);
        look();
        assert_true(x <= 150 || track_at(&box, .4) != 0);
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

/* Its shadow, which goes with it, is cut off a figure; that made a figure of what had been left out. */
static void a_gap_with_a_flat_part_is_no_object(void **state)
{
    (void)state;
    for (int i = 0; i < LEARN_FRAMES + 5 * FPS; i++) {
        begin_picture();
        if (i < LEARN_FRAMES) {
            draw(200, 200, 40, 100, 230);
            draw(240, 270, 60, 30, 230);
        }
        look();
        assert_int_equal(found.count, 0);
    }
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

static void shake(void)
{
    memmove(pixels, pixels + WIDTH * 20, (size_t)WIDTH * (HEIGHT - 20));
}

/* A jolt of the camera made an object of every edge. */
static void a_picture_that_is_another_one_says_nothing_of_objects(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 3 * FPS; i++) {
        begin_picture();
        shake();
        look();
        assert_true(movers.is_unsure || i >= FPS);
        assert_int_equal(present(), 0);
    }
    assert_false(movers.is_unsure); /* in the end it is the scene */
}

/* Drops anywhere, other ones in each picture: some of them are near one of the picture before, and were taken for it. */
static void rain_is_no_object(void **state)
{
    (void)state;
    uint32_t seed = 7;
    learn_the_wall();
    for (int i = 0; i < 120; i++) {
        begin_picture();
        for (int drop = 0; drop < 150; drop++) {
            seed = seed * 1664525 + 1013904223;
            draw((int32_t)(seed >> 16) % (WIDTH - 8), (int32_t)(seed >> 8 & 0xFFFF) % (HEIGHT - 40), 6, 30,
                 (uint8_t)(180 + (seed >> 28)));
        }
        look();
        assert_int_equal(present(), 0);
    }
    assert_true(movers.scale.weight < 1.0);
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

#define MOVERS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_without_room_are_counted, set_up, tear_down),
        MOVERS_TEST(a_person_who_walks_is_one_object_of_its_size),
        MOVERS_TEST(who_is_small_because_he_is_far_away_is_an_object),
        MOVERS_TEST(who_runs_farther_than_his_width_in_a_picture_is_one_object),
        MOVERS_TEST(flickers_in_a_line_are_no_fast_object),
        MOVERS_TEST(what_stays_after_a_flash_elsewhere_is_no_object),
        MOVERS_TEST(what_changed_and_stays_there_is_no_object),
        MOVERS_TEST(a_flicker_is_no_object),
        MOVERS_TEST(nothing_is_seen_in_masks),
        MOVERS_TEST(two_who_walk_as_one_figure_are_two),
        MOVERS_TEST(who_waits_soon_after_the_start_goes_on_as_one_object),
        MOVERS_TEST(where_something_of_the_scene_was_is_no_object),
        MOVERS_TEST(a_person_in_another_exposure_goes_on_as_one_object),
        MOVERS_TEST(who_walks_before_a_fence_is_an_object),
        MOVERS_TEST(who_walks_after_it_became_light_is_an_object),
        MOVERS_TEST(a_gap_with_a_flat_part_is_no_object),
        MOVERS_TEST(where_somebody_stood_as_the_room_changed_is_no_object),
        MOVERS_TEST(light_is_ignored_from_now_on_while_somebody_stands),
        MOVERS_TEST(a_branch_in_the_wind_has_not_travelled),
        MOVERS_TEST(a_change_of_light_is_learnt),
        MOVERS_TEST(light_in_many_places_is_no_object),
        MOVERS_TEST(a_pool_of_light_that_passes_is_no_object),
        MOVERS_TEST(light_is_an_object_where_it_is_not_ignored),
        MOVERS_TEST(a_person_in_a_passing_light_goes_on_as_one_object),
        MOVERS_TEST(a_picture_that_is_another_one_says_nothing_of_objects),
        MOVERS_TEST(rain_is_no_object),
        MOVERS_TEST(noise_all_over_is_survived),
        MOVERS_TEST(frames_of_any_size_are_learnt),
        MOVERS_TEST(a_picture_now_and_then_is_learnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
