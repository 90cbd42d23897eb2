#include "detector/head.h"

enum { SIDES = 4 };

static uint32_t classes(const struct head_outputs *outputs, uint32_t label_count)
{
    uint32_t channels = 0;
    (void)label_count;
    for (uint32_t i = 0; i < outputs->count; i++) {
        const struct head_output *output = &outputs->list[i];
        if (output->dimensions != 4 || output->size[0] != 1 || output->size[1] <= SIDES ||
            output->size[2] == 0 || output->size[3] == 0 || (i > 0 && output->size[1] != channels))
            return 0;
        channels = output->size[1];
        uint32_t stride = outputs->input_width / output->size[3];
        if (stride == 0 || stride * output->size[3] != outputs->input_width ||
            stride * output->size[2] != outputs->input_height)
            return 0;
    }
    return outputs->count == 0 ? 0 : channels - SIDES;
}

/* One cell's candidate of one class. */
static void add(const struct head_output *output, uint32_t row, uint32_t column, float stride, uint32_t label,
                float score, struct candidates *candidates)
{
    const size_t plane = (size_t)output->size[2] * output->size[3];
    const float *sides = output->data + (size_t)row * output->size[3] + column;
    const float x = ((float)column + 0.5F) * stride, y = ((float)row + 0.5F) * stride;
    const struct candidate candidate = {
        .x1 = x - sides[0],
        .y1 = y - sides[plane],
        .x2 = x + sides[2 * plane],
        .y2 = y + sides[3 * plane],
        .score = score,
        .label = label,
    };
    candidates_add(candidates, &candidate);
}

static void decode(const struct head_outputs *outputs, uint32_t label_count, float score_threshold,
                   struct candidates *candidates)
{
    (void)label_count;
    for (uint32_t i = 0; i < outputs->count; i++) {
        const struct head_output *output = &outputs->list[i];
        const float *scores = output->data + (size_t)SIDES * output->size[2] * output->size[3];
        const float stride = (float)outputs->input_width / (float)output->size[3];
        for (uint32_t label = 0; label < output->size[1] - SIDES; label++)
            for (uint32_t row = 0; row < output->size[2]; row++)
                for (uint32_t column = 0; column < output->size[3]; column++, scores++)
                    if (*scores >= score_threshold)
                        add(output, row, column, stride, label, *scores, candidates);
    }
}

/*
 * Mean of ImageNet in B, G, R. People in surveillance footage have scores above 0.5, and hardly anything else has;
 * lower ones are of use to continue a track.
 */
const struct head head_nanodet = {
    .name = "nanodet",
    .order = DETECTOR_ORDER_BGR,
    .mean = {103.53F, 116.28F, 123.675F},
    .scale = 1.0F,
    .score_threshold = 0.3F,
    .nms_threshold = 0.45F,
    .classes = classes,
    .decode = decode,
};
