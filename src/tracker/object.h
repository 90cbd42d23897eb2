/*
 * object.h - what is known of one tracked object
 *
 * From its first detection to its end: scores, whether it is believed, whether it stands still, zones, path, its
 * best picture, and what of it subscribers were told. Pure; times come as arguments.
 */
#ifndef CAMD_TRACKER_OBJECT_H
#define CAMD_TRACKER_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/stationary.h"
#include "tracker/zone.h"

enum {
    OBJECT_SCORES = 10,      /* recent scores that the computed one is made of */
    OBJECT_SCORES_LEAST = 3, /* fewer count as if the missing ones were 0 */
    OBJECT_PATH_MAX = 64,
};

/* What subscribers are told. X(identifier, word) */
#define OBJECT_PHASES(X)                                                                                     \
    X(START, "start")   /* it is believed now */                                                             \
    X(UPDATE, "update") /* something about it changed */                                                     \
    X(END, "end")

/* Why an object ended. X(identifier, word) */
#define OBJECT_REASONS(X)                                                                                    \
    X(NONE, "")                                                                                              \
    X(LEFT, "left")             /* last seen at a side of the frame */                                       \
    X(LOST, "lost")             /* not seen any more */                                                      \
    X(STATIONARY, "stationary") /* it stood still for longer than stationary_max_frames */                   \
    X(STOPPED, "stopped")       /* the tracker stops */                                                      \
    X(SETTINGS, "settings")     /* its detector or its label is not wanted any more */                       \
    X(RESIZED, "resized")       /* frames have another size */

enum object_phase {
#define X(id, word) OBJECT_##id,
    OBJECT_PHASES(X)
#undef X
};

enum object_reason {
#define X(id, word) OBJECT_REASON_##id,
    OBJECT_REASONS(X)
#undef X
};

const char *object_phase_word(enum object_phase phase);
const char *object_reason_word(enum object_reason reason);

/* Where and when it was seen best. */
struct object_best {
    struct camd_box box, region;
    float score;
    uint64_t frame_id;
    int64_t wall_ns;
};

struct object_point {
    int32_t x, y; /* its bottom centre */
    int64_t wall_ns;
};

/* How fast it was, as far as it was measured. */
struct object_speeds {
    struct speed now;  /* that of the last two seconds, which holds for as long after the zone was left */
    struct speed last; /* known: it was measured at least once */
    int64_t last_ns;   /* when that was, as taken_ns */
    uint32_t count;
    double sum; /* of all */
};

/* What of it was told last: a change of these is significant. */
struct object_told {
    uint32_t zones;
    uint32_t position_changes;
    bool stationary;
    bool speed_known; /* that it is not any more is no news */
    int64_t now_ns;   /* when that was, of a clock that nobody sets */
};

/* Of zones that were told and are no more: bits that none can have. */
#define OBJECT_ZONES_GONE UINT32_MAX
_Static_assert(ZONES_MAX < 32, "the bit of no zone is left");

struct object {
    uint64_t id;
    uint32_t label;
    struct camd_box box, region; /* as detected, or estimated in a frame without it; where it was found */
    float score;                 /* of the last detection */
    float computed_score;        /* median of the recent ones */
    float top_score;             /* largest computed score */
    bool believed;               /* its computed score reached the threshold once */
    bool started;                /* and subscribers were told */
    bool detected;               /* in the last frame */
    uint64_t found_frame_id;     /* the last frame in which it was found, not only taken to be where it was */
    bool is_stationary;          /* more motionless updates than the threshold */
    bool is_dismissed;           /* stationary for too long: nobody hears of it until it moves */

    float scores[OBJECT_SCORES]; /* 0 for a frame without it; the oldest are overwritten */
    uint32_t score_count;        /* ever */
    struct stationary stationary;
    struct zone_presence zones;
    struct speed_places places; /* where it was */
    struct object_speeds speeds;
    struct object_best best;
    struct object_point path[OBJECT_PATH_MAX];
    uint32_t path_count;
    int64_t start_wall_ns; /* its first detection */
    int64_t seen_wall_ns;  /* its last one */
    struct object_told told;
};

/* What a frame says of an object. */
struct object_sight {
    struct camd_box box, region;
    float score;
    bool detected; /* else box is an estimate, and score and region mean nothing */
};

/* What holds for all objects in a frame. */
struct object_frame {
    uint32_t width, height;
    const uint8_t *pixels; /* I420, or NULL */
    uint64_t frame_id;
    int64_t now_ns, wall_ns;
    int64_t taken_ns; /* as frame_time.h says */
    const struct zone *zones;
    uint32_t zone_count;
    uint32_t stationary_threshold; /* motionless updates */
    struct stationary_picture *picture;
};

/* What holds for objects of its label. */
struct object_rules {
    const struct label_traits *traits;
    float threshold;                          /* what its computed score has to reach */
    uint32_t stationary_limit;                /* updates for which it may be stationary; 0: any number */
    uint32_t zones;                           /* bits of those that are for it */
    const struct filter *const *zone_filters; /* a pointer for each zone, or NULL; or NULL: none at all */
};

void object_begin(struct object *object, uint64_t id, uint32_t label, const struct object_frame *frame,
                  const struct object_sight *sight);
void object_update(struct object *object, const struct object_rules *rules, const struct object_frame *frame,
                   const struct object_sight *sight);

/*
 * Whether subscribers are to be told now, and of what; notes it as told. Nothing of an object that is not believed.
 */
bool object_has_news(struct object *object, int64_t now_ns, enum object_phase *phase);

/* The zones are other ones: it is in none of them yet, and what was told of those before is told again. */
void object_forget_zones(struct object *object);

/* Whether it is at a side of the frame, so that it may have left. */
bool object_is_at_side(const struct object *object, uint32_t frame_width, uint32_t frame_height);

#endif
