/* connection.c - the client's side of the control socket */
#include "camctl/connection.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"

enum { BUFFER_BYTES = 65536 }; /* to begin with */

struct connection {
    int fd;
    const char *path;
    int64_t deadline_ns, timeout_ms;
    char *buffer; /* bytes start..used are not consumed yet */
    size_t room, start, used;
    size_t searched; /* bytes from start that hold no line's end */
    char *printed;   /* the text of a part that did not come as camd prints it, or NULL */
};

static const char no_daemon_hint[] =
    "start it (as the service camd, or camd -d), or name another socket with -s";
static const char silent_hint[] = "it may be stopped, or busy: see its log, or wait longer with --timeout";
static const char died_hint[] = "it may have stopped: see its log";
static const char version_hint[] = "camctl and camd should be of the same version; is the socket camd's?";

/* ---- failures ---- */

static enum status fail_denied(const char *path, json_t **error)
{
    struct stat info;
    const struct group *group = stat(path, &info) == 0 ? getgrgid(info.st_gid) : NULL;
    char *hint =
        group && info.st_gid != 0
            ? text_format("be root, camd's user, or (to look only) in the group %s", group->gr_name)
            : text_format("be root or camd's user, or (to look only) in the group that camd is told of");
    enum status status = status_fail(error, "denied", hint, "you may not talk to camd at %s", path);

    free(hint);
    return status;
}

static enum status fail_connect(const char *path, int problem, json_t **error)
{
    switch (problem) {
    case -EACCES:
    case -EPERM:
        return fail_denied(path, error);
    case -EAGAIN: /* SO_SNDTIMEO ran out: its queue of connections is full */
        return status_fail(error, FAILURE_NO_ANSWER, silent_hint, "camd at %s accepts no connection", path);
    case -ENOENT:
    case -ECONNREFUSED:
        return status_fail(error, FAILURE_NO_ANSWER, no_daemon_hint, "no camd answers at %s: is it running?",
                           path);
    default:
        return status_fail(error, FAILURE_NO_ANSWER, no_daemon_hint, "no camd answers at %s: %s", path,
                           strerror(-problem));
    }
}

/* While reading or writing: problem is -ETIMEDOUT, 0 for the end of the stream, or another -errno. */
static enum status fail_exchange(const struct connection *connection, int problem, json_t **error)
{
    char waited[TEXT_DURATION_BYTES];

    switch (problem) {
    case -ETIMEDOUT:
        return status_fail(error, FAILURE_NO_ANSWER, silent_hint, "camd at %s did not answer within %s",
                           connection->path, text_duration((double)connection->timeout_ms / 1000, waited));
    case 0:
    case -ECONNRESET:
    case -EPIPE:
        return status_fail(error, FAILURE_NO_ANSWER, died_hint, "camd at %s closed the connection",
                           connection->path);
    case -EMSGSIZE:
        return status_fail(error, FAILURE_NO_ANSWER, version_hint,
                           "camd at %s sent a line of more than %d bytes", connection->path,
                           CONNECTION_LINE_BYTES);
    default:
        return status_fail(error, FAILURE_NO_ANSWER, NULL, "camd at %s: %s", connection->path,
                           strerror(-problem));
    }
}

static enum status fail_nonsense(const struct connection *connection, json_t **error)
{
    return status_fail(error, FAILURE_NO_ANSWER, version_hint,
                       "what answers at %s does not speak camd's protocol", connection->path);
}

/* ---- waiting ---- */

void connection_set_timeout(struct connection *connection, int64_t begun_ns, int64_t timeout_ms)
{
    connection->timeout_ms = timeout_ms;
    connection->deadline_ns = timeout_ms < 0 ? INT64_MAX : begun_ns + timeout_ms * CLOCK_NS_PER_MS;
}

int64_t connection_deadline_ns(const struct connection *connection)
{
    return connection->deadline_ns;
}

/* 0, or -ETIMEDOUT. */
static int wait_for(const struct connection *connection, short events)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = connection->fd, .events = events};
        int wait_ms = -1;

        if (connection->deadline_ns != INT64_MAX) {
            int64_t left_ns = connection->deadline_ns - clock_monotonic_ns();

            if (left_ns <= 0)
                return -ETIMEDOUT;
            /* upwards: else the last fraction of a millisecond would be spun away */
            wait_ms = (int)((left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS);
        }
        int ready = poll(&poll_fd, 1, wait_ms);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    }
}

