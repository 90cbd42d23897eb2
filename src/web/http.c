#include "web/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/timer.h"
#include "web/address.h"
#include "web/http_private.h"

enum {
    CONNECTION_BYTES = 48 * 1024, /* a request's line and headers, and what of a stream is being sent */
    SEND_TIMEOUT_S = 30,          /* without a byte taken */
    LOOK_S = 2,
    LISTEN_BACKLOG = 64,
    CONNECTIONS_SPARE = 16, /* for those that come before the ones that have to go are gone */
    LINE_BYTES = 256,       /* of a line of libmicrohttpd's for the log */
};

/* ---- the loop ---- */

static void set_timeout(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG left_ms = 0;

    ev_timer_stop(http->loop, &http->timeout);
    if (MHD_get_timeout(http->daemon, &left_ms) != MHD_YES)
        return;
    timer_start_ms(http->loop, &http->timeout, (int64_t)left_ms);
}

static void run(struct http *http)
{
    (void)MHD_run(http->daemon);
    set_timeout(http);
}

static void take_ready(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop;
    (void)events;
    run(watcher->data);
}

static void take_timeout(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop;
    (void)events;
    run(watcher->data);
}

void http_run_soon(struct http *http)
{
    ev_feed_event(http->loop, &http->ready, EV_READ);
}

/* A stream that waits does not see that its client is gone. */
static void look_for_left(struct ev_loop *loop, ev_timer *watcher, int events)
{
    struct http *http = watcher->data;
    struct http_request *request, *next;
    (void)loop;
    (void)events;
    for (request = TAILQ_FIRST(&http->requests); request; request = next) {
        next = TAILQ_NEXT(request, links);
        if (!request->suspended || !request->streams || !http_connection_is_left(request->connection))
            continue;
        request->is_left = true;
        http_request_wake(request);
    }
}

/* ---- requests ---- */

static const struct sockaddr *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

/* The last header of several, since a client's own come first. */
static enum MHD_Result take_forwarded(void *forwarded, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    (void)kind;
    if (strcasecmp(name, "X-Forwarded-For") == 0 && value && !address_of_forwarded(value, forwarded))
        ((struct sockaddr_storage *)forwarded)->ss_family = AF_UNSPEC;
    return MHD_YES;
}

static void note_forwarded(struct http_request *request)
{
    const struct sockaddr *peer = peer_of(request->connection);
    if (request->http->behind_proxy && peer && address_is_loopback(peer))
        (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_forwarded,
                                        &request->forwarded);
}

static struct http_request *new_request(struct http *http, struct MHD_Connection *connection,
                                        const char *path)
{
    struct http_request *request = calloc(1, sizeof(*request));
    if (!request)
        return NULL;
    request->http = http;
    request->connection = connection;
    request->path = path;
    note_forwarded(request);
    TAILQ_INSERT_TAIL(&http->requests, request, links);
    return request;
}

/* Of the headers that who is before this, and libmicrohttpd, may take for different things when there are several. */
struct framing {
    unsigned int hosts;
    bool has_body;
};

static enum MHD_Result note_framing(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct framing *framing = cls;
    (void)kind;
    framing->hosts += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0 ||
        (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 && (!value || strcmp(value, "0") != 0)))
        framing->has_body = true;
    return MHD_YES;
}

static bool is_read_only(const char *method)
{
    return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

static enum MHD_Result settle_or_wait(struct http_request *request)
{
    if (request->answered)
        return http_request_settle(request);
    MHD_suspend_connection(request->connection);
    request->suspended = true;
    return MHD_YES;
}

/* What is refused before the rest of the request has come, which ends the connection. */
static bool refuse(struct http_request *request, const char *method, size_t uploaded)
{
    struct framing framing = {.has_body = uploaded > 0};
    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, note_framing, &framing);
    if (!is_read_only(method))
        http_answer_text(request, MHD_HTTP_METHOD_NOT_ALLOWED,
                         "Nothing is changed here: only GET and HEAD are done.");
    else if (framing.has_body)
        http_answer_text(request, MHD_HTTP_BAD_REQUEST, "Requests have no body here.");
    else if (framing.hosts > 1)
        http_answer_text(request, MHD_HTTP_BAD_REQUEST, "The request names two hosts.");
    return request->answered;
}

/*
 * Called when the headers are there, once more when the request is whole (an answer to the first call would be the
 * connection's end), and again when one that has waited has its answer.
 */
