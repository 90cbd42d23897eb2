/*
 * worker_host.h - a worker as a process of its own, with the test in camd's place: its channel, its segments, its end
 *
 * Waits are bounded: what does not come in WORKER_HOST_WAIT_MS, and whatever cannot be done, ends the test program with a
 * message and the worker's log.
 */
#ifndef CAMD_TESTS_WORKER_HOST_H
#define CAMD_TESTS_WORKER_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "camd/segment.h"

enum { WORKER_HOST_WAIT_MS = 30000 };

struct worker_host {
    pid_t pid;   /* -1: none runs */
    int channel; /* our end */
    int log;     /* what the worker writes to stdout and stderr */
};

void worker_host_init(struct worker_host *host);
void worker_host_fini(struct worker_host *host); /* kills what still runs */
_Noreturn void worker_host_give_up(const struct worker_host *host, const char *what);

/* Starts program and sends `hello`. kind: "capture" or "tracker". config: the settings; its reference is taken. */
void worker_host_start(struct worker_host *host, const char *program, const char *kind, json_t *config);
/* Waits for its end; its wait status. */
int worker_host_wait(struct worker_host *host);
/* All that it wrote so far, the caller's to free. */
char *worker_host_log(const struct worker_host *host);

/* ---- messages ---- */

/* The message's reference is taken. */
void worker_host_send(const struct worker_host *host, json_t *message, const int *fds, size_t fd_count);
/* The next message, the caller's reference; NULL: there is none now, or *ended: there will be none. */
json_t *worker_host_try_receive(const struct worker_host *host, bool *ended);
/* Waits until one of the two (-1: none) is readable; what: what is waited for. */
void worker_host_await(const struct worker_host *host, int fd, int other, const char *what);

/* ---- segments, as files in memory ---- */

/* A new segment's descriptor. */
int worker_host_make_segment(const struct worker_host *host, const char *name, size_t size);
/* What camd would write into `info`. */
struct camd_info worker_host_info(uint32_t width, uint32_t height, uint32_t slots, uint64_t generation);
/* None of them is there. */
struct camd_segment_fds worker_host_no_fds(void);
/* Closes those that are there; none is after it. */
void worker_host_close_fds(struct camd_segment_fds *fds);
/* The message `frames` with all of them. */
void worker_host_send_frames(const struct worker_host *host, const struct camd_segments *segments,
                             const struct camd_segment_fds *fds, int frame_event, int space_event,
                             uint64_t first_frame_id);

#endif
