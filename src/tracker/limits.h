/*
 * limits.h - what a frame has no room for, counted and said in words
 *
 * Everything is bounded, and what is beyond a bound is left out; nobody should have to guess that. Each limit is told once,
 * when it is reached first (some only when it goes on, since what they leave out comes a moment later), and counted.
 * Pure.
 */
#ifndef CAMD_TRACKER_LIMITS_H
#define CAMD_TRACKER_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit {
    LIMIT_TRACKS,     /* objects that are followed at a time */
    LIMIT_DETECTIONS, /* detections of a frame */
    LIMIT_ANSWERS,    /* objects in a detector's answer about a region */
    LIMIT_REGIONS,    /* regions of a frame */
    LIMIT_FIGURES,    /* moving figures of a frame, with the motion back-end */
    LIMIT_MOTION,     /* motion boxes of a frame */
    LIMIT_SHOWN,      /* objects of a live result */
    LIMIT_COUNT,
};

struct limits {
    struct limit_count {
        uint64_t total, frames, first_frame; /* left out ever, in how many frames, and the first of them */
        uint32_t most;                       /* of one frame */
        uint32_t in_a_row;                   /* frames, up to the last one */
        bool is_due, told;
    } of[LIMIT_COUNT];
};

/* So many were left out of the frame; 0: none. */
void limits_note(struct limits *limits, enum limit limit, uint32_t count, uint64_t frame_id);

/* The next limit that is to be told, which counts as told then; false: there is none. */
bool limits_take_news(struct limits *limits, enum limit *limit);

/* All that was left out since the start by limits that are to be told, or were; but for regions, which only wait. */
uint64_t limits_total(const struct limits *limits);

/*
 * "more objects than the 128 that are followed at a time", for a sentence that begins with "there are"; what is left
 * out then, and what can be done.
 */
struct limit_words {
    const char *more, *left_out, *hint;
    uint32_t patience; /* frames in a row before it is told */
};
const struct limit_words *limit_words(enum limit limit);

#endif
