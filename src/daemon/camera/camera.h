/*
 * camera.h - one camera: its configuration, its two workers and its segments
 *
 * The camera decides when segments are made and for which size, in which order workers stop, and what their
 * messages mean. Nothing that happens here is fatal to anybody else.
 *
 * Segments live from the first start until the camera is down; the workers restart independently of each other
 * and of them. Capture runs when the camera is wanted; the tracker runs while it is wanted and segments are there.
 *
 * Cameras are made, found and removed by the fleet. Their inside is known to this room only (camera_private.h).
 */
#ifndef CAMD_DAEMON_CAMERA_CAMERA_H
#define CAMD_DAEMON_CAMERA_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "daemon/camera/explanation.h"
#include "daemon/camera/quality.h"
#include "daemon/supervise/worker_process.h"

struct camera;
struct config_camera;
struct measure;
struct shm_store;

enum {
    CAMERA_WORD_BYTES = 32,
    CAMERA_STOP_EXTRA_MS = 6000, /* after stop_timeout: SIGKILL and its effect */
};

/* What a camera can have counted: five hundred years of 60 frames a second. Workers that say more talk nonsense. */
#define CAMERA_FRAMES_MOST (UINT64_C(1) << 40)

/* What capture said about the stream. */
struct camera_stream {
    bool known;
    char codec[CAMERA_WORD_BYTES], pixel_format[CAMERA_WORD_BYTES];
    uint32_t width, height;
    double fps; /* 0: not known */
    bool still; /* a picture that is fetched again and again: fps is how often there is an answer */
    char colours[CAMERA_WORD_BYTES]; /* as marked, such as bt709-full; "": not at all */
    char aspect[CAMERA_WORD_BYTES];  /* of a pixel, such as 16:11; "": not known */
    int64_t rotation; /* by which the pictures are turned, in degrees, clockwise; then they are */
    bool mirrored;
};

/* ---- what it is ---- */

const char *camera_name(const struct camera *camera);
/* Its configuration now; another one after the next reload. */
const struct config_camera *camera_config(const struct camera *camera);
/* As `enable` and `disable` have it, or else the configuration. */
bool camera_is_enabled(const struct camera *camera);
/* Enabled, and started. */
bool camera_is_wanted(const struct camera *camera);
/* Removed, but not gone yet. */
bool camera_is_leaving(const struct camera *camera);
/* Monotonic ms. */
int64_t camera_added_ms(const struct camera *camera);
const struct worker_process *camera_worker(const struct camera *camera, enum worker_kind kind);
/* worker_memory_kb of that one; a look at it is remembered. */
int64_t camera_worker_memory_kb(struct camera *camera, enum worker_kind kind);
const struct camera_stream *camera_stream(const struct camera *camera);
/* The size it will have, 0x0 when not known yet. */
void camera_size(const struct camera *camera, uint32_t *width, uint32_t *height);
/* Its segments; NULL unless all of them are there. */
const struct shm_store *camera_store(const struct camera *camera);
/* Frames that were counted in earlier segments. */
uint64_t camera_earlier_frames(const struct camera *camera);
/* As its tracker reported last. */
bool camera_has_motion(const struct camera *camera);
bool camera_is_ptz_moving(const struct camera *camera);
/* True when no worker has a process and none will get one. */
bool camera_is_down(const struct camera *camera);
/* It stands for a file of cameras_dir with problems, and never runs. */
bool camera_is_bad_file(const struct camera *camera);
/* It was taken over in an upgrade with segments that this program can't use: it has none until it is restarted. */
bool camera_has_left_segments(const struct camera *camera);
/* True when not even SIGKILL ended one of its workers. */
bool camera_is_stuck(const struct camera *camera);

/* Of the worker that keeps it from being up, or else of capture. */
enum automaton_state camera_state(const struct camera *camera);
/* How its pictures are, by the word of one of its workers. */
enum camera_health_reason {
    CAMERA_HEALTH_GOOD,
    CAMERA_HEALTH_DAMAGED,
    CAMERA_HEALTH_FROZEN,
    CAMERA_HEALTH_BLACK,
    CAMERA_HEALTH_COVERED,
    CAMERA_HEALTH_COUNT,
};

