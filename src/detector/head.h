/*
 * head.h - what the outputs of a model mean
 *
 * One decoder a kind of model; which one it is shows in the outputs' shapes:
 *
 *   nanodet  one output a stride s, 1 x (4 + classes) x height/s x width/s: distances to left, top, right, bottom in pixels of the
 *            input from the cell's centre ((column + 1/2) s, (row + 1/2) s), then a score a class. NanoDet
 *            (https://github.com/RangiLyu/nanodet) with the integral of its distances and the sigmoid in the graph.
 *   yolo     one output, a candidate a row or a column: centre x and y, width, height in pixels of the input, then a score a class:
 *            1 x (4 + classes) x N or 1 x N x (4 + classes), as YOLOv8's; or before these how sure it is that there is an
 *            object at all, which the scores are multiplied by: 1 x N x (5 + classes), as YOLOv5's.
 *
 * All scores are 0..1. A model that was exported without the sigmoid of its scores has others, and is refused when one is above
 * HEAD_SCORE_MAX.
 */
#ifndef CAMD_DETECTOR_HEAD_H
#define CAMD_DETECTOR_HEAD_H

#include "detector/candidates.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HEAD_OUTPUTS_MAX = 8, HEAD_DIMENSIONS_MAX = 4 };

/* Beyond this, a score is not one that was rounded up. */
#define HEAD_SCORE_MAX 1.01F

/* One output: float32, the last dimension runs fastest. */
struct head_output {
    const float *data;
    uint32_t dimensions;
    uint32_t size[HEAD_DIMENSIONS_MAX];
};

struct head_outputs {
    uint32_t count;
    struct head_output list[HEAD_OUTPUTS_MAX];
    uint32_t input_width, input_height; /* what the model was given */
};

struct head {
    const char *name;
    /* What models of that kind are given, when nothing else is configured. mean is in their own order of channels. */
    enum detector_order order;
    float mean[3], scale;
    float score_threshold, nms_threshold;
    /*
     * The number of classes when the outputs have this head's shape, else 0. label_count: how many are expected, or
     * 0: decides where a shape could mean several things, and is no condition otherwise.
     */
    uint32_t (*classes)(const struct head_outputs *outputs, uint32_t label_count);
    /* Adds the boxes with scores from score_threshold up; outputs have been found good by classes. */
    void (*decode)(const struct head_outputs *outputs, uint32_t label_count, float score_threshold,
                   struct candidates *candidates);
};

extern const struct head head_nanodet, head_yolo;

/*
 * The head for these outputs: the one of that name, or with "auto" the one whose shape they have. Checks the number of
 * classes against label_count (0: any). -EINVAL, with the reason in problem; *head is untouched then.
 */
int head_choose(const char *name, const struct head_outputs *outputs, uint32_t label_count,
                const struct head **head, char problem[DETECTOR_PROBLEM_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
