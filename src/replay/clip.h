/*
 * clip.h - a clip's pictures, one after the other
 *
 * Decoded as camd-capture does it, but every picture, in no hurry and without a slot: the same file always gives the same
 * pictures.
 */
#ifndef CAMD_REPLAY_CLIP_H
#define CAMD_REPLAY_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/problem.h"

struct clip_reader;

struct clip {
    struct clip_reader *reader; /* its own */

    double fps;             /* pictures a second, by the file's word; 25 when it says nothing */
    uint32_t width, height; /* of all pictures: as wanted, else the first one's */
    uint8_t *pixels;        /* the last picture: I420 */
    uint64_t number;        /* of the last picture, from 1 */
    int64_t time_ns;        /* of the last picture, from 0 */
    bool is_damaged;        /* the last picture */
};

/*
 * width and height: the size wanted, or 0 for the clip's own. 0, or -errno with the reason and what to do in problem; the
 * clip is closed then.
 */
int clip_open(struct clip *clip, const char *path, uint32_t width, uint32_t height,
              char problem[REPLAY_PROBLEM_BYTES]);
void clip_close(struct clip *clip);

/* The next picture: 1, 0 at the end, or -errno with problem. Pictures that can't be decoded are left out. */
int clip_next(struct clip *clip, char problem[REPLAY_PROBLEM_BYTES]);

#endif