struct camera_health {
    enum camera_health_reason reason;
    uint8_t measure_kind; /* index in measures[] of what was told */
    double measure;       /* its value; negative: nothing was told */
    int64_t told_ms, since_wall_ns;
    struct kept_text cause, hint;
};

/* What makes it degraded while it is up; NULL: nothing. */
const struct camera_health *camera_health(const struct camera *camera);
const char *camera_health_word(enum camera_health_reason reason);
/* What is behind it, as it is by now: for a measure other than that one, negative. */
double camera_health_measure(const struct camera_health *health, const struct measure *measure);

/* The word for the whole camera: up, degraded, starting, backoff, failed, ended, stopping, down, disabled. */
const char *camera_state_word(const struct camera *camera);
/* How well its pictures have come; bytes up to the last look of the stall guard. */
void camera_quality(const struct camera *camera, enum quality_span span, struct quality_sum *sum);
void camera_quality_total(const struct camera *camera, struct quality_sum *sum);
/* For how long it has had no pictures, though it should; -1: it has, or should not. */
int64_t camera_dark_ms(const struct camera *camera);
/* Until the next try of what keeps it from being up; -1: nothing waits for one. */
int64_t camera_next_start_ms(const struct camera *camera);
/*
 * Why it is not up and what can be done, in words for people; when it is up, what could be better; else empty. While
 * it tries again, the reason of the last failure stays.
 */
void camera_explain(const struct camera *camera, struct explanation *explanation);

/* Since when its state is what it is, on the wall clock: a camera that is dark, since its last picture. */
int64_t camera_since_wall_ns(const struct camera *camera);

/* What somebody asked for last that says whether it is to run: start, stop, restart, enable or disable. */
struct camera_asked {
    const char *verb; /* a static text; NULL: nobody has asked for anything */
    uid_t uid;
    int64_t wall_ns;
};

const struct camera_asked *camera_asked(const struct camera *camera);
void camera_note_asked(struct camera *camera, const struct camera_asked *asked);

/* ---- hearing of it ---- */

/* Somebody who waits for something of a camera; the waiting one's, and all zero at first. */
struct camera_listener {
    TAILQ_ENTRY(camera_listener) in_camera;
    struct camera *camera; /* NULL: listens to none */
    /*
     * The camera has changed, looked at when nobody is in the middle of something with it; or (camera NULL) it was
     * removed and has left, and is not listened to any more. May do anything, but free other listeners of the camera
     * only after camera_unlisten.
     */
    void (*tell)(struct camera_listener *listener, struct camera *camera);
};

/* From now on; told at the end of this turn in any case. A listener listens to one camera at a time. */
void camera_listen(struct camera *camera, struct camera_listener *listener);
/* One that does not listen is fine. */
void camera_unlisten(struct camera_listener *listener);
/* Something that a listener waits for besides the camera has happened: they are told at the end of this turn. */
void camera_tell_soon(struct camera *camera);

/* ---- what can be done with it ---- */

/* Wanted up, or not. stop: capture first, then the tracker, all within stop_timeout. */
void camera_start(struct camera *camera);
void camera_stop(struct camera *camera);
void camera_restart(struct camera *camera);
/* One of its workers, which goes on with the segments that there are. */
void camera_restart_worker(struct camera *camera, enum worker_kind kind);
void camera_kick(struct camera *camera);
/* What is started or stopped for it is up to the caller. */
void camera_set_enabled(struct camera *camera, bool enabled);
void camera_set_ptz(struct camera *camera, bool moving);
/* It is removed for good: what its tracker still has to say is not learnt. */
void camera_stop_learning(struct camera *camera);
/* The region grid in its segments is the one of the store, from now on. */
void camera_publish_grid(struct camera *camera);
/* Somebody writes or removes its file: it is not freed before as many have released it as have held it. */
void camera_hold(struct camera *camera);
void camera_release(struct camera *camera);

#endif
