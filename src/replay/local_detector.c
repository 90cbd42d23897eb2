#include "replay/local_detector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/backend.h"
#include "detector/detector_settings.h"
#include "tracker/detection_requests.h"
#include "tracker/tensor.h"

struct local_detector {
    const struct detector_backend *backend;
    void *opened; /* the back-end's */
    struct tensor_format format;
    uint32_t label_count;
    uint32_t width, height; /* of the pictures, when has_maker */
    struct tensor_maker maker;
    bool has_maker;
    uint8_t *tensor;
    struct detector_rows rows;
    char problem[DETECTOR_PROBLEM_BYTES];
};

static int open_backend(struct local_detector *detector, const json_t *config, bool rgb)
{
    struct detector_settings settings;
    const char *name;
    int result = detector_settings_read(config, &name, &settings, detector->problem);
    if (result < 0)
        return result;
    const struct detector_backend *backend = detector_backend_find(name);
    if (!backend) {
        snprintf(
            detector->problem, sizeof(detector->problem),
            "backend: %.64s is a program of its own, which only camd can start; expected opencv-dnn or opencv-hog",
            name);
        return -EINVAL;
    }
    detector->format = (struct tensor_format){settings.width, settings.height, rgb};
    detector->tensor = malloc((size_t)settings.width * settings.height * 3);
    if (!detector->tensor) {
        snprintf(detector->problem, sizeof(detector->problem), "memory is short");
        return -ENOMEM;
    }
    result = backend->open(&settings, &detector->opened, detector->problem);
    if (result == 0)
        detector->backend = backend;
    return result;
}

int local_detector_open(const json_t *config, uint32_t label_count, bool rgb,
                        struct local_detector **detector, char problem[REPLAY_PROBLEM_BYTES])
{
    struct local_detector *made = calloc(1, sizeof(*made));
    if (!made) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "memory is short");
        return -ENOMEM;
    }
    made->label_count = label_count;
    int result = open_backend(made, config, rgb);
    if (result < 0) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "%s", made->problem);
        local_detector_close(made);
        return result;
    }
    *detector = made;
    return 0;
}

void local_detector_close(struct local_detector *detector)
{
    if (!detector)
        return;
    if (detector->backend)
        detector->backend->close(detector->opened);
    if (detector->has_maker)
        tensor_fini(&detector->maker);
    free(detector->tensor);
    free(detector);
}

/* ---- the port ---- */

static int begin(void *context, uint32_t width, uint32_t height)
{
    struct local_detector *detector = context;
    int result = tensor_init(&detector->maker, width, height, &detector->format);
    detector->has_maker = result == 0;
    detector->width = width;
    detector->height = height;
    if (result < 0)
        snprintf(detector->problem, sizeof(detector->problem), "tensors of %ux%u cannot be made: %s",
                 detector->format.width, detector->format.height, strerror(-result));
    return result;
}

static int look_into(struct local_detector *detector, const uint8_t *pixels, const struct camd_box *region,
                     struct detection_list *found)
{
    int result = tensor_write(&detector->maker, pixels, region, detector->tensor);
    if (result < 0) {
        snprintf(detector->problem, sizeof(detector->problem), "a region cannot be cut out: %s",
                 strerror(-result));
        return result;
    }
    const struct tensor_size content =
        tensor_content((uint32_t)(region->x2 - region->x1), (uint32_t)(region->y2 - region->y1),
                       detector->format.width, detector->format.height);
    const struct detector_picture picture = {
        .pixels = detector->tensor,
        .width = detector->format.width,
        .height = detector->format.height,
        .content_width = content.width,
        .content_height = content.height,
    };
    result = detector->backend->detect(detector->opened, &picture, &detector->rows, detector->problem);
    if (result == 0)
        requests_convert((const float(*)[6])detector->rows.row, detector->rows.count, region, detector->width,
                         detector->height, detector->label_count, found);
    return result;
}

static int detect(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                  uint32_t region_count, struct detection_list *found, uint32_t *answered)
{
    for (*answered = 0; *answered < region_count; ++*answered) {
        int result = look_into(context, frame->pixels, &regions[*answered], found);
        if (result < 0)
            return result;
    }
    return 0;
}

static const char *problem_of(const void *context)
{
    return ((const struct local_detector *)context)->problem;
}

struct replay_detector local_detector_replay(struct local_detector *detector)
{
    return (struct replay_detector){
        .port = {.context = detector, .detect = detect},
        .begin = begin,
        .problem = problem_of,
    };
}
