#include "runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process_memory.h"
#include "base/stray_signals.h"
#include "base/sys.h"
#include "base/text.h"

enum {
    WORKER_EXIT_ORPHANED = 1, /* exit status when camd is gone; nobody reads it */
};

/* ---- SIGTERM ---- */

static volatile sig_atomic_t worker_is_stopping;
/* Readable once SIGTERM came: a wait that polls it can't miss the signal, whichever thread it was delivered to. */
static int worker_stop_event = -1;

static void worker_handle_term(int signal_number)
{
    const int saved_errno = errno;
    (void)signal_number;
    worker_is_stopping = 1;
    worker_event_signal(worker_stop_event);
    errno = saved_errno;
}

bool worker_stopping(void)
{
    return worker_is_stopping != 0;
}

static int worker_catch_signals(void)
{
    worker_stop_event = sys_eventfd(0, EFD_NONBLOCK);
    if (worker_stop_event < 0)
        return worker_stop_event;

    /* No SA_RESTART: SIGTERM is to interrupt what waits. */
    struct sigaction term = {.sa_handler = worker_handle_term};
    sigemptyset(&term.sa_mask);
    stray_signals_ignore();
    signal(SIGPIPE, SIG_IGN); /* libraries that write to a camera's connection don't all use MSG_NOSIGNAL */
    return sigaction(SIGTERM, &term, NULL) < 0 ? -errno : 0;
}

/* ---- camd's end ---- */

static _Noreturn void worker_exit_orphaned(void)
{
    /* Not exit: there is nothing to clean up, and what would run might wait for somebody. */
    _exit(WORKER_EXIT_ORPHANED);
}

/*
 * A backstop for a worker that is stuck and doesn't look at its channel. The signal comes for a death after
 * prctl only, so a parent that changed meanwhile is looked for; one that was dead even before has closed the
 * channel. A change of user drops the request: the sandbox renews it.
 */
static int worker_die_with_parent(void)
{
    const pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return -errno;
    if (getppid() != parent)
        worker_exit_orphaned();
    return 0;
}

/* ---- messages from camd ---- */

/* The message being handled, and its descriptors: whoever keeps one puts -1 in its place, the rest is closed. */
struct worker_message {
    json_t *object;
    int fds[CAMD_MESSAGE_FDS];
    size_t fd_count;
};

static void worker_message_fini(struct worker_message *message)
{
    json_decref(message->object);
    message->object = NULL;
    for (size_t i = 0; i < message->fd_count; i++)
        sys_close(&message->fds[i]);
    message->fd_count = 0;
}

static int worker_handle_config(struct worker *worker, struct worker_message *message)
{
    json_t *const config = json_object_get(message->object, "config");
    if (json_is_object(config)) {
        json_decref(worker->config);
        worker->config = json_incref(config);
        worker->config_changed = true;
    }
    return 0;
}

static int worker_handle_stop(struct worker *worker, struct worker_message *message)
{
    (void)message;
    worker->stop = true;
    return 0;
}

enum { WORKER_EVENTS = 4 };

/* Where the descriptor named so belongs; NULL for a name that a newer camd may know. */
static int *worker_frames_place(struct camd_segment_fds *segments, int events[WORKER_EVENTS],
                                const char *name)
{
    const struct {
        const char *name;
        int *place;
    } places[] = {
        {"info", &segments->info},    {"ctl", &segments->ctl},     {"result", &segments->result},
        {"in", &segments->in},        {"out", &segments->out},     {"best", &segments->best},
        {"frame_event", &events[0]},  {"space_event", &events[1]}, {"request_event", &events[2]},
        {"answer_event", &events[3]},
    };
    unsigned int slot;
    int end = 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(name, places[i].name) == 0)
            return places[i].place;
    }
    if (sscanf(name, "frame%2u%n", &slot, &end) == 1 && name[end] == '\0' && slot < CAMD_SLOTS_MAX)
        return &segments->frames[slot];
    return NULL;
}

/* Sorts the message's descriptors by name. They stay the message's. */
static int worker_frames_sort(const struct worker_message *message, struct camd_segment_fds *segments,
                              int events[WORKER_EVENTS])
{
    const json_t *const names = json_object_get(message->object, "fds");
    if (!json_is_array(names) || json_array_size(names) != message->fd_count)
        return -EPROTO;

    *segments =
        (struct camd_segment_fds){.info = -1, .ctl = -1, .result = -1, .in = -1, .out = -1, .best = -1};
    for (uint32_t slot = 0; slot < CAMD_SLOTS_MAX; slot++)
        segments->frames[slot] = -1;
    for (size_t i = 0; i < message->fd_count; i++) {
        const char *const name = json_string_value(json_array_get(names, i));
        int *const place = name ? worker_frames_place(segments, events, name) : NULL;
        if (place)
            *place = message->fds[i];
    }
    while (segments->frame_count < CAMD_SLOTS_MAX && segments->frames[segments->frame_count] >= 0)
        segments->frame_count++;
    return 0;
}

/* Takes a descriptor out of the message; the one that was in *event is closed. */
static void worker_keep_event(struct worker_message *message, int *event, int fd)
{
    for (size_t i = 0; i < message->fd_count; i++) {
        if (message->fds[i] == fd)
            message->fds[i] = -1;
    }
    sys_close(event);
    *event = fd;
    if (fd >= 0) {
        /* Of the shared description, and camd made it so already; a wait here would be for ever. */
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    }
}

/* -EPROTO, or what mapping said; then everything is as before. */
static int worker_take_frames(struct worker *worker, struct worker_message *message)
{
    struct camd_segment_fds fds;
    struct camd_segments segments;
    int events[WORKER_EVENTS] = {-1, -1, -1, -1};
    int result = worker_frames_sort(message, &fds, events);
    if (result == 0)
        result = camd_segments_map(&segments, &fds, worker->segments.role);
    if (result < 0)
        return result;

    if (worker->has_segments)
        camd_segments_unmap(&worker->segments);
    worker->segments = segments;
    worker->has_segments = true;
    worker->frames_changed = true;
    worker->first_frame_id = (uint64_t)json_member_int(message->object, "first_frame_id", 0);
    worker_keep_event(message, &worker->frame_event, events[0]);
    worker_keep_event(message, &worker->space_event, events[1]);
    worker_keep_event(message, &worker->request_event, events[2]);
    worker_keep_event(message, &worker->answer_event, events[3]);
    return 0;
}

/* Tells camd what keeps the worker from going on; returns the error. */
static int worker_report(struct worker *worker, int error, const char *what)
{
    (void)worker_send_error(
        worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
        "camd and its workers have to be of the same version, and memory and descriptors enough", "%s: %s",
        what, strerror(-error));
    return error;
}

static int worker_handle_frames(struct worker *worker, struct worker_message *message)
{
    const int result = worker_take_frames(worker, message);
    return result < 0 ? worker_report(worker, result, "the camera's segments cannot be mapped") : 0;
}

static const struct {
    const char *type;
    int (*handle)(struct worker *worker, struct worker_message *message);
} worker_handlers[] = {
    {"frames", worker_handle_frames},
    {"config", worker_handle_config},
    {"stop", worker_handle_stop},
};

static int worker_handle(struct worker *worker, struct worker_message *message)
{
    const char *const type = json_member_string(message->object, "type", "");
    for (size_t i = 0; i < sizeof(worker_handlers) / sizeof(worker_handlers[0]); i++) {
        if (strcmp(type, worker_handlers[i].type) == 0)
            return worker_handlers[i].handle(worker, message);
    }
    return !worker->handle ? 0 /* a newer camd may know more */
                           : worker->handle(worker->handle_context, type, message->object, message->fds,
                                            message->fd_count);
}

/*
 * Receives one message; the process ends at the end of file. -EAGAIN: there is none. The caller calls
 * worker_message_fini after success.
 */
static int worker_receive(struct worker *worker, struct worker_message *message)
{
    /* Too large for a stack; only one message is handled at a time. */
    static char text[CAMD_MESSAGE_BYTES + 1];
    json_error_t error;
    message->object = NULL;
    message->fd_count = 0;
    const ssize_t length = camd_channel_receive(worker->channel, text, sizeof(text), message->fds,
                                                CAMD_MESSAGE_FDS, &message->fd_count, MSG_DONTWAIT);

    if (length == 0 || length == -ECONNRESET)
        worker_exit_orphaned();
    if (length < 0)
        return (int)length;
    message->object = json_parse_object(text, (size_t)length, &error);
    if (!message->object) {
        worker_message_fini(message);
        return -EPROTO;
    }
    return 0;
}

/* All messages that are there. The first that can't be handled ends it, with its -errno. */
static int worker_handle_all(struct worker *worker)
{
    for (;;) {
        struct worker_message message;
        int result = worker_receive(worker, &message);
        if (result == -EAGAIN || result == -EINTR)
            return 0;
        if (result < 0)
            return worker_report(worker, result, "a message from camd cannot be read");
        result = worker_handle(worker, &message);
        worker_message_fini(&message);
        if (result < 0)
            return result;
    }
}

/* Waits for the channel, SIGTERM, or extra_fd; errors of poll count as the end of the wait. */
static bool worker_wait(const struct worker *worker, int timeout_ms, int extra_fd)
{
    struct pollfd fds[] = {
        {.fd = worker->channel, .events = POLLIN},
        /* It stays readable: once the worker knows, it is to end no further wait. poll passes over -1. */
        {.fd = worker->stop ? -1 : worker_stop_event, .events = POLLIN},
        {.fd = extra_fd, .events = POLLIN},
    };
    return poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms) > 0 && fds[2].revents != 0;
}

int worker_poll(struct worker *worker, int timeout_ms, int extra_fd, bool *extra_ready)
{
    const bool is_ready = worker_wait(worker, timeout_ms, extra_fd);
    const int result = worker_handle_all(worker);
    worker_mind_memory(worker);
    if (worker_stopping())
        worker->stop = true;
    if (extra_ready)
        *extra_ready = is_ready;
    return result;
}

/* What the next message is, without taking it: 0 when it can wait. */
static int worker_peek(const struct worker *worker)
{
    static char text[CAMD_MESSAGE_BYTES + 1];
    static const struct {
        const char *type;
        int result;
    } urgent[] = {{"stop", -EINTR}, {"frames", -EINTR}, {"detector", -EPIPE}};
    json_error_t error;
    const ssize_t length = recv(worker->channel, text, sizeof(text), MSG_PEEK | MSG_DONTWAIT);
    if (length == 0 || (length < 0 && errno == ECONNRESET))
        worker_exit_orphaned();

    json_t *const message = length < 0 ? NULL : json_parse_object(text, (size_t)length, &error);
    const char *const type = json_member_string(message, "type", "");
    int result = 0;

    for (size_t i = 0; i < sizeof(urgent) / sizeof(urgent[0]); i++) {
        if (strcmp(type, urgent[i].type) == 0)
            result = urgent[i].result;
    }
    json_decref(message);
    return result;
}

int worker_wait_event(const struct worker *worker, int event, int64_t timeout_ns)
{
    const int64_t deadline_ns = clock_monotonic_ns() + timeout_ns;
    struct pollfd fds[] = {
        {.fd = worker->channel, .events = POLLIN},
        {.fd = worker->stop ? -1 : worker_stop_event, .events = POLLIN},
        {.fd = event, .events = POLLIN},
    };
    for (;;) {
        const int64_t left_ns = deadline_ns - clock_monotonic_ns();
        const struct timespec left = {.tv_sec = (time_t)(left_ns / CLOCK_NS_PER_S),
                                      .tv_nsec = (long)(left_ns % CLOCK_NS_PER_S)};
        if (left_ns <= 0 || ppoll(fds, sizeof(fds) / sizeof(fds[0]), &left, NULL) == 0 || fds[2].revents != 0)
            return 0;
        if (worker_stopping())
            return -EINTR;
        if (fds[0].revents != 0) {
            const int result = worker_peek(worker);
            if (result < 0)
                return result;
            fds[0].fd = -1; /* it can wait, and so can those behind it */
        }
    }
}

/* ---- start and end ---- */

static int worker_check_channel(int channel)
{
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(channel, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return -errno;
    return type == SOCK_SEQPACKET ? 0 : -EPROTOTYPE;
}

static void worker_apply_log_level(const json_t *hello)
{
    const int level = log_level_from_word(json_member_string(hello, "log_level", ""));
    if (level >= 0)
        log_set_level((enum log_level)level);
}

/* -EPROTO for what is no `hello` that we understand. */
static int worker_take_hello(struct worker *worker, const char *kind, const json_t *hello)
{
    const json_t *const abi = json_object_get(hello, "abi");
    const bool is_detector = strcmp(kind, "detector") == 0; /* it is no camera's */
    const char *const camera = json_member_string(hello, is_detector ? "detector" : "camera", "");
    json_t *const config = json_object_get(hello, "config");
    if (strcmp(json_member_string(hello, "type", ""), "hello") != 0 ||
        json_integer_value(json_array_get(abi, 0)) != CAMD_ABI_MAJOR || !text_is_camera_name(camera) ||
        strcmp(json_member_string(hello, "worker", kind), kind) != 0 || !json_is_object(config))
        return -EPROTO;
    snprintf(worker->camera, sizeof(worker->camera), "%s", camera);
    worker->config = json_incref(config);
    worker->sandbox = json_incref(json_object_get(hello, "sandbox"));
    worker_apply_log_level(hello);
    if (json_member_bool(hello, "libraries", false))
        worker_tell_libraries(worker);
    return 0;
}

/* Waits for the first message, which has to be `hello`. SIGTERM ends the wait, too: -EINTR. */
static int worker_wait_hello(struct worker *worker, const char *kind)
{
    struct worker_message message;
    int result;
    do {
        if (worker_stopping())
            return -EINTR;
        (void)worker_wait(worker, -1, -1);
        result = worker_receive(worker, &message);
    } while (result == -EAGAIN || result == -EINTR);
    if (result < 0)
        return result;
    result = worker_take_hello(worker, kind, message.object);
    worker_message_fini(&message);
    return result;
}

int worker_start(struct worker *worker, const char *kind, enum camd_role role)
{
    memset(worker, 0, sizeof(*worker));
    worker->channel = CAMD_CHANNEL_FD;
    worker->segments.role = role;
    worker->frame_event = -1;
    worker->space_event = -1;
    worker->request_event = -1;
    worker->answer_event = -1;
    worker->memory_fd = -1;
    (void)log_open(NULL, LOG_STYLE_PRIORITY, LOG_INFO);

    int result = worker_check_channel(worker->channel);

    if (result < 0) {
        log_error(
            NULL,
            "%s: descriptor %d is no channel to camd (%s): this program is started by camd, not by hand",
            kind, CAMD_CHANNEL_FD, strerror(-result));
        return result;
    }
    worker->memory_fd = process_memory_open(0); /* the sandbox will not let it be opened */
    result = worker_catch_signals();
    if (result == 0)
        result = worker_die_with_parent();
    if (result == 0)
        result = worker_wait_hello(worker, kind);
    if (result < 0) {
        log_error(NULL, "%s: no start: %s%s", kind, strerror(-result),
                  result == -EPROTO ? "; camd and its workers have to be of the same version" : "");
        worker_finish(worker);
    }
    return result;
}

void worker_finish(struct worker *worker)
{
    if (worker->has_segments)
        camd_segments_unmap(&worker->segments);
    worker->has_segments = false;
    json_decref(worker->config);
    json_decref(worker->sandbox);
    worker->config = worker->sandbox = NULL;
    sys_close(&worker->frame_event);
    sys_close(&worker->space_event);
    sys_close(&worker->request_event);
    sys_close(&worker->answer_event);
    sys_close(&worker->memory_fd);
    sys_close(&worker->channel);
    /* worker_stop_event stays for the handler, until the process ends. */
}
