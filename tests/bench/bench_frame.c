/*
 * bench_frame - what a frame costs camd-tracker when it finds the objects itself: motion, objects, tracks, best pictures
 *
 *   bench_frame [CLIP.yuv WIDTH HEIGHT FPS]
 *
 * Prints, for each scene and frame size, the median and the most time of a frame, and how much of it in the mean went to the
 * best pictures. The scenes are made up, or one is given as raw I420 pictures that are looked at one after the other. Each
 * frame is read from memory that the caches have lost, as a decoder would.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "tracker/best_pictures.h"
#include "tracker/pipeline.h"

enum { SLOTS = 4, LEARNT = 60, ROUNDS = 200, FRAMES_MAX = 400 };
enum { PLACES = 64, PLACE_BYTES = 64 * 1024 };

#define FPS 5.0

/* What is in front of the camera. Sides and steps are parts of the frame's height, in thousandths. */
struct scene {
    const char *name;
    uint32_t walkers;
    int noise, level; /* levels: of the sensor's noise, to both sides; of the street */
    uint32_t drops;   /* of rain, in each picture */
};

static const struct scene scenes[] = {
    {"nothing moves", 0, 2, 110, 0}, {"five walk", 5, 2, 110, 0},      {"twenty walk", 20, 2, 110, 0},
    {"night", 5, 14, 40, 0},         {"rain at night", 5, 8, 40, 600},
};

static const uint32_t sizes[][2] = {{768, 576}, {1920, 1080}, {3840, 2160}};

static struct pipeline pipeline;
static struct best_pictures best;
static struct camd_segments segments;
static uint8_t *slots[FRAMES_MAX];

