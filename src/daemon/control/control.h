/*
 * control.h - the control socket: clients, limits, privileges, replies (contract 3)
 *
 * A Unix stream socket with JSON lines. On connect a client gets the greeting {"camd": VERSION, "protocol":
 * 1}; then it sends requests {"id": ANY, "verb": WORD, ...} of at most CONTROL_REQUEST_BYTES. They are
 * answered one after the other: the next is looked at when the one before is answered. Each is answered by
 * zero or more {"id", "part"} lines, printed as the client drains them, and one {"id", "ok"} or {"id", "error":
 * {"code", "text", "hint"}}.
 *
 * This file knows sockets and framing, not verbs' meaning: requests go to one handler. A client that sends
 * nonsense, too much or nothing, or does not read, is bounded, is told why where possible, and never delays
 * the loop: in one turn of it a client gets at most one request looked at and CONTROL_OUTPUT_BYTES (and one
 * part) of answers made, and those that may only read share a time (control_turns.h).
 *
 * Replies may be given from anywhere, inside the handler or later: they only put text into the client's
 * buffer. All callbacks (handler, next, release) are called from the loop, none from within another
 * function of this file but release from control_free.
 */
#ifndef CAMD_DAEMON_CONTROL_CONTROL_H
#define CAMD_DAEMON_CONTROL_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json_writer.h"
#include "protocol/verbs.h"

struct ev_loop;
struct shared_text;

enum {
    CONTROL_PROTOCOL = 1,
    CONTROL_REQUEST_BYTES = 65536, /* a request without its newline */
    CONTROL_ID_BYTES = 64,         /* an id, printed as JSON: it comes back in every part of the answer */
    CONTROL_CLIENTS_MAX = 128,     /* at once; a further one is told and closed */
    CONTROL_CLIENTS_KEPT = 4,      /* of these for root and camd's user: readers can't lock them out */
    CONTROL_OUTPUT_BYTES = 131072, /* parts are made while less than this waits for the client */
    CONTROL_IDLE_S = 60, /* a client that neither asks nor reads for so long is closed (not while its request
                             is being worked on or it is subscribed) */
    /* A client that was closed for its errors is read on, so that it sees why instead of a reset. */
    CONTROL_LINGER_S = 2,            /* for so long */
    CONTROL_DISCARD_BYTES = 1048576, /* and so far */
};

struct control;
struct control_request; /* one request being answered; the server's */

/*
 * Called for each well-formed request of a known verb that the client is allowed; body stays the server's and
 * is valid during the call. The handler answers with exactly one of the control_reply functions, now or
 * later.
 */
typedef void control_handler(void *context, struct control_request *request, enum verb verb,
                             const json_t *body);

/*
 * Listens at path (0660, group; a stale socket is replaced, a live one is -EADDRINUSE).
 * group (gid_t)-1: none, 0600. Owner and root have all privileges, group members VERB_READ.
 * A failure is logged with its reason; nothing is left behind then.
 */
int control_new(struct control **control, struct ev_loop *loop, const char *path, gid_t group,
                control_handler *handler, void *context);
/*
 * Makes the socket again when somebody has removed its name; clients that are connected stay. 0, also when it is there;
 * -errno as of control_new, told in the log, and those who connect to what is left of the old one are served.
 */
int control_restore(struct control *control);
/* Its name is there, and its own. */
bool control_is_there(const struct control *control);
/*
 * Asked whether somebody who may only look may do this all the same; context is the handler's. *given: what has been given to
 * him, in words that last as long as the call, or NULL.
 */
typedef bool control_may(void *context, uid_t uid, enum verb verb, const json_t *body, const char **given);
void control_set_may(struct control *control, control_may *may);
const char *control_path(const struct control *control);
/*
 * Takes no further clients and requests; answers under way are still sent, as far as the clients take them at
 * once. May be called from a callback. NULL is fine.
 */
void control_free(struct control *control);

/*
 * Answers; each ends the request, which must not be used after it. result is stolen; NULL is {}. Answers to a
 * client that is gone are dropped.
 */
void control_reply_ok(struct control_request *request, json_t *result);
/* hint: what to do about it, or NULL. */
void control_reply_error(struct control_request *request, enum control_error code, const char *hint,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
/*
 * The same with further members in the error object (fields, stolen; code, text and hint win), such as
 * next_start_ms of not_running.
 */
void control_reply_error_with(struct control_request *request, enum control_error code, json_t *fields,
                              const char *hint, const char *text);

/*
 * An error object as the answers have it, for an answer with several of them: redacted, fit for JSON. NULL: memory is
 * short.
 */
json_t *control_error(enum control_error code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Such an object (stolen) is the answer. */
void control_reply_made_error(struct control_request *request, json_t *error);

/* A part that is being made. */
struct control_part {
    struct json_writer json; /* writes the part's one value */
    struct control_output *output;
};
/* A member of the object that is being written whose value is text: shared, not copied. */
void control_part_share(struct control_part *part, const char *name, struct shared_text *text);

/*
 * An answer in parts: next writes the following part (1), or says that the client should wait for control_wake (0), or
 * that the answer is complete (-1). release is called once, when it is complete or the client is gone. Parts are asked
 * for only while the client takes them.
 */
typedef int control_next(void *state, struct control_part *part);
void control_reply_parts(struct control_request *request, control_next *next, void (*release)(void *state),
                         void *state);
/*
 * There is something new for answers that wait (subscribers). Any number of calls before they are asked is
 * one. NULL is fine.
 */
void control_wake(struct control *control);

/* Who asks. */
uid_t control_request_uid(const struct control_request *request);
/* False: the client is gone; the answer is owed all the same, but nobody reads it. */
bool control_request_is_awaited(const struct control_request *request);

/*
 * A request that is made of branches: each is answered as any request is (not in parts), by whoever works on it,
 * and answered gets that answer, borrowed: ok, or else the error object. It may be called before the function that works
 * on the branch returns. The request itself is still to be answered. NULL: memory is short.
 */
typedef void control_answered(void *state, json_t *ok, json_t *error);
struct control_request *control_request_branch(const struct control_request *request,
                                               control_answered *answered, void *state);

/* ---- upgrade ---- */

/* For an upgrade: the socket, which goes on listening; and the same in the next program, instead of control_new. */
json_t *control_hand_over(const struct control *control);
int control_take_over(struct control **control, struct ev_loop *loop, const char *path, gid_t group,
                      control_handler *handler, void *context, const json_t *record);
/* Sends what clients take at once: the connections end with this program. */
void control_flush(struct control *control);

/* A request that the next program answers: it stays one of this program, too. A new reference. */
json_t *control_request_hand_over(const struct control_request *request);
/* Answers it there; result (stolen) is that of control_reply_ok, or with error an object of code, text and hint. */
void control_answer_over(const json_t *record, bool is_error, json_t *result);

#endif