/* ---- lines ---- */

static int make_room(struct connection *connection)
{
    size_t held = connection->used - connection->start;

    if (connection->start > 0) {
        memmove(connection->buffer, connection->buffer + connection->start, held);
        connection->start = 0;
        connection->used = held;
    }
    if (connection->used < connection->room)
        return 0;
    if (connection->room >= CONNECTION_LINE_BYTES)
        return -EMSGSIZE;
    char *larger = realloc(connection->buffer, 2 * connection->room);
    if (!larger)
        return -ENOMEM;
    connection->buffer = larger;
    connection->room *= 2;
    return 0;
}

/* One read: the number of bytes, 0 at the end of the stream, or -errno. */
static ssize_t fill(struct connection *connection)
{
    int result = make_room(connection);
    ssize_t bytes = -1;

    while (result == 0) {
        bytes = recv(connection->fd, connection->buffer + connection->used,
                     connection->room - connection->used, MSG_DONTWAIT);
        if (bytes >= 0 || errno != EAGAIN)
            break;
        result = wait_for(connection, POLLIN);
    }
    if (result != 0)
        return result;
    if (bytes < 0)
        return -errno;
    connection->used += (size_t)bytes;
    return bytes;
}

/* The next line, without its end, valid until the next call. 1, 0 at the end of the stream, or -errno. */
static int next_line(struct connection *connection, const char **line, size_t *length)
{
    for (;;) {
        char *begin = connection->buffer + connection->start;
        size_t held = connection->used - connection->start;
        char *end = memchr(begin + connection->searched, '\n', held - connection->searched);

        if (end) {
            *line = begin;
            *length = (size_t)(end - begin);
            connection->start += *length + 1;
            connection->searched = 0;
            return 1;
        }
        connection->searched = held;
        ssize_t bytes = fill(connection);
        if (bytes == -EINTR)
            continue;
        if (bytes <= 0)
            return (int)bytes;
    }
}

static enum status read_line(struct connection *connection, const char **line, size_t *length, json_t **error)
{
    int result = next_line(connection, line, length);

    return result > 0 ? STATUS_DONE : fail_exchange(connection, result, error);
}

static enum status parse_line(struct connection *connection, const char *line, size_t length, json_t **object,
                              json_t **error)
{
    json_error_t problem;

    *object = json_parse_object(line, length, &problem);
    return *object ? STATUS_DONE : fail_nonsense(connection, error);
}

/* ---- the conversation ---- */

static int connect_to(const char *path, int64_t timeout_ms, int *fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval wait = {
        .tv_sec = (time_t)(timeout_ms / 1000),
        .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000),
    };

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int opened = sys_socket(AF_UNIX, SOCK_STREAM, 0);
    if (opened < 0)
        return opened;
    /* connect() waits so long when the queue of connections is full (unix(7) knows no EINPROGRESS) */
    setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    int result = sys_connect(opened, (const struct sockaddr *)&address, sizeof address);
    if (result < 0) {
        sys_close(&opened);
        return result;
    }
    *fd = opened;
    return 0;
}

static enum status read_greeting(struct connection *connection, json_t **error)
{
    json_t *greeting = NULL;
    const char *line = NULL;
    size_t length = 0;
    enum status status = read_line(connection, &line, &length, error);

    if (status == STATUS_DONE)
        status = parse_line(connection, line, length, &greeting, error);
    if (status != STATUS_DONE)
        return status;
    json_t *refusal = json_object_get(greeting, "error"); /* too many clients, for instance */
    if (refusal)
        status = status_adopt(error, refusal);
    else if (!json_is_string(json_object_get(greeting, "camd")))
        status = fail_nonsense(connection, error);
    else if (json_member_int(greeting, "protocol", 0) != CONNECTION_PROTOCOL)
        status = status_fail(error, FAILURE_NO_ANSWER, "install camctl and camd of the same version",
                             "camd %s at %s speaks protocol %" PRId64 ", camctl " CAMD_VERSION " speaks %d",
                             json_member_string(greeting, "camd", ""), connection->path,
                             json_member_int(greeting, "protocol", 0), CONNECTION_PROTOCOL);
    json_decref(greeting);
    return status;
}

