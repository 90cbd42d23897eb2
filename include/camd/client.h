/*
 * camd/client.h - a camera's pictures, and camd itself, from outside
 *
 * Segments: maps a running camera's segments read-only by name; see camd/segment.h for reading frames and results. The
 * caller needs read permission on them: root, camd's user, or the configured group.
 *
 * Connections: asks camd what camctl can ask, and is told what happens, through the control socket; camd-ipc(7) has the
 * verbs, their parameters and what is answered. JSON comes and goes as text: which library reads it is the caller's choice.
 */
#ifndef CAMD_CLIENT_H
#define CAMD_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "camd/api.h"
#include "camd/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Maps the segments of a camera. prefix: the instance's, "camd." by default (NULL). -ENOENT: no such camera, or it has no
 * segments yet; -EACCES; -EINVAL: no name that a camera can have, or a prefix with a slash; -ENAMETOOLONG; -EPROTO,
 * -EBADMSG: as camd_segments_map; -ESTALE: replaced while we looked, try again; else from shm_open and mmap, as -EMFILE and
 * -ENOMEM. Unmap with camd_segments_unmap. When camd_segments_gone, unmap and attach again.
 */
CAMD_API int camd_client_attach(struct camd_segments *segments, const char *prefix, const char *camera);

/*
 * The best pictures of a camera's objects. They are read and not mapped, and sized by what camd says of them, so that a
 * tracker that truncates the segment, or fills it with nonsense, can harm nobody who looks.
 */
struct camd_best_reader {
    int fd;
    uint32_t count; /* entries */
    uint32_t bytes; /* of the longest JPEG */
    uint32_t width; /* of the frames that pictures are parts of */
    uint32_t height;
};

/* As camd_client_attach; -ENODATA: the camera keeps none. Close with camd_best_close. */
CAMD_API int camd_best_open(struct camd_best_reader *reader, const char *prefix, const char *camera);
/*
 * The same of descriptors of info and best. best stays open for the reader, whose it is after success; info can be closed.
 * -EPROTO, -EBADMSG as camd_segments_map; -ENODATA: info says that there are none.
 */
CAMD_API int camd_best_attach(struct camd_best_reader *reader, int info, int best);
CAMD_API void camd_best_close(struct camd_best_reader *reader);
/* The heads of the entries that are whole now, most of them at most, in any order. Returns how many. */
CAMD_API uint32_t camd_best_list(const struct camd_best_reader *reader, struct camd_best *heads,
                                 uint32_t most);
/*
 * An object's picture: its head, and the JPEG in jpeg, which has room for reader->bytes; head->jpeg_bytes are its own. The
 * numbers in the head are possible ones: boxes within the frame, a JPEG no larger than its view; what is in the JPEG is for
 * its decoder to say. On failure jpeg may hold anything. -ENOENT: there is none (any more); -EAGAIN: something is being
 * written all the time, try again in a moment; -EBADMSG: the segment was truncated, or the tracker wrote what cannot be.
 */
CAMD_API int camd_best_find(const struct camd_best_reader *reader, uint64_t object_id, struct camd_best *head,
                            void *jpeg);

/* ---- connections -----------------------------------------------------------------------------------------
 *
 * A connection is used by one thread at a time; there is no other state than what is in it. Whoever wants to ask and to be
 * told has two: camd answers nothing else on a connection that is subscribed. Signals don't end a wait, no SIGPIPE comes of
 * it, and its descriptors are close-on-exec. After fork(2) it is the parent's: a child may free its copy, and nothing else.
 *
 * Blocking:
 *
 *     struct camd_connection *camd = NULL;
 *     const struct camd_reply *reply = NULL;
 *
 *     if (camd_connection_new(&camd, NULL) == 0 && camd_connection_ask(camd, "status", NULL) > 0)
 *         while (camd_connection_receive(camd, 5000, &reply) > 0 && reply->kind == CAMD_REPLY_PART)
 *             puts(reply->text);
 *     camd_connection_free(camd);
 *
 * In a loop of one's own: watch camd_connection_descriptor() for reading, and whenever it is readable, and after each
 * ask and subscribe, call camd_connection_receive with the time-out 0 until it does not return 1.
 */

enum {
    CAMD_REQUEST_BYTES = 65536,        /* of a request: camd takes no longer ones */
    CAMD_LINE_BYTES = 4 * 1024 * 1024, /* of a line of camd's: a longer one ends the connection */
};

struct camd_connection;

/* The number of an event. Epoch 0: none. */
struct camd_place {
    uint64_t epoch; /* another one after each start of camd, the same after an upgrade */
    uint64_t seq;   /* counts from 1 */
};

enum camd_reply_kind {
    /* to what was asked: any number of parts, then one of the others */
    CAMD_REPLY_PART = 1,
    CAMD_REPLY_OK,
    CAMD_REPLY_ERROR,
    /* to a subscription */
    CAMD_REPLY_SNAPSHOT, /* the cameras' states after the event `place`: at first, and each time it is connected again */
    CAMD_REPLY_EVENT,
    CAMD_REPLY_MISSED, /* in place of events that camd no longer has */
    CAMD_REPLY_LOST,   /* there is no connection, for a new reason: it is tried again until it is there */
};

/* Valid until the next call with its connection. Later versions may append members. Strings are never NULL. */
struct camd_reply {
    enum camd_reply_kind kind;
    /* Which request is answered, as camd_connection_ask said; 0: none, as when camd says why it closes. */
    int request;
    /* JSON, as camd wrote it: the part, the result, the error, the event, the snapshot, what is missed; with a NUL. */
    const char *text;
    size_t length;