static uint32_t chance(void)
{
    static uint32_t state = 12345;
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

/* ---- scenes ---- */

static void fill(uint8_t *luma, uint32_t width, uint32_t height, int64_t x, int64_t y, uint32_t wide,
                 uint32_t high, uint8_t level)
{
    for (int64_t row = y < 0 ? 0 : y; row < y + high && row < height; row++)
        for (int64_t column = x < 0 ? 0 : x; column < x + wide && column < width; column++)
            luma[(size_t)row * width + (size_t)column] = level;
}

/* Head, body and legs of other levels than the street. */
static void draw_walker(uint8_t *luma, uint32_t width, uint32_t height, uint32_t number, uint32_t picture)
{
    const uint32_t high = height / 6, wide = high * 2 / 5, way = width + wide;
    const int64_t from = (int64_t)((number * 631 + picture * (width / 60)) % way),
                  x = (number % 2 ? (int64_t)way - from : from) - (int64_t)wide,
                  y = (int64_t)(height / 8 + number * 271 % (height * 5 / 8));
    fill(luma, width, height, x + wide / 4, y, wide / 2, high / 5, 200);
    fill(luma, width, height, x, y + high / 5, wide, high * 2 / 5, (uint8_t)(200 - number * 40 % 160));
    fill(luma, width, height, x + wide / 6, y + high * 3 / 5, wide * 2 / 3, high * 2 / 5, 70);
}

static void draw(uint8_t *pixels, const struct scene *scene, uint32_t width, uint32_t height,
                 uint32_t picture)
{
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            pixels[(size_t)y * width + x] =
                (uint8_t)(scene->level + (int)(x * 20 / width) + (int)((y * 32 / height) % 2) * 10);
    for (uint32_t i = 0; i < scene->walkers; i++)
        draw_walker(pixels, width, height, i, picture);
    for (uint32_t i = 0; i < scene->drops; i++)
        fill(pixels, width, height, chance() % width, chance() % height, 1 + width / 640, height / 24, 150);
    for (size_t at = 0; at < (size_t)width * height; at++)
        pixels[at] =
            (uint8_t)(pixels[at] + (int)(chance() % (2 * (uint32_t)scene->noise + 1)) - scene->noise);
    memset(pixels + (size_t)width * height, 128, (size_t)width * height / 2);
}

/* ---- frames ---- */

static void begin(uint32_t width, uint32_t height, double fps)
{
    static struct settings settings;
    char problem[SETTINGS_PROBLEM_BYTES];
    json_t *config =
        json_pack("{s:f, s:{s:s, s:s}}", "fps", fps, "detector", "name", "motion", "backend", "motion");
    static const char labels[][CAMD_LABEL_BYTES] = {"motion"};
    if (!config || tracker_settings_read(config, &settings, problem) < 0)
        exit(1);
    json_decref(config);
    pipeline_init(&pipeline, &settings);
    pipeline_set_labels(&pipeline, labels, 1);
    segments.width = width;
    segments.height = height;
    memset(segments.best, 0, (size_t)PLACES * (CAMD_BEST_HEAD_BYTES + PLACE_BYTES));
    best = (struct best_pictures){0};
    if (pipeline_set_size(&pipeline, width, height) < 0 || best_pictures_attach(&best, &segments, 0) < 0)
        exit(1);
}

static void end(void)
{
    pipeline_fini(&pipeline);
    best_pictures_fini(&best);
}

struct costs {
    int64_t whole_ns[FRAMES_MAX], best_ns; /* of each frame; of all together */
    uint32_t count, objects;
};

static void look(const uint8_t *pixels, uint32_t number, double fps, struct costs *costs)
{
    const int64_t time_ns = (int64_t)(number * (1e9 / fps)) + 1;
    const struct camd_frame frame = {.pixels = pixels,
                                     .sequence = 2,
                                     .frame_id = number + 1,
                                     .stream_time_ns = time_ns,
                                     .arrival_ns = time_ns,
                                     .wall_ns = time_ns};
    flush_caches();
    const int64_t begun_ns = now_ns();
    pipeline_frame(&pipeline, &frame, false, time_ns);
    const int64_t found_ns = now_ns();
    best_pictures_frame(&best, &pipeline.objects, &frame, time_ns);
    const int64_t done_ns = now_ns();
    if (!costs)
        return;
    costs->whole_ns[costs->count++] = done_ns - begun_ns;
    costs->best_ns += done_ns - found_ns;
    costs->objects += objects_present(&pipeline.objects);
}

static void tell(const char *name, uint32_t width, uint32_t height, struct costs *costs)
{
    if (costs->count == 0)
        return;
    sort_times(costs->whole_ns, costs->count);
    printf(
        "%4ux%-4u %-14s median %.3f ms, most %.2f ms a frame; best pictures %.3f ms of the mean, %llu kept; %.1f objects\n",
        width, height, name, (double)costs->whole_ns[costs->count / 2] / 1e6,
        (double)costs->whole_ns[costs->count - 1] / 1e6, (double)costs->best_ns / costs->count / 1e6,
        (unsigned long long)best.written, (double)costs->objects / costs->count);
}

static void measure_scene(const struct scene *scene, uint32_t width, uint32_t height)
{
    static struct costs costs;
    const size_t bytes = (size_t)width * height * 3 / 2;
    memset(&costs, 0, sizeof(costs));
    begin(width, height, FPS);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (!(slots[i] = malloc(bytes)))
            exit(1);
    for (uint32_t i = 0; i < LEARNT + ROUNDS; i++) {
        draw(slots[i % SLOTS], scene, width, height, i);
        look(slots[i % SLOTS], i, FPS, i < LEARNT ? NULL : &costs);
    }
    tell(scene->name, width, height, &costs);
    for (uint32_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    end();
}

static int measure_clip(const char *path, uint32_t width, uint32_t height, double fps)
{
    static struct costs costs;
    const size_t bytes = (size_t)width * height * 3 / 2;
    uint32_t count = 0;
    FILE *clip = fopen(path, "rb");
    if (!clip || bytes == 0 || !(fps > 0.0)) {
        perror(path);
        return 1;
    }
    while (count < FRAMES_MAX && (slots[count] = malloc(bytes)) &&
           fread(slots[count], 1, bytes, clip) == bytes)
        count++;
    fclose(clip);
    begin(width, height, fps);
    for (uint32_t i = 0; i < count; i++)
        look(slots[i], i, fps, &costs);
    tell("clip", width, height, &costs);
    end();
    return count == 0;
}

int main(int argc, char **argv)
{
    static struct camd_capture_block capture;
    capture.slots[0].sequence = 2; /* the frame stays as it is */
    segments.capture = &capture;
    segments.best = calloc(PLACES, CAMD_BEST_HEAD_BYTES + PLACE_BYTES);
    segments.best_count = PLACES;
    segments.best_bytes = PLACE_BYTES;
    segments.slots = CAMD_SLOTS_MIN;
    if (!segments.best)
        return 1;
    if (argc == 5)
        return measure_clip(argv[1], (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), atof(argv[4]));
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
        for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
            measure_scene(&scenes[i], sizes[s][0], sizes[s][1]);
    return 0;
}
