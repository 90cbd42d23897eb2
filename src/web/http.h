/*
 * http.h - HTTP in camd's loop: requests in, answers and streams out
 *
 * libmicrohttpd does the protocol; who serves something sees requests only. A request is answered at once or later (an
 * answer that has to be fetched first), or with a stream whose bytes are asked for when the client has room for them:
 * nothing is queued for anybody. Only GET and HEAD are done, and no request has a body.
 *
 * Bounded: connections, the memory of each, and the time that one may take for its request or to take what it is sent.
 * Without connections there are no wake-ups.
 */
#ifndef CAMD_WEB_HTTP_H
#define CAMD_WEB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct ev_loop;
struct http;
struct http_request;

struct http_settings {
    int listen_fd; /* the server's from then on */
    unsigned int connections_max;
    unsigned int address_connections_max; /* of one address; 0: no limit of its own */
    bool behind_proxy; /* what comes from this machine says in X-Forwarded-For who asks, and is believed */
};

/* Takes each request: it answers, or keeps the request and answers later. */
typedef void http_serve(void *context, struct http_request *request);

/* 0 and *http, or -errno. The loop has to outlive it. */
int http_start(struct http **http, struct ev_loop *loop, const struct http_settings *settings,
               http_serve *serve, void *context);
/* Every request ends, also those that wait for their answers. NULL is fine. */
void http_stop(struct http *http);

/* A socket that listens, close-on-exec and non-blocking, or -errno. */
int http_listen(const struct sockaddr *address, socklen_t length);

/* ---- a request; the strings are its own, and live as long as it does ---- */

const char *http_request_path(const struct http_request *request);
/* NULL: there is none. */
const char *http_request_header(const struct http_request *request, const char *name);
const char *http_request_parameter(const struct http_request *request, const char *name);
/* Who asks, as far as is known: NULL, if it is not. */
const struct sockaddr *http_request_address(const struct http_request *request);
/* The user and password of basic authentication; false: none, or not whole. Both are freed with http_login_free. */
bool http_request_login(const struct http_request *request, char **user, char **password);
void http_login_free(char *user, char *password);

/* What whoever serves it notes with it, and is told when the request ends, answered or not. */
void http_request_keep(struct http_request *request, void *kept, void (*end)(void *kept));

/* ---- answers: one a request ---- */

enum http_cache {
    HTTP_CACHE_NEVER, /* what is now */
    HTTP_CACHE_CHECK, /* kept, but asked for again by its tag each time */
    HTTP_CACHE_KEEP,  /* it never changes */
};

struct http_answer {
    unsigned int status;
    const char *type; /* NULL: plain text */
    const void *body;
    size_t bytes;
    bool body_stays; /* it outlives the program; else it is copied */
    enum http_cache cache;
    const char *tag;      /* with HTTP_CACHE_CHECK: of this body, without quotation marks */
    const char *realm;    /* a login is asked for, 401 */
    unsigned int retry_s; /* when to come again; 0: nothing is said */
};

void http_answer(struct http_request *request, const struct http_answer *answer);
/* A line of text for people, which gets its newline. */
void http_answer_text(struct http_request *request, unsigned int status, const char *text);
/* 503: what is wrong, which may be over soon. */
void http_answer_busy(struct http_request *request, const char *text);
/* JSON that is valid now. */
void http_answer_json(struct http_request *request, const char *text, size_t length);

/*
 * read: up to room bytes into buffer, how many; 0: there is nothing now, and http_request_wake says when there may be;
 * HTTP_STREAM_END: it is at its end.
 */
#define HTTP_STREAM_END (-1)
typedef ssize_t http_stream_read(void *kept, char *buffer, size_t room);

/* The request has kept something: read gets it. */
void http_answer_stream(struct http_request *request, const char *type, http_stream_read *read);
void http_request_wake(struct http_request *request);

#endif
