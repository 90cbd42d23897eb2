/*
 * settings.h - the tracker's part of a camera's settings
 *
 * Read from the configuration that camd sends (members named as the keys of camd.ini). Pure.
 */
#ifndef CAMD_TRACKER_SETTINGS_H
#define CAMD_TRACKER_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mask.h"
#include "motion.h"

enum { SETTINGS_PROBLEM_BYTES = 160 };

struct settings {
    bool motion;            /* whether motion is looked for */
    uint32_t motion_height; /* rows of the reduced picture; 0: the frame's */
    int64_t off_delay_ns;   /* how long there is no motion before it is reported as off */
    struct motion_settings detector;
    size_t mask_count;
    struct mask_polygon masks[MASK_POLYGONS_MAX];
};

/*
 * 0, or -EINVAL with settings untouched and in problem the key, what is wrong with it and what is expected.
 * Absent members have their defaults, unknown ones are for others.
 */
int settings_read(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES]);

bool settings_masks_are_equal(const struct settings *a, const struct settings *b);

#endif
