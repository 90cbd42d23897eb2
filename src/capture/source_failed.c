#include <errno.h>
#include <inttypes.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "capture/overheard.h"
#include "capture/source_private.h"

enum { HTTP_NOT_MODIFIED = 304, HTTP_ERRORS = 400 };

/* A parser that wants to read beyond the end makes an error of input and output of it. */
static bool has_ended(const struct source *source, int error)
{
    const AVIOContext *io = source->bytes.io;

    return error == AVERROR_EOF || (error == AVERROR(EIO) && io && io->error == 0);
}

static bool has_what_there_is(const struct source *source)
{
    struct overheard overheard;

    overheard_get(&overheard);
    return source->user->http_conditions && overheard.status == HTTP_NOT_MODIFIED;
}

/* "text/html": a page that asks to log in, or says that too many look already. */
static bool is_page(const struct source *source)
{
    return source->remote && strncasecmp(source->bytes.content_type, "text/", strlen("text/")) == 0;
}

/* Something came, and no parser can make anything of it, whatever it calls that: concat's takes a play list for an attack. */
static bool is_unreadable(const struct source *source, int error)
{
    if (!source->remote || !source->bytes.io)
        return false;
    return error == AVERROR_INVALIDDATA || error == AVERROR(EPERM) ||
           (error == AVERROR(ETIMEDOUT) && source_is_talking(source));
}

/* A play list on this machine, or a list of clips: what it names need not be what the administrator meant. */
static bool names_files(const struct source *source)
{
    struct overheard overheard;

    overheard_get(&overheard);
    return !source->remote && overheard.refused_files > 0;
}

static int answer_failed(const struct source *source, enum camd_stage stage, struct failure *failure)
{
    const char *type = source->bytes.content_type;

    if (is_page(source))
        return failure_set(failure, stage, AVERROR(EBADMSG), "it is a page of text (%s), not pictures", type);
    return failure_set(failure, stage, AVERROR_INVALIDDATA,
                       "what the camera answers%s%s%s is no video that can be read", type[0] ? " (" : "",
                       type, type[0] ? ")" : "");
}

/* What libavformat makes of an answer that is none, and of a connection that was closed before the answer. */
static int conversation_failed(enum camd_stage stage, struct failure *failure)
{
    struct overheard overheard;

    overheard_get(&overheard);
    if (overheard.rtsp_answers > 0)
        return failure_set(failure, stage, AVERROR(EPERM),
                           "it answered, but then closed the connection, or said nothing that makes sense");
    return failure_set(failure, stage, AVERROR(EPROTO),
                       "no answer that makes sense, or it closed the connection");
}

static const char *const redirection_words[] = {
    [REDIRECTION_CIRCLE] = "the camera redirects in a circle",
    [REDIRECTION_FOREIGN] = "the camera redirects to another host, which is not followed",
    [REDIRECTION_OTHER_KIND] = "the camera redirects to an address of another kind, which is not followed",
    [REDIRECTION_OTHER_PORT] = "the camera redirects to another port of its own, which is not followed",
};

int source_fell_silent(const struct source *source, enum camd_stage stage, const char *words,
                       int64_t silence_ns, struct failure *failure)
{
    char silence[TEXT_DURATION_BYTES];
    int64_t bytes = source_unfinished_bytes(source, silence_ns / 2);
    struct overheard overheard;

    overheard_get(&overheard);
    text_duration((double)silence_ns / (double)CLOCK_NS_PER_S, silence);
    /* The first answer was a good one: this is about what it leads to, which is tried again and again. */
    if (source->bytes.io && overheard.status >= HTTP_ERRORS)
        return failure_set(
            failure, stage, AVERROR_HTTP_SERVER_ERROR,
            "no picture came within %s: the camera answers with %d to what its play list names", silence,
            overheard.status);
    if (bytes > 0)
        return failure_set(failure, stage, AVERROR(ETIME),
                           "no whole picture came within %s, only %" PRId64 " bytes of something", silence,
                           bytes);
    if (stage == CAMD_STAGE_OPEN && overheard.rtsp_answers > 0)
        return failure_set(failure, stage, AVERROR(EINPROGRESS),
                           "it answers, but not all that has to be asked within %s", silence);
    return failure_set(failure, stage, AVERROR(ETIMEDOUT), "%s %s", words, silence);
}

int source_open_failed(struct source *source, int error, enum camd_stage stage,
                       const struct settings *settings, struct failure *failure)
{
    error = source_result(source, error);
    failure->remote = source->remote;
    if (error == AVERROR_EOF && has_what_there_is(source))
        return failure_set(failure, stage, AVERROR(EALREADY), NULL);
    if (source->redirection_fault != REDIRECTION_GOOD)
        return failure_set(failure, stage, error, "%s", redirection_words[source->redirection_fault]);
    if (error == AVERROR(ESPIPE) && source->remote)
        return failure_set(failure, stage, error,
                           "its index is at its end, and the server lets nobody begin there");
    if (names_files(source))
        return failure_set(failure, stage, AVERROR(EXDEV),
                           "it names other files that have the pictures, which are not read");
    if (is_unreadable(source, error))
        return answer_failed(source, stage, failure);
    if (error == AVERROR(ETIMEDOUT))
        return source_fell_silent(source, stage, "no answer within", settings->open_timeout_ns, failure);
    /* As an end of the stream it would be taken for that of one that had begun. */
    if (has_ended(source, error))
        return source->remote
                   ? failure_set(failure, stage, AVERROR(ECONNRESET), "the camera answered with nothing")
                   : failure_set(failure, stage, AVERROR_INVALIDDATA, "it ends before its first picture");
    if (error == AVERROR_INVALIDDATA && source->remote && stage == CAMD_STAGE_OPEN)
        return conversation_failed(stage, failure);
    return failure_set(failure, stage, error, NULL);
}

int source_refuse_size(struct failure *failure)
{
    struct overheard overheard;

    overheard_get(&overheard);
    if (overheard.width == 0)
        return 0;
    return failure_set_size(failure, overheard.width, overheard.height);
}
