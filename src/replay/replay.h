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
#include "tracker/pipeline.h"
#include "tracker/tracks.h"

enum { REPLAY_PROBLEM_BYTES = CLIP_PROBLEM_BYTES };

/* What is wanted; all of it the caller's, and NULL where it is not wanted. */
struct replay_options {
    const char *clip;
    uint32_t width, height;            /* 0: the clip's */
    const struct settings *settings;   /* never NULL */
    struct mot_detections *detections; /* in place of a detector */
    FILE *mot;
    bool progress; /* on stderr */
};

/* 0, or -errno with the reason in problem. */
int replay_run(const struct replay_options *options, char problem[REPLAY_PROBLEM_BYTES]);

#endif
