/* best_message.h - what events say of an object's best picture (camd-ipc(7)) */
#ifndef CAMD_TRACKER_BEST_MESSAGE_H
#define CAMD_TRACKER_BEST_MESSAGE_H

#include <jansson.h>

#include "tracker/best_pictures.h"

/* The member "picture" of an object's event: new reference, or NULL when memory is short. */
json_t *best_message(const struct best_report *report);

#endif
