/*
 * tracks.h - objects followed from frame to frame
 *
 * Each frame's detections are assigned one to one to the tracks there are, so that the sum of what the pairs are worth
 * (match.h) is the greatest possible, and never across labels:
 *   1. detections that could start a track, to all tracks;
 *   2. weaker ones, to those that are left over and not lost: a weak detection goes on with a track but never starts one
 *      (Y. Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, 2022);
 *   3. what remains of the first then starts tracks, which are confirmed once there is enough evidence (track.h); a new
 *      track that looks like a lost one by then goes on with that one's id.
 * What matters is the time that passes between frames, not their number: the caller says when each was taken.
 *
 * Only the past is used. No I/O, no heap, no clock; the same input always gives the same tracks.
 */
#ifndef CAMD_TRACKER_TRACKS_H
#define CAMD_TRACKER_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/assignment.h"
#include "tracker/detection.h"
#include "tracker/track.h"

enum {
    TRACKS_MAX = ASSIGNMENT_ROWS_MAX,
    TRACKS_DETECTIONS_MAX = ASSIGNMENT_COLUMNS_MAX, /* considered a frame, those of the highest scores */
};

struct tracks_settings {
    /* Frames a second that are expected, in which the numbers of frames below are counted; above 0. */
    double fps;
    uint32_t max_disappeared; /* frames' time for which a lost track is looked for; 0: 5 seconds */
    /* A track of weak detections is confirmed by more hits than this; 0: half a second's, at least 2. */
    uint32_t min_initialized;
    float start_score; /* detections below never start a track; 0: TRACKS_START_SCORE */
};

struct tracks {
    struct tracks_settings settings; /* the defaults filled in */
    struct track_frame frame;
    int64_t taken_ns; /* when the last frame was taken; of the first one, TRACKS_NEVER */
    uint64_t next_id;
    struct track list[TRACKS_MAX];

    /* the place in the list of the track of each detection of the last frame, in their order, or TRACKS_NONE */
    int32_t track_of[DETECTIONS_MAX];

    /* detections of the last frame for which there was no room: beyond so many, or without a place for a new track */
    uint32_t left_out;

    /* room to work in: detections by falling score, and which of them and of the tracks the assignment is about */
    struct track_look looks[TRACKS_DETECTIONS_MAX];
    uint32_t look_count;
    struct tracks_left_over { /* detections of the last frame that no track had */
        struct track_box box;
        uint32_t label;
    } left_over[TRACKS_DETECTIONS_MAX];
    uint32_t left_over_count;
    struct track *rows[TRACKS_MAX];
    struct track_look *columns[TRACKS_DETECTIONS_MAX];
    struct assignment assignment;
};

enum { TRACKS_NONE = -1 };
#define TRACKS_NEVER       INT64_MIN
#define TRACKS_START_SCORE 0.7F /* of a detection that may start a track, where the settings say nothing */

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
 * NULL. taken_ns: when it was taken, by any clock that goes on; a time that does not rise counts as the usual one after
 * the last.
 */
void tracks_update(struct tracks *tracks, const struct detection *detections, uint32_t count,
                   const uint8_t *pixels, int64_t taken_ns);

/*
 * A frame that no detector looked at: nothing was missed, so that nothing ages. What moved rolls on for a bit.
 */
void tracks_hold(struct tracks *tracks, int64_t taken_ns);

#endif
