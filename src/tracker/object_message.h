/* object_message.h - objects as messages to camd (camd-worker(7)) */
#ifndef CAMD_TRACKER_OBJECT_MESSAGE_H
#define CAMD_TRACKER_OBJECT_MESSAGE_H

#include <jansson.h>

#include "tracker/objects.h"
#include "tracker/policy.h"
#include "tracker/tracker_settings.h"

/* {"type": "event", "event": "object", …}: new reference, NULL when memory is short. */
json_t *report_object(const struct object_event *event, const struct policy *policy,
                      const struct settings *settings);

/* {"type": "grid_sample", …}: where and how large an object that ended was seen best. New reference or NULL. */
json_t *report_grid_sample(const struct object *object, const struct policy *policy);

/* Whether an event is a sample for the grid: a believed object that ended of its own. */
bool report_is_grid_sample(const struct object_event *event);

#endif
