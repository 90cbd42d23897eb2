#include "daemon/log/log_pipe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/timer.h"
#include "daemon/handoff/handoff_fields.h"

/* A pipe holds 64 KiB by default, 1 MiB at most: what is read at the end is bounded, whoever still writes. */
enum { LAST_READS = 1024 * 1024 / LOG_PIPE_CHUNK };

static void say_dropped(struct log_pipe *log_pipe)
{
    char text[96];
    uint64_t dropped = throttle_take_dropped(&log_pipe->throttle);
    if (dropped == 0)
        return;
    snprintf(text, sizeof(text), "wrote too much: %" PRIu64 " line%s of its log were dropped", dropped,
             dropped == 1 ? "" : "s");
    struct log_line *line =
        log_pool_keep(log_pipe->pool, log_pipe->source, LOG_WARNING, dropped, text, clock_wall_ns());
    if (line)
        line->logged = true;
    log_warning(log_pipe->subject, "%s", text);
}

static void time_to_tell(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    say_dropped(timer->data);
}

/* Told once in a while, not with every line that passes again: a flood must not be answered with one. */
static void tell_later(struct log_pipe *log_pipe)
{
    ev_timer *timer = &log_pipe->dropped_timer;
    if (!ev_is_active(timer) && log_pipe->loop)
        timer_start_ms(log_pipe->loop, timer, LOG_PIPE_TELL_MS);
}

void log_pipe_init(struct log_pipe *log_pipe, struct log_pool *pool, const char *subject, const char *camera,
                   const char *name, const char *worker)
{
    *log_pipe = (struct log_pipe){.pool = pool, .subject = subject, .camera = camera};
    log_pipe->watcher.fd = -1;
    throttle_init(&log_pipe->throttle, LOG_PIPE_RATE, LOG_PIPE_BURST, clock_monotonic_ms());
    ev_timer_init(&log_pipe->dropped_timer, time_to_tell, 0.0, 0.0);
    log_pipe->dropped_timer.data = log_pipe;
    if (log_pool_source_new(&log_pipe->source, pool, name, worker) < 0)
        log_warning(subject, "memory is short: camctl logs will not show its lines");
}

void log_pipe_fini(struct log_pipe *log_pipe)
{
    log_pool_source_free(log_pipe->pool, log_pipe->source);
    log_pipe->source = NULL;
}

/* A line that is cut within a URL may have lost the "@" that shows where a password ends: the URL goes. */
static void hide_cut_url(struct log_pipe *log_pipe)
{
    static const char mark[] = "://";
    char *found = NULL;
    if (!log_pipe->line)
        return;
    log_pipe->line[log_pipe->length] = '\0';
    for (char *next = strstr(log_pipe->line, mark); next; next = strstr(next + 1, mark))
        found = next;
    if (found && !strpbrk(found, " \t"))
        log_pipe->length = (size_t)(found - log_pipe->line) + strlen(mark);
}

/* Keeps and logs a line, its priority and "CAMERA: " taken off. */
static void keep_line(struct log_pipe *log_pipe, enum log_level level, const char *text)
{
    /* programs of others know nothing of our rule about passwords */
    char *redacted = secret_redact(text);
    const char *shown = redacted ? redacted : "(memory is short)";
    struct log_line *line = log_pool_keep(log_pipe->pool, log_pipe->source, level, 0, shown, clock_wall_ns());
    if (log_pipe->is_quiet)
        level = LOG_DEBUG;
    if (line)
        line->logged = log_enabled(level);
    log_message(level, log_pipe->subject, "%s", shown);
    free(redacted);
}

