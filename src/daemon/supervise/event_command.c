#include "daemon/supervise/event_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_hint.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/supervise/launcher.h"

/* ---- the queue ---- */

/* The oldest line, the caller's to free; NULL: none. */
static char *take_line(struct event_command *command)
{
    if (command->count == 0)
        return NULL;
    char *line = command->queue[0];
    command->count--;
    memmove(&command->queue[0], &command->queue[1], command->count * sizeof(command->queue[0]));
    return line;
}

static void clear_queue(struct event_command *command)
{
    for (char *line; (line = take_line(command));)
        free(line);
}

/* ---- the process ---- */

/* A file in memory with the line; or -errno. */
static int input_of(const char *line)
{
    size_t length = strlen(line);
    int fd = sys_memfd("event");
    if (fd < 0)
        return fd;
    ssize_t written = sys_write(fd, line, length);
    int error = written < 0 ? (int)written : (size_t)written < length ? -ENOSPC : 0;
    if (error == 0 && lseek(fd, 0, SEEK_SET) < 0)
        error = -errno;
    if (error < 0)
        sys_close(&fd);
    return error < 0 ? error : fd;
}

static void say_not_started(struct event_command *command, const struct child_end *end)
{
    char text[512], keys[64];
    const char *hint = child_hint(end);
    child_explain(&command->child, end, text, sizeof(text));
    snprintf(keys, sizeof(keys), "check the keys %s and event_user", command->key);
    if (!hint)
        hint =
            end->stage == EXEC_STAGE_ACCOUNT
                ? "name another user in event_user, or make this one (adduser --system) and run camctl reload"
                : keys;
    log_error(command->subject, "%s: %s", text, hint);
}

static void start(struct event_command *command, const struct event_program *event, const char *line)
{
    struct child_end failure;
    int input = input_of(line);
    if (input < 0) {
        char words[ERROR_WORDS_BYTES];
        log_error(command->subject, "an event is lost: %s", error_words(input, words));
        return;
    }
    const struct child_program program = {.path = event->words[0],
                                          .argv = event->words,
                                          .variables = event->variables,
                                          .user = event->user,
                                          .gains_nothing = true,
                                          .goes_first = true,
                                          .input = input};
    command->timed_out = command->was_stopped = false;
    if (child_start(&command->child, &program, &failure) < 0)
        say_not_started(command, &failure);
    else
        timer_start_ms(command->child.launcher->loop, &command->timer, event->timeout_ms);
    sys_close(&input);
}

static void forget_program(struct event_program *program)
{
    free(program->words);
    for (size_t i = 0; i < EVENT_COMMAND_VARIABLES; i++)
        free(program->variables[i]);
}

static void start_next(struct event_command *command)
{
    while (!child_is_running(&command->child) && command->count > 0) {
        struct event_program program = {.words = NULL};
        char *line = take_line(command);
        if (command->owner.program(command->owner.context, line, &program))
            start(command, &program, line);
        forget_program(&program);
        free(line);
    }
    if (!child_is_running(&command->child))
        command->owner.idle(command->owner.context);
}

static void time_is_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct event_command *command = timer->data;
    (void)loop;
    (void)events;
    command->timed_out = true;
    child_kill(&command->child);
}

static void say_end(struct event_command *command, const struct child_end *end)
{
    char text[512];
    const char *hint = child_hint(end);
    const bool is_well = end->kind == CHILD_EXITED && end->code == 0;
    child_explain(&command->child, end, text, sizeof(text));
    if (command->timed_out)
        log_warning(command->subject, "took longer than on_event_timeout: killed");
    else if (command->was_stopped)
        log_debug(command->subject, "%s", text);
    else if (end->kind == CHILD_NOT_EXECUTED)
        say_not_started(command, end);
    else
        log_message(is_well ? LOG_DEBUG : LOG_WARNING, command->subject, "%s%s%s", text, hint ? "; " : "",
                    hint ? hint : "");
    if (command->dropped > 0)
        log_warning(command->subject,
                    "%" PRIu64 " events were dropped, since it takes longer than they come: make it quicker",
                    command->dropped);
    command->dropped = 0;
}

static void ended(void *context, const struct child_end *end)
{
    struct event_command *command = context;
    ev_timer_stop(command->child.launcher->loop, &command->timer);
    say_end(command, end);
    start_next(command);
}

/* ---- the outside ---- */

void event_command_init(struct event_command *command, struct launcher *launcher, struct log_pool *pool,
                        const char *camera, const char *key, const struct event_command_owner *owner)
{
    *command = (struct event_command){.owner = *owner, .key = key};
    snprintf(command->subject, sizeof(command->subject), "%s %s", camera, key);
    log_pipe_init(&command->log_pipe, pool, command->subject, camera, camera, key);
    child_init(&command->child, launcher, &command->log_pipe, ended, command);
    ev_timer_init(&command->timer, time_is_over, 0.0, 0.0);
    command->timer.data = command;
}

void event_command_run(struct event_command *command, const char *line)
{
    char *copy = command->count < EVENT_COMMAND_QUEUE ? text_format("%s\n", line) : NULL;
    if (!copy) {
        command->dropped++;
        return;
    }
    command->queue[command->count++] = copy;
    if (!child_is_running(&command->child))
        start_next(command);
}

bool event_command_stop(struct event_command *command)
{
    clear_queue(command);
    command->was_stopped = true;
    child_kill(&command->child);
    return child_is_running(&command->child);
}

void event_command_fini(struct event_command *command)
{
    clear_queue(command);
    ev_timer_stop(command->child.launcher->loop, &command->timer);
    child_fini(&command->child);
    log_pipe_fini(&command->log_pipe);
}

/* ---- upgrade ---- */

static const struct handoff_field fields[] = {
    HANDOFF(struct event_command, dropped),
    HANDOFF(struct event_command, timed_out),
    HANDOFF(struct event_command, was_stopped),
};

json_t *event_command_hand_over(struct event_command *command)
{
    json_t *record = handoff_write(command, fields, HANDOFF_COUNT(fields)), *queue = json_array();
    for (size_t i = 0; i < command->count; i++)
        json_array_append_new(queue, json_string_lossy(command->queue[i]));
    json_object_set_new(record, "queue", queue);
    json_object_set_new(record, "child", child_hand_over(&command->child));
    json_object_set_new(record, "log", log_pipe_hand_over(&command->log_pipe));
    json_object_set_new(record, "timer", handoff_write_timer(command->child.launcher->loop, &command->timer));
    return record;
}

static int take_queue(struct event_command *command, const json_t *queue)
{
    const json_t *line;
    size_t i;
    json_array_foreach(queue, i, line) {
        char *copy = json_is_string(line) ? strdup(json_string_value(line)) : NULL;
        if (!copy || command->count == EVENT_COMMAND_QUEUE) {
            free(copy);
            return -EINVAL;
        }
        command->queue[command->count++] = copy;
    }
    return 0;
}

int event_command_take_over(struct event_command *command, const json_t *record)
{
    struct ev_loop *loop = command->child.launcher->loop;
    int error = handoff_read(record, command, fields, HANDOFF_COUNT(fields));
    if (error == 0)
        error = take_queue(command, json_object_get(record, "queue"));
    if (error == 0)
        error = child_take_over(&command->child, json_object_get(record, "child"));
    if (error == 0)
        error = log_pipe_take_over(&command->log_pipe, loop, json_object_get(record, "log"));
    if (error == 0)
        handoff_read_timer(json_object_get(record, "timer"), loop, &command->timer);
    return error;
}
