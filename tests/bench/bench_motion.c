/*
 * bench_motion - what motion detection costs a frame
 *
 *   bench_motion [CLIP.yuv WIDTH HEIGHT]
 *
 * Prints, for each frame size, the least and the median time of a frame. The pictures are made up (a textured
 * background with noise and moving rectangles), or the given raw I420 clip at its size. Each frame lies in a
 * slot of its own, and before each measurement the caches are filled with something else, as a decoder would.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "tracker/motion.h"

enum { SLOTS = 8, ROUNDS = 300 };

static const struct motion_settings SETTINGS = {
    .threshold = 30,
    .contour_area = 10,
    .frame_alpha = 0.01,
    .lightning_threshold = 0.8,
    .improve_contrast = true,
    .ignore_light = true,
    .ignore_restless = true,
};

/* A picture with texture and noise; the rectangles move with the index. */
static void draw(uint8_t *luma, uint32_t width, uint32_t height, uint32_t index)
{
    uint32_t noise = 12345 + index;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            noise = noise * 1664525 + 1013904223;
            luma[(size_t)y * width + x] =
                (uint8_t)(60 + (x * 80 / width) + ((y / 32) % 2) * 20 + (noise >> 29));
        }
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t w = width / 16, h = height / 6;
        uint32_t left = (i * 631 + index * 37) % (width - w), top = (i * 271 + index * 11) % (height - h);
        for (uint32_t y = top; y < top + h; y++)
            memset(luma + (size_t)y * width + left, 230, w);
    }
}

static void measure(uint8_t *const *slots, uint32_t slot_count, uint32_t width, uint32_t height)
{
    static int64_t times[ROUNDS];
    static struct motion_outcome outcome;
    struct motion motion;
    if (motion_init(&motion, width, height, 100) < 0)
        exit(1);
    uint64_t boxes = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        flush_caches();
        int64_t begin = now_ns();
        motion_detect(&motion, &SETTINGS, slots[i % slot_count], &outcome);
        times[i] = now_ns() - begin;
        boxes += outcome.box_count;
    }
    sort_times(times, ROUNDS);
    printf("%4ux%-4u reduced to %ux%u: least %.4f ms, median %.4f ms a frame (%.1f boxes)\n", width, height,
           motion.width, motion.height, (double)times[0] / 1e6, (double)times[ROUNDS / 2] / 1e6,
           (double)boxes / ROUNDS);
    motion_fini(&motion);
}

static void measure_made_up(uint32_t width, uint32_t height)
{
    uint8_t *slots[SLOTS];
    for (uint32_t i = 0; i < SLOTS; i++) {
        slots[i] = malloc((size_t)width * height);
        if (!slots[i])
            exit(1);
        draw(slots[i], width, height, i);
    }
    measure(slots, SLOTS, width, height);
    for (uint32_t i = 0; i < SLOTS; i++)
        free(slots[i]);
}

static int measure_clip(const char *path, uint32_t width, uint32_t height)
{
    enum { FRAMES_MAX = 300 };
    static uint8_t *slots[FRAMES_MAX];
    size_t bytes = (size_t)width * height * 3 / 2;
    FILE *clip = fopen(path, "rb");
    if (!clip) {
        perror(path);
        return 1;
    }
    uint32_t count = 0;
    while (count < FRAMES_MAX && (slots[count] = malloc(bytes)) &&
           fread(slots[count], 1, bytes, clip) == bytes)
        count++;
    fclose(clip);
    if (count > 0)
        measure(slots, count, width, height);
    for (uint32_t i = 0; i < FRAMES_MAX; i++)
        free(slots[i]);
    return count == 0;
}

int main(int argc, char **argv)
{
    static const uint32_t SIZES[][2] = {{768, 576}, {1280, 720}, {1920, 1080}, {3840, 2160}};
    if (argc == 4)
        return measure_clip(argv[1], (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++)
        measure_made_up(SIZES[i][0], SIZES[i][1]);
    return 0;
}
