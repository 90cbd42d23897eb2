/*
 * bench_tracks - what tracking costs a frame
 *
 * Objects of a person's size walk to and fro; one in ten detections is missing. Prints the median and the 99th percentile of
 * a frame's time with 20 and with 64 objects, without and with the picture.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "tracker/tracks.h"

enum { WIDTH = 1280, HEIGHT = 720, ROUNDS = 3000, OBJECTS_MAX = 64 };
enum { FRAME_NS = 100000000 };

static uint32_t place_objects(struct detection *detections, uint32_t objects, int frame)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < objects; i++) {
        int walked = (frame + (int)i * 7) % 400;
        int32_t x = (int32_t)(i % 16) * 70 + (walked < 200 ? walked : 400 - walked) / 4;
        int32_t y = (int32_t)(i / 16) * 150 + 20 + rand() % 3;
        if (rand() % 10 != 0)
            detections[count++] = (struct detection){.box = {x, y, x + 50, y + 130}, .score = 0.9f};
    }
    return count;
}

static void measure(uint32_t objects, const uint8_t *pixels)
{
    static struct tracks tracks;
    static int64_t times[ROUNDS];
    struct detection detections[OBJECTS_MAX];
    srand(1);
    tracks_init(&tracks, &(struct tracks_settings){.fps = 10.0}, WIDTH, HEIGHT);
    for (int frame = 0; frame < ROUNDS; frame++) {
        uint32_t count = place_objects(detections, objects, frame);
        int64_t begun = now_ns();
        tracks_update(&tracks, detections, count, pixels, (int64_t)frame * FRAME_NS);
        times[frame] = now_ns() - begun;
    }
    sort_times(times, ROUNDS);
    printf("%2u objects %-19s median %.4f ms  99 %% %.4f ms\n", objects,
           pixels ? "with the picture" : "without the picture", (double)times[ROUNDS / 2] / 1e6,
           (double)times[ROUNDS * 99 / 100] / 1e6);
}

int main(void)
{
    size_t bytes = (size_t)WIDTH * HEIGHT * 3 / 2;
    uint8_t *pixels = malloc(bytes);
    if (!pixels)
        return EXIT_FAILURE;
    for (size_t i = 0; i < bytes; i++)
        pixels[i] = (uint8_t)(i * 2654435761U >> 24);
    const uint32_t counts[] = {20, OBJECTS_MAX};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        measure(counts[i], NULL);
        measure(counts[i], pixels);
    }
    free(pixels);
    return EXIT_SUCCESS;
}
