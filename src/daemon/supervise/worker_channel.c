#include "daemon/supervise/worker_channel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "camd/worker.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/program_files.h"
#include "daemon/supervise/worker_connect.h"
#include "daemon/supervise/worker_process.h"

typedef void message_handler(struct worker_process *worker, const char *type, const json_t *message);

static void handle_ready(struct worker_process *worker, const char *type, const json_t *message)
{
    (void)type;
    (void)message;
    worker_event(worker, AUTOMATON_EVENT_READY);
}

static void handle_ended(struct worker_process *worker, const char *type, const json_t *message)
{
    (void)type;
    (void)message;
    worker->said_ended = worker->kind == WORKER_CAPTURE;
}

/* The reason of the exit that follows: kept for it, so that it is told once. */
static void handle_error(struct worker_process *worker, const char *type, const json_t *message)
{
    char text[WORKER_TEXT_BYTES / 2];
    enum automaton_state state = worker->automaton.state;
    /* camd's own verdict, for which it is being stopped, stands */
    if (state != AUTOMATON_STARTING && state != AUTOMATON_UP)
        return;
    const char *stage = json_member_string(message, "stage", "");
    const char *class_word = json_member_string(message, "class", "");
    snprintf(text, sizeof(text), "%s", json_member_string(message, "text", "no reason given"));
    kept_text_set(&worker->error_hint, "%s", json_member_string(message, "hint", ""));
    worker->error_class = camd_class_from_word(class_word);
    worker->said_error = true;
    int known_stage = camd_stage_from_word(stage);
    kept_text_set(&worker->error_text, "%s%s%s",
                  known_stage >= 0 ? camd_stage_word((enum camd_stage)known_stage) : "",
                  known_stage >= 0 ? ": " : "", text);
    log_pipe_note(&worker->log_pipe, LOG_ERROR, kept_text(&worker->error_text));
    worker->owner->message(worker->context, worker->kind, type, message);
}

static void handle_sandbox(struct worker_process *worker, const char *type, const json_t *message)
{
    (void)type;
    const int error = worker_sandbox_take(&worker->sandbox, message);
    if (error < 0)
        log_debug(worker->subject, "what it says of its sandbox is left out: %s", strerror(-error));
    else if (worker->sandbox.missing && worker_sandbox_is_news(&worker->sandbox))
        log_info(worker->subject, "its sandbox lacks %s", worker->sandbox.missing);
}

/* Of what comes later, when something may have taken the process over, nothing is believed. */
static void handle_libraries(struct worker_process *worker, const char *type, const json_t *message)
{
    (void)type;
    if (!worker->told_libraries)
        program_files_note(worker->child.launcher->files, worker->program, json_object_get(message, "paths"));
    worker->told_libraries = true;
}

static void handle_other(struct worker_process *worker, const char *type, const json_t *message)
{
    worker->owner->message(worker->context, worker->kind, type, message);
}

/* A worker that sends nonsense must not fill the log with it, however long it does, and however often it is restarted. */
void worker_channel_complain(struct worker_process *worker, enum worker_complaint complaint)
{
    static const char *const words[] = {
#define X(id, words) words,
        WORKER_COMPLAINTS(X)
#undef X
    };
    struct worker_complaint_count *count = &worker->channel.complaints[complaint];
    const int64_t now_ms = clock_monotonic_ms();
    _Static_assert(sizeof(words) / sizeof(words[0]) == WORKER_COMPLAINT_COUNT,
                   "every complaint has its words");
    if (count->said_ms > 0 && now_ms - count->said_ms < WORKER_CHANNEL_TELL_MS) {
        count->unsaid++;
        return;
    }
    if (count->unsaid > 0)
        log_warning(worker->subject,
                    "sent %" PRIu64 " more messages of which each %s: dropped (see camd-worker(7))",
                    count->unsaid + 1, words[complaint]);
    else
        log_warning(worker->subject,
                    "sent a message that %s: dropped (see camd-worker(7)); further ones are counted",
                    words[complaint]);
    *count = (struct worker_complaint_count){.said_ms = now_ms};
}

static void handle_connect(struct worker_process *worker, const char *type, const json_t *message)
{
    (void)type;
    const int error = worker_connect(worker, message);
    if (error == -EACCES)
        worker_channel_complain(worker, WORKER_COMPLAINT_FOREIGN);
    else if (error == -EBUSY)
        worker_channel_complain(worker, WORKER_COMPLAINT_UNTAKEN);
}

static const struct {
    const char *type;
    message_handler *handle;
} handlers[] = {
    {"stream", handle_other},    {"ready", handle_ready},       {"event", handle_other},
    {"sandbox", handle_sandbox}, {"grid_sample", handle_other}, {"error", handle_error},
    {"ended", handle_ended},     {"health", handle_other},      {"libraries", handle_libraries},
    {"connect", handle_connect},
};

