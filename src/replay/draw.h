/*
 * draw.h - a clip's pictures with what was found in them: regions, motion, objects
 *
 * As JPEG files, as a video, or both.
 */
#ifndef CAMD_REPLAY_DRAW_H
#define CAMD_REPLAY_DRAW_H

#include <stdint.h>

#include "camd/shm.h"
#include "replay/problem.h"

struct draw;

/* Where to. frames: a directory, made when it is missing; video: a file; either may be NULL. */
struct draw_options {
    const char *frames, *video;
    uint32_t width, height;
    double fps;
    const char (*labels)[CAMD_LABEL_BYTES];
    uint32_t label_count;
};

/* 0 and *draw, or -errno with problem. Strings and labels stay the caller's and in use. */
int draw_open(const struct draw_options *options, struct draw **draw, char problem[REPLAY_PROBLEM_BYTES]);

/* One picture, number from 1; pixels are not changed. 0 or -errno with problem. */
int draw_picture(struct draw *draw, uint64_t number, const uint8_t *pixels, const struct camd_result *result,
                 char problem[REPLAY_PROBLEM_BYTES]);

/* The video is complete only when this returns 0. NULL is nothing. */
int draw_close(struct draw *draw, char problem[REPLAY_PROBLEM_BYTES]);

#endif
