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
    unsigned int quiet; /* how often */
    struct avlog_limiter limiter;
} avlog = {.lock = PTHREAD_MUTEX_INITIALIZER, .prefix = 1};

static bool level_of(int av_level, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (av_level <= levels[i].most) {
            *level = levels[i].level;
            return true;
        }
    return false;
}

/* ---- lines ---- */

static bool is_decoder(void *context)
{
    const AVClass *class_ = context ? *(const AVClass **)context : NULL;
    return class_ && class_->get_category && class_->get_category(context) == AV_CLASS_CATEGORY_DECODER;
}

/* All that a decoder says is about pictures that are damaged in one way or another. */
static void kind_of_line(void *context, const char *line, char kind[AVLOG_KIND_BYTES])
{
    if (is_decoder(context))
        snprintf(kind, AVLOG_KIND_BYTES, "%s", av_default_item_name(context));
    else
        avlog_kind_of(line, kind);
}

static void line_print(void *context, enum log_level level, const char *line)
{
    char kind[AVLOG_KIND_BYTES];
    uint32_t held;
    if (!log_enabled(level))
        return;
    kind_of_line(context, line, kind);
    if (!avlog_limiter_takes(&avlog.limiter, kind, clock_monotonic_ns(), &held))
        return;
    if (held > 0)
        log_message(level, avlog.subject, "%s; and %u more of that kind since the last one", line, held);
    else
        log_message(level, avlog.subject, "%s", line);
}

/* FFmpeg's line without the "[tcp @ 0x...] " that says which of its objects wrote it. */
static const char *without_prefix(const char *line)
{
    while (*line == '[') {
        const char *end = strstr(line, "] ");
        if (!end)
            break;
        line = end + 2;
    }
    return line;
}

static void line_finish(void *context, bool is_failure, enum log_level level)
{
    avlog.line[avlog.length] = '\0';
    avlog.length = 0;
    char *line = secret_redact(avlog.line);
    if (!line)
        return;
    if (is_failure)
        snprintf(avlog.last_error, sizeof(avlog.last_error), "%s", without_prefix(line));
    line_print(context, avlog.quiet > 0 ? LOG_DEBUG : level, line);
    free(line);
}

/* Adds a piece of a line. Control characters, carriage returns among them, would spoil the log. */
static void line_add(void *context, const char *text, bool is_failure, enum log_level level)
{
    for (; *text; text++) {
        if (*text == '\n')
            line_finish(context, is_failure, level);
        else if (avlog.length < sizeof(avlog.line) - 1)
            avlog.line[avlog.length++] = (unsigned char)*text < ' ' ? ' ' : *text;
    }
}

/* What an HTTP camera answered is a warning to FFmpeg, and what an RTSP camera answered an error. */
static bool is_refusal(const char *format)
{
    static const char answer[] = "HTTP error ";
    return strncmp(format, answer, sizeof(answer) - 1) == 0;
}

/*
 * No news to anybody: that an answer which does not say how long it is has ended, and what a camera calls its JPEGs. Where
 * one was cut off, the failure says so.
 */
static bool is_no_news(const char *format)
{
    static const char *const beginnings[] = {"Stream ends prematurely", "Unexpected %s : %s"};
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        if (strncmp(format, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
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
    if (is_no_news(format))
        level = LOG_DEBUG;
    /* Errors are kept for messages even where the log leaves them out. */
    bool is_failure = av_level <= AV_LOG_ERROR || is_refusal(format);
    if (!is_failure && !log_enabled(level))
        return;
    pthread_mutex_lock(&avlog.lock);
    int length =
        av_log_format_line2(context, av_level, format, arguments, piece, sizeof(piece), &avlog.prefix);
    line_add(context, piece, is_failure, level);
    if (length >= (int)sizeof(piece)) { /* cut, and its line break with it */
        line_add(context, "\n", is_failure, level);
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
    avlog.quiet = quiet ? avlog.quiet + 1 : avlog.quiet - 1;
    pthread_mutex_unlock(&avlog.lock);
}

void avlog_finish(void)
{
    pthread_mutex_lock(&avlog.lock);
    uint32_t held = avlog_limiter_held(&avlog.limiter);
    avlog.limiter = (struct avlog_limiter){0};
    pthread_mutex_unlock(&avlog.lock);
    if (held > 0)
        log_debug(avlog.subject, "%u more lines of FFmpeg were left out", held);
}
