/*
 * Connections that owe a request: libmicrohttpd's time-out begins again with every byte, so that who sends one now and
 * then would keep a place for ever. Here the whole of a request has to come in time.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/timer.h"
#include "web/http_private.h"

enum {
    REQUEST_MS = 20000,
    /* What waits in the kernel for a slow client is out of date when it comes: not more than a picture. */
    UNSENT_BYTES = 64 * 1024,
    GONE_MS = 60000, /* a client that does not even say that it got something is gone */
    ASKED_S = 30,    /* one to which nothing is sent is asked whether it is there */
    ASKED_AGAIN_S = 10,
};

static void set_deadline(struct http *http)
{
    const struct http_connection *first = TAILQ_FIRST(&http->owing);
    if (first)
        timer_start_ms(http->loop, &http->deadline, first->deadline_ms - clock_monotonic_ms());
    else
        ev_timer_stop(http->loop, &http->deadline);
}

/* All wait for the same time, so that the queue is in the order of the deadlines. */
static void owe(struct http *http, struct http_connection *connection)
{
    if (connection->waits)
        return;
    connection->waits = true;
    connection->deadline_ms = clock_monotonic_ms() + REQUEST_MS;
    TAILQ_INSERT_TAIL(&http->owing, connection, links);
    if (!ev_is_active(&http->deadline))
        set_deadline(http);
}

static void owe_nothing(struct http *http, struct http_connection *connection)
{
    if (!connection->waits)
        return;
    connection->waits = false;
    TAILQ_REMOVE(&http->owing, connection, links);
    if (TAILQ_EMPTY(&http->owing))
        ev_timer_stop(http->loop, &http->deadline);
}

/* libmicrohttpd sees the end of the connection and closes it. */
static void end(struct http *http, struct http_connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    owe_nothing(http, connection);
}

/* Who comes has a request, and who has said nothing for longest has none: so nobody can keep others out by saying nothing. */
static void make_room(struct http *http)
{
    if (http->connections > http->connections_most && !TAILQ_EMPTY(&http->owing))
        end(http, TAILQ_FIRST(&http->owing));
}

static void end_overdue(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct http *http = timer->data;
    const int64_t now_ms = clock_monotonic_ms();
    struct http_connection *first;
    (void)loop;
    (void)events;
    while ((first = TAILQ_FIRST(&http->owing)) && first->deadline_ms <= now_ms)
        end(http, first);
    set_deadline(http);
}

void http_connections_init(struct http *http)
{
    TAILQ_INIT(&http->owing);
    ev_timer_init(&http->deadline, end_overdue, 0., 0.);
    http->deadline.data = http;
}

void http_connections_fini(struct http *http)
{
    ev_timer_stop(http->loop, &http->deadline);
}

static int fd_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void set_options(int fd)
{
    const int unsent = UNSENT_BYTES, yes = 1, asked_s = ASKED_S, again_s = ASKED_AGAIN_S;
    const unsigned int gone_ms = GONE_MS;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &asked_s, sizeof(asked_s));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &again_s, sizeof(again_s));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
}

void http_connection_notice(void *cls, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct http *http = cls;
    struct http_connection *own = *context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        http->connections--;
        if (own)
            owe_nothing(http, own);
        free(own);
        *context = NULL;
        return;
    }
    http->connections++;
    make_room(http);
    own = calloc(1, sizeof(*own));
    if (!own)
        return; /* one without a deadline: libmicrohttpd's time-out is left */
    own->fd = fd_of(connection);
    set_options(own->fd);
    *context = own;
    owe(http, own);
}

static struct http_connection *own_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void http_connection_asked(struct http *http, struct MHD_Connection *connection)
{
    struct http_connection *own = own_of(connection);
    if (own)
        owe_nothing(http, own);
}

void http_connection_answered(struct http *http, struct MHD_Connection *connection)
{
    struct http_connection *own = own_of(connection);
    if (own)
        owe(http, own);
}

/* Its end comes behind what it has sent, which nobody reads while it is served: so reading would not tell. */
bool http_connection_is_left(struct MHD_Connection *connection)
{
    struct pollfd socket = {.fd = fd_of(connection), .events = POLLRDHUP};
    return poll(&socket, 1, 0) > 0;
}
