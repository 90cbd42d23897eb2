/*
 * event_db.h - the LMDB database of events; only camd-events uses it, never the daemon (database.h says why)
 *
 * Five tables: the events by their places, cameras by their numbers, epochs by the places behind which they begin
 * (event_ledger.h), what spans of places have (event_digest.h), by which what is rare is found quickly, and times of the
 * file itself. What is put is one transaction until it is committed. The file is bounded: when its pages are too many the
 * oldest events of those cameras go that have the most.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_DB_H
#define CAMD_DAEMON_HISTORY_EVENT_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/history/event_ledger.h"

struct event_db;
struct event_filter;
struct event_frame;

/* Errors of all: -errno of the system, or as of database_error. */

/* max_bytes: as large as what is in use of the file may become. read_only: of no account; -ENOENT when there is none. */
int event_db_open(struct event_db **db, const char *path, size_t max_bytes, bool read_only);
/* What is not committed is lost. NULL is fine. */
void event_db_close(struct event_db *db);

struct event_to_put {
    struct event_place place;
    int64_t wall_ns;
    const char *camera; /* NULL or empty: none */
    const char *word, *text;
    size_t length;
};

/* One that is there already is replaced. -ESTALE: it comes too late, and is left out. */
int event_db_put(struct event_db *db, const struct event_to_put *event);
/* The camera's events are those of `to` from now on. */
int event_db_rename(struct event_db *db, const char *from, const char *to);
/* Times that belong to the file as a whole, by the wall clock; 0: not there. Set with the batch that has begun, or begins. */
enum event_time {
    EVENT_TIME_LOST, /* what happened up to then is somewhere else, if anywhere: who asks for it is told */
    EVENT_TIME_BELIEVED, /* by which events were as old as they are at the last look at the clock (event_age.h) */
    EVENT_TIME_DOUBTED, /* the same when the clock jumped; 0: it is believed */
};
int event_db_set_time(struct event_db *db, enum event_time which, int64_t wall_ns);
int event_db_time(struct event_db *db, enum event_time which, int64_t *wall_ns);
/* When the oldest event and the newest one happened; 0: there is none. */
int event_db_span(struct event_db *db, int64_t *oldest_ns, int64_t *newest_ns);
/* How many events were put without their camera's name, since as many cameras as there may be have events. */
uint64_t event_db_nameless(const struct event_db *db);
/* How often somebody removed LMDB's file of locks while the database was open, which was opened again then. */
uint64_t event_db_relocked(const struct event_db *db);
/* On the disk when it returns 0. -ESTALE: nobody will find it there, the file's name was removed or is another file's. */
int event_db_commit(struct event_db *db);

/*
 * Between batches: removes what happened before, and then as much as the size demands; each in several transactions, after
 * each of which progress is called. A time of a clock that was not set says nothing of an event's age.
 */
void event_db_set_progress(struct event_db *db, void (*progress)(void *context), void *context);
int event_db_remove_old(struct event_db *db, int64_t before_ns, int64_t now_ns);
int event_db_trim(struct event_db *db);

/*
 * Spans of events that a camd of before there were digests (event_digest.h) has written get theirs, some at a time, with the
 * batch that has begun, or by themselves. *place: 0 at first, then as it was left; *more: there may be others.
 */
int event_db_make_digests(struct event_db *db, uint64_t *place, bool *more);

struct event_query {
    struct event_filter *filter;
    struct event_place after, upto;
    bool counts, first;
    uint64_t last; /* UINT64_MAX: all */
};

/* A frame and what follows it; not 0 ends the reading, which returns that. */
typedef int event_db_write_frame(void *context, const struct event_frame *frame, const void *bytes);
int event_db_read(struct event_db *db, const struct event_query *query, event_db_write_frame *write,
                  void *context);

/* How much of the file is in use, and how many events there are. */
int event_db_size(struct event_db *db, size_t *bytes, size_t *events);

#endif
