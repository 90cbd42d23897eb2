#include "tracker/movers_candidates.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "tracker/box.h"

#define MOVED_SHARE     0.3 /* of its width: so far it has moved to be an object */
#define MOVED_LEAST     4.0 /* pixels: the edges that a picture shows when it drifts are no wider than that */
#define ALIKE           1.5 /* times as wide or high, at most, in two pictures */
#define LEAP_MOST       4.0 /* sizes in a picture: what goes so far may be one thing */
#define EXPECTED_OFF    0.5 /* sizes from where its step takes it: it is */
#define NEW_RATE        0.1 /* of a picture in the mean of how many candidates are new */
#define PICTURES_BY_NEW 0.4 /* in which a candidate has to be seen, for each of them */
#define PICTURES_MOST   8.0

static double middle(int32_t a, int32_t b)
{
    return (a + b) / 2.0;
}

static bool are_alike(int32_t a, int32_t b)
{
    return a <= ALIKE * b && b <= ALIKE * a;
}

/*
 * How far the box is from where one of its size is expected that had such a step, in sizes: what is fast has left all of its
 * last place in the next picture. INFINITY: it is not alike.
 */
static double distance_off(const struct movers_candidate *candidate, int32_t step_x, int32_t step_y,
                           const struct camd_box *box)
{
    const struct camd_box *last = &candidate->last;
    int32_t width = figure_width(last), height = figure_height(last);
    if (!are_alike(width, figure_width(box)) || !are_alike(height, figure_height(box)))
        return INFINITY;
    double dx = middle(box->x1, box->x2) - middle(last->x1, last->x2) - step_x,
           dy = middle(box->y1, box->y2) - middle(last->y1, last->y2) - step_y;
    return hypot(dx, dy) / middle(width, height);
}

/* The candidate that a box goes on with, or NULL: where one was, or where its step takes it. */
static struct movers_candidate *candidate_of(struct movers *movers, const struct camd_box *box)
{
    struct movers_candidate *candidate = NULL, *expected = NULL;
    double best = MOVERS_SAME_IOU, nearest = EXPECTED_OFF;
    for (uint32_t i = 0; i < movers->candidate_count; i++) {
        struct movers_candidate *other = &movers->candidates[i];
        if (other->seen)
            continue;
        double iou = box_iou(&other->last, box),
               off = other->is_guess || other->pictures > 1
                         ? distance_off(other, other->step_x, other->step_y, box)
                         : INFINITY;
        if (iou >= best) {
            best = iou;
            candidate = other;
        } else if (off <= nearest) {
            nearest = off;
            expected = other;
        }
    }
    /* what stays where it was guessed to have gone to has come from nowhere else */
    if (candidate && candidate->is_guess)
        candidate->first = candidate->last;
    return candidate ? candidate : expected;
}

static void step_to(struct movers_candidate *candidate, const struct camd_box *box)
{
    candidate->step_x = (box->x1 + box->x2 - candidate->last.x1 - candidate->last.x2) / 2;
    candidate->step_y = (box->y1 + box->y2 - candidate->last.y1 - candidate->last.y2) / 2;
    candidate->last = *box;
    candidate->seen = true;
}

/*
 * The candidate that the box is if it is fast: the only one in reach, or NULL. Of several any may be it, as of leaves that flicker,
 * and three of those are soon found in a line.
 */
static const struct movers_candidate *leaper_of(const struct movers *movers, const struct camd_box *box)
{
    const struct movers_candidate *leaper = NULL;
    for (uint32_t i = 0; i < movers->candidate_count; i++) {
        const struct movers_candidate *other = &movers->candidates[i];
        if (other->seen || other->is_guess || distance_off(other, 0, 0, box) > LEAP_MOST)
            continue;
        if (leaper)
            return NULL;
        leaper = other;
    }
    return leaper;
}

/* A box that goes on with none: it is new, or one that was seen once and is fast; the third picture will tell. */
static void add_candidate(struct movers *movers, const struct camd_box *box)
{
    struct movers_candidate added = {.first = *box, .last = *box, .pictures = 1, .seen = true};
    const struct movers_candidate *from = leaper_of(movers, box);
    if (movers->candidate_count == MOVERS_CANDIDATES_MAX)
        return;
    if (from) {
        added.first = added.last = from->last;
        added.is_guess = true;
        step_to(&added, box);
    }
    movers->candidates[movers->candidate_count++] = added;
}

bool movers_has_moved(struct movers *movers, const struct camd_box *box)
{
    struct movers_candidate *candidate = candidate_of(movers, box);
    if (!candidate) {
        add_candidate(movers, box);
        return false;
    }
    step_to(candidate, box);
    candidate->is_guess = false;
    candidate->pictures++;
    double dx = middle(box->x1, box->x2) - middle(candidate->first.x1, candidate->first.x2),
           dy = box->y2 - candidate->first.y2;
    return hypot(dx, dy) >= fmax(MOVED_SHARE * figure_width(&candidate->first), MOVED_LEAST) &&
           candidate->pictures >= fmin(movers->new_mean * PICTURES_BY_NEW, PICTURES_MOST);
}

void movers_forget_candidates(struct movers *movers)
{
    uint32_t kept = 0, new = 0;
    for (uint32_t i = 0; i < movers->candidate_count; i++) {
        if (!movers->candidates[i].seen)
            continue;
        new += movers->candidates[i].pictures == 1;
        movers->candidates[kept] = movers->candidates[i];
        movers->candidates[kept++].seen = false;
    }
    movers->candidate_count = kept;
    movers->new_mean += NEW_RATE * (new - movers->new_mean);
}
