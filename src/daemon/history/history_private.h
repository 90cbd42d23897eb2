/* history_private.h - what history.c (storing) and history_read.c (reading) share */
#ifndef CAMD_DAEMON_HISTORY_HISTORY_PRIVATE_H
#define CAMD_DAEMON_HISTORY_HISTORY_PRIVATE_H

#include <ev.h>
#include <sys/queue.h>

#include "daemon/history/history.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"

struct event_acknowledgement;

enum reading_state {
    READING_QUEUED,
    READING_RUNNING,
    READING_FORGOTTEN, /* nobody wants it any more, or it is too late: until its helper is gone */
};

struct history_reading {
    TAILQ_ENTRY(history_reading) link;
    struct history *history;
    enum reading_state state;
    uid_t user;     /* who asks */
    bool is_late;   /* its helper was killed, and is not gone yet */
    bool is_second; /* one has found the database damaged, and another one is to say so, too */
    json_t *query;
    int output; /* -1: it has not begun */
    struct child helper;
    ev_timer deadline;
    history_read_done *done;
    void *context;
};

struct history {
    struct launcher *launcher;
    struct ev_loop *loop;
    struct events *events;
    char *path, *helper_path;
    struct history_bounds bounds;
    double retry_s, deadline_s;

    struct child writer;
    int channel;       /* -1: no writer, or it was told all */
    ev_io channel_io;  /* what it acknowledges, and room for more */
    ev_timer turn_end; /* never started, only fed: what happened in a turn is told at its end */
    ev_timer retry, deadline;
    struct child_end end; /* of the last writer */
    bool is_ready;        /* it has said something: earlier ones have ended */
    bool is_ending;       /* it is to end, with all that it was told */
    bool is_paused;       /* no other is to begin */
    bool is_abandoned;    /* too late: it is being killed */
    bool is_lost;    /* what happened before is not in the file that is begun: the next writer is to say so */
    bool is_damaged; /* a reader found the database so: it is set aside when the writer has ended */
    bool has_nameless;     /* the log has said that there are events without the name of their camera */
    bool is_doubted;       /* the log has said that the clock has jumped */
    uint64_t relocked;     /* how often the writer has said that its locks were removed */
    uint64_t sent, stored; /* numbers of this epoch's events */
    int error;             /* of the last try */
    char *problem;         /* the same in words */

    ev_timer look; /* never started, only fed: readings are looked at in the next turn */
    TAILQ_HEAD(history_readings, history_reading) readings;
    unsigned int running;
};

/* ---- history.c ---- */

/* The database can't be read: another one is begun. */
void history_set_aside(struct history *history);

/* ---- history_notes.c ---- */

/* is_at_work: the writer has looked at the clock. */
void history_note_store(struct history *history, const struct event_acknowledgement *told, bool is_at_work);

/* ---- history_read.c ---- */

void history_readings_init(struct history *history);
void history_readings_fini(struct history *history);
/* The helper that reads for whoever asked first; NULL: none runs. */
const struct child *history_reader(const struct history *history);
/* Those that wait may begin. */
void history_readings_look(struct history *history);

#endif
