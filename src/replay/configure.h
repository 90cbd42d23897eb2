/* configure.h - the settings a replay has: those of a camera in a file, or the defaults */
#ifndef CAMD_REPLAY_CONFIGURE_H
#define CAMD_REPLAY_CONFIGURE_H

#include <stdint.h>

#include "tracker/settings.h"

struct replay_settings {
    struct settings tracker;
    uint32_t width, height; /* of the pictures; 0: the clip's */
};

/*
 * path NULL: no file, all keys have their defaults. camera NULL: the file's [defaults]. 0, or -errno, after what is wrong
 * was printed on stderr.
 */
int configure(const char *path, const char *camera, struct replay_settings *settings);

#endif
