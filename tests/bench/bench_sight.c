/* What looking whether a camera still sees costs of each frame: the sample, what is made of it, and all bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "capture/picture_health.h"
#include "measure.h"

enum { FRAMES = 16, ROUNDS = 400 };

static void tell(const char *what, int64_t *times)
{
    sort_times(times, ROUNDS);
    printf("  %-28s median %7.1f us, best %7.1f us\n", what, (double)times[ROUNDS / 2] / 1000.0,
           (double)times[0] / 1000.0);
}

/* Of a slot that was just written, from more frames than the caches hold. */
static void measure(uint32_t width, uint32_t height)
{
    const size_t length = (size_t)width * height * 3 / 2;
    const struct picture_limits limits = {
        .ns = {0, 10 * CLOCK_NS_PER_S, 10 * CLOCK_NS_PER_S, 10 * CLOCK_NS_PER_S}};
    static struct picture_health health;
    int64_t samples[ROUNDS], notes[ROUNDS], wholes[ROUNDS];
    uint8_t *frames = malloc(length * FRAMES);
    uint8_t *slot = malloc(length);
    uint64_t sum = 0;
    if (!frames || !slot)
        abort();
    for (size_t i = 0; i < length * FRAMES; i++)
        frames[i] = (uint8_t)(i * 2654435761u >> 24);
    for (int i = 0; i < ROUNDS; i++) {
        const uint8_t *frame = frames + (size_t)(i % FRAMES) * length;
        struct picture_sample sample;
        memcpy(slot, frame, length);
        int64_t begin_ns = now_ns();
        picture_sample_take(&sample, slot, width, height);
        samples[i] = now_ns() - begin_ns;
        begin_ns = now_ns();
        picture_health_note(&health, &sample, begin_ns, &limits);
        notes[i] = now_ns() - begin_ns;
        begin_ns = now_ns();
        sum += picture_bytes(slot, length);
        wholes[i] = now_ns() - begin_ns;
    }
    printf("%ux%u (%llx)\n", width, height, (unsigned long long)(sum & 0xf));
    tell("sample", samples);
    tell("what is made of it", notes);
    tell("all bytes, when in doubt", wholes);
    free(frames);
    free(slot);
}

int main(void)
{
    measure(768, 576);
    measure(1920, 1080);
    measure(3840, 2160);
    return 0;
}
