#include "detector/head.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct head *const heads[] = {&head_nanodet, &head_yolo};

enum { HEADS = sizeof(heads) / sizeof(heads[0]), SHAPES_BYTES = 160 };

/* NULL for "auto" and for an unknown one. */
static const struct head *find_head(const char *name)
{
    for (size_t i = 0; i < HEADS; i++)
        if (strcmp(heads[i]->name, name) == 0)
            return heads[i];
    return NULL;
}

/* "1x84x52x52, 1x84x26x26" */
static void write_shapes(const struct head_outputs *outputs, char text[SHAPES_BYTES])
{
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < outputs->count; i++)
        for (uint32_t k = 0; k < outputs->list[i].dimensions && length < SHAPES_BYTES; k++) {
            const char *before = k > 0 ? "x" : i > 0 ? ", " : "";
            length += (size_t)snprintf(text + length, SHAPES_BYTES - length, "%s%u", before,
                                       outputs->list[i].size[k]);
        }
}

static int no_such_head(const char *name, char problem[DETECTOR_PROBLEM_BYTES])
{
    snprintf(problem, DETECTOR_PROBLEM_BYTES, "head: \"%.32s\" is not known; it may be auto, nanodet or yolo",
             name);
    return -EINVAL;
}

static int no_such_shape(const char *name, const struct head_outputs *outputs, uint32_t label_count,
                         char problem[DETECTOR_PROBLEM_BYTES])
{
    char shapes[SHAPES_BYTES], classes[32] = "";
    write_shapes(outputs, shapes);
    if (label_count > 0)
        snprintf(classes, sizeof(classes), " of %u classes", label_count);
    snprintf(
        problem, DETECTOR_PROBLEM_BYTES,
        "the model's outputs (%s for an input of %ux%u) are not those of %s%s; known are NanoDet's (head = nanodet) and YOLOv5's and YOLOv8's (head = yolo)",
        shapes, outputs->input_width, outputs->input_height, strcmp(name, "auto") == 0 ? "a detector" : name,
        classes);
    return -EINVAL;
}

static int wrong_labels(uint32_t classes, uint32_t label_count, char problem[DETECTOR_PROBLEM_BYTES])
{
    snprintf(
        problem, DETECTOR_PROBLEM_BYTES,
        "the model has %u classes, but there are %u labels: give the labels file that belongs to it (one label a line)",
        classes, label_count);
    return -EINVAL;
}

int head_choose(const char *name, const struct head_outputs *outputs, uint32_t label_count,
                const struct head **head, char problem[DETECTOR_PROBLEM_BYTES])
{
    const struct head *const named = find_head(name);
    if (!named && strcmp(name, "auto") != 0)
        return no_such_head(name, problem);

    for (size_t i = 0; i < HEADS; i++) {
        const uint32_t classes = named && named != heads[i] ? 0 : heads[i]->classes(outputs, label_count);
        if (classes == 0)
            continue;
        if (label_count > 0 && classes != label_count)
            return wrong_labels(classes, label_count, problem);
        *head = heads[i];
        return 0;
    }
    return no_such_shape(name, outputs, label_count, problem);
}
