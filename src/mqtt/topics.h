/* topics.h - the names of topics; camd-mqtt(8) explains them */
#ifndef CAMD_MQTT_TOPICS_H
#define CAMD_MQTT_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "camd/shm.h"

enum {
    TOPIC_BYTES = 384,
    TOPIC_LEVEL_BYTES = 2 * CAMD_LABEL_BYTES,
    TOPIC_NAME_BYTES =
        CAMD_NAME_MAX + 2, /* of what should be a camera's name: one that is too long is still seen to be */
};

struct topics {
    const char *prefix, *node;
    const char *discovery; /* NULL: none */
};

/* PREFIX/NODE/WHAT. All of these return topic. */
const char *topic_of_node(const struct topics *topics, const char *what, char topic[TOPIC_BYTES]);
/* PREFIX/NODE/camera/CAMERA/WHAT */
const char *topic_of_camera(const struct topics *topics, const char *camera, const char *what,
                            char topic[TOPIC_BYTES]);
/* Where Home Assistant finds the device of a camera, or of the node (camera NULL). */
const char *topic_of_discovery(const struct topics *topics, const char *camera, char topic[TOPIC_BYTES]);

/* A label as one level of a topic: what has a meaning there, or cannot be in one, becomes _. Returns level. */
const char *topic_level(const char *text, char level[TOPIC_LEVEL_BYTES]);

/*
 * The camera and what is set of PREFIX/NODE/camera/CAMERA/WHAT/set, as they are there, or their beginnings when they are
 * longer than any that there is; false: it is no such topic.
 */
bool topic_parse_set(const struct topics *topics, const char *topic, char camera[TOPIC_NAME_BYTES],
                     char what[TOPIC_LEVEL_BYTES]);

#endif
