#include "tracker/stationary.h"

#include <string.h>

#define LOW_PERCENT  0.15
#define HIGH_PERCENT 0.85

#define ANCHOR_IOU        0.7 /* of mean and median: steady enough for an anchor */
#define KEEP_CORRELATION  0.90
#define KEEP_SHIFT        0.02
#define MOVED_CORRELATION 0.85
#define MOVED_SHIFT       0.04
#define MOVED_DRIFT       0.12 /* sum of the recent shifts */

enum {
    ANCHOR_HISTORY = 5, /* boxes before an anchor is taken */
    MOVED_LOOKS = 2,    /* in a row */
};

void stationary_init(struct stationary *stationary, uint32_t frame_width, uint32_t frame_height)
{
    memset(stationary, 0, sizeof(*stationary));
    stationary->position = (struct box_real){0.0, 0.0, frame_width, frame_height};
}

/* ---- the picture ---- */

bool stationary_judge(struct anchor *anchor, double correlation, double shift)
{
    double drift = 0.0;
    anchor->shifts[anchor->shift_count++ % STATIONARY_SHIFTS] = shift;
    for (uint32_t i = 0; i < STATIONARY_SHIFTS && i < anchor->shift_count; i++)
        drift += anchor->shifts[i];
    bool drifted = drift >= MOVED_DRIFT;
    if (correlation >= KEEP_CORRELATION && shift < KEEP_SHIFT) {
        anchor->changed = 0;
        return true;
    }
    if (correlation < MOVED_CORRELATION || shift >= MOVED_SHIFT || drifted) {
        anchor->changed++;
        return anchor->changed < MOVED_LOOKS && !drifted;
    }
    anchor->changed = 0;
    return true;
}

static void set_anchor(struct anchor *anchor, const struct stationary_picture *picture,
                       const struct camd_box *box)
{
    memset(anchor, 0, sizeof(*anchor));
    anchor->set = true;
    anchor->box = *box;
    appearance_take(picture->luma, picture->width, picture->height, box, &anchor->appearance);
}

/* Whether the place of a stationary object still looks as before. */
static bool looks_the_same(struct anchor *anchor, struct stationary_picture *picture)
{
    struct appearance now;
    if (!anchor->set || picture->looks == 0)
        return true;
    picture->looks--;
    appearance_take(picture->luma, picture->width, picture->height, &anchor->box, &now);
    return stationary_judge(anchor, appearance_correlation(&now, &anchor->appearance),
                            appearance_shift(&anchor->appearance, &now));
}

/* ---- the place ---- */

static void remember(struct stationary *stationary, uint32_t history, const struct camd_box *box)
{
    while (stationary->history_count >= history)
        memmove(stationary->history, stationary->history + 1,
                --stationary->history_count * sizeof(*stationary->history));
    stationary->history[stationary->history_count++] = *box;
}

/* Linear between neighbours, as NumPy's percentile. values: count of them, at most STATIONARY_SAMPLES_MAX. */
static double percentile(const int32_t *values, uint32_t count, double part)
{
    int32_t ordered[STATIONARY_SAMPLES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && ordered[at - 1] > values[i]; at--)
            ordered[at] = ordered[at - 1];
        ordered[at] = values[i];
    }
    double rank = part * (count - 1);
    uint32_t below = (uint32_t)rank;
    if (below + 1 >= count)
        return ordered[count - 1];
    return ordered[below] + (rank - below) * (ordered[below + 1] - ordered[below]);
}

static void add_sample(struct stationary *stationary, const struct camd_box *box)
{
    int32_t values[4][STATIONARY_SAMPLES_MAX];
    if (stationary->sample_count >= STATIONARY_SAMPLES_MAX)
        return;
    stationary->samples[stationary->sample_count++] = *box;
    uint32_t count = stationary->sample_count;
    for (uint32_t i = 0; i < count; i++) {
        values[0][i] = stationary->samples[i].x1;
        values[1][i] = stationary->samples[i].y1;
        values[2][i] = stationary->samples[i].x2;
        values[3][i] = stationary->samples[i].y2;
    }
    stationary->position = (struct box_real){
        .x1 = percentile(values[0], count, LOW_PERCENT),
        .y1 = percentile(values[1], count, LOW_PERCENT),
        .x2 = percentile(values[2], count, HIGH_PERCENT),
        .y2 = percentile(values[3], count, HIGH_PERCENT),
    };
}

/* Whether the box, and the boxes before it, say that it moved. picture: NULL when they decide alone. */
static bool has_moved(struct stationary *stationary, const struct label_traits *traits, bool is_stationary,
                      const struct camd_box *box, struct stationary_picture *picture)
{
    struct camd_box median = box_median(stationary->history, stationary->history_count);
    struct box_real mean = box_average(stationary->history, stationary->history_count), now = box_real(box),
                    middle = box_real(&median);
    if (picture && !stationary->anchor.set && stationary->history_count >= ANCHOR_HISTORY &&
        box_real_iou(&mean, &middle) >= ANCHOR_IOU)
        set_anchor(&stationary->anchor, picture, &median);

    double iou = box_real_iou(&now, &mean);
    double least = is_stationary ? traits->stationary_check_iou : traits->active_check_iou;
    bool is_elsewhere = iou < traits->known_active_iou,
         has_left = iou < least && box_real_iou(&stationary->position, &middle) < least;
    if (!is_elsewhere && !has_left)
        return false;
    return !picture || !looks_the_same(&stationary->anchor, picture);
}

bool stationary_update(struct stationary *stationary, const struct label_traits *traits, uint32_t threshold,
                       const struct camd_box *box, struct stationary_picture *picture)
{
    bool is_stationary = stationary->motionless >= threshold;
    bool classified = is_stationary && traits->classified && picture && picture->luma;
    remember(stationary, traits->history, box);
    if (!has_moved(stationary, traits, is_stationary, box, classified ? picture : NULL)) {
        add_sample(stationary, box);
        stationary->motionless++;
        return true;
    }
    if (stationary->position_changes == 0 || is_stationary)
        stationary->position_changes++;
    stationary->motionless = 0;
    stationary->history_count = 0;
    stationary->anchor.set = false;
    stationary->sample_count = 0;
    add_sample(stationary, box);
    return false;
}
