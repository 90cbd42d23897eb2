/*
 * bench_regions - what the choice of regions, the reduction of detections and a look at a stationary object cost
 *
 * Prints the least and the median time of each, over input that is made up.
 */
#include <stdint.h>
#include <stdio.h>

#include "measure.h"
#include "tracker/appearance.h"
#include "tracker/attention.h"
#include "tracker/reduce.h"

enum { ROUNDS = 2000, WIDTH = 1280, HEIGHT = 720, BOXES = 10 };

static uint32_t noise = 1;

static int32_t any(int32_t most)
{
    noise = noise * 1664525 + 1013904223;
    return (int32_t)(noise >> 8) % most;
}

static struct camd_box any_box(void)
{
    int32_t x = any(WIDTH - 160), y = any(HEIGHT - 160);
    return (struct camd_box){x, y, x + 20 + any(120), y + 20 + any(120)};
}

static struct camd_box boxes[BOXES];
static uint32_t results; /* so that nothing is left out */

static void choose_regions(void)
{
    static struct attention attention;
    static struct camd_grid grid;
    struct attention_choice choice;
    const struct attention_frame frame = {
        .frame = {WIDTH, HEIGHT, 320},
        .grid = &grid,
        .objects = boxes,
        .object_count = BOXES / 2,
        .motion = boxes + BOXES / 2,
        .motion_count = BOXES / 2,
    };
    attention_choose(&attention, &frame, 8, &choice);
    results += choice.count;
}

static void reduce(void)
{
    static struct detection_list list;
    const struct label_traits *traits[] = {label_traits("person")};
    list.count = BOXES;
    for (uint32_t i = 0; i < BOXES; i++)
        list.list[i] = (struct detection){.box = boxes[i], .region = {0, 0, WIDTH, WIDTH}, .score = .8F};
    reduce_detections(&list, traits, WIDTH, HEIGHT, REDUCE_SCORE_MIN);
    results += list.count;
}

static uint8_t luma[WIDTH * HEIGHT];

static void look(void)
{
    static struct appearance anchor, now;
    const struct camd_box box = {500, 200, 800, 400};
    appearance_take(luma, WIDTH, HEIGHT, &box, &now);
    results += appearance_correlation(&anchor, &now) > .5;
    results += appearance_shift(&anchor, &now) > .5;
    anchor = now;
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tasks[] = {{"regions of 10 boxes", choose_regions},
                 {"reduction of 10 detections", reduce},
                 {"look at a stationary object of 300x200", look}};
    static int64_t times[ROUNDS];
    for (size_t i = 0; i < sizeof(luma); i++)
        luma[i] = (uint8_t)any(256);
    for (size_t k = 0; k < sizeof(tasks) / sizeof(tasks[0]); k++) {
        for (int i = 0; i < ROUNDS; i++) {
            for (int n = 0; n < BOXES; n++)
                boxes[n] = any_box();
            int64_t begin = now_ns();
            tasks[k].run();
            times[i] = now_ns() - begin;
        }
        sort_times(times, ROUNDS);
        printf("%s: least %.4f ms, median %.4f ms\n", tasks[k].name, (double)times[0] / 1e6,
               (double)times[ROUNDS / 2] / 1e6);
    }
    return results == 0;
}
