#include "detector/candidates.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Total: of two with equal scores, the one that came first is the better. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
    return a->score != b->score ? a->score > b->score : a->order < b->order;
}

static void swap(struct candidate *a, struct candidate *b)
{
    const struct candidate copy = *a;
    *a = *b;
    *b = copy;
}

static void sift_up(struct candidate *list, uint32_t at)
{
    for (; at > 0 && is_better(&list[(at - 1) / 2], &list[at]); at = (at - 1) / 2)
        swap(&list[(at - 1) / 2], &list[at]);
}

static void sift_down(struct candidate *list, uint32_t count)
{
    for (uint32_t at = 0, child = 1; child < count; at = child, child = 2 * at + 1) {
        if (child + 1 < count && is_better(&list[child], &list[child + 1]))
            child++;
        if (!is_better(&list[at], &list[child]))
            return;
        swap(&list[at], &list[child]);
    }
}

static bool is_proper(const struct candidate *candidate)
{
    return isfinite(candidate->score) && isfinite(candidate->x1) && isfinite(candidate->y1) &&
           isfinite(candidate->x2) && isfinite(candidate->y2) && candidate->x1 < candidate->x2 &&
           candidate->y1 < candidate->y2;
}

void candidates_add(struct candidates *candidates, const struct candidate *candidate)
{
    if (!is_proper(candidate))
        return;
    struct candidate added = *candidate;
    added.order = candidates->arrived++;
    if (candidates->count < CANDIDATES_MAX) {
        candidates->list[candidates->count] = added;
        sift_up(candidates->list, candidates->count++);
    } else if (is_better(&added, &candidates->list[0])) {
        candidates->list[0] = added;
        sift_down(candidates->list, candidates->count);
    }
}

float candidates_highest_score(const struct candidates *candidates)
{
    float highest = 0;
    for (uint32_t i = 0; i < candidates->count; i++)
        highest = fmaxf(highest, candidates->list[i].score);
    return highest;
}

static int compare(const void *a, const void *b)
{
    return is_better(a, b) ? -1 : 1;
}

static float area(const struct candidate *box)
{
    return (box->x2 - box->x1) * (box->y2 - box->y1);
}

static float intersection_over_union(const struct candidate *a, const struct candidate *b)
{
    float width = fminf(a->x2, b->x2) - fmaxf(a->x1, b->x1);
    float height = fminf(a->y2, b->y2) - fmaxf(a->y1, b->y1);
    if (width <= 0 || height <= 0)
        return 0;
    return width * height / (area(a) + area(b) - width * height);
}

static float fraction(float position, uint32_t size)
{
    return fminf(fmaxf(position / (float)size, 0), 1);
}

/* False when nothing of the box is in the content. */
static bool write_row(const struct candidate *box, const struct detector_picture *picture, float row[6])
{
    row[0] = (float)box->label;
    row[1] = fminf(box->score, 1);
    row[2] = fraction(box->y1, picture->content_height);
    row[3] = fraction(box->x1, picture->content_width);
    row[4] = fraction(box->y2, picture->content_height);
    row[5] = fraction(box->x2, picture->content_width);
    return row[2] < row[4] && row[3] < row[5];
}

void candidates_choose(struct candidates *candidates, float nms_threshold,
                       const struct detector_picture *picture, struct detector_rows *rows)
{
    const struct candidate *chosen[CAMD_ANSWER_ROWS];
    rows->count = 0;
    qsort(candidates->list, candidates->count, sizeof(candidates->list[0]), compare);
    for (uint32_t i = 0; i < candidates->count && rows->count < CAMD_ANSWER_ROWS; i++) {
        const struct candidate *box = &candidates->list[i];
        bool is_suppressed = false;
        for (uint32_t k = 0; k < rows->count && !is_suppressed; k++)
            is_suppressed =
                chosen[k]->label == box->label && intersection_over_union(chosen[k], box) > nms_threshold;
        if (is_suppressed || !write_row(box, picture, rows->row[rows->count]))
            continue;
        chosen[rows->count++] = box;
    }
}
