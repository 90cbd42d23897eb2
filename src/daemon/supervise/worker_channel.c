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
#include "camd/worker.h"
#include "daemon/supervise/worker_process.h"

typedef void message_handler(struct worker_process *worker, const char *type, const json_t *message);

static void copy_redacted(char *to, size_t size, const char *from)
{
    char *redacted = secret_redact(from);
    snprintf(to, size, "%s", redacted ? redacted : "(out of memory)");
    free(redacted);
}

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
    copy_redacted(text, sizeof(text), json_member_string(message, "text", "no reason given"));
    copy_redacted(worker->error_hint, sizeof(worker->error_hint), json_member_string(message, "hint", ""));
    worker->error_class = camd_class_from_word(class_word);
    int known_stage = camd_stage_from_word(stage);
    snprintf(worker->error_text, sizeof(worker->error_text), "%s%s%s",
             known_stage >= 0 ? camd_stage_word((enum camd_stage)known_stage) : "",
             known_stage >= 0 ? ": " : "", text);
    worker->owner->message(worker->context, worker->kind, type, message);
}

static void handle_sandbox(struct worker_process *worker, const char *type, const json_t *message)
{
    (void)type;
    worker_sandbox_take(&worker->sandbox, message);
    if (worker->sandbox.missing[0] != '\0')
        log_info(worker->subject, "its sandbox lacks %s", worker->sandbox.missing);
}

static void handle_other(struct worker_process *worker, const char *type, const json_t *message)
{
    worker->owner->message(worker->context, worker->kind, type, message);
}

static const struct {
    const char *type;
    message_handler *handle;
} handlers[] = {
    {"stream", handle_other},    {"ready", handle_ready},       {"event", handle_other},
    {"sandbox", handle_sandbox}, {"grid_sample", handle_other}, {"error", handle_error},
    {"ended", handle_ended},
};

static message_handler *handler_of(const char *type)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (strcmp(type, handlers[i].type) == 0)
            return handlers[i].handle;
    }
    return NULL;
}

/* A worker that sends nonsense must not fill the log with it. */
static void complain(struct worker_process *worker, const char *what)
{
    if (throttle_pass(&worker->warning_throttle, clock_monotonic_ms()))
        log_warning(worker->subject, "sent a message that %s: dropped (see camd-worker(7))", what);
}

static void say_dropped(struct worker_process *worker)
{
    if (worker->message_throttle.dropped == 0 ||
        !throttle_pass(&worker->warning_throttle, clock_monotonic_ms()))
        return;
    log_warning(worker->subject, "sent too many messages: %" PRIu64 " were dropped",
                throttle_take_dropped(&worker->message_throttle));
}

void worker_channel_handle(struct worker_process *worker, const char *text, size_t length)
{
    if (!throttle_pass(&worker->message_throttle, clock_monotonic_ms()))
        return;
    say_dropped(worker);

    json_error_t error;
    json_t *message = json_parse_object(text, length, &error);
    if (!message) {
        complain(worker, "is no JSON object");
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

bool worker_channel_read(struct worker_process *worker, int limit)
{
    /* one for all channels: a message is handled before the next one is read */
    static char text[CAMD_MESSAGE_BYTES + 1];
    for (int count = 0; count < limit; count++) {
        size_t fd_count = 0;
        ssize_t length = camd_channel_receive(worker->channel_watcher.fd, text, sizeof(text), NULL, 0,
                                              &fd_count, MSG_DONTWAIT);
        if (length == -EAGAIN || length == -EINTR)
            return true;
        if (length == -EMSGSIZE)
            complain(worker, "is too long");
        else if (length == -EPROTO)
            complain(worker, "carries descriptors");
        else if (length <= 0)
            return false;
        else
            worker_channel_handle(worker, text, (size_t)length);
        if (worker->channel_watcher.fd < 0)
            return true; /* the message led to its end */
    }
    return true;
}

void worker_channel_drain(struct worker_process *worker)
{
    worker_channel_read(worker, WORKER_CHANNEL_LAST);
}

int worker_channel_send(struct worker_process *worker, json_t *object, const int *fds, size_t fd_count)
{
    char *text = object ? json_text(object) : NULL;
    json_decref(object);
    if (!text)
        return -ENOMEM;
    int result =
        worker->channel_watcher.fd < 0
            ? -EBADF
            : camd_channel_send(worker->channel_watcher.fd, text, strlen(text), fds, fd_count, MSG_DONTWAIT);
    free(text);
    return result;
}

void worker_channel_say(struct worker_process *worker, json_t *object)
{
    int error = worker_channel_send(worker, object, NULL, 0);
    if (error < 0)
        log_debug(worker->subject, "could not be told: %s", strerror(-error));
}