    /* EVENT: its own number; SNAPSHOT: that of the last event before; MISSED: that of the last one missed. */
    struct camd_place place;
    const char *event;    /* EVENT: its word, "camera_state" for instance */
    const char *camera;   /* EVENT: its camera, or "" */
    uint64_t missed_from; /* MISSED: these numbers of place.epoch, both included */
    uint64_t missed_to;   /* or 0: nobody knows how many there were */

    /* ERROR, and LOST where camd said why; for people but for the code, which is "" when camd said nothing */
    const char *code;
    const char *reason;
    const char *hint; /* or "" */
    int problem;      /* LOST: -errno, as of camd_connection_open */
};

#define CAMD_DEFAULT_SOCKET "/run/camd/camd.sock"

/*
 * A connection that is not there yet. path: the socket; NULL: what CAMD_SOCKET in the environment names, or
 * CAMD_DEFAULT_SOCKET. 0, -ENAMETOOLONG, -ENOMEM. Free it with camd_connection_free, for which NULL is fine.
 */
CAMD_API int camd_connection_new(struct camd_connection **connection, const char *path);
CAMD_API void camd_connection_free(struct camd_connection *connection);

/*
 * Connects, if need be, and waits for camd's greeting, timeout_ms at most (negative: for ever). For those who want to know at
 * once; asking connects by itself. 0, or -errno:
 *   -ENOENT, -ECONNREFUSED      no camd is there
 *   -EACCES                     it may not be talked to: be root, camd's user or in its group
 *   -EAGAIN                     it takes no connection, time-out
 *   -ETIMEDOUT                  it says nothing, time-out
 *   -EBUSY                      it takes no more clients; *refusal (if refusal is not NULL) says so in words
 *   -EALREADY                   this one is subscribed, and connects by itself
 *   -ECONNRESET                 it has closed the connection
 *   -EPROTO, -EPROTONOSUPPORT   not camd's protocol; another version of it
 *   -EMSGSIZE                   a line longer than CAMD_LINE_BYTES
 *   -ENOMEM, -EMFILE, ...       on this side
 * After an error, -EALREADY aside, there is no connection; it may be tried again.
 */
CAMD_API int camd_connection_open(struct camd_connection *connection, int timeout_ms,
                                  const struct camd_reply **refusal);

/*
 * Asks: a verb of camd-ipc(7), with its parameters as the text of a JSON object (NULL: none). Does not wait. Connects if
 * there is no connection, or camd has closed it since nothing was asked for a minute. Further requests can be made before
 * the first is answered: camd answers in order. Returns the request's number, from 1, or -errno: -EINVAL, the parameters
 * are no JSON object, or the verb is no UTF-8; -E2BIG, a longer request than CAMD_REQUEST_BYTES; -ENOBUFS, that much of
 * earlier requests waits to be sent; -EALREADY, the connection is subscribed; or why there is no connection, as of
 * camd_connection_open.
 */
CAMD_API int camd_connection_ask(struct camd_connection *connection, const char *verb,
                                 const char *parameters);

/*
 * Wants to be told what happens: what the verb `subscribe` says of parameters, the text of a JSON object (NULL: none, and so
 * everything), without its "from". from: behind that event, or NULL: from now on. Does not wait.
 *
 * Requests that wait for their answer get none. From here on the connection keeps itself. When it ends, or cannot be made,
 * that is told as CAMD_REPLY_LOST, and it is tried again within camd_connection_receive, at once, then after 0.1 s and up to
 * 5 s, and goes on behind the last event that was received. What happens meanwhile is told then, or is CAMD_REPLY_MISSED: no
 * event comes twice. Only CAMD_REPLY_ERROR ends it: camd refuses the subscription, there is no such camera for instance.
 *
 * 0, or -EINVAL: the parameters are no JSON object, or have a "from".
 */
CAMD_API int camd_connection_subscribe(struct camd_connection *connection, const char *parameters,
                                       const struct camd_place *from);

/*
 * The next reply: 1 and *reply; 0 and NULL: none within timeout_ms (0: without waiting; negative: for ever), and the
 * connection goes on; or -errno, as of camd_connection_open, and -ENOTCONN: there is no connection, since nothing was asked.
 * Then the connection is gone, and what of the requests was done is not known.
 */
CAMD_API int camd_connection_receive(struct camd_connection *connection, int timeout_ms,
                                     const struct camd_reply **reply);

/*
 * A descriptor that is readable when camd_connection_receive has something to do: for poll, select, epoll or libev. It is
 * the same one for the connection's whole life, over reconnects, too, and stays the connection's. -errno: none could be made.
 */
CAMD_API int camd_connection_descriptor(struct camd_connection *connection);

/* What an -errno of a connection means, in words for people. Static text. */
CAMD_API const char *camd_connection_strerror(int problem);
/* The place of the last event that was received: from where to go on, after a start of one's own, too. Epoch 0: none. */
CAMD_API struct camd_place camd_connection_place(const struct camd_connection *connection);
/* camd's version, as its greeting said; "" before. */
CAMD_API const char *camd_connection_version(const struct camd_connection *connection);
/* camd's process, as the kernel says; 0: there is no connection, or camd is in another pid namespace. */
CAMD_API pid_t camd_connection_pid(const struct camd_connection *connection);

#ifdef __cplusplus
}
#endif

#endif
