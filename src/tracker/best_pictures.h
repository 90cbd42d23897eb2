/*
 * best_pictures.h - keeps the best picture of each object in the segment best
 *
 * After a frame, the objects that subscribers know and that were found in it are looked at, some in each frame, in turn;
 * one whose picture is clearly better than what is kept of it is encoded, twice a second at most, those first that have no
 * picture yet. Which objects have a place, and for how long, is best_ring.h's; what a good picture is, worth.h's; what
 * of the frame it shows, best_view.h's. Smeared frames are passed over.
 *
 * The pictures outlive the tracker: one that starts goes on with what its predecessor kept.
 */
#ifndef CAMD_TRACKER_BEST_PICTURES_H
#define CAMD_TRACKER_BEST_PICTURES_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/segment.h"
#include "tracker/best_ring.h"
#include "tracker/objects.h"

enum {
    BEST_PICTURES_INTERVAL_MS = 500,
    BEST_PICTURES_LOOKS = 4, /* objects of one frame whose sharpness is measured: some microseconds each */
};

/* What there is of an object. X(identifier, word) */
#define BEST_STATES(X)                                                                                       \
    X(NONE, "none") /* no picture, so far */                                                                 \
    X(KEPT, "kept") /* it is in the segment */                                                               \
    X(FULL, "full") /* no picture: all places are taken by pictures that have to be kept */                  \
    X(GONE, "gone") /* there was one: its place is another's, or the segment is */                           \
    X(OFF, "off")   /* the camera keeps none */

enum best_state {
#define X(id, word) BEST_##id,
    BEST_STATES(X)
#undef X
};

const char *best_state_word(enum best_state state);

/* For the events of an object: where its picture is from, when it is kept. */
struct best_report {
    enum best_state state;
    uint64_t frame_id;
    int64_t wall_ns;
    struct camd_box box;
};

/* Objects without a place, of which something else is known than that they have no picture. */
struct best_missing {
    uint64_t object_id;
    enum best_state state;
};

struct best_pictures {
    struct camd_segments *segments; /* NULL: none, or none with best pictures */
    struct best_ring ring;
    struct best_missing missing[TRACKS_MAX];
    uint32_t missing_count;
    uint32_t first;     /* object with which the next look begins */
    int64_t encoded_ns; /* the last picture; INT64_MIN: none */
    uint32_t quality;   /* index of the one with which the last picture fitted */
    uint64_t pixels;    /* of a picture, at most */
    uint8_t *scratch;   /* a picture's planes */
    uint64_t written;   /* pictures, by this process */
    int64_t spent_ns;   /* on the last one: cutting, encoding, storing */
};

/* All zero is one that keeps nothing. */
void best_pictures_fini(struct best_pictures *best);
/*
 * Takes over new segments, or those of before: segments stays the caller's, mapped as the tracker. What was kept elsewhere
 * is gone. 0 or -ENOMEM, and then nothing is kept.
 */
int best_pictures_attach(struct best_pictures *best, struct camd_segments *segments, int64_t now_ns);
/* After the objects of a frame are known, while its pixels are there. */
void best_pictures_frame(struct best_pictures *best, const struct objects *objects,
                         const struct camd_frame *frame, int64_t now_ns);
/* What an event is to say of the object now. */
void best_pictures_report(const struct best_pictures *best, uint64_t object_id, struct best_report *report);
/* The object has ended: its picture is kept for a minute from now on. */
void best_pictures_end(struct best_pictures *best, uint64_t object_id, int64_t now_ns);
/* The segments go with the objects that end from now on. */
void best_pictures_close(struct best_pictures *best);

#endif
