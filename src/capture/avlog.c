#include "capture/avlog.h"

#include <libavutil/log.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "capture/damage_words.h"
#include "capture/overheard.h"

/*
 * What FFmpeg calls an error is often one damaged picture of a stream that goes on, so its levels come out
 * one step lower than they are named.
 */
static const struct {
    int most; /* FFmpeg's levels up to this one */
    enum log_level level;
} levels[] = {
    {AV_LOG_FATAL, LOG_ERROR},
    {AV_LOG_ERROR, LOG_WARNING},
    {AV_LOG_WARNING, LOG_INFO},
    {AV_LOG_VERBOSE, LOG_DEBUG},
};

/* FFmpeg has one log a process, and threads of its own may write to it. */
static struct {
    pthread_mutex_t lock;
    const char *subject;
    char line[AVLOG_LINE_BYTES]; /* being put together */
    size_t length;
    char last_error[AVLOG_LINE_BYTES];
    int prefix;
    bool quiet;
    struct avlog_limiter limiter;
} avlog = {.lock = PTHREAD_MUTEX_INITIALIZER, .prefix = 1};

static bool level_of(int av_level, enum log_level *level)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (av_level <= levels[i].most) {
            *level = levels[i].level;
            return true;
        }
    return false;
}

static void line_print(enum log_level level, const char *line)
{
    uint32_t repeated, dropped;

    if (!log_enabled(level) ||
        !avlog_limiter_takes(&avlog.limiter, line, clock_monotonic_ns(), &repeated, &dropped))
        return;
    if (repeated > 0)
        log_message(level, avlog.subject, "the line before came %u times more", repeated);
    if (dropped > 0)
        log_message(level, avlog.subject, "%u more lines of FFmpeg were left out", dropped);
    log_message(level, avlog.subject, "%s", line);
}

static void line_finish(int av_level, enum log_level level)
{
    avlog.line[avlog.length] = '\0';
    avlog.length = 0;
    char *line = secret_redact(avlog.line);
    if (!line)
        return;
    if (av_level <= AV_LOG_ERROR)
        snprintf(avlog.last_error, sizeof avlog.last_error, "%s", line);
    line_print(avlog.quiet ? LOG_DEBUG : level, line);
    free(line);
}

/* Adds a piece of a line. Control characters, carriage returns among them, would spoil the log. */
static void line_add(const char *text, int av_level, enum log_level level)
{
    for (; *text; text++) {
        if (*text == '\n')
            line_finish(av_level, level);
        else if (avlog.length < sizeof avlog.line - 1)
            avlog.line[avlog.length++] = (unsigned char)*text < ' ' ? ' ' : *text;
    }
}

static void avlog_callback(void *context, int av_level, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void avlog_callback(void *context, int av_level, const char *format, va_list arguments)
{
    enum log_level level;
    char piece[AVLOG_LINE_BYTES];

    av_level &= 0xff; /* above are colours */
    overheard_listen(av_level, format, arguments);
    damage_words_listen(format);
    if (!level_of(av_level, &level))
        return;
    /* Errors are kept for messages even where the log leaves them out. */
    if (av_level > AV_LOG_ERROR && !log_enabled(level))
        return;
    pthread_mutex_lock(&avlog.lock);
    int length =
        av_log_format_line2(context, av_level, format, arguments, piece, sizeof piece, &avlog.prefix);
    line_add(piece, av_level, level);
    if (length >= (int)sizeof piece) { /* cut, and its line break with it */
        line_add("\n", av_level, level);
        avlog.prefix = 1;
    }
    pthread_mutex_unlock(&avlog.lock);
}

void avlog_start(const char *subject)
{
    avlog.subject = subject;
    av_log_set_callback(avlog_callback);
    av_log_set_level(log_enabled(LOG_DEBUG) ? AV_LOG_VERBOSE : AV_LOG_WARNING);
}

void avlog_last_error(char text[AVLOG_LINE_BYTES])
{
    pthread_mutex_lock(&avlog.lock);
    snprintf(text, AVLOG_LINE_BYTES, "%s", avlog.last_error);
    pthread_mutex_unlock(&avlog.lock);
}

void avlog_forget(void)
{
    pthread_mutex_lock(&avlog.lock);
    avlog.last_error[0] = '\0';
    pthread_mutex_unlock(&avlog.lock);
}

void avlog_quiet(bool quiet)
{
    pthread_mutex_lock(&avlog.lock);
    avlog.quiet = quiet;
    pthread_mutex_unlock(&avlog.lock);
}
