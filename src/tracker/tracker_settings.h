/*
 * tracker_settings.h - the tracker's part of a camera's settings
 *
 * Read from the configuration that camd sends (members named as the keys of camd.ini; detector, filters, zones and masks
 * are objects and lists, see camd-worker(7)). Pure.
 */
#ifndef CAMD_TRACKER_TRACKER_SETTINGS_H
#define CAMD_TRACKER_TRACKER_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracker/filter.h"
#include "tracker/mask.h"
#include "tracker/motion.h"
#include "tracker/zone.h"

enum {
    SETTINGS_PROBLEM_BYTES = 160,
    SETTINGS_NAME_BYTES = CAMD_NAME_MAX + 1,
};

/* Who finds the objects. */
enum settings_backend {
    SETTINGS_BACKEND_NONE,    /* motion only */
    SETTINGS_BACKEND_MOTION,  /* the tracker itself: what moves is an object */
    SETTINGS_BACKEND_PROCESS, /* a detector, asked over shared memory */
};

struct settings_detector {
    enum settings_backend backend;
    char name[SETTINGS_NAME_BYTES];
    uint32_t width, height; /* of the tensor; 0 without a process */
    bool letterbox;         /* it takes the whole frame, and squares only beside it */
};

/* Of tracking; 0 stands for a value that follows from the frame rate. */
struct tracker_settings_tracking {
    double fps;
    /* Frames after which stationary objects are detected again; 0: 10 seconds. */
    uint32_t stationary_interval;
    uint32_t stationary_threshold; /* frames without a move; 0: 10 seconds */
    uint32_t max_disappeared;      /* frames; 0: 5 seconds */
    uint32_t min_initialized;      /* hits; 0: half a second, at least 2 */
};

struct stationary_limit {
    char label[CAMD_LABEL_BYTES];
    uint32_t frames; /* 0: any number */
};

struct settings {
    bool motion;            /* whether motion is looked for */
    uint32_t motion_height; /* rows of the reduced picture; 0: the frame's */
    int64_t off_delay_ns;   /* how long there is no motion before it is reported as off */
    struct motion_settings detector;
    size_t mask_count; /* where motion is not looked for */
    struct mask_polygon masks[MASK_POLYGONS_MAX];

    struct settings_detector detection;
    uint32_t max_regions;        /* of one frame, 1 to CAMD_REGIONS_MAX */
    int64_t detection_budget_ns; /* of one frame */
    struct tracker_settings_tracking tracking;
    uint32_t label_count; /* labels that are tracked */
    char labels[CAMD_LABELS_MAX][CAMD_LABEL_BYTES];
    uint32_t stationary_limit; /* frames for which objects may be stationary; 0: any number */
    uint32_t stationary_limit_count;
    struct stationary_limit stationary_limits[FILTERS_MAX]; /* of labels that have one of their own */
    uint32_t filter_count;                                  /* labels without one have FILTER_DEFAULTS */
    struct filter filters[FILTERS_MAX];
    uint32_t object_mask_count;
    struct object_mask object_masks[OBJECT_MASKS_MAX];
    uint32_t zone_count;
    struct zone zones[ZONES_MAX];
};

/*
 * 0, or -EINVAL with settings untouched and in problem the key, what is wrong with it and what is expected.
 * Absent members have their defaults, unknown ones are for others.
 */
int tracker_settings_read(const json_t *config, struct settings *settings,
                          char problem[SETTINGS_PROBLEM_BYTES]);

/* Whether motion's masks are the same; whether the zones are. */
bool tracker_settings_masks_are_equal(const struct settings *a, const struct settings *b);
bool tracker_settings_zones_are_equal(const struct settings *a, const struct settings *b);

/* The values with those that follow from the frame rate filled in. */
struct tracker_settings_tracking tracker_settings_tracking(const struct settings *settings);

#endif
