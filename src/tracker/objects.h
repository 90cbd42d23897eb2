/*
 * objects.h - all objects of a camera
 *
 * Gives each frame's detections to the tracks, keeps an object beside each track, and tells a listener when one starts,
 * changes or ends. No I/O; the memory is the caller's.
 */
#ifndef CAMD_TRACKER_OBJECTS_H
#define CAMD_TRACKER_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/detection.h"
#include "tracker/object.h"
#include "tracker/policy.h"
#include "tracker/tracks.h"

/* Numbers of JSON are doubles to many, which hold all up to this one. */
#define OBJECTS_ID_MAX (UINT64_C(1) << 53)

/* object: valid during the call. */
struct object_event {
    enum object_phase phase;
    enum object_reason reason; /* of an end */
    uint64_t frame_id;
    int64_t wall_ns;
    const struct object *object;
};

struct objects_listener {
    void *context;
    void (*event)(void *context, const struct object_event *event);
};

struct objects {
    struct objects_listener listener; /* event may be NULL */
    uint32_t width, height;
    struct tracks tracks;
    struct object list[TRACKS_MAX]; /* in the place of their tracks; id is 0 in free places */
    int32_t detection_of[TRACKS_MAX];
    uint32_t first_place; /* with which a frame begins: there is no time to look at the pictures of all */
};

/* What a frame's detections are. */
enum sighting {
    SIGHTING_NEW,  /* the detector found it in this frame */
    SIGHTING_KEPT, /* a stationary object that was not looked for: it is taken to be where it was */
    SIGHTING_HELD, /* an object that could not be looked for: nothing new is known of it */
};

/* first_id: of the first track. */
void objects_init(struct objects *objects, const struct tracker_settings_tracking *tracking,
                  float start_score, uint64_t first_id, const struct objects_listener *listener,
                  uint32_t width, uint32_t height);
/* Ids below next_id are taken. One from OBJECTS_ID_MAX up was never given: it changes nothing. */
void objects_skip_ids(struct objects *objects, uint64_t next_id);
void objects_configure(struct objects *objects, const struct tracker_settings_tracking *tracking,
                       float start_score);

/* A frame that was looked at. sightings: of each detection. */
void objects_update(struct objects *objects, const struct policy *policy, const struct object_frame *frame,
                    const struct detection_list *found, const enum sighting *sightings);
/* A frame that could not be looked at: nothing ages. taken_ns: as frame_time.h says. */
void objects_hold(struct objects *objects, int64_t taken_ns);

/* Ends those that the policy does not track any more; reason SETTINGS. */
void objects_end_unwanted(struct objects *objects, const struct policy *policy);
/* Ends all; the next frames have this size. */
void objects_end_all(struct objects *objects, enum object_reason reason, uint32_t width, uint32_t height);
/* Other zones: nobody is in one yet. */
void objects_forget_zones(struct objects *objects);

/* Whether the object in that place is shown: it is present, and was not dismissed for standing there too long. */
bool objects_is_shown(const struct objects *objects, uint32_t place);
/* How many are shown. */
uint32_t objects_present(const struct objects *objects);
void objects_write(const struct objects *objects, struct camd_result *result);

#endif
