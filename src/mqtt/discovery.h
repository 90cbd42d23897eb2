/* discovery.h - what Home Assistant is told of a camera, and of the node: its MQTT device discovery. Pure. */
#ifndef CAMD_MQTT_DISCOVERY_H
#define CAMD_MQTT_DISCOVERY_H

#include <jansson.h>

#include "mqtt/known_camera.h"
#include "mqtt/topics.h"

/* What it can have beside what every camera has. */
struct discovery_wish {
    bool has_pictures;               /* best pictures of objects */
    bool takes_enable, takes_motion; /* commands */
};

/* One device a camera; new reference, NULL when memory is short. */
json_t *discovery_of_camera(const struct known_camera *camera, const struct topics *topics,
                            const struct discovery_wish *wish);
/*
 * Home Assistant goes on with a component that a later message leaves out: what it was told of before, which told has by
 * keys with their platforms, is told to be gone. What the message has comes into told.
 */
void discovery_take_away(json_t *discovery, json_t *told);
/* The node's own device, over which those of the cameras are reached. */
json_t *discovery_of_node(const struct topics *topics);

#endif
