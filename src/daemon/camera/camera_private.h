/* camera_private.h - the inside of a camera, for this room only */
#ifndef CAMD_DAEMON_CAMERA_CAMERA_PRIVATE_H
#define CAMD_DAEMON_CAMERA_CAMERA_PRIVATE_H

#include <ev.h>
#include <jansson.h>
#include <sys/queue.h>

#include "base/name_index.h"
#include "config/config.h"
#include "daemon/camera/camera.h"
#include "daemon/camera/quality.h"
#include "daemon/camera/services.h"
#include "daemon/camera/stream_changes.h"
#include "daemon/events/notice.h"
#include "daemon/events/open_objects.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_store.h"
#include "daemon/segments/shm_work.h"
#include "daemon/supervise/event_command.h"

struct camera_command;
struct camera_password;
struct detector;
struct fleet;

/* Programs that are started for a camera. */
enum camera_command_kind { CAMERA_ON_EVENT, CAMERA_ON_STATE, CAMERA_ON_FAILURE, CAMERA_COMMANDS };

TAILQ_HEAD(camera_listeners, camera_listener);

struct camera {
    struct services *services;
    struct fleet *fleet;
    struct name_node node;           /* in the fleet's index */
    TAILQ_ENTRY(camera) in_fleet;    /* in cameras, or in leaving */
    TAILQ_ENTRY(camera) in_changed;  /* while has_changed */
    TAILQ_ENTRY(camera) in_detector; /* while it has one */
    TAILQ_ENTRY(camera) in_waiting;  /* while waits_for_room */
    bool has_changed;
    struct camera_listeners listeners;
    bool has_ended, has_stopped; /* the fleet is being stopped, and has counted that */
    struct config_camera config; /* own copy */
    char *bad_file;              /* it stands for a file with problems: which, and what is wrong; else NULL */
    bool enabled;                /* `enable`/`disable`, or the configuration's */
    bool want_up;                /* enabled, and started */
    bool leaving;                /* to be freed when its workers are gone */
    bool is_configured;          /* in a reload: the new configuration has it */
    bool added_again;            /* leaving, and in the configuration again: to be added when it has left */
    bool learns_nothing;         /* removed for good */
    unsigned int holders;        /* that write or remove its file */
    int64_t added_ms;

    struct worker_process workers[WORKER_KINDS];
    char *programs[WORKER_KINDS];
    struct quality quality;
    struct camera_asked asked;
    int64_t dark_since_ms;     /* while it is wanted and no pictures come; 0: not dark */
    struct detector *detector; /* that its configuration names; NULL: none that has a process */
    bool needs_detector;       /* as the detector has counted it */

    struct camera_stream stream;   /* as it is to be for all */
    struct camera_stream said;     /* as capture said it last */
    bool has_said;                 /* capture has said one since it was executed */
    struct stream_changes changes; /* of stream, counted */
    ev_timer stream_timer;         /* until the next change may be made */
    bool waits_for_room, has_descriptors;
    uint32_t few_slots;     /* that it was told to get for want of memory or files; 0: it was not */
    uint64_t growing_bytes; /* of memory that its workers will take while they start */
    bool is_counted;        /* in the budget's sum, with this size */
    struct budget_size counted_size;
    uint64_t counted_best;          /* bytes of its best pictures */
    struct shm_store *store;        /* NULL: none */
    bool store_ready;               /* all segments are there */
    int64_t store_made_ms;          /* when they were */
    struct shm_task making;         /* of the store; it is planned when its turn has come */
    struct shm_task resending;      /* to a capture that waits, and for which there are no new ones */
    struct shm_task checking;       /* whether somebody has touched it */
    unsigned int removals;          /* of stores that were dropped, under way */
    bool frees_room;                /* one of those was whole: others that wait for room are to hear of it */
    uint64_t next_frame_id;         /* floor for the next segments */
    uint64_t earlier_frames;        /* of earlier segments, so that the count goes on */
    bool frames_sent[WORKER_KINDS]; /* this process has these segments */
    bool has_left_segments;         /* it was taken over with segments that this program can't use */
    bool store_is_stale; /* it is to be made again at the next occasion: a restart, another detector */
    int frame_event;     /* eventfd of the current segments; -1: none */
    int space_event;     /* the same, only with pace off */
    int answer_event;    /* the same, only with a detector */
    bool ptz_moving;
    bool motion; /* as last reported */
    struct camera_health health[WORKER_KINDS];
    struct open_objects open_objects;
    ev_timer grid_timer; /* the region grid has changed since it was published */
    int64_t grid_published_ms;