static message_handler *handler_of(const char *type)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (strcmp(type, handlers[i].type) == 0)
            return handlers[i].handle;
    }
    return NULL;
}

/* Without one of these there is nothing that secret_redact would hide; what is escaped may be any of them. */
static bool may_have_secret(const char *text, size_t length)
{
    return memchr(text, '@', length) || memchr(text, '\\', length) ||
           memmem(text, length, "://", strlen("://")) != NULL;
}

/* All strings of a value, however deep: json_parse_object bounds that. */
static void redact_strings(json_t *value)
{
    const char *name;
    size_t index;
    json_t *member;
    if (json_is_string(value)) {
        char *redacted = secret_redact(json_string_value(value));
        json_string_set(value, redacted ? redacted : "(not shown)");
        free(redacted);
    }
    json_object_foreach(value, name, member) {
        redact_strings(member);
    }
    json_array_foreach(value, index, member) {
        redact_strings(member);
    }
}

/*
 * A worker may be anybody's program, and what it says is shown in many places: here is the one where passwords are taken
 * out of it, before anything is cut.
 */
static json_t *parse_message(const char *text, size_t length)
{
    json_error_t error;
    json_t *message = json_parse_object(text, length, &error);
    if (message && may_have_secret(text, length))
        redact_strings(message);
    return message;
}

void worker_channel_handle(struct worker_process *worker, const char *text, size_t length)
{
    json_t *message = parse_message(text, length);
    if (!message) {
        worker_channel_complain(worker, WORKER_COMPLAINT_NO_OBJECT);
        return;
    }
    const char *type = json_member_string(message, "type", "");
    message_handler *handle = handler_of(type);
    if (handle)
        handle(worker, type, message);
    else
        log_debug(worker->subject, "sent a message of an unknown type"); /* a newer worker may know more */
    json_decref(message);
}

/* ---- reading ---- */

enum reading { READING_MORE, READING_NOTHING, READING_END };

static enum reading read_one(struct worker_process *worker)
{
    /* one for all channels: a message is handled before the next one is read */
    static char text[CAMD_MESSAGE_BYTES + 1];
    size_t fd_count = 0;
    ssize_t length = camd_channel_receive(worker->channel.watcher.fd, text, sizeof(text), NULL, 0, &fd_count,
                                          MSG_DONTWAIT);
    if (length == -EAGAIN || length == -EINTR)
        return READING_NOTHING;
    if (length == -EMSGSIZE)
        worker_channel_complain(worker, WORKER_COMPLAINT_TOO_LONG);
    else if (length == -EPROTO)
        worker_channel_complain(worker, WORKER_COMPLAINT_DESCRIPTORS);
    else if (length <= 0)
        return READING_END;
    else
        worker_channel_handle(worker, text, (size_t)length);
    throttle_pass(&worker->channel.messages, clock_monotonic_ms());
    return READING_MORE;
}

/* True when it said too much: nothing is read until there is room again. */
static bool pause_if_full(struct worker_process *worker)
{
    struct worker_channel *channel = &worker->channel;
    const int64_t wait_ms = throttle_wait_ms(&channel->messages, clock_monotonic_ms());
    if (wait_ms == 0)
        return false;
    char wait[TEXT_DURATION_BYTES];
    log_debug(worker->subject, "says too much at once: read on in %s",
              text_duration((double)wait_ms / 1000.0, wait));
    ev_io_stop(worker->loop, &channel->watcher);
    timer_start_ms(worker->loop, &channel->room_timer, wait_ms);
    return true;
}

static void read_turn(struct worker_process *worker)
{
    const struct worker_channel *channel = &worker->channel;
    enum reading reading = READING_MORE;
    for (int i = 0; i < WORKER_CHANNEL_TURN && reading == READING_MORE; i++) {
        if (pause_if_full(worker))
            return;
        reading = read_one(worker);
        if (channel->watcher.fd < 0)
            return; /* the message led to its end */
    }
    if (reading != READING_END)
        return;
    worker_channel_close(worker);
    timer_start_ms(worker->loop, &worker->channel.grace_timer, WORKER_CHANNEL_GRACE_MS);
}

/* Of a process that is gone: without a rate, but bounded, since somebody else may have the other end. */
static void read_last(struct worker_process *worker)
{
    struct worker_channel *channel = &worker->channel;
    enum reading reading = channel->watcher.fd < 0 ? READING_END : READING_MORE;
    for (int i = 0; i < WORKER_CHANNEL_TURN && reading == READING_MORE; i++)
        reading = --channel->last > 0 ? read_one(worker) : READING_END;
    if (reading == READING_MORE)
        return;
    worker_channel_close(worker);
    worker_ended(worker);
}

static void readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct worker_process *worker = watcher->data;
    (void)loop;
    (void)events;
    if (worker->channel.last > 0)
        read_last(worker);
    else
        read_turn(worker);
}

