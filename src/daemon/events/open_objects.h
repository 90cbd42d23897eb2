/*
 * open_objects.h - the objects of a camera that began and have not ended, as its tracker said them last
 *
 * A tracker that is killed cannot end its objects: who counts on an end for every start would wait for ever. Pure.
 */
#ifndef CAMD_DAEMON_EVENTS_OPEN_OBJECTS_H
#define CAMD_DAEMON_EVENTS_OPEN_OBJECTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { OPEN_OBJECTS_MAX = 128 }; /* as many as camd-tracker follows: twice what a result shows */

struct open_objects {
    size_t count, room;
    bool overflowed; /* there was one more at a time */
    json_t **list;   /* events of object_event_copy, without their path; ours. NULL: there never were any */
};

/*
 * Of every event of an object; more than OPEN_OBJECTS_MAX are not known, nor what memory is too short for. True the first
 * time that one is not.
 */
bool open_objects_note(struct open_objects *open, const json_t *event);
/* One of those that are open, as the event of its end for that reason, new reference; NULL when there is none left. */
json_t *open_objects_end(struct open_objects *open, const char *reason);
/* As it was at the start, all zero. */
void open_objects_clear(struct open_objects *open);

/* For an upgrade: a new reference; and back, into an empty one. 0 or -errno. */
json_t *open_objects_hand_over(const struct open_objects *open);
int open_objects_take_over(struct open_objects *open, const json_t *record);

#endif
