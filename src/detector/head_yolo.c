#include "detector/head.h"

/* How candidates lie in an output: value k of candidate i is at data[i * step + k * value_step]. */
struct layout {
    uint32_t candidates, values;
    size_t step, value_step;
    uint32_t scores_at; /* 4, or 5 behind the one that tells whether there is an object at all */
};

enum { BOX_VALUES = 4 };

/*
 * Along one of the last two dimensions lie a candidate's values. labels decide; without them, it is the shorter one,
 * and only outputs with rows (N x values) have the additional value.
 */
static bool find_layout(const struct head_outputs *outputs, uint32_t label_count, struct layout *layout)
{
    const struct head_output *output = &outputs->list[0];
    if (outputs->count != 1 || output->dimensions < 2 || output->dimensions > 3 ||
        (output->dimensions == 3 && output->size[0] != 1))
        return false;
    const uint32_t rows = output->size[output->dimensions - 2],
                   columns = output->size[output->dimensions - 1];
    const struct layout in_columns = {columns, rows, 1, columns, BOX_VALUES};
    const struct layout in_rows = {rows, columns, columns, 1, BOX_VALUES};

    *layout = rows < columns ? in_columns : in_rows;
    if (label_count > 0 && rows == BOX_VALUES + label_count)
        *layout = in_columns;
    else if (label_count > 0 &&
             (columns == BOX_VALUES + label_count || columns == BOX_VALUES + 1 + label_count))
        *layout = in_rows;
    bool has_object = layout->value_step == 1 && layout->values != BOX_VALUES + label_count;
    if (has_object)
        layout->scores_at++;
    return layout->candidates > 0 && layout->values > layout->scores_at;
}

static uint32_t classes(const struct head_outputs *outputs, uint32_t label_count)
{
    struct layout layout;
    return find_layout(outputs, label_count, &layout) ? layout.values - layout.scores_at : 0;
}

static void add(const float *values, size_t step, uint32_t label, float score, struct candidates *candidates)
{
    const float x = values[0], y = values[step], width = values[2 * step], height = values[3 * step];
    const struct candidate candidate = {
        .x1 = x - width / 2,
        .y1 = y - height / 2,
        .x2 = x + width / 2,
        .y2 = y + height / 2,
        .score = score,
        .label = label,
    };
    candidates_add(candidates, &candidate);
}

static void decode(const struct head_outputs *outputs, uint32_t label_count, float score_threshold,
                   struct candidates *candidates)
{
    struct layout layout;
    if (!find_layout(outputs, label_count, &layout))
        return;
    for (uint32_t i = 0; i < layout.candidates; i++) {
        const float *values = outputs->list[0].data + i * layout.step;
        const float object = layout.scores_at > BOX_VALUES ? values[BOX_VALUES * layout.value_step] : 1;
        if (!(object >= score_threshold))
            continue;
        for (uint32_t k = layout.scores_at; k < layout.values; k++) {
            const float score = object * values[k * layout.value_step];
            if (score >= score_threshold)
                add(values, layout.value_step, k - layout.scores_at, score, candidates);
        }
    }
}

const struct head head_yolo = {
    .name = "yolo",
    .order = DETECTOR_ORDER_RGB,
    .mean = {0, 0, 0},
    .scale = 1.0F / 255,
    .score_threshold = 0.25F,
    .nms_threshold = 0.45F,
    .classes = classes,
    .decode = decode,
};