static void room_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct worker_process *worker = timer->data;
    (void)events;
    ev_io_start(loop, &worker->channel.watcher);
}

static void grace_is_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    worker_fault(timer->data, AUTOMATON_REASON_CONTRACT, -1,
                 "a worker keeps descriptor 3 open: see camd-worker(7)",
                 "closed its channel and did not exit");
}

void worker_channel_init(struct worker_process *worker)
{
    struct worker_channel *channel = &worker->channel;
    const int64_t now_ms = clock_monotonic_ms();
    throttle_init(&channel->messages, WORKER_CHANNEL_RATE, WORKER_CHANNEL_BURST, now_ms);
    throttle_init(&channel->warnings, WORKER_CHANNEL_WARNINGS, WORKER_CHANNEL_WARNINGS_BURST, now_ms);
    ev_io_init(&channel->watcher, readable, -1, EV_READ);
    ev_timer_init(&channel->room_timer, room_came, 0.0, 0.0);
    ev_timer_init(&channel->grace_timer, grace_is_over, 0.0, 0.0);
    channel->watcher.data = channel->room_timer.data = channel->grace_timer.data = worker;
}

void worker_channel_open(struct worker_process *worker, int fd)
{
    worker->channel.last = 0;
    worker->channel.sockets = 0;
    ev_io_set(&worker->channel.watcher, fd, EV_READ);
    ev_io_start(worker->loop, &worker->channel.watcher);
}

void worker_channel_close(struct worker_process *worker)
{
    struct worker_channel *channel = &worker->channel;
    ev_timer_stop(worker->loop, &channel->room_timer);
    ev_timer_stop(worker->loop, &channel->grace_timer);
    ev_io_stop(worker->loop, &channel->watcher);
    sys_close(&channel->watcher.fd);
}

void worker_channel_hurry(struct worker_process *worker)
{
    struct worker_channel *channel = &worker->channel;
    throttle_fill(&channel->messages);
    if (channel->watcher.fd < 0)
        return;
    ev_timer_stop(worker->loop, &channel->room_timer);
    ev_io_start(worker->loop, &channel->watcher);
}

void worker_channel_finish(struct worker_process *worker)
{
    worker->channel.last = WORKER_CHANNEL_LAST;
    worker_channel_hurry(worker);
    read_last(worker);
}

/* ---- upgrade ---- */

static const struct handoff_field fields[] = {HANDOFF_FD(struct worker_channel, watcher.fd),
                                              HANDOFF(struct worker_channel, last),
                                              HANDOFF(struct worker_channel, sockets),
#define X(id, words)                                                                                         \
    HANDOFF(struct worker_channel, complaints[WORKER_COMPLAINT_##id].said_ms),                               \
        HANDOFF(struct worker_channel, complaints[WORKER_COMPLAINT_##id].unsaid),
                                              WORKER_COMPLAINTS(X)
#undef X
};

json_t *worker_channel_hand_over(struct worker_process *worker)
{
    const struct worker_channel *channel = &worker->channel;
    json_t *record = handoff_write(channel, fields, HANDOFF_COUNT(fields));
    json_object_set_new(record, "grace_timer", handoff_write_timer(worker->loop, &channel->grace_timer));
    return record;
}

/* What was not read meanwhile waits in the channel. One that said too much may say as much again. */
int worker_channel_take_over(struct worker_process *worker, const json_t *record)
{
    struct worker_channel *channel = &worker->channel;
    const int error = handoff_read(record, channel, fields, HANDOFF_COUNT(fields));
    const int fd = channel->watcher.fd, last = channel->last;
    const unsigned int sockets = channel->sockets;
    if (error < 0)
        return error;
    if (last < 0 || last > WORKER_CHANNEL_LAST)
        return -EINVAL;
    if (fd >= 0)
        worker_channel_open(worker, fd);
    channel->last = fd >= 0 ? last : 0;
    channel->sockets = sockets;
    handoff_read_timer(json_object_get(record, "grace_timer"), worker->loop, &channel->grace_timer);
    return 0;
}

/* ---- sending ---- */

int worker_channel_send(struct worker_process *worker, json_t *object, const int *fds, size_t fd_count)
{
    char *text = object ? json_text(object) : NULL;
    json_decref(object);
    if (!text)
        return -ENOMEM;
    int result =
        worker->channel.watcher.fd < 0
            ? -EBADF
            : camd_channel_send(worker->channel.watcher.fd, text, strlen(text), fds, fd_count, MSG_DONTWAIT);
    free(text);
    return result;
}

void worker_channel_say(struct worker_process *worker, json_t *object)
{
    int error = worker_channel_send(worker, object, NULL, 0);
    if (error < 0)
        log_debug(worker->subject, "could not be told: %s", strerror(-error));
}
