/*
 * event_ledger.h - whose stored events are how many, which of them are gone, and which numbers an epoch had. Pure.
 *
 * Every event has a place in the store: one number for all epochs, in the order in which they happened, whatever the
 * clock did. An epoch has the places behind those of the one before, so that its event `seq` is at base + seq.
 *
 * Of a camera the oldest events go first: what is gone of it is all up to some place. A camera has a number, so that
 * one that is renamed takes its events along; several numbers may have one name. When all are taken a new name gets that
 * of one whose events are all gone.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_LEDGER_H
#define CAMD_DAEMON_HISTORY_EVENT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"
#include "daemon/events/event_place.h"

enum {
    EVENT_CAMERAS_MAX = 16384, /* of which something is kept, that of what is no camera's included */
    EVENT_EPOCHS_MAX = 4096,   /* the oldest are forgotten */
};

struct event_camera {
    char name[CAMD_NAME_MAX + 1]; /* empty: events that are no camera's; the first one */
    uint64_t bytes, count;        /* of its events that are there, as they weigh in the file */
    uint64_t gone;                /* place of its newest event that is gone; 0: none is */
    int64_t gone_ns;              /* when the newest of them happened */
    bool changed;                 /* since it was stored */
};

struct event_epoch {
    uint64_t base, epoch, last; /* last: its newest event's number */
    bool changed;
};

struct event_ledger {
    struct event_camera *cameras; /* by their numbers */
    size_t camera_count, camera_room, camera_max;
    void *names;                /* of base/name_index.h: the newest number of each name */
    struct event_epoch *epochs; /* in the order of time */
    size_t epoch_count, epoch_room;
};

/* 0 or -ENOMEM: there is the one that is no camera's. */
int event_ledger_init(struct event_ledger *ledger);
void event_ledger_fini(struct event_ledger *ledger);

/* As they are read from the file; -EBADMSG: what can't be. */
int event_ledger_load_camera(struct event_ledger *ledger, size_t number, const struct event_camera *camera);
int event_ledger_load_epoch(struct event_ledger *ledger, const struct event_epoch *epoch);

/*
 * The number of the camera, made when there is none; name NULL or empty: 0. So it is when as many cameras as there may be
 * have events: *number 0 then, too. -ENOMEM.
 */
int event_ledger_camera(struct event_ledger *ledger, const char *name, size_t *number);
/* All numbers of that name have the other one, and new events of it go to the newest of them. */
void event_ledger_rename(struct event_ledger *ledger, const char *from, const char *to);

/*
 * The place of an event that is to be stored; its epoch is begun behind all others when it is new. 0;
 * -ESTALE: it comes too late, another epoch has begun behind it; -ENOMEM.
 */
int event_ledger_place(struct event_ledger *ledger, const struct event_place *event, uint64_t *place);
/* The epoch that the place belongs to; NULL: none. */
const struct event_epoch *event_ledger_epoch_at(const struct event_ledger *ledger, uint64_t place);
const struct event_epoch *event_ledger_epoch(const struct event_ledger *ledger, uint64_t epoch);

void event_ledger_add(struct event_ledger *ledger, size_t camera, uint64_t bytes);
void event_ledger_remove(struct event_ledger *ledger, size_t camera, uint64_t bytes, uint64_t place,
                         int64_t wall_ns);

/*
 * How much every camera may keep so that `excess` bytes go: those that have the most lose, down to one level. A camera
 * below the level loses nothing, however much the others write.
 */
uint64_t event_ledger_level(const struct event_ledger *ledger, uint64_t excess);

#endif
