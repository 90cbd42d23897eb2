/* pictures.h - the best pictures of objects, from shared memory to what the broker keeps */
#ifndef CAMD_MQTT_PICTURES_H
#define CAMD_MQTT_PICTURES_H

#include <jansson.h>

#include "mqtt/retained.h"
#include "mqtt/topics.h"

/*
 * The event of an object: when it has a picture that is new, it becomes that of its camera, and of its label. prefix: of the
 * segments' names. What has ended long ago is not looked for.
 */
void pictures_take_event(const struct topics *topics, const char *prefix, const json_t *event,
                         struct retained *retained);

#endif
