/*
 * replay.h - one clip through the tracker, from its first picture to its last
 *
 * Drives the same pipeline as camd-tracker, with the clip's own time instead of the clock's, so that the same clip and
 * settings always give the same results.
 */
#ifndef CAMD_REPLAY_REPLAY_H
#define CAMD_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "replay/clip.h"
#include "replay/mot.h"
#include "replay/problem.h"
#include "tracker/limits.h"
#include "tracker/tracker_settings.h"

/* Who detects in place of a detector process, and what the labels of its detections are. */
struct replay_detector {
    struct detection_port port; /* detect NULL: nobody */
    const char (*labels)[CAMD_LABEL_BYTES];
    uint32_t label_count;
    /* Both may be NULL. The size of all pictures, before the first: 0 or -errno; why the last call failed. */
    int (*begin)(void *context, uint32_t width, uint32_t height);
    const char *(*problem)(const void *context);
};

/* What is wanted; all of it the caller's, and NULL where it is not wanted. */
struct replay_options {
    const char *clip;
    uint32_t width, height; /* 0: the clip's */
    double fps; /* pictures a second that are looked at, the others are left out as capture would; 0: all */
    /* Never NULL; its frame rate is replaced by that of the pictures looked at. */
    const struct settings *settings;
    struct replay_detector detector;
    FILE *mot, *events;
    const char *frames, *video; /* a directory, a file */
    bool progress;              /* on stderr */
};

/* 0, or -errno with the reason in problem. limits: what there was no room for, by the numbers of the pictures. */
int replay_run(const struct replay_options *options, struct limits *limits,
               char problem[REPLAY_PROBLEM_BYTES]);

#endif
