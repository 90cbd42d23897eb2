/*
 * bench_tensor - what it costs to make a detector's input of a region
 *
 * Prints, for each size of frame, region and tensor, the least and the median CPU time. The pictures are noise; each
 * lies in a slot of its own, as a camera's frames do.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "tracker/tensor.h"

enum { SLOTS = 8, ROUNDS = 100 };

static const struct {
    uint32_t frame_width, frame_height;
    struct camd_box region;
    uint32_t width, height;
} CASES[] = {
    {768, 576, {0, 0, 768, 576}, 512, 384},     {768, 576, {0, 0, 768, 576}, 768, 576},
    {640, 480, {0, 0, 640, 480}, 512, 384},     {1280, 720, {400, 200, 720, 520}, 320, 320},
    {1280, 720, {0, 0, 1280, 720}, 512, 384},   {1920, 1080, {100, 0, 1180, 1080}, 416, 416},
    {1920, 1080, {0, 0, 1920, 1080}, 512, 384}, {3840, 2160, {0, 0, 3840, 2160}, 640, 640},
};

static void measure(size_t index)
{
    static int64_t times[ROUNDS];
    const struct tensor_format format = {CASES[index].width, CASES[index].height, false};
    const uint32_t width = CASES[index].frame_width, height = CASES[index].frame_height;
    const struct camd_box *region = &CASES[index].region;
    const size_t bytes = (size_t)width * height / 2 * 3;
    struct tensor_maker maker;
    uint8_t *frames = malloc(SLOTS * bytes), *tensor = malloc((size_t)format.width * format.height * 3);
    if (!frames || !tensor || tensor_init(&maker, width, height, &format) < 0)
        exit(EXIT_FAILURE);
    uint32_t noise = 1;
    for (size_t i = 0; i < SLOTS * bytes; i++) {
        noise = noise * 1664525 + 1013904223;
        frames[i] = (uint8_t)(noise >> 24);
    }
    for (uint32_t i = 0; i < ROUNDS; i++) {
        const int64_t begun_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        if (tensor_write(&maker, frames + (i % SLOTS) * bytes, region, tensor) < 0)
            exit(EXIT_FAILURE);
        times[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun_ns;
    }
    sort_times(times, ROUNDS);
    printf("%4ux%-4u region %4dx%-4d to %ux%u: least %.3f ms, median %.3f ms\n", width, height,
           region->x2 - region->x1, region->y2 - region->y1, format.width, format.height,
           (double)times[0] / 1e6, (double)times[ROUNDS / 2] / 1e6);
    tensor_fini(&maker);
    free(frames);
    free(tensor);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        measure(i);
    return EXIT_SUCCESS;
}