    json_t *runtime;            /* {KEY: VALUE} that was set at run time; NULL: nothing */
    struct config_camera *base; /* what the files say, while something is in front of that; NULL: config */

    struct camera_command *commands[CAMERA_COMMANDS]; /* NULL: was never needed */
    struct notice notice;
    struct shared_text *notice_text;  /* of the event that on_state's program is to hear of; NULL: none */
    ev_timer notice_timer;            /* while there is one */
    struct camera_password *password; /* NULL: it was never read from a file */

    ev_timer stop_timer;      /* the tracker's turn to stop, whatever capture does */
    int64_t stop_deadline_ms; /* of the stop under way */

    uint64_t seen_frames, seen_packets; /* the stall guard's last look */
    uint64_t seen_tail;
};

/* Makes a copy of config. 0 or -ENOMEM. */
int camera_new(struct camera **camera, struct fleet *fleet, const struct config_camera *config);
/* Both workers must be without a process. Frees segments, too. */
void camera_free(struct camera *camera);
/* It is down: its segments and descriptors are there for others. */
void camera_give_back(struct camera *camera);
/* Ends what still runs beside the workers, on_event's program. True when nothing of the camera runs any more. */
bool camera_finish(struct camera *camera);
/* Nothing of it runs, and its segments are gone, too. */
bool camera_is_removed(const struct camera *camera);

/* Its names in /dev/shm may have been removed by somebody: looks, and makes new segments if so. */
void camera_check_segments(struct camera *camera);

static inline struct worker_process *camera_capture(struct camera *camera)
{
    return &camera->workers[WORKER_CAPTURE];
}

static inline struct worker_process *camera_tracker(struct camera *camera)
{
    return &camera->workers[WORKER_TRACKER];
}

static inline bool camera_has_process(const struct camera *camera, enum worker_kind kind)
{
    return automaton_has_process(camera->workers[kind].automaton.state);
}

/* ---- camera_configure.c ---- */

/* 0 or -ENOMEM: they stay those of before. */
int camera_set_programs(struct camera *camera);
/*
 * Another configuration of the same name, which is taken over; touches only what has to be touched. Returns bits of
 * enum config_apply.
 */
unsigned int camera_configure(struct camera *camera, struct config_camera *config);
/* Its detector's section changed: bits of enum config_apply. */
void camera_detector_changed(struct camera *camera, unsigned int bits);

/* ---- change.c ---- */

/* The camera is freed. */
void camera_forget_runtime(struct camera *camera);

/* ---- camera_show.c ---- */

/* Who enabled or disabled it before it was added, as it is kept over restarts. */
void camera_recall_asked(struct camera *camera);

/* ---- camera_listeners.c ---- */

/* Tells those who listen that it has changed, or that it has left. */
void camera_tell(struct camera *camera);
void camera_tell_left(struct camera *camera);

/* ---- camera_workers.c ---- */

extern const struct worker_owner camera_worker_owner;
/* `config` for a worker of the camera (context), a new reference. */
json_t *camera_worker_config(void *context, enum worker_kind kind);

/* ---- camera_command.c ---- */

/* Starts the program that its configuration names, if it does, with the event's line; one of a kind at a time. */
void camera_command_run(struct camera *camera, enum camera_command_kind kind, const char *line);
/* Ends those that run; true while they have not gone. */
bool camera_commands_stop(struct camera *camera);
void camera_commands_free(struct camera *camera);
/* For an upgrade: those that were started once; and back. 0 or -errno. */
json_t *camera_commands_hand_over(struct camera *camera);
int camera_commands_take_over(struct camera *camera, const json_t *record);

/* ---- camera_notice.c ---- */

