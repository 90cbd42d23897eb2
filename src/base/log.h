/*
 * log.h - log lines
 *
 * One event is one line, at the level that can act, naming the camera. The daemon logs to stderr, to syslog or to a
 * file that it reopens on request; workers write to stderr with the "<N>" priority prefix, which the daemon reads.
 * Lines that could not be written are counted, and the next one that can be is preceded by their number.
 */
#ifndef CAMD_BASE_LOG_H
#define CAMD_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#define LOG_LEVELS(X)                                                                                        \
    X(ERROR, "error", 3)                                                                                     \
    X(WARNING, "warning", 4)                                                                                 \
    X(NOTICE, "notice", 5)                                                                                   \
    X(INFO, "info", 6)                                                                                       \
    X(DEBUG, "debug", 7)

enum log_level {
#define X(id, word, priority) LOG_##id,
    LOG_LEVELS(X)
#undef X
        LOG_LEVEL_COUNT
};

enum log_style {
    LOG_STYLE_TIMED,    /* 2026-01-31T12:34:56.789Z warning front: text */
    LOG_STYLE_PRIORITY, /* <4>front: text */
    LOG_STYLE_SYSLOG,   /* front: text, to syslog: set by log_open_syslog only */
};

/*
 * Until it is called: level info, timed, stderr. path NULL: stderr. Returns 0 or -errno; the old log stays
 * then.
 */
int log_open(const char *path, enum log_style style, enum log_level level);
/*
 * To syslog instead. 0, or -errno when no syslog daemon answers: lines are lost until there is one. socket: its
 * path (stays the caller's), NULL: /dev/log. Never blocks.
 */
int log_open_syslog(const char *socket, enum log_level level);
/*
 * From now on a line is lost rather than waited for when whoever reads the log (a pipe, a terminal, the journal) does
 * not read; a file on disk aside. To be called again after log_open.
 */
void log_never_block(void);
/* Opens the file again (logrotate moved it away). 0 or -errno; the old one stays then. */
int log_reopen(void);
void log_close(void);

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

const char *log_level_word(enum log_level level);
int log_level_from_word(const char *word); /* -1: unknown */
enum log_level log_level_from_priority(int priority);

/* subject: the camera, "camera worker", or NULL. Control characters in the text are replaced. */
void log_message(enum log_level level, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(subject, ...)   log_message(LOG_ERROR, subject, __VA_ARGS__)
#define log_warning(subject, ...) log_message(LOG_WARNING, subject, __VA_ARGS__)
#define log_notice(subject, ...)  log_message(LOG_NOTICE, subject, __VA_ARGS__)
#define log_info(subject, ...)    log_message(LOG_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...)   log_message(LOG_DEBUG, subject, __VA_ARGS__)

#endif
