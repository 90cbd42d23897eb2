/* http_private.h - the server's inside, for http*.c only */
#ifndef CAMD_WEB_HTTP_PRIVATE_H
#define CAMD_WEB_HTTP_PRIVATE_H

#include <ev.h>
#include <microhttpd.h>
#include <sys/queue.h>

#include "web/http.h"

/* One that has been accepted, while it owes a request. */
struct http_connection {
    int fd;
    bool waits; /* for a request: it is in the queue of those that do */
    int64_t deadline_ms;
    TAILQ_ENTRY(http_connection) links;
};
TAILQ_HEAD(http_connections, http_connection);

struct http_request {
    struct http *http;
    struct MHD_Connection *connection;
    const char *path;
    struct sockaddr_storage forwarded; /* AF_UNSPEC: who asks is who is connected */
    bool is_head, begun, answered, suspended, streams, is_left;
    unsigned int status;
    struct MHD_Response *response; /* until it is queued; NULL for want of memory */
    http_stream_read *read;
    void *kept;
    void (*end)(void *kept);
    TAILQ_ENTRY(http_request) links;
};
TAILQ_HEAD(http_requests, http_request);

struct http {
    struct ev_loop *loop;
    struct MHD_Daemon *daemon;
    http_serve *serve;
    void *context;
    bool stopping, behind_proxy;
    ev_io ready;
    ev_timer timeout;  /* libmicrohttpd's own */
    ev_timer deadline; /* of the connection that has owed a request for longest */
    ev_timer look;     /* for clients that have left streams which have nothing to say */
    struct http_connections owing;
    struct http_requests requests;
    unsigned int streams;
    unsigned int connections,
        connections_most; /* from there on, those that owe a request for longest have to go */
};

/* Handles what is ready, in the loop's next turn. */
void http_run_soon(struct http *http);

/* ---- http_connections.c: time-outs that libmicrohttpd does not have ---- */

void http_connections_init(struct http *http);
void http_connections_fini(struct http *http);
void http_connection_notice(void *cls, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code);
/* Its request is whole; and it has been answered, and the next one is waited for. */
void http_connection_asked(struct http *http, struct MHD_Connection *connection);
void http_connection_answered(struct http *http, struct MHD_Connection *connection);
/* True once the client has closed its side, or is found to be gone. */
bool http_connection_is_left(struct MHD_Connection *connection);

/* ---- http_answer.c ---- */

/* Gives an answer that is there to the client. */
enum MHD_Result http_request_settle(struct http_request *request);

#endif
