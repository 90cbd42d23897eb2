/*
 * tracker_driver.h - plays camd and the capture for one camd-tracker process
 *
 * Makes segments, starts the program by worker_host.h, writes frames as a capture does and reads what the tracker says
 * of them.
 */
#ifndef CAMD_TESTS_TRACKER_DRIVER_H
#define CAMD_TESTS_TRACKER_DRIVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker_host.h"

enum { DRIVER_SLOTS = 4 };
enum { DRIVER_FRAME_NS = 200000000 }; /* the stream's time from frame to frame, however fast they are sent */

struct driver {
    struct worker_host host;
    struct camd_segment_fds fds;
    struct camd_segments segments;          /* mapped as the capture */
    struct camd_info *info;                 /* mapped writable, as camd has it */
    struct camd_tracker_block *predecessor; /* the tracker's block, writable: what a dead one left there */
    bool has_segments;
    int frame_event, space_event;
    int64_t stream_time_ns; /* of the last frame published */
};

void driver_init(struct driver *driver);
void driver_fini(struct driver *driver); /* kills what still runs */

/* Starts program and sends `hello`; the reference of config is taken. */
void driver_start(struct driver *driver, const char *program, json_t *config);
/* Makes segments for frames of that size; send_frames gives them to the tracker. */
void driver_make_segments(struct driver *driver, uint32_t width, uint32_t height);
void driver_send_frames(struct driver *driver);
void driver_send(struct driver *driver, json_t *message);
void driver_close_channel(struct driver *driver);

/* The tracker's next message of that type, others are passed over; the caller's reference. */
json_t *driver_expect(struct driver *driver, const char *type);
/* Its next message, NULL at the end of the channel; the caller's reference. */
json_t *driver_receive(struct driver *driver);

/*
 * Publishes a frame of this luma level, with a box of another level in it (none when width is 0), and signals
 * the tracker when it was queued. Returns its id; *queued tells (may be NULL).
 */
struct driver_box {
    uint32_t x, y, width, height;
    uint8_t level;
    bool is_striped; /* a thing: else it may be light that changes a place */
};
uint64_t driver_publish(struct driver *driver, uint8_t level, const struct driver_box *box, bool *queued);
/* Waits until the tracker gave room, and returns the result of that frame. */
struct camd_result driver_result(struct driver *driver, uint64_t frame_id);

/* The mount moves, or not. */
void driver_set_ptz(struct driver *driver, bool moving);

/* Waits for the tracker's end; its wait status. */
int driver_wait(struct driver *driver);
/* All that it wrote so far, the caller's to free. */
char *driver_log(struct driver *driver);

#endif