/* A line as it was written. */
static void take_line(struct log_pipe *log_pipe, const char *text)
{
    if (text[0] == '\0')
        return;
    if (!throttle_pass(&log_pipe->throttle, clock_monotonic_ms())) {
        tell_later(log_pipe);
        return;
    }
    enum log_level level = LOG_INFO;
    if (text[0] == '<' && text[1] >= '0' && text[1] <= '7' && text[2] == '>') {
        level = log_level_from_priority(text[1] - '0');
        text += 3;
    }
    size_t length = strlen(log_pipe->camera);
    if (strncmp(text, log_pipe->camera, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        text += length + 2;
    keep_line(log_pipe, level, text);
}

static void end_line(struct log_pipe *log_pipe)
{
    char *line = log_pipe->line;
    if (!line)
        return;
    line[log_pipe->length] = '\0';
    log_pipe->line = NULL;
    log_pipe->length = 0;
    take_line(log_pipe, line);
    free(line);
}

/* More of the line; what does not fit, or finds no memory, is thrown away. */
static void add_to_line(struct log_pipe *log_pipe, const char *bytes, size_t count)
{
    if (!log_pipe->line && !(log_pipe->line = malloc(LOG_PIPE_LINE_BYTES))) {
        log_pipe->cut = true;
        return;
    }
    size_t room = LOG_PIPE_LINE_BYTES - 1 - log_pipe->length;
    size_t kept = count < room ? count : room;
    memcpy(log_pipe->line + log_pipe->length, bytes, kept);
    log_pipe->length += kept;
    if (kept < count) {
        hide_cut_url(log_pipe);
        end_line(log_pipe);
        log_pipe->cut = true;
    }
}

static void take(struct log_pipe *log_pipe, const char *bytes, size_t count)
{
    while (count > 0) {
        const char *end = memchr(bytes, '\n', count);
        size_t part = end ? (size_t)(end - bytes) : count;
        if (!log_pipe->cut && part > 0)
            add_to_line(log_pipe, bytes, part);
        if (end) {
            end_line(log_pipe);
            log_pipe->cut = false;
            part++;
        }
        bytes += part;
        count -= part;
    }
}

/* False at the end of the pipe or when there is nothing more now. */
static bool read_some(struct log_pipe *log_pipe, bool *closed)
{
    char chunk[LOG_PIPE_CHUNK];
    ssize_t length = sys_read(log_pipe->watcher.fd, chunk, sizeof(chunk));
    if (length > 0) {
        take(log_pipe, chunk, (size_t)length);
        return true;
    }
    *closed = length == 0 || (length != -EAGAIN && length != -EINTR);
    return false;
}

static void stop(struct log_pipe *log_pipe, struct ev_loop *loop)
{
    ev_io_stop(loop, &log_pipe->watcher);
    sys_close(&log_pipe->watcher.fd);
}

static void readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct log_pipe *log_pipe = watcher->data;
    bool closed = (events & EV_ERROR) != 0;
    for (int reads = 0; !closed && reads < LOG_PIPE_READS; reads++) {
        if (!read_some(log_pipe, &closed))
            break;
    }
    /* A worker may close its standard output and go on: nothing more will come. */
    if (closed)
        stop(log_pipe, loop);
}

void log_pipe_open(struct log_pipe *log_pipe, struct ev_loop *loop, int fd)
{
    log_pipe->loop = loop;
    log_pipe->first = log_pool_next(log_pipe->pool);
    log_pipe->cut = false;
    ev_io_init(&log_pipe->watcher, readable, fd, EV_READ);
    log_pipe->watcher.data = log_pipe;
    ev_io_start(loop, &log_pipe->watcher);
}

void log_pipe_close(struct log_pipe *log_pipe, struct ev_loop *loop)
{
    bool closed = false;
    if (log_pipe->watcher.fd >= 0) {
        for (int reads = 0; reads < LAST_READS; reads++) {
            if (!read_some(log_pipe, &closed))
                break;
        }
        stop(log_pipe, loop);
    }
    hide_cut_url(log_pipe); /* it ended within a line */
    end_line(log_pipe);
    log_pipe->cut = false;
    ev_timer_stop(loop, &log_pipe->dropped_timer);
    say_dropped(log_pipe);
}

void log_pipe_note(struct log_pipe *log_pipe, enum log_level level, const char *text)
{
    struct log_line *line = log_pool_keep(log_pipe->pool, log_pipe->source, level, 0, text, clock_wall_ns());
    if (line)
        line->logged = true;
}

/* The first of the last lines of this process. */
static struct log_line *last_words(const struct log_pipe *log_pipe)
{
    struct log_line *line, *first = NULL;
    int count = 0;
    TAILQ_FOREACH_REVERSE(line, &log_pipe->source->lines, log_lines, in_source) {
        if (line->number < log_pipe->first || count++ == LOG_PIPE_LAST_WORDS)
            break;
        first = line;
    }
    return first;
}

void log_pipe_last_words(struct log_pipe *log_pipe)
{
    struct log_line *line = log_pipe->source ? last_words(log_pipe) : NULL;
    for (; line; line = TAILQ_NEXT(line, in_source)) {
        if (!line->logged)
            log_warning(log_pipe->subject, "wrote before it died: %s", line->text);
        line->logged = true;
    }
}

/* ---- upgrade ---- */

static const struct handoff_field fields[] = {
    HANDOFF_FD(struct log_pipe, watcher.fd),    HANDOFF(struct log_pipe, first),
    HANDOFF(struct log_pipe, is_quiet),         HANDOFF(struct log_pipe, cut),
    HANDOFF(struct log_pipe, throttle.dropped),
};

json_t *log_pipe_hand_over(struct log_pipe *log_pipe)
{
    json_t *record = handoff_write(log_pipe, fields, HANDOFF_COUNT(fields));
    if (record && log_pipe->line) {
        log_pipe->line[log_pipe->length] = '\0';
        json_object_set_new(record, "line", json_string_lossy(log_pipe->line));
    }
    return record;
}

int log_pipe_take_over(struct log_pipe *log_pipe, struct ev_loop *loop, const json_t *record)
{
    struct log_pipe taken = *log_pipe;
    const int error = handoff_read(record, &taken, fields, HANDOFF_COUNT(fields));
    if (error < 0)
        return error;
    if (taken.watcher.fd >= 0)
        log_pipe_open(log_pipe, loop, taken.watcher.fd);
    log_pipe->first = taken.first;
    log_pipe->is_quiet = taken.is_quiet;
    log_pipe->cut = taken.cut;
    log_pipe->throttle.dropped = taken.throttle.dropped;
    if (taken.throttle.dropped > 0)
        tell_later(log_pipe);
    const char *line = json_member_string(record, "line", "");
    if (line[0] != '\0')
        add_to_line(log_pipe, line, strnlen(line, LOG_PIPE_LINE_BYTES - 1));
    return 0;
}
