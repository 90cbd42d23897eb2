/* known_cameras.h - all cameras of this node, from camd's answers and events to what the broker keeps */
#ifndef CAMD_MQTT_KNOWN_CAMERAS_H
#define CAMD_MQTT_KNOWN_CAMERAS_H

#include <sys/queue.h>

#include "mqtt/discovery.h"
#include "mqtt/known_camera.h"

enum { CAMERAS_MAX = 4096 };

struct listed_camera {
    struct known_camera known;
    struct name_node node;
    uint64_t discovered; /* of what Home Assistant was told last */
    json_t *told; /* components that Home Assistant knows, or is to forget: their platforms by their keys */
    bool is_seen; /* in the answer that is coming in */
    TAILQ_ENTRY(listed_camera) entry;
};
TAILQ_HEAD(camera_list, listed_camera);

struct known_cameras {
    struct camera_list list;
    void *index;
    size_t count;
    const struct topics *topics;
    struct retained *retained;
    struct discovery_wish wish;
    bool is_camd_there;
};

void known_cameras_init(struct known_cameras *cameras, const struct topics *topics, struct retained *retained,
                        const struct discovery_wish *wish);
void known_cameras_fini(struct known_cameras *cameras);

/* An answer of `status` in its parts, between begin and end: who is not in it is gone. */
void known_cameras_begin_status(struct known_cameras *cameras);
void known_cameras_take_status(struct known_cameras *cameras, const json_t *camera);
void known_cameras_end_status(struct known_cameras *cameras);
/* A part of an answer of `show`. */
void known_cameras_take_settings(struct known_cameras *cameras, const json_t *part);
void known_cameras_take_event(struct known_cameras *cameras, const json_t *event);
/* Events were missed, or camd was started. */
void known_cameras_forget_objects(struct known_cameras *cameras);
/* Whether camd is there: without it nobody knows how the cameras are. */
void known_cameras_set_there(struct known_cameras *cameras, bool is_camd_there);

size_t known_cameras_count_dark(const struct known_cameras *cameras);

#endif
