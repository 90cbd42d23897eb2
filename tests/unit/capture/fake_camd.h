/*
 * fake_camd.h - plays camd and the tracker for one camd-capture process
 *
 * Makes segments, starts the program by worker_host.h, and takes frames as the tracker would.
 */
#ifndef CAMD_TESTS_FAKE_CAMD_H
#define CAMD_TESTS_FAKE_CAMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker_host.h"

enum { FAKE_CAMD_SLOTS = 6 };

struct fake_camd {
    struct worker_host host;
    struct camd_segment_fds fds;
    struct camd_segments segments; /* mapped as the tracker */
    bool has_segments;
    int frame_event, space_event;
    uint64_t generation;
    /* what came so far from this process */
    bool is_ready, has_ended;
    unsigned int streams;
    json_t *error; /* the last one, NULL: none */
};

void fake_camd_init(struct fake_camd *fake);
void fake_camd_fini(struct fake_camd *fake); /* kills what still runs */

/* Starts program and sends `hello`. config: the settings as JSON; its reference is taken. */
void fake_camd_start(struct fake_camd *fake, const char *program, json_t *config);
/* New segments of that size, and `frames`. */
void fake_camd_give_frames(struct fake_camd *fake, uint32_t width, uint32_t height, uint64_t first_frame_id);
/* Sends `frames` with the segments that are there: after a restart of the worker. */
void fake_camd_send_frames(struct fake_camd *fake, uint64_t first_frame_id);
void fake_camd_send(struct fake_camd *fake, json_t *message);

/* The next message of that type, others being passed over; the caller's reference. */
json_t *fake_camd_expect(struct fake_camd *fake, const char *type);

/* Waits for the next queued frame and leases it; false when the worker ended instead. */
bool fake_camd_take(struct fake_camd *fake, struct camd_frame *frame);
/* Gives it back and wakes the worker. False: the picture changed under the lease. */
bool fake_camd_release(struct fake_camd *fake, const struct camd_frame *frame);

/* Waits for the worker's end; its wait status. */
int fake_camd_wait(struct fake_camd *fake);
/* All that the workers wrote so far, the caller's to free. */
char *fake_camd_log(struct fake_camd *fake);

#endif
