/*
 * track.h - one object followed from frame to frame
 *
 * Where its box is and how it moves, from detections that are rough; and how sure it is that there is an object. All of it
 * is in seconds and in sizes of the object, so that it means the same at any frame rate, near and far. N. Wojke, A.
 * Bewley and D. Paulus, Simple Online and Realtime Tracking with a Deep Association Metric (2017), let the noise grow with
 * the box's height; here it is the mean of width and height, since not all objects are people. Pure.
 */
#ifndef CAMD_TRACKER_TRACK_H
#define CAMD_TRACKER_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/colour.h"
#include "tracker/detection.h"
#include "tracker/kalman.h"

/* A box with fractions of pixels: left, top, right, bottom. */
struct track_box {
    double x1, y1, x2, y2;
};

double track_box_area(const struct track_box *box);
/* Intersection over union, 0..1. */
double track_box_iou(const struct track_box *a, const struct track_box *b);
double track_box_common_area(const struct track_box *a, const struct track_box *b);
/* The part within the frame; false when there is none. */
bool track_box_clip(struct track_box *clipped, const struct camd_box *box, double width, double height);

/* What is filtered: the centre and the size. */
enum { TRACK_X, TRACK_Y, TRACK_WIDTH, TRACK_HEIGHT, TRACK_COORDINATES };

void track_box_coordinates(const struct track_box *box, double coordinates[TRACK_COORDINATES]);

struct track_frame {
    double width, height; /* pixels */
    bool first;           /* there was none before it */
};

/* A detection, as a track looks at it. */
struct track_look {
    const struct detection *detection; /* the caller's, of this frame */
    struct track_box box;              /* the part within the frame */
    double hidden;                     /* the part of it that is behind another one, 0..1 */
    double left_over; /* what it has in common with a detection of the last frame that no track had: IoU */
    bool weak;        /* starts nothing */
    bool taken;       /* it has a track */
    struct colour colour;
};

/* One track. It stays in its place of the list while it lives; id is 0 in places that are free. */
struct track {
    uint64_t id; /* from 1 up, never used again */
    uint32_t label;
    float score;              /* of the last detection */
    struct camd_box estimate; /* where it is now, within the frame */
    struct camd_box detected; /* the last detection's box */
    uint32_t age;             /* frames with a detector since the first detection, that one included */
    uint32_t hits;            /* detections */
    uint32_t disappeared;     /* frames since the last detection: above 0, estimate is a prediction */
    double missed_s;          /* seconds for which it was looked for since then */
    double rolled_s;          /* seconds for which nobody looked, up to now */
    /* The caller's, for the next update: without a detection it does not count as missed. */
    bool not_looked_for;
    bool confirmed; /* it was detected often enough to be believed */
    bool present;   /* confirmed, and detected or missed for a moment only: estimate can be relied on */

    /* What its detections say for it, less what misses say against it: in parts of what it takes to confirm. */
    double evidence;
    double hit_worth;        /* what the last hit added: a miss takes as much away */
    bool doubtful;           /* the last detection's score was low */
    double begun_x, begun_y; /* the middle of its first detection */
    bool has_travelled;      /* it was once farther from there than wind moves a branch */
    struct track_box box;    /* estimate before it was clipped and rounded */
    struct kalman filters[TRACK_COORDINATES];
    struct colour colour; /* known when pictures are given */
};

/* What a hit says for a track. */
struct track_rules {
    double start_score; /* of a detection that may start a track, 0..1: a weaker one says less for it */
    double least_worth; /* what any hit adds to the evidence */
};

/* A new track, of its first detection. */
void track_begin(struct track *track, uint64_t id, const struct track_frame *frame,
                 const struct track_look *look, const struct track_rules *rules);

/* The next frame is there, so many seconds after the last one; it counts as missed until it is hit. */
void track_predict(struct track *track, const struct track_frame *frame, double seconds);
/* Its detection in this frame; after track_predict. */
void track_hit(struct track *track, const struct track_frame *frame, const struct track_look *look,
               const struct track_rules *rules);
/* Nobody looked where it is: all that this frame tells of it is the time that passed. */
void track_excuse(struct track *track, double seconds);
/* It was looked for and not found. False when there never was an object. */
bool track_miss(struct track *track);
/* Time passes without a frame that anybody looked at; what moved rolls on for a bit. */
void track_roll(struct track *track, const struct track_frame *frame, double seconds);

/* Its centre is outside. */
bool track_has_left(const struct track *track, const struct track_frame *frame);
/* Confirmed, and missed for so long that it may be anywhere near. */
bool track_is_lost(const struct track *track);
/* Whether its prediction is likelier right than wrong. hidden: the part of it that is behind another object. */
bool track_is_reliable(const struct track *track, const struct track_frame *frame, double hidden);

/* The variance of a coordinate of a detection about the object's, pixels squared. */
double track_noise(const struct track *track, int coordinate, double score);

#endif
