/*
 * backend.h - what a back-end of the detector is
 *
 * A back-end looks for objects in one picture, in this process. The program camd-detector serves cameras with one;
 * camd-replay uses one directly. Back-ends of OpenCV are there when the program was built with it (Meson option
 * opencv).
 */
#ifndef CAMD_DETECTOR_BACKEND_H
#define CAMD_DETECTOR_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DETECTOR_PROBLEM_BYTES = 512 };

enum detector_order {
    DETECTOR_ORDER_BGR,
    DETECTOR_ORDER_RGB,
};

/* A number that is not configured: the model's kind decides. */
#define DETECTOR_UNSET (-1.0e30F)

/* Strings are the caller's and only used by open. */
struct detector_settings {
    const char *model;         /* path; NULL for a back-end that needs none */
    const char *head;          /* what the outputs mean: a name of head.h, or "auto" */
    uint32_t width, height;    /* of the tensor, pixels */
    enum detector_order order; /* of the tensor's channels */
    bool order_is_given;       /* the model takes that order; else what models with its head take */
    float mean[3], scale[3];   /* input = (channel - mean) * scale, in the model's order; or DETECTOR_UNSET */
    float score_threshold;     /* 0..1, lower scores are dropped; or DETECTOR_UNSET */
    float
        nms_threshold; /* IoU from which the lower of two boxes of one class is dropped; or DETECTOR_UNSET */
    uint32_t threads;
    uint32_t label_count; /* classes there are labels for; 0: not known */
};

/*
 * width x height x 3 bytes. The region is shown in the content's width and height, from the left top; beside it there
 * is grey.
 */
struct detector_picture {
    const uint8_t *pixels;
    uint32_t width, height;
    uint32_t content_width, content_height;
};

/* As in struct camd_answer: class, score, ymin, xmin, ymax, xmax, boxes 0..1 of the content; the best score first. */
struct detector_rows {
    uint32_t count;
    float row[CAMD_ANSWER_ROWS][6];
};

/*
 * open: loads the model and tries it on an empty picture, so that what can't work fails here. *detector is the caller's, for
 * close. Both functions return 0 or -errno and say in problem what is wrong and what can be done; results are untouched
 * then. Of open: -ENOENT, -EACCES, …: the file can't be read; -EBADMSG: it is no model, or damaged; -EINVAL: it does not
 * go with the settings; -EIO: the back-end failed.
 */
struct detector_backend {
    const char *name;
    int (*open)(const struct detector_settings *settings, void **detector,
                char problem[DETECTOR_PROBLEM_BYTES]);
    int (*detect)(void *detector, const struct detector_picture *picture, struct detector_rows *rows,
                  char problem[DETECTOR_PROBLEM_BYTES]);
    void (*close)(void *detector);
};

/* opencv.cpp */
extern const struct detector_backend detector_opencv_dnn, detector_opencv_hog;

/* The back-end of that name, NULL when there is none. */
const struct detector_backend *detector_backend_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif
