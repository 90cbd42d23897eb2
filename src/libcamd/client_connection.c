/*
 * A connection to camd: closed, waiting until it may be tried (again), connected but not greeted yet, or open. Nothing
 * here waits but connection_wait; everything else does what can be done now.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "camd/client.h"
#include "libcamd/client_lines.h"
#include "libcamd/client_output.h"
#include "libcamd/client_reply.h"
#include "libcamd/client_watch.h"

#define NS_PER_MS INT64_C(1000000)

enum {
    /* The queue of those that camd has to accept is full: poll(2) doesn't tell when it isn't. */
    ACCEPT_PAUSE_MS = 20,
    GREETING_MS = 10000,  /* a subscription's: camd greets at once, or is in trouble */
    LASTED_MS = 1000,     /* a connection that was open for so long is tried again at once */
    RETRY_LEAST_MS = 100, /* else after so long, twice as long each time */
    RETRY_MOST_MS = 5000,
};

enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_WAITING, /* to be tried at wake_ns */
    CONNECTION_GREETING,
    CONNECTION_OPEN,
};

struct camd_connection {
    struct sockaddr_un address;
    enum connection_state state;
    int fd;
    int64_t wake_ns; /* monotonic: when something is to be done that no socket tells; INT64_MAX: never */
    struct client_lines lines;
    struct client_output output;
    int asked, answered; /* numbers of requests */
    struct client_reply made;
    char version[CLIENT_VERSION_BYTES];
    struct client_watch watch;

    json_t *subscription;    /* its parameters, or NULL: nothing is subscribed */
    struct camd_place place; /* of the last event that was received */
    uint64_t epoch;          /* of the camd that is connected, as its snapshot said */
    int64_t opened_ns;
    int retry_ms; /* the next pause */
    int told;     /* the last problem that was told as CAMD_REPLY_LOST, or 0 */
};

static int64_t connection_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

/* What the descriptor for others waits for; after everything that changes it. */
static void connection_update_watch(struct camd_connection *connection)
{
    const uint32_t output = client_output_waits(&connection->output) ? EPOLLOUT : 0;
    client_watch_set(&connection->watch, connection->fd, EPOLLIN | output, connection->wake_ns);
}

/* ---- beginning and end ---- */

int camd_connection_new(struct camd_connection **connection, const char *path)
{
    const char *const environment = path ? NULL : secure_getenv("CAMD_SOCKET");
    const char *const named = path                                    ? path
                              : environment && environment[0] != '\0' ? environment
                                                                      : CAMD_DEFAULT_SOCKET;
    const size_t length = strlen(named);
    struct camd_connection *const made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    if (length >= sizeof(made->address.sun_path)) {
        free(made);
        return -ENAMETOOLONG;
    }
    made->address.sun_family = AF_UNIX;
    memcpy(made->address.sun_path, named, length + 1);
    made->fd = -1;
    made->wake_ns = INT64_MAX;
    client_lines_init(&made->lines);
    client_watch_init(&made->watch);
    *connection = made;
    return 0;
}

static void connection_close(struct camd_connection *connection)
{
    client_watch_forget(&connection->watch);
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
    connection->state = CONNECTION_CLOSED;
    connection->wake_ns = INT64_MAX;
    client_output_clear(&connection->output);
    connection->answered = connection->asked;
    client_lines_clear(&connection->lines);
}

void camd_connection_free(struct camd_connection *connection)
{
    if (!connection)
        return;
    /* first: it may be shared with the process that forked us, and stays as it is */
    client_watch_fini(&connection->watch);
    connection_close(connection);
    client_lines_fini(&connection->lines);
    client_reply_fini(&connection->made);
    json_decref(connection->subscription);
    client_output_fini(&connection->output);
    free(connection);
}

/* ---- requests ---- */

static int number_after(int request)
{
    return request == INT_MAX ? 1 : request + 1;
}

/* The members of a request, or NULL: the text is no JSON object. */
static json_t *parse_parameters(const char *text)
{
    json_t *const members =
        text ? json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL) : json_object();
    if (json_is_object(members))
        return members;
    json_decref(members);
    return NULL;
}

/* Takes the members, and puts them behind what is to be sent, as a request of its own. The number, or -errno. */
static int connection_request(struct camd_connection *connection, const char *verb, json_t *members)
{
    const int number = number_after(connection->asked);
    json_t *const word = json_string(verb);
    char *text = NULL;
    int result = word ? -ENOMEM : -EINVAL; /* no UTF-8 */
    if (word && json_object_set_new(members, "id", json_integer(number)) == 0 &&
        json_object_set(members, "verb", word) == 0 &&
        (text = json_dumps(members, JSON_COMPACT | JSON_REAL_PRECISION(15))) != NULL)
        result = client_output_append(&connection->output, text);
    free(text);
    json_decref(word);
    json_decref(members);
    if (result < 0)
        return result;
    connection->asked = number;
    return number;
}

static int connection_request_subscription(struct camd_connection *connection)
{
    const struct camd_place *const place = &connection->place;
    json_t *const members = json_copy(connection->subscription);
    if (place->epoch != 0 && json_object_set_new(members, "from",
                                                 json_pack("{s:I, s:I}", "epoch", (json_int_t)place->epoch,
                                                           "seq", (json_int_t)place->seq)) < 0) {
        json_decref(members);
        return -ENOMEM;
    }

    const int result = connection_request(connection, "subscribe", members);

    return result < 0 ? result : 0;
}

/* ---- connecting ---- */

static void connection_try_at(struct camd_connection *connection, int64_t wake_ns)
{
    connection->state = CONNECTION_WAITING;
    connection->wake_ns = wake_ns;
}

static int connection_connect(struct camd_connection *connection)
{
    const int64_t now_ns = connection_now_ns();
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&connection->address, sizeof(connection->address)) < 0) {
        const int problem = -errno;
        close(fd);
        if (problem == -EAGAIN) {
            connection_try_at(connection, now_ns + ACCEPT_PAUSE_MS * NS_PER_MS);
            return 0;
        }
        return problem;
    }
    connection->fd = fd;
    connection->state = CONNECTION_GREETING;
    connection->opened_ns = now_ns;
    connection->wake_ns = connection->subscription ? now_ns + GREETING_MS * NS_PER_MS : INT64_MAX;
    return connection->subscription ? connection_request_subscription(connection) : 0;
}

/* Whether camd has closed it, or is about to and has said so: it tells nothing that was not asked for. */
static bool connection_is_over(const struct camd_connection *connection)
{
    char byte;
    return connection->answered == connection->asked &&
           (connection->lines.start < connection->lines.used ||
            recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0);
}

static int connection_ensure(struct camd_connection *connection)
{
    if (connection->state == CONNECTION_OPEN && connection_is_over(connection))
        connection_close(connection);
    return connection->state == CONNECTION_CLOSED ? connection_connect(connection) : 0;
}

/* ---- what camd says ---- */

static bool connection_is_due(const struct camd_connection *connection)
{
    return connection->wake_ns != INT64_MAX && connection->wake_ns <= connection_now_ns();
}

/* The next line, if there is one now: 1, 0, or -errno. */
static int connection_next_line(struct camd_connection *connection, char **line, size_t *length)
{
    int result = connection->state == CONNECTION_CLOSED ? -ENOTCONN : 0;
    if (connection->state == CONNECTION_WAITING && connection_is_due(connection))
        result = connection_connect(connection);
    if (result < 0 || connection->fd < 0)
        return result;
    client_output_send(&connection->output, connection->fd);
    while (!client_lines_next(&connection->lines, line, length)) {
        const ssize_t bytes = client_lines_fill(&connection->lines, connection->fd);
        if (bytes == -EAGAIN)
            return connection->state == CONNECTION_GREETING && connection_is_due(connection) ? -ETIMEDOUT : 0;
        if (bytes <= 0 && bytes != -EINTR)
            return bytes == 0 ? -ECONNRESET : (int)bytes;
    }
    return 1;
}

static int connection_greet(struct camd_connection *connection, char *line, size_t length)
{
    const int result = client_reply_greeting(&connection->made, line, length, connection->version);
    if (result == 0) {
        connection->state = CONNECTION_OPEN;
        connection->wake_ns = INT64_MAX;
    }
    return result;
}

/* What a subscription is told: whether it is news, and where to go on behind it. */
static bool subscription_notes(struct camd_connection *connection, struct camd_reply *reply)
{
    struct camd_place *const place = &connection->place;
    switch (reply->kind) {
    case CAMD_REPLY_SNAPSHOT:
        connection->epoch = reply->place.epoch;
        connection->told = 0;
        if (place->epoch == 0)
            *place = reply->place;
        return true;
    case CAMD_REPLY_MISSED:
        if (reply->missed_to == 0)
            return true;
        if (reply->place.epoch == 0) /* a camd that says nothing else means its own */
            reply->place.epoch = connection->epoch;
        __attribute__((fallthrough));
    case CAMD_REPLY_EVENT:
        if (reply->place.epoch == place->epoch && reply->place.seq <= place->seq)
            return false;
        *place = reply->place;
        return true;
    case CAMD_REPLY_PART: /* something that a later camd tells */
        return false;
    default:
        return true;
    }
}

/*
 * camd answers in order, and what it says of itself is an error. A request that it could not read, such as one with more
 * levels than it takes, it cannot name either: that error is the answer to the one whose turn it is.
 */
static int connection_note_answer(struct camd_connection *connection, struct camd_reply *reply)
{
    const bool is_outstanding = connection->answered != connection->asked;
    if (reply->request == 0 && is_outstanding && strcmp(reply->code, "usage") == 0)
        reply->request = number_after(connection->answered);
    if (reply->request == 0)
        return reply->kind == CAMD_REPLY_ERROR ? 0 : -EPROTO;
    if (!is_outstanding || reply->request != number_after(connection->answered))
        return -EPROTO;
    if (reply->kind == CAMD_REPLY_OK || reply->kind == CAMD_REPLY_ERROR)
        connection->answered = reply->request;
    return 0;
}

/* 1: a reply; 0: the line was none; or -errno. */
static int connection_take(struct camd_connection *connection, char *line, size_t length)
{
    struct camd_reply *const reply = &connection->made.reply;
    if (connection->state == CONNECTION_GREETING)
        return connection_greet(connection, line, length);

    int result = client_reply_read(&connection->made, line, length, connection->subscription != NULL);

    if (result == 0)
        result = connection_note_answer(connection, reply);
    if (result < 0)
        return result;
    if (!connection->subscription)
        return 1;
    if (reply->kind == CAMD_REPLY_ERROR && reply->request == 0)
        return -ECONNRESET; /* and the reply says why */
    if (reply->kind == CAMD_REPLY_ERROR) {
        json_decref(connection->subscription);
        connection->subscription = NULL;
        connection_close(connection);
    }
    return subscription_notes(connection, reply) ? 1 : 0;
}

/* ---- a subscription that has lost its connection ---- */

/* 1: told as a reply; 0: it was told before. */
static int subscription_lose(struct camd_connection *connection, int problem)
{
    const int64_t now_ns = connection_now_ns();
    const bool lasted =
        connection->state == CONNECTION_OPEN && now_ns - connection->opened_ns >= LASTED_MS * NS_PER_MS;
    const int pause_ms = lasted ? 0 : connection->retry_ms;
    connection_close(connection);
    connection_try_at(connection, now_ns + pause_ms * NS_PER_MS);
    connection->retry_ms = lasted ? RETRY_LEAST_MS : 2 * pause_ms;
    if (connection->retry_ms > RETRY_MOST_MS)
        connection->retry_ms = RETRY_MOST_MS;
    if (problem == connection->told) {
        client_reply_fini(&connection->made);
        return 0;
    }
    connection->told = problem;
    client_reply_lost(&connection->made, problem);
    return 1;
}

/* ---- waiting ---- */

/* Until there may be something to do; false: until_ns has come before. */
static bool connection_wait(const struct camd_connection *connection, int64_t until_ns)
{
    const short output = client_output_waits(&connection->output) ? POLLOUT : 0;
    const int64_t now_ns = connection_now_ns();
    const int64_t wake_ns = connection->wake_ns < until_ns ? connection->wake_ns : until_ns;
    struct pollfd descriptor = {.fd = connection->fd, .events = (short)(POLLIN | output)};
    int64_t wait_ms = -1;
    if (now_ns >= until_ns)
        return false;
    if (wake_ns != INT64_MAX) {
        /* upwards: else the last fraction of a millisecond would be spun away */
        wait_ms = wake_ns <= now_ns ? 0 : (wake_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    }
    poll(&descriptor, 1, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms);
    return true;
}

static int64_t connection_until_ns(int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : connection_now_ns() + timeout_ms * NS_PER_MS;
}

/* camd greets those whom it turns away, too, and says so in the same breath. Nothing else comes unasked. */
static int connection_hear_refusal(struct camd_connection *connection)
{
    char *line = NULL;
    size_t length = 0;
    if (connection->answered != connection->asked || !client_lines_next(&connection->lines, &line, &length))
        return 0;

    const int result = client_reply_read(&connection->made, line, length, false);

    if (result < 0)
        return result;
    return connection->made.reply.kind == CAMD_REPLY_ERROR ? -EBUSY : -EPROTO;
}

static int connection_await_greeting(struct camd_connection *connection, int64_t until_ns)
{
    for (;;) {
        char *line = NULL;
        size_t length = 0;
        int result = connection_next_line(connection, &line, &length);
        if (result > 0) {
            result = connection_greet(connection, line, length);
            return result < 0 ? result : connection_hear_refusal(connection);
        }
        if (result < 0)
            return result;
        if (!connection_wait(connection, until_ns))
            return connection->state == CONNECTION_WAITING ? -EAGAIN : -ETIMEDOUT;
    }
}

static int connection_await_reply(struct camd_connection *connection, int64_t until_ns)
{
    for (;;) {
        char *line = NULL;
        size_t length = 0;
        int result = connection_next_line(connection, &line, &length);
        const bool again = result > 0; /* there may be another line */
        if (result > 0)
            result = connection_take(connection, line, length);
        if (result < 0 && connection->subscription)
            result = subscription_lose(connection, result);
        if (result != 0)
            return result;
        if (!again && !connection_wait(connection, until_ns))
            return 0;
    }
}

/* ---- for the caller ---- */

int camd_connection_open(struct camd_connection *connection, int timeout_ms,
                         const struct camd_reply **refusal)
{
    const int64_t until_ns = connection_until_ns(timeout_ms);
    int result = connection->subscription ? -EALREADY : connection_ensure(connection);
    if (result == 0 && connection->state != CONNECTION_OPEN)
        result = connection_await_greeting(connection, until_ns);
    if (result < 0 && !connection->subscription)
        connection_close(connection);
    if (result == -EBUSY && refusal)
        *refusal = &connection->made.reply;
    connection_update_watch(connection);
    return result;
}

int camd_connection_ask(struct camd_connection *connection, const char *verb, const char *parameters)
{
    json_t *const members = parse_parameters(parameters);
    int result = 0;
    if (!members)
        return -EINVAL;
    result = connection->subscription ? -EALREADY : connection_ensure(connection);
    if (result < 0) {
        json_decref(members);
        return result;
    }
    result = connection_request(connection, verb, members);
    if (connection->fd >= 0)
        client_output_send(&connection->output, connection->fd);
    connection_update_watch(connection);
    return result;
}

int camd_connection_subscribe(struct camd_connection *connection, const char *parameters,
                              const struct camd_place *from)
{
    json_t *const members = parse_parameters(parameters);

    /* with a place of its own, events before the snapshot would be taken for ones that came twice */
    if (!members || json_object_get(members, "from")) {
        json_decref(members);
        return -EINVAL;
    }
    connection_close(connection);
    json_decref(connection->subscription);
    connection->subscription = members;
    connection->place = from ? *from : (struct camd_place){0, 0};
    connection->epoch = 0;
    connection->told = 0;
    connection->retry_ms = RETRY_LEAST_MS;
    connection_try_at(connection, 0);
    connection_update_watch(connection);
    return 0;
}

int camd_connection_receive(struct camd_connection *connection, int timeout_ms,
                            const struct camd_reply **reply)
{
    const int result = connection_await_reply(connection, connection_until_ns(timeout_ms));
    if (result < 0)
        connection_close(connection);
    *reply = result > 0 ? &connection->made.reply : NULL;
    connection_update_watch(connection);
    return result;
}

int camd_connection_descriptor(struct camd_connection *connection)
{
    const int result = client_watch_open(&connection->watch);
    if (result < 0)
        return result;
    connection_update_watch(connection);
    return connection->watch.epoll_fd;
}

struct camd_place camd_connection_place(const struct camd_connection *connection)
{
    return connection->place;
}

const char *camd_connection_version(const struct camd_connection *connection)
{
    return connection->version;
}

pid_t camd_connection_pid(const struct camd_connection *connection)
{
    struct ucred peer = {0};
    socklen_t length = sizeof(peer);
    if (connection->fd < 0 || getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return 0;
    return peer.pid;
}