static enum MHD_Result take_request(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_bytes, void **context)
{
    struct http *http = cls;
    struct http_request *request = *context;
    (void)version;
    (void)upload;
    if (http->stopping)
        return MHD_NO;
    if (!request) {
        http_connection_asked(http, connection);
        *context = request = new_request(http, connection, url);
        if (!request)
            return MHD_NO;
        request->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
        return refuse(request, method, *upload_bytes) ? http_request_settle(request) : MHD_YES;
    }
    if (!request->begun)
        http->serve(http->context, request);
    request->begun = true;
    return settle_or_wait(request);
}

static void end_request(void *cls, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
    struct http *http = cls;
    struct http_request *request = *context;
    (void)code;
    if (!request)
        return;
    *context = NULL;
    http_connection_answered(http, connection);
    if (request->streams && --http->streams == 0)
        ev_timer_stop(http->loop, &http->look);
    if (request->end)
        request->end(request->kept);
    if (request->response)
        MHD_destroy_response(request->response);
    TAILQ_REMOVE(&http->requests, request, links);
    free(request);
}

const char *http_request_path(const struct http_request *request)
{
    return request->path;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_parameter(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const struct sockaddr *http_request_address(const struct http_request *request)
{
    return request->forwarded.ss_family == AF_UNSPEC ? peer_of(request->connection)
                                                     : (const struct sockaddr *)&request->forwarded;
}

bool http_request_login(const struct http_request *request, char **user, char **password)
{
    char *given = NULL;
    char *name = MHD_basic_auth_get_username_password(request->connection, &given);
    if (name && given) {
        *user = name;
        *password = given;
        return true;
    }
    http_login_free(name, given);
    return false;
}

void http_login_free(char *user, char *password)
{
    if (password)
        explicit_bzero(password, strlen(password));
    MHD_free(user);
    MHD_free(password);
}

void http_request_keep(struct http_request *request, void *kept, void (*end)(void *kept))
{
    request->kept = kept;
    request->end = end;
}

/* ---- start and stop ---- */

int http_listen(const struct sockaddr *address, socklen_t length)
{
    const int yes = 1, fd = sys_socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int result = fd;
    if (fd < 0)
        return fd;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    result = sys_bind(fd, address, length);
    if (result == 0)
        result = sys_listen(fd, LISTEN_BACKLOG);
    if (result == 0)
        return fd;
    close(fd);
    return result;
}

__attribute__((format(printf, 2, 0))) static void log_line(void *cls, const char *format, va_list arguments)
{
    char text[LINE_BYTES];
    (void)cls;
    vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http", "%s", text);
}

/* A byte 0 would end a path or value before its end, and make it another: what has one stays as it came, which is no name here. */
static size_t unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

static struct MHD_Daemon *start_daemon(struct http *http, const struct http_settings *settings)
{
    const unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, take_request, http, MHD_OPTION_EXTERNAL_LOGGER, log_line, NULL,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_LISTEN_SOCKET, settings->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections_max + CONNECTIONS_SPARE,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->address_connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)SEND_TIMEOUT_S, MHD_OPTION_NOTIFY_CONNECTION, http_connection_notice, http,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, http, MHD_OPTION_END);
}

static int start_watching(struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return -ENOTSUP;
    ev_io_set(&http->ready, info->epoll_fd, EV_READ);
    ev_io_start(http->loop, &http->ready);
    return 0;
}

int http_start(struct http **http, struct ev_loop *loop, const struct http_settings *settings,
               http_serve *serve, void *context)
{
    struct http *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    made->serve = serve;
    made->context = context;
    made->behind_proxy = settings->behind_proxy;
    made->connections_most = settings->connections_max;
    TAILQ_INIT(&made->requests);
    http_connections_init(made);
    ev_io_init(&made->ready, take_ready, -1, EV_READ);
    ev_timer_init(&made->timeout, take_timeout, 0., 0.);
    ev_timer_init(&made->look, look_for_left, LOOK_S, LOOK_S);
    made->ready.data = made->timeout.data = made->look.data = made;
    made->daemon = start_daemon(made, settings);
    const int result = made->daemon ? start_watching(made) : -EIO;
    if (result < 0) {
        http_stop(made);
        return result;
    }
    *http = made;
    return 0;
}

/* libmicrohttpd wants none suspended when it stops. */
static void wake_all(struct http *http)
{
    struct http_request *request;
    TAILQ_FOREACH(request, &http->requests, links) {
        http_request_wake(request);
    }
    (void)MHD_run(http->daemon);
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    http->stopping = true;
    if (http->daemon) {
        wake_all(http);
        MHD_stop_daemon(http->daemon);
    }
    ev_io_stop(http->loop, &http->ready);
    ev_timer_stop(http->loop, &http->timeout);
    ev_timer_stop(http->loop, &http->look);
    http_connections_fini(http);
    free(http);
}