enum status connection_open(struct connection **connection, const char *path, int64_t timeout_ms,
                            json_t **error)
{
    struct connection *made = calloc(1, sizeof *made);
    char *buffer = malloc(BUFFER_BYTES);

    if (!made || !buffer) {
        free(made);
        free(buffer);
        return status_fail(error, "failed", NULL, "memory is short");
    }
    *made = (struct connection){.fd = -1, .path = path, .buffer = buffer, .room = BUFFER_BYTES};
    connection_set_timeout(made, clock_monotonic_ns(), timeout_ms);
    int result = connect_to(path, timeout_ms, &made->fd);
    enum status status = result < 0 ? fail_connect(path, result, error) : read_greeting(made, error);
    if (status != STATUS_DONE) {
        connection_close(made);
        return status;
    }
    *connection = made;
    return STATUS_DONE;
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    sys_close(&connection->fd);
    free(connection->buffer);
    free(connection->printed);
    free(connection);
}

static int send_all(struct connection *connection, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(connection->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent >= 0) {
            text += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            int result = wait_for(connection, POLLOUT);

            if (result != 0)
                return result;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

enum status connection_send(struct connection *connection, json_t *request, json_t **error)
{
    json_object_set_new(request, "id", json_integer(1));
    char *text = json_text(request);
    char *line = text ? text_format("%s\n", text) : NULL;
    enum status status = STATUS_DONE;

    json_decref(request);
    free(text);
    if (!line)
        return status_fail(error, "failed", NULL, "memory is short");
    if (strlen(line) > CONNECTION_REQUEST_BYTES) {
        status = status_fail(error, "usage", NULL, "the request has %zu bytes, the limit is %d", strlen(line),
                             CONNECTION_REQUEST_BYTES);
    } else {
        int result = send_all(connection, line, strlen(line));

        /* after EPIPE there may be an answer to read that says why */
        if (result != 0 && result != -EPIPE)
            status = fail_exchange(connection, result, error);
    }
    free(line);
    return status;
}

static enum status read_reply(struct connection *connection, const char *line, size_t length, json_t **part,
                              json_t **ok, json_t **error)
{
    json_t *reply = NULL;
    enum status status = parse_line(connection, line, length, &reply, error);
    json_t *value;

    if (status != STATUS_DONE)
        return status;
    if ((value = json_object_get(reply, "error")))
        status = status_adopt(error, value);
    else if (json_member_int(reply, "id", 0) != 1)
        status = fail_nonsense(connection, error);
    else if ((value = json_object_get(reply, "part")))
        *part = json_incref(value);
    else if ((value = json_object_get(reply, "ok")))
        *ok = json_incref(value);
    else
        status = fail_nonsense(connection, error);
    json_decref(reply);
    return status;
}

enum status connection_receive(struct connection *connection, json_t **part, json_t **ok, json_t **error)
{
    const char *line = NULL;
    size_t length = 0;
    enum status status = read_line(connection, &line, &length, error);

    return status == STATUS_DONE ? read_reply(connection, line, length, part, ok, error) : status;
}

/* The value in {"id":1,"part":VALUE}, printed as camd prints it. */
static bool is_part(const char *line, size_t length, const char **value, size_t *value_length)
{
    static const char begin[] = "{\"id\":1,\"part\":";
    const size_t before = sizeof begin - 1;

    if (length <= before || memcmp(line, begin, before) != 0 || line[length - 1] != '}')
        return false;
    *value = line + before;
    *value_length = length - before - 1;
    return true;
}

enum status connection_receive_text(struct connection *connection, const char **part, size_t *length,
                                    json_t **ok, json_t **error)
{
    const char *line = NULL;
    json_t *tree = NULL;
    enum status status = read_line(connection, &line, length, error);

    if (status != STATUS_DONE || is_part(line, *length, part, length))
        return status;
    status = read_reply(connection, line, *length, &tree, ok, error);
    if (!tree)
        return status;
    free(connection->printed);
    connection->printed = json_text(tree);
    json_decref(tree);
    if (!connection->printed)
        return status_fail(error, "failed", NULL, "memory is short");
    *part = connection->printed;
    *length = strlen(connection->printed);
    return status;
}

bool connection_wait_end(struct connection *connection)
{
    const char *line;
    size_t length;
    int result;

    do
        result = next_line(connection, &line, &length);
    while (result > 0);
    return result != -ETIMEDOUT;
}

pid_t connection_daemon_pid(const struct connection *connection)
{
    struct ucred peer = {0};
    socklen_t length = sizeof peer;

    if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return 0;
    return peer.pid;
}
