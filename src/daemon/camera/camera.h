/*
 * camera.h - one camera: its configuration, its two workers and its segments
 *
 * The camera decides when segments are made and for which size, in which order workers stop, and what their
 * messages mean. Nothing that happens here is fatal to anybody else.
 *
 * Segments live from the first start until the camera is down; the workers restart independently of each other
 * and of them. Capture runs when the camera is wanted; the tracker runs while it is wanted and segments are there.
 */
#ifndef CAMD_DAEMON_CAMERA_CAMERA_H
#define CAMD_DAEMON_CAMERA_CAMERA_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/events/open_objects.h"
#include "daemon/segments/shm_store.h"
#include "daemon/supervise/event_command.h"
#include "daemon/supervise/worker_process.h"

struct daemon;

enum { CAMERA_WORD_BYTES = 32 };

/* What capture said about the stream. */
struct camera_stream {
    bool known;
    char codec[CAMERA_WORD_BYTES], pixel_format[CAMERA_WORD_BYTES];
    uint32_t width, height;
    double fps;
};

struct camera {
    struct daemon *daemon;
    struct config_camera config; /* own copy */
    bool enabled;                /* `enable`/`disable`, or the configuration's */
    bool want_up;                /* enabled, and started */
    bool removed;                /* to be freed when its workers are gone */
    bool comes_back;        /* removed, and in the configuration again: added anew when it has been freed */
    bool forgets;           /* removed for good: what its tracker still has to say is not learnt */
    unsigned int file_jobs; /* that write or remove its file: it is not freed before they end */
    int64_t since_ms;       /* added at */

    struct worker_process workers[WORKER_KINDS];
    char *programs[WORKER_KINDS];

    struct camera_stream stream;
    struct shm_store *store;        /* NULL: none */
    bool store_ready;               /* all segments are there */
    bool frees_room;                /* dropped ones were: others that wait for room are to hear of it */
    ev_timer create_timer;          /* one step of creating a turn of the loop */
    uint64_t next_frame_id;         /* floor for the next segments */
    uint64_t lost_frames;           /* frames of earlier segments, so that the count goes on */
    bool frames_sent[WORKER_KINDS]; /* this process has these segments */
    bool store_is_stale;            /* the detector's tensor or labels are others now */
    int frame_event, space_event;   /* eventfds of the current segments, -1: none */
    int answer_event;               /* the same; -1 without a detector, too */
    bool ptz_moving;
    bool motion; /* as last reported */
    struct open_objects open_objects;
    ev_timer grid_timer; /* the region grid has changed since it was published */
    int64_t grid_published_ms;

    struct event_command command; /* of on_event */

    ev_timer stop_timer;      /* the tracker's turn to stop, whatever capture does */
    int64_t stop_deadline_ms; /* of the stop under way */

    uint64_t seen_frames; /* the stall guard's last look */
    uint64_t seen_tail;
    int64_t seen_tracker_ms;
};

/* Takes over a copy of config. 0 or -ENOMEM. */
int camera_new(struct camera **camera, struct daemon *daemon, const struct config_camera *config);
/* Both workers must be without a process. Frees segments, too. */
void camera_free(struct camera *camera);

/* Wanted up, or not. stop: capture first, then the tracker, all within stop_timeout. */
void camera_start(struct camera *camera);
void camera_stop(struct camera *camera);
void camera_restart(struct camera *camera);
void camera_kick(struct camera *camera);
/* True when no worker has a process and none will get one. */
bool camera_is_down(const struct camera *camera);
/* True when nothing of it runs any more, on_event's program included, which is killed for that. */
bool camera_is_over(struct camera *camera);
bool camera_is_stuck(const struct camera *camera);

/*
 * Another configuration of the same name, which is taken over; touches only what has to be touched. Returns bits of
 * enum config_apply.
 */
unsigned int camera_configure(struct camera *camera, struct config_camera *config);
/* Its detector's section changed: bits of enum config_apply. */
void camera_detector_changed(struct camera *camera, unsigned int bits);
void camera_set_ptz(struct camera *camera, bool moving);
/* Its names in /dev/shm may have been removed by somebody: looks, and makes new segments if so. */
void camera_check_segments(struct camera *camera);

/* The word for the whole camera: up, starting, backoff, failed, ended, stopping, down, disabled. */
const char *camera_state_word(const struct camera *camera);
/* Why it is not up and what can be done, in words for people; empty when it is up. */
void camera_explain(const struct camera *camera, char *reason, size_t reason_size, char *hint,
                    size_t hint_size);

/* ---- camera_segments.c ---- */

/* The size it will have, 0x0 when not known yet. */
void camera_size(const struct camera *camera, uint32_t *width, uint32_t *height);
void camera_segments_init(struct camera *camera);
/* Makes segments of the camera's size unless they are there; tells the workers when they are. */
void camera_segments_begin(struct camera *camera);
void camera_segments_cancel(struct camera *camera);
void camera_segments_drop(struct camera *camera);
/* A worker that had them mapped is gone: if they were dropped before, their memory is free only now. */
void camera_segments_unmapped(struct camera *camera);
/* Sends `frames` when the process has not got these segments. */
void camera_segments_send(struct camera *camera, enum worker_kind kind);

/* ---- camera_grid.c ---- */

void camera_grid_init(struct camera *camera);
/* The region grid in info is the camera's, from now on; or, for many changes in a row, from soon. */
void camera_grid_publish(struct camera *camera);
void camera_grid_changed(struct camera *camera);
/* Its tracker died: the objects that it had begun have ended. */
void camera_end_objects(struct camera *camera);
/* An object that ended had its best picture there. 0; -EINVAL: no such box in the frame; -ENOMEM, -ENOBUFS. */
int camera_grid_sample(struct camera *camera, const struct camd_box *box);

/* ---- camera_messages.c ---- */
void camera_message(void *context, enum worker_kind kind, const char *type, const json_t *message);

#endif
