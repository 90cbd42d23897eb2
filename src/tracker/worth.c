#include "tracker/worth.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tracker/box.h"

enum {
    FAR = 4,         /* pixels between those of the wide difference */
    EDGE = 12,       /* grey levels: less is noise */
    LINES_MAX = 100, /* that are looked at, in each direction */
};

#define CUT_OFF      0.2F /* what is left of the worth of an object that a side of the frame cuts off */
#define LARGE        0.5F /* of the frame's sides: larger is no better */
#define NO_SHARPNESS 0.1F /* of a picture without a sharp edge: an object always is worth something */

static struct camd_box frame_of(const struct worth_sight *sight)
{
    return (struct camd_box){0, 0, (int32_t)sight->width - 1, (int32_t)sight->height - 1};
}

static bool is_cut_off(const struct worth_sight *sight)
{
    const struct camd_box *box = &sight->box, frame = frame_of(sight);
    return box->x1 <= frame.x1 || box->y1 <= frame.y1 || box->x2 >= frame.x2 || box->y2 >= frame.y2;
}

static float between_0_and_1(float value)
{
    return value > 1.0F ? 1.0F : value > 0.0F ? value : 0.0F;
}

float worth_most(const struct worth_sight *sight)
{
    const struct camd_box frame = frame_of(sight);
    const float side = sqrtf((float)box_common_area(&sight->box, &frame) / (float)box_area(&frame));
    if (side <= 0.0F)
        return 0.0F;

    return between_0_and_1(sight->score) * between_0_and_1(side / LARGE) *
           (is_cut_off(sight) ? CUT_OFF : 1.0F);
}

/* ---- sharpness ---- */

struct sums {
    uint64_t near, far;
};

static void add(struct sums *sums, const uint8_t *pixel, size_t step)
{
    const int near = pixel[step] - pixel[0], far = pixel[FAR * step] - pixel[0];
    if (abs(far) < EDGE)
        return;
    sums->near += (uint64_t)(near * near);
    sums->far += (uint64_t)(far * far);
}

/* Odd, so that what repeats, as the blocks of a codec do, is seen at all of its places. */
static int32_t stride_of(int32_t length)
{
    return (length / LINES_MAX + 1) | 1;
}

float worth_sharpness(const struct worth_sight *sight)
{
    struct sums sums = {0, 0};
    const struct camd_box frame = frame_of(sight);
    struct camd_box box;
    if (!box_intersection(&sight->box, &frame, &box))
        return 0.0F;
    /* the object's own outline, too, which may be all that there is to see of it */
    box = (struct camd_box){box.x1 - FAR, box.y1 - FAR, box.x2 + FAR, box.y2 + FAR};
    box_intersection(&box, &frame, &box);
    const int32_t step_x = stride_of(box.x2 - box.x1), step_y = stride_of(box.y2 - box.y1);

    for (int32_t y = box.y1; y + FAR <= box.y2; y += step_y)
        for (int32_t x = box.x1; x + FAR <= box.x2; x += step_x) {
            const uint8_t *pixel = sight->luma + (size_t)y * sight->width + (size_t)x;
            add(&sums, pixel, 1);
            add(&sums, pixel, sight->width);
        }
    /* a step of one pixel is in the far difference of four pixels, with its full height */
    const float sharpness =
        sums.far > 0 ? between_0_and_1((float)FAR * (float)sums.near / (float)sums.far) : 0.0F;

    return sharpness > NO_SHARPNESS ? sharpness : NO_SHARPNESS;
}
