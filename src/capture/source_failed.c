#include <errno.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "capture/overheard.h"
#include "capture/source_private.h"

enum { HTTP_NOT_MODIFIED = 304 };

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

int source_open_failed(struct source *source, int error, enum camd_stage stage,
                       const struct settings *settings, struct failure *failure)
{
    error = source_result(source, error);
    failure->remote = source->remote;
    if (error == AVERROR_EOF && has_what_there_is(source))
        error = failure_set(failure, stage, AVERROR(EALREADY), NULL);
    else if (source->redirection_fault == REDIRECTION_CIRCLE)
        failure_set(failure, stage, error, "the camera redirects in a circle");
    else if (source->redirection_fault == REDIRECTION_FOREIGN)
        failure_set(failure, stage, error, "the camera redirects to another host, which is not followed");
    else if (error == AVERROR(ETIMEDOUT))
        failure_set(failure, stage, error, "no answer within %.3g s",
                    (double)settings->open_timeout_ns / (double)CLOCK_NS_PER_S);
    else if (has_ended(source, error))
        /* As an end of the stream it would be taken for that of one that had begun. */
        error = source->remote
                    ? failure_set(failure, stage, AVERROR(ECONNRESET), "the camera answered with nothing")
                    : failure_set(failure, stage, AVERROR_INVALIDDATA, "it ends before its first picture");
    else if (error == AVERROR_INVALIDDATA && is_page(source))
        error = failure_set(failure, stage, AVERROR(EBADMSG), "it is a page of text (%s), not pictures",
                            source->bytes.content_type);
    else if (error == AVERROR_INVALIDDATA && source->remote && stage == CAMD_STAGE_OPEN)
        /* Also what libavformat makes of a connection that was closed before the answer. */
        error = failure_set(failure, stage, AVERROR(EPROTO),
                            "no answer that makes sense, or it closed the connection");
    else
        failure_set(failure, stage, error, NULL);
    return error;
}

int source_refuse_size(struct failure *failure)
{
    struct overheard overheard;

    overheard_get(&overheard);
    if (overheard.width == 0)
        return 0;
    return failure_set_size(failure, overheard.width, overheard.height);
}