void camera_notice_init(struct camera *camera);
/* The camera has changed, and nobody is in the middle of something with it: tells what matters. */
void camera_notice_look(struct camera *camera);
void camera_notice_fini(struct camera *camera);
/* For an upgrade: what was told; and back. 0 or -errno. */
json_t *camera_notice_hand_over(const struct camera *camera);
int camera_notice_take_over(struct camera *camera, const json_t *record);

/* ---- camera_password.c ---- */

/* Its password_file is about to be read. */
void camera_password_note(struct camera *camera);
/* Capture's state has changed: one that waits since its password was refused has its file watched. */
void camera_password_look(struct camera *camera);
void camera_password_free(struct camera *camera);
/* For an upgrade: which file was read, and never what is in it; and back. */
json_t *camera_password_hand_over(const struct camera *camera);
int camera_password_take_over(struct camera *camera, const json_t *record);
/* Somebody says that it may log in with something else now. */
void camera_credentials_changed(struct camera *camera);

/* ---- camera_segments.c ---- */

/* What can be done when segments could not be made or opened; static text. */
const char *camera_segments_hint(int error);

void camera_segments_init(struct camera *camera);
/* What the camera keeps open is its own from now on. False: too few descriptors are left, which capture was told. */
bool camera_segments_claim(struct camera *camera);
/* Makes segments of the camera's size unless they are there; tells the workers when they are. */
void camera_segments_ensure(struct camera *camera);
/* The same, whatever there is. */
void camera_segments_replace(struct camera *camera);
void camera_segments_cancel(struct camera *camera);
/* They go, in pieces: the camera is not over before they have gone. */
void camera_segments_drop(struct camera *camera);
/* They go at once: the camera is freed. */
void camera_segments_free(struct camera *camera);
/*
 * The id of the next frame in its segments, and how many were written to them, as far as a capture can have got: from
 * nonsense near the end of their range the camera would never come back. What can't be had is left as it is.
 */
void camera_read_frames(const struct camera *camera, uint64_t *next_frame_id, uint64_t *frames);
/* A worker that had them mapped is gone: if they were dropped before, their memory is free only now. */
void camera_segments_unmapped(struct camera *camera);

/* ---- camera_frames.c ---- */

void camera_frames_init(struct camera *camera);
/* Sends `frames` when the process has not got these segments. */
void camera_segments_send(struct camera *camera, enum worker_kind kind);
/* Capture gets the same ones again, soon. */
void camera_segments_resend(struct camera *camera);

/* ---- camera_stream.c ---- */

void camera_stream_init(struct camera *camera);
/* Another capture: what it says first is no change of its own. */
void camera_stream_spawned(struct camera *camera);
/* Capture's `stream`. */
void camera_stream_message(struct camera *camera, const json_t *message);
/* While its pictures are scaled, since their size changes too often: why, and for how long. False otherwise. */
bool camera_stream_explain(const struct camera *camera, struct explanation *explanation);

/* ---- camera_grid.c ---- */

void camera_grid_init(struct camera *camera);
/* An object that ended had its best picture there. 0; -EINVAL: no such box in the frame; -ENOMEM, -ENOBUFS. */
int camera_grid_sample(struct camera *camera, const struct camd_box *box);

/* ---- camera_handoff.c ---- */

/* For an upgrade: all of it but its configuration, a new reference. */
json_t *camera_hand_over(struct camera *camera);
/*
 * The same in the next program, of a camera that was just made and added. 0 or -errno. Its segments may be of another
 * version, or gone: then it has none, and has to be restarted.
 */
int camera_take_over(struct camera *camera, const json_t *record);
/* There is no way back any more: what this program does not use of the record is closed and removed. */
void camera_commit(struct camera *camera, const json_t *record);

/* ---- camera_health.c ---- */

void camera_health_message(struct camera *camera, enum worker_kind kind, const json_t *message);
/* The worker that said so is gone. */
void camera_health_gone(struct camera *camera, enum worker_kind kind);
/* The camera is freed. */
void camera_health_forget(struct camera *camera);

/* ---- camera_messages.c ---- */

void camera_message(void *context, enum worker_kind kind, const char *type, const json_t *message);
/* Its tracker died: the objects that it had begun have ended. */
void camera_end_objects(struct camera *camera);

#endif
