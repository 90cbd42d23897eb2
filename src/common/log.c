#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log_syslog.h"
#include "common/sys.h"

enum {
    LOG_LINE_BYTES = 4096, /* longer lines are cut: a pipe takes so much in one piece */
};

/* The one log of the process. fd is STDERR_FILENO or a file of ours, whose path is kept for log_reopen. */
static struct {
    int fd;
    char *path;
    enum log_style style;
    enum log_level level;
} log_state = {.fd = STDERR_FILENO, .path = NULL, .style = LOG_STYLE_TIMED, .level = LOG_INFO};

static const struct {
    const char *word;
    int priority;
} log_levels[LOG_LEVEL_COUNT] = {
#define X(id, word, priority) [LOG_##id] = {word, priority},
    LOG_LEVELS(X)
#undef X
};

static int log_file_open(const char *path)
{
    return sys_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, 0640);
}

static void log_file_close(void)
{
    if (log_state.fd != STDERR_FILENO) {
        sys_close(&log_state.fd);
    }
    if (log_state.style == LOG_STYLE_SYSLOG) {
        log_syslog_close();
        log_state.style = LOG_STYLE_TIMED;
    }
    log_state.fd = STDERR_FILENO;
    free(log_state.path);
    log_state.path = NULL;
}

int log_open(const char *path, enum log_style style, enum log_level level)
{
    int fd = STDERR_FILENO;
    char *copy = NULL;

    if (path != NULL) {
        copy = strdup(path);
        if (copy == NULL) {
            return -ENOMEM;
        }
        fd = log_file_open(path);
        if (fd < 0) {
            free(copy);
            return fd;
        }
    }

    log_file_close();
    log_state.fd = fd;
    log_state.path = copy;
    log_state.style = style;
    log_state.level = level;
    return 0;
}

int log_open_syslog(enum log_level level)
{
    log_file_close();
    log_syslog_open();
    log_state.style = LOG_STYLE_SYSLOG;
    log_state.level = level;
    return 0;
}

int log_reopen(void)
{
    if (log_state.path == NULL) {
        return 0;
    }

    const int fd = log_file_open(log_state.path);

    if (fd < 0) {
        return fd;
    }
    sys_close(&log_state.fd);
    log_state.fd = fd;
    return 0;
}

void log_close(void)
{
    log_file_close();
}

void log_set_level(enum log_level level)
{
    log_state.level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= log_state.level;
}

const char *log_level_word(enum log_level level)
{
    return log_levels[level].word;
}

int log_level_from_word(const char *word)
{
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (strcmp(word, log_levels[level].word) == 0) {
            return level;
        }
    }
    return -1;
}

enum log_level log_level_from_priority(int priority)
{
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (priority <= log_levels[level].priority) {
            return (enum log_level)level;
        }
    }
    return LOG_DEBUG;
}

/* What stands before the text; returns its length. */
static size_t log_format_head(char *line, size_t size, enum log_level level, const char *subject)
{
    const char *name = subject == NULL ? "" : subject;
    const char *separator = subject == NULL ? "" : ": ";
    int length;

    if (log_state.style == LOG_STYLE_SYSLOG) {
        length = snprintf(line, size, "%s%s", name, separator);
    } else if (log_state.style == LOG_STYLE_PRIORITY) {
        length = snprintf(line, size, "<%d>%s%s", log_levels[level].priority, name, separator);
    } else {
        char now[CLOCK_TEXT_BYTES];

        clock_format_utc(clock_wall_ns(), now);
        length = snprintf(line, size, "%s %s %s%s", now, log_levels[level].word, name, separator);
    }
    return length < 0 ? 0 : (size_t)length;
}

/* A line stays a line, and a terminal that shows it isn't taken over. Bytes of UTF-8 pass. */
static void log_replace_controls(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];

        if (c == '\n' || c == '\t') {
            text[i] = ' ';
        } else if (c < 0x20 || c == 0x7f) {
            text[i] = '?';
        }
    }
}

void log_message(enum log_level level, const char *subject, const char *format, ...)
{
    if (!log_enabled(level)) {
        return;
    }

    const int saved_errno = errno;
    char line[LOG_LINE_BYTES];
    const size_t room = sizeof(line) - 1; /* for the newline, which takes the place of snprintf's NUL */
    size_t length = log_format_head(line, room, level, subject);

    if (length < room) {
        va_list arguments;
        va_start(arguments, format);
        const int text_length = vsnprintf(line + length, sizeof(line) - length, format, arguments);
        va_end(arguments);
        length += text_length < 0 ? 0 : (size_t)text_length;
    }
    if (length > room) {
        length = room;
    }
    log_replace_controls(line, length);
    if (log_state.style == LOG_STYLE_SYSLOG) {
        line[length] = '\0';
        log_syslog_write(log_levels[level].priority, line);
        errno = saved_errno;
        return;
    }
    line[length] = '\n';

    /* One write a line, so that lines of several processes don't mix. A log that can't be written to is
     * nothing that the program could report, or stop for. */
    (void)!write(log_state.fd, line, length + 1);
    errno = saved_errno;
}
