/*
 * parcel.h - what a message with segments carries: descriptors, and their names in the same order
 *
 * For a worker's `frames` and a detector's `attach` (camd-worker(7)): the segments are opened for that message only,
 * and closed again when it is sent.
 */
#ifndef CAMD_DAEMON_CAMERA_PARCEL_H
#define CAMD_DAEMON_CAMERA_PARCEL_H

#include <jansson.h>
#include <stddef.h>

#include "camd/worker.h"
#include "daemon/segments/shm_store.h"

struct parcel {
    int fds[CAMD_MESSAGE_FDS];
    size_t count;
    size_t opened; /* the first ones: the parcel's */
    json_t *names;
};

/*
 * Opens the side's segments. Returns their number; or -errno as shm_store_open does, and nothing is in the parcel.
 * parcel_close in either case.
 */
int parcel_open(struct parcel *parcel, const struct shm_store *store, enum shm_side side);
/* fd stays the caller's. */
void parcel_put(struct parcel *parcel, const char *name, int fd);
void parcel_close(struct parcel *parcel);

#endif
