/* configure.h - the settings a replay has: those of a camera in a file, or the defaults */
#ifndef CAMD_REPLAY_CONFIGURE_H
#define CAMD_REPLAY_CONFIGURE_H

#include <jansson.h>
#include <stdint.h>

#include "tracker/tracker_settings.h"

/* Made by configure, freed by configure_fini. */
struct replay_settings {
    struct settings tracker;
    uint32_t width, height; /* of the pictures; 0: the clip's */

    json_t *detector; /* what camd would send to the detector's process, or NULL: none is needed */
    char labels[CAMD_LABELS_MAX][CAMD_LABEL_BYTES];
    uint32_t label_count;
    bool rgb; /* order of the tensor's colours */
};

/*
 * path NULL: no file, all keys have their defaults. camera NULL: the file's [defaults]. detector NULL: the camera's,
 * if it has one. 0, or -errno, after what is wrong was printed on stderr.
 */
int configure(const char *path, const char *camera, const char *detector, struct replay_settings *settings);
void configure_fini(struct replay_settings *settings);

#endif
