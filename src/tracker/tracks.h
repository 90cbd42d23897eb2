/*
 * tracks.h - objects followed from frame to frame
 *
 * Each frame's detections are assigned one to one to the tracks there are, the sum of likenesses being the
 * greatest possible, and never across labels:
 *   1. detections that could start a track, to tracks that were seen a moment ago;
 *   2. weaker ones, to those that are left over: a weak detection goes on with a track but never starts one
 *      (Y. Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, 2022);
 *   3. what remains of the first, to tracks lost for longer, from where they should be now or where they were
 *      seen last (J. Cao et al., Observation-Centric SORT, 2023);
 *   4. what remains then starts tracks, which are confirmed once detected often enough.
 * How far a detection may be is measured in sizes of the object and grows with the time since the track was
 * seen, so that it means the same at any frame rate. Only the past is used. No I/O, no heap, no time but the
 * count of frames; the same input always gives the same tracks.
 */
#ifndef CAMD_TRACKER_TRACKS_H
#define CAMD_TRACKER_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "assignment.h"
#include "camd/shm.h"
#include "colour.h"
#include "detection.h"
#include "kalman.h"

enum {
    TRACKS_MAX = ASSIGNMENT_ROWS_MAX,
    TRACKS_DETECTIONS_MAX = ASSIGNMENT_COLUMNS_MAX, /* considered a frame, those of the highest scores */
};

struct tracks_settings {
    double fps;                /* frames a second that are tracked; above 0 */
    uint32_t max_disappeared;  /* frames for which a lost track is looked for; 0: 5 seconds */
    uint32_t min_initialized;  /* hits in a row that make a track of weak detections; 0: half a second, at least 2 */
    float start_score;         /* detections below never start a track; 0: the default */
};

/* A box with fractions of pixels: left, top, right, bottom. */
struct track_box {
    double x1, y1, x2, y2;
};

enum { TRACK_COORDINATES = 4 }; /* centre x, centre y, width, height */

/* One track. It stays in its place of the list while it lives; id is 0 in places that are free. */
struct track {
    uint64_t id;              /* from 1 up, never used again */
    uint32_t label;
    float score;              /* of the last detection */
    struct camd_box estimate; /* where it is now, within the frame */
    struct camd_box detected; /* the last detection's box */
    uint32_t age;             /* frames since the first detection, that one included */
    uint32_t hits;            /* detections */
    uint32_t disappeared;     /* frames since the last detection: above 0, estimate is a prediction */
    bool confirmed;           /* it was detected often enough to be believed */
    bool present;             /* confirmed and detected or missed for a moment only: estimate can be relied on */

    struct track_box box; /* estimate before it was clipped and rounded */
    double evidence;      /* until it is confirmed: what its hits are worth */
    struct kalman filters[TRACK_COORDINATES];
    struct colour colour; /* when pictures are given */
};

struct tracks {
    struct tracks_settings settings; /* the defaults filled in */
    double width, height;            /* of the frame */
    uint64_t next_id;
    struct track list[TRACKS_MAX];

    /* of the last frame: which place each detection's track has, TRACKS_NONE for detections without one */
    uint32_t detection_count;
    int32_t track_of[DETECTIONS_MAX];

    /* room to work in */
    struct assignment assignment;
    uint32_t order[TRACKS_DETECTIONS_MAX];     /* detections by falling score */
    struct track_box boxes[TRACKS_DETECTIONS_MAX]; /* in that order */
    double covered[TRACKS_DETECTIONS_MAX];     /* the part of each box that another one in front of it hides */
    struct colour looks[TRACKS_DETECTIONS_MAX];
    bool taken[TRACKS_DETECTIONS_MAX];
    int32_t rows[TRACKS_MAX], columns[TRACKS_DETECTIONS_MAX];
};

enum { TRACKS_NONE = -1 };

/* No tracks yet; ids from 1. */
void tracks_init(struct tracks *tracks, const struct tracks_settings *settings, uint32_t width, uint32_t height);

/* Other settings, from the next frame on; the tracks stay. */
void tracks_configure(struct tracks *tracks, const struct tracks_settings *settings);

/* Frames of another size: all tracks end; ids go on. */
void tracks_set_size(struct tracks *tracks, uint32_t width, uint32_t height);

/*
 * A frame that a detector looked at, and all it found in it, in any order. Boxes that are empty or outside of the frame and
 * scores that are no numbers are passed over. pixels: the frame's, I420, so that colours help to tell objects apart, or NULL.
 */
void tracks_update(struct tracks *tracks, const struct detection *detections, uint32_t count,
                   const uint8_t *pixels);

/* A frame that no detector looked at: nothing was missed, so nothing ages; the tracks stay where they are. */
void tracks_hold(struct tracks *tracks);

/*
 * The reference's distance of a detection from a track's box: the norm of the differences of centre and bottom, in
 * widths and heights of the track, and of the ratios of the sizes less 1. Infinite when either box is empty or not
 * finite.
 */
double tracks_distance(const struct track_box *detection, const struct track_box *track);

#endif
