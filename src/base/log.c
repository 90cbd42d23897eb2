#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_syslog.h"
#include "base/sys.h"

enum {
    LOG_LINE_BYTES = 4096, /* longer lines are cut: a pipe takes so much in one piece */
};

/* What it takes not to wait for a reader. */
enum log_waiting {
    LOG_WAITING_DEFAULT, /* a blocking descriptor is left to block, others don't */
    LOG_WAITING_POLL,    /* ask first */
    LOG_WAITING_SOCKET,  /* tell with each line */
};

/* The one log of the process. fd is STDERR_FILENO or one of ours; a file's path is kept for log_reopen. */
static struct {
    int fd;
    char *path;
    enum log_style style;
    enum log_level level;
    enum log_waiting waiting;
    uint64_t lost; /* lines since the last one that could be written */
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
    /* non-blocking: a named pipe that nobody reads is an error, and nothing to wait for */
    return sys_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK, 0640);
}

static void log_file_close(void)
{
    if (log_state.fd != STDERR_FILENO)
        sys_close(&log_state.fd);
    if (log_state.style == LOG_STYLE_SYSLOG) {
        log_syslog_close();
        log_state.style = LOG_STYLE_TIMED;
    }
    log_state.fd = STDERR_FILENO;
    log_state.waiting = LOG_WAITING_DEFAULT;
    log_state.lost = 0;
    free(log_state.path);
    log_state.path = NULL;
}

int log_open(const char *path, enum log_style style, enum log_level level)
{
    int fd = STDERR_FILENO;
    char *copy = NULL;
    if (path) {
        copy = strdup(path);
        if (!copy)
            return -ENOMEM;
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

int log_open_syslog(const char *socket, enum log_level level)
{
    log_file_close();
    log_state.style = LOG_STYLE_SYSLOG;
    log_state.level = level;
    return log_syslog_open(!socket ? "/dev/log" : socket);
}

void log_never_block(void)
{
    struct stat status;
    if (log_state.path || log_state.fd != STDERR_FILENO || fstat(log_state.fd, &status) < 0)
        return;
    if (S_ISSOCK(status.st_mode)) {
        log_state.waiting = LOG_WAITING_SOCKET;
    } else if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        /* an open file of our own: others share the standard error, which must stay as it is for them */
        const int fd = sys_open("/proc/self/fd/2", O_WRONLY | O_NOCTTY | O_NONBLOCK, 0);
        log_state.waiting = fd < 0 ? LOG_WAITING_POLL : LOG_WAITING_DEFAULT;
        log_state.fd = fd < 0 ? STDERR_FILENO : fd;
    }
}

int log_reopen(void)
{
    if (!log_state.path)
        return 0;

    const int fd = log_file_open(log_state.path);

    if (fd < 0)
        return fd;
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
        if (strcmp(word, log_levels[level].word) == 0)
            return level;
    }
    return -1;
}

enum log_level log_level_from_priority(int priority)
{
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (priority <= log_levels[level].priority)
            return (enum log_level)level;
    }
    return LOG_DEBUG;
}

/* What stands before the text; returns its length. */
static size_t log_format_head(char *line, size_t size, enum log_level level, const char *subject)
{
    const char *name = subject ? subject : "";
    const char *separator = subject ? ": " : "";
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
        const unsigned char next = i + 1 < length ? (unsigned char)text[i + 1] : 0;
        if (c == '\n' || c == '\t')
            text[i] = ' ';
        else if (c < 0x20 || c == 0x7f)
            text[i] = '?';
        else if (c == 0xc2 && next >= 0x80 &&
                 next <= 0x9f) /* U+0080 to U+009F: some begin what a terminal does */
            text[i] = text[i + 1] = '?';
    }
}

static bool log_write(const char *line, size_t length)
{
    struct pollfd poll_fd = {.fd = log_state.fd, .events = POLLOUT};
    if (log_state.waiting == LOG_WAITING_SOCKET)
        return send(log_state.fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    if (log_state.waiting == LOG_WAITING_POLL && poll(&poll_fd, 1, 0) <= 0)
        return false;
    /* One write a line, so that lines of several processes don't mix. */
    return write(log_state.fd, line, length) >= 0;
}

/* line has room for one byte more. */
static bool log_put(enum log_level level, char *line, size_t length)
{
    log_replace_controls(line, length);
    if (log_state.style == LOG_STYLE_SYSLOG) {
        line[length] = '\0';
        return log_syslog_write(log_levels[level].priority, line) == 0;
    }
    line[length] = '\n';
    return log_write(line, length + 1);
}

/* Lines are missing before the next one: says so, or else that one is lost, too. */
static bool log_tell_lost(void)
{
    char line[LOG_LINE_BYTES];
    size_t length = log_format_head(line, sizeof(line), LOG_WARNING, NULL);
    if (log_state.lost == 0)
        return true;
    length +=
        (size_t)snprintf(line + length, sizeof(line) - length,
                         "%" PRIu64 " lines of the log are lost: it could not be written", log_state.lost);
    if (!log_put(LOG_WARNING, line, length))
        return false;
    log_state.lost = 0;
    return true;
}

void log_message(enum log_level level, const char *subject, const char *format, ...)
{
    if (!log_enabled(level))
        return;

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
    if (length > room)
        length = room;
    /* A log that can't be written to is nothing that the program could report, or stop for. */
    if (!log_tell_lost() || !log_put(level, line, length))
        log_state.lost++;
    errno = saved_errno;
}
