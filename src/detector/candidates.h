/*
 * candidates.h - boxes that a model or a classifier proposes, and the choice among them
 *
 * A bounded list: when it is full, the lowest score makes room for a higher one. Then greedy non-maximum suppression
 * within each class: in the order of scores, a box whose IoU with one already chosen is above the threshold is dropped.
 */
#ifndef CAMD_DETECTOR_CANDIDATES_H
#define CAMD_DETECTOR_CANDIDATES_H

#include <stdint.h>

#include "detector/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CANDIDATES_MAX = 1024 };

struct candidate {
    float x1, y1, x2, y2; /* pixels of the tensor */
    float score;
    uint32_t label;
    uint32_t order; /* of arrival, so that equal scores have an order, too */
};

/* To be zeroed at the start. A heap, the lowest score first. */
struct candidates {
    uint32_t count, arrived;
    struct candidate list[CANDIDATES_MAX];
};

/* Boxes that aren't finite, or are empty, are left out. */
void candidates_add(struct candidates *candidates, const struct candidate *candidate);

/* The highest score of them; 0: there are none. */
float candidates_highest_score(const struct candidates *candidates);

/*
 * The best that remain, at most CAMD_ANSWER_ROWS, with boxes clipped to the picture's content and as fractions of it; those
 * that lie outside of it are left out. Changes the order of the candidates.
 */
void candidates_choose(struct candidates *candidates, float nms_threshold,
                       const struct detector_picture *picture, struct detector_rows *rows);

#ifdef __cplusplus
}
#endif

#endif
