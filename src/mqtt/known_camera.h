/*
 * known_camera.h - what is known of one camera, and what of it the broker keeps
 *
 * It is fed with what camd says: the answers of `status` and `show`, and events. Pure.
 */
#ifndef CAMD_MQTT_KNOWN_CAMERA_H
#define CAMD_MQTT_KNOWN_CAMERA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "mqtt/retained.h"
#include "mqtt/topics.h"

enum {
    KNOWN_LABELS_MAX = 32, /* of one camera: those that it tracks, and others that events named */
    KNOWN_ZONES_MAX = 16,
    KNOWN_OBJECTS_MAX = 256,
};

struct known_object {
    uint64_t id;
    uint32_t label; /* its place in labels */
    uint32_t zones; /* bits: places in zones */
};

struct known_camera {
    char name[CAMD_NAME_MAX + 1];
    char *labels[KNOWN_LABELS_MAX], *zones[KNOWN_ZONES_MAX];
    size_t label_count, zone_count;
    struct known_object objects[KNOWN_OBJECTS_MAX];
    size_t object_count;

    uint64_t description_hash;           /* of the settings that name labels and zones; 0: not known yet */
    char *state, *reason, *hint, *since; /* or NULL */
    bool is_dark;                        /* no pictures, though there should be some */
    bool is_enabled, has_motion, looks_for_motion;
};

void known_camera_init(struct known_camera *camera, const char *name);
void known_camera_fini(struct known_camera *camera);

/* The camera of an answer of `status`. now_ns: the wall clock, to tell since when a dark one is so. */
void known_camera_take_status(struct known_camera *camera, const json_t *status, int64_t now_ns);
/*
 * Its part of an answer of `show`. Whether labels or zones are others than before: then the objects are forgotten, and so
 * should what the broker keeps of them.
 */
bool known_camera_take_settings(struct known_camera *camera, const json_t *part);
/* An event about it. */
void known_camera_take_event(struct known_camera *camera, const json_t *event);
/* Nobody knows which objects there are: events were missed, or camd was started. */
void known_camera_forget_objects(struct known_camera *camera);

/* Sets all that is to be kept, but for pictures and discovery. is_camd_there: what is known is so now. 0 or -ENOMEM. */
int known_camera_publish(const struct known_camera *camera, bool is_camd_there, const struct topics *topics,
                         struct retained *retained);

#endif
