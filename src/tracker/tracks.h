/*
 * tracks.h - objects followed from frame to frame
 *
 * Each frame's detections are assigned one to one to the tracks there are, so that the sum of likenesses is the
 * greatest possible, and never across labels:
 *   1. detections that could start a track, to confirmed tracks seen a moment ago, then to new ones;
 *   2. weaker ones, to those that are left over: a weak detection goes on with a track but never starts one
 *      (Y. Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, 2022);
 *   3. what remains of the first, to tracks lost for longer, by where they should be now or where they were
 *      seen last (J. Cao et al., Observation-Centric SORT, 2023);
 *   4. what remains then starts tracks, which are confirmed once there is enough evidence; a new track that
 *      looks like a lost one by then goes on with that one's id.
 * Likeness is made of the distance, in sizes of the object, and of colours. How far a detection may be grows
 * with the time since the track was seen, so that it means the same at any frame rate.
 *
 * Only the past is used. No I/O, no heap, no time but the count of frames; the same input always gives the same
 * tracks.
 */
#ifndef CAMD_TRACKER_TRACKS_H
#define CAMD_TRACKER_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/assignment.h"
#include "tracker/colour.h"
#include "tracker/detection.h"
#include "tracker/kalman.h"

enum {
    TRACKS_MAX = ASSIGNMENT_ROWS_MAX,
    TRACKS_DETECTIONS_MAX = ASSIGNMENT_COLUMNS_MAX, /* considered a frame, those of the highest scores */
};

struct tracks_settings {
    double fps;               /* frames a second that are tracked; above 0 */
    uint32_t max_disappeared; /* frames for which a lost track is looked for; 0: 5 seconds */
    /* 0: half a second, at least 2. A track of weak detections is confirmed by more hits than this. */
    uint32_t min_initialized;
    float start_score; /* detections below never start a track; 0: 0.7 */
};

/* A box with fractions of pixels: left, top, right, bottom. */
struct track_box {
    double x1, y1, x2, y2;
};

enum { TRACK_COORDINATES = 4 }; /* centre x, centre y, width, height */

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
    bool
        not_looked_for; /* the caller's, for the next update: without a detection it does not count as missed */
    bool confirmed;     /* it was detected often enough to be believed */
    bool present;       /* confirmed, and detected or missed for a moment only: estimate can be relied on */

    /*
     * The reference's hit counter, counted in parts of what it takes to confirm: a hit adds, a miss takes as
     * much away, below 0 the track ends. No longer of use once it is confirmed.
     */
    double evidence;
    double hit_worth;     /* what the last hit added */
    struct track_box box; /* estimate before it was clipped and rounded */
    struct kalman filters[TRACK_COORDINATES];
    struct colour colour; /* known when pictures are given */
};

struct tracks {
    struct tracks_settings settings; /* the defaults filled in */
    double width, height;            /* of the frame */
    uint64_t next_id;
    struct track list[TRACKS_MAX];

    /* the place in the list of the track of each detection of the last frame, in their order, or TRACKS_NONE */
    int32_t track_of[DETECTIONS_MAX];

    /* room to work in: detections by falling score, and which of them and of the tracks the assignment is about */
    struct tracks_candidate {
        const struct detection *detection; /* the caller's, of this frame */
        struct track_box box;              /* the part within the frame */
        double hidden;                     /* how much of it is behind another one */
        bool weak;                         /* starts nothing */
        struct colour colour;
        bool taken;
    } candidates[TRACKS_DETECTIONS_MAX];
    uint32_t candidate_count;
    struct track *rows[TRACKS_MAX];
    struct tracks_candidate *columns[TRACKS_DETECTIONS_MAX];
    struct assignment assignment;
};

enum { TRACKS_NONE = -1 };

/* No tracks yet; ids from 1. */
void tracks_init(struct tracks *tracks, const struct tracks_settings *settings, uint32_t width,
                 uint32_t height);

/* Other settings, from the next frame on; the tracks stay. */
void tracks_configure(struct tracks *tracks, const struct tracks_settings *settings);

/* Frames of another size: all tracks end; ids go on. */
void tracks_set_size(struct tracks *tracks, uint32_t width, uint32_t height);

/*
 * A frame that a detector looked at, and all it found there, in any order. Boxes that are empty or outside the frame and
 * scores that are no numbers are passed over. pixels: the frame, I420, by which colours help to tell objects apart; or
 * NULL.
 */
void tracks_update(struct tracks *tracks, const struct detection *detections, uint32_t count,
                   const uint8_t *pixels);

/*
 * A frame that no detector looked at: nothing was missed, so that nothing ages. What moved rolls on for a bit.
 */
void tracks_hold(struct tracks *tracks);

/*
 * The reference's distance of a detection from a track's box: the norm of the differences of centre and bottom, in
 * widths and heights of the track, and of the ratios of the sizes less 1. Infinite when either box is empty or not
 * finite.
 */
double tracks_distance(const struct track_box *detection, const struct track_box *track);

#endif
