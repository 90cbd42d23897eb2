#include "movers_scene.h"

#include <math.h>
#include <string.h>

#include "tracker/box.h"

struct movers movers;
struct tracks tracks;
struct detection_list found;
struct mask_polygon masks[1];
size_t mask_count;
uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
uint32_t noise;
int light;
bool light_is_motion;

int set_up(void **state)
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

int tear_down(void **state)
{
    (void)state;
    movers_fini(&movers);
    return 0;
}

void begin_picture(void)
{
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        noise = noise * 1664525 + 1013904223;
        pixels[i] = (uint8_t)(110 + light + (int)(i / WIDTH / 40 % 2) * 15 + (int)(noise >> 30));
    }
    memset(pixels + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
}

void draw(int32_t x, int32_t y, int32_t width, int32_t height, uint8_t level)
{
    for (int32_t row = y; row < y + height; row++)
        memset(pixels + (size_t)row * WIDTH + x, level, (size_t)width);
}

struct camd_box person(int32_t x, int32_t y, uint8_t level)
{
    draw(x, y, PERSON_WIDTH, PERSON_HEIGHT, level);
    return (struct camd_box){x, y, x + PERSON_WIDTH, y + PERSON_HEIGHT};
}

void look(void)
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

void learn_the_wall(void)
{
    for (int i = 0; i < LEARN_FRAMES; i++) {
        begin_picture();
        look();
        assert_int_equal(found.count, 0);
    }
}

uint32_t present(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        count += tracks.list[i].id != 0 && tracks.list[i].present;
    return count;
}

uint64_t track_at(const struct camd_box *box, double least)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        if (tracks.list[i].id != 0 && tracks.list[i].present &&
            box_iou(&tracks.list[i].estimate, box) >= least)
            return tracks.list[i].id;
    return 0;
}

void expect_followed(const struct camd_box *box, uint64_t *id)
{
    if (*id == 0)
        *id = track_at(box, .6);
    assert_int_not_equal(*id, 0);
    assert_int_equal(track_at(box, .6), *id);
}

bool any_is_believed(void)
{
    for (uint32_t i = 0; i < found.count; i++)
        if (found.list[i].score > 0.5F)
            return true;
    return false;
}

void expose(double times)
{
    for (size_t at = 0; at < (size_t)WIDTH * HEIGHT; at++)
        pixels[at] = (uint8_t)fmin(16 + (pixels[at] - 16) * times, 255);
}

void draw_stripes(void)
{
    enum { STRIPE = 8, BRIGHTER = 60 };
    for (int32_t row = 100; row < 400; row++)
        for (int32_t x = 0; x < WIDTH; x++)
            pixels[row * WIDTH + x] =
                (uint8_t)(pixels[row * WIDTH + x] + (x / STRIPE % 2 ? BRIGHTER : -BRIGHTER));
}

void walk_and_be_seen(uint8_t level, bool stripes)
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
