/*
 * bench_best - what the best pictures cost a frame, and what one that is kept costs
 *
 * For each frame size, with 20 objects: the median of a frame in which nothing is better than what is kept (four objects are
 * looked at), and of a frame of which a picture is cut out, encoded and kept, which happens twice a second at most. Made-up
 * pictures with texture and noise; each frame is read from memory that the caches have lost.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "tracker/best_pictures.h"

enum { OBJECTS = 20, COUNT = 16, BYTES = 64 * 1024, ROUNDS = 300, SIDE_SHARE = 6 };

static struct best_pictures best;
static struct objects objects;
static struct camd_segments segments;
static struct camd_capture_block *capture;

/* Blurred edges, as those of a street: how sharp they are has to be measured, again and again. */
static uint32_t ramp(int x)
{
    const int from_middle = abs(x - 48);
    return (uint32_t)(from_middle < 22 ? 40 : from_middle > 26 ? 0 : (26 - from_middle) * 10);
}

static void draw(uint8_t *pixels, uint32_t width, uint32_t height)
{
    uint32_t noise = 12345;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            noise = noise * 1664525 + 1013904223;
            pixels[(size_t)y * width + x] =
                (uint8_t)(60 + x * 80 / width + ramp((int)x % 96) + (noise >> 29));
        }
    memset(pixels + (size_t)width * height, 128, (size_t)width * height / 2);
}

/* 20 of them, known to subscribers and found in the frame, of a sixth of its sides. */
static void place_objects(uint32_t width, uint32_t height, float score)
{
    const int32_t w = (int32_t)width / SIDE_SHARE, h = (int32_t)height / SIDE_SHARE;
    for (int32_t i = 0; i < OBJECTS; i++) {
        const int32_t x = 2 + i * 37 % ((int32_t)width - w - 4), y = 2 + i * 23 % ((int32_t)height - h - 4);
        objects.list[i] = (struct object){.id = (uint64_t)i + 1,
                                          .started = true,
                                          .score = score,
                                          .found_frame_id = 1,
                                          .box = {x, y, x + w - 1, y + h - 1}};
    }
}

/* One frame: how long it took. */
static int64_t look(const struct camd_frame *frame, int64_t *time_ns)
{
    flush_caches();
    *time_ns += INT64_C(1000000000);
    const int64_t begin = now_ns();
    best_pictures_frame(&best, &objects, frame, *time_ns);
    return now_ns() - begin;
}

static void measure(uint32_t width, uint32_t height)
{
    static int64_t idle[ROUNDS], kept[ROUNDS];
    const size_t bytes = (size_t)width * height * 3 / 2;
    uint8_t *pixels = malloc(bytes);
    int64_t time_ns = INT64_C(1000000000000);
    if (!pixels)
        exit(1);
    draw(pixels, width, height);
    const struct camd_frame frame = {.pixels = pixels, .sequence = 2, .frame_id = 1};
    segments.width = width;
    segments.height = height;
    memset(segments.best, 0, (size_t)COUNT * (CAMD_BEST_HEAD_BYTES + BYTES));
    if (best_pictures_attach(&best, &segments, time_ns) < 0)
        exit(1);
    place_objects(width, height, 0.5F);
    for (int i = 0; i < 2 * OBJECTS; i++) /* those who get a place have their pictures then */
        look(&frame, &time_ns);
    for (int i = 0; i < ROUNDS; i++)
        idle[i] = look(&frame, &time_ns);
    const uint64_t before = best.written;
    for (int i = 0; i < ROUNDS; i++) {
        memset(&best.ring.places, 0, sizeof(best.ring.places)); /* nobody has a picture: one is made */
        kept[i] = look(&frame, &time_ns);
    }
    sort_times(idle, ROUNDS);
    sort_times(kept, ROUNDS);
    printf("%4ux%-4u: %.4f ms a frame in which nothing is better, %.2f ms one of which a picture is kept "
           "(%llu of %d were, %u bytes)\n",
           width, height, (double)idle[ROUNDS / 2] / 1e6, (double)kept[ROUNDS / 2] / 1e6,
           (unsigned long long)(best.written - before), ROUNDS, camd_best_entry(&segments, 0)->jpeg_bytes);
    free(pixels);
}

int main(void)
{
    static const uint32_t SIZES[][2] = {{768, 576}, {1280, 720}, {1920, 1080}, {3840, 2160}};
    capture = calloc(1, sizeof(*capture));
    segments.capture = capture;
    segments.best = calloc(COUNT, CAMD_BEST_HEAD_BYTES + BYTES);
    segments.best_count = COUNT;
    segments.best_bytes = BYTES;
    segments.slots = CAMD_SLOTS_MIN;
    if (!capture || !segments.best)
        return 1;
    capture->slots[0].sequence = 2; /* the frame stays as it is */
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++)
        measure(SIZES[i][0], SIZES[i][1]);
    return 0;
}
