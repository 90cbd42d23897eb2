#include <errno.h>
#include <inttypes.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "capture/answer.h"
#include "capture/avlog.h"
#include "capture/overheard.h"
#include "capture/source_private.h"

enum { HTTP_REDIRECTIONS = 300, HTTP_NOT_MODIFIED = 304, HTTP_ERRORS = 400, HTTP_LOGIN_WANTED = 401 };

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

/* What follows its head may make no sense all the same, such as the length of a chunk. */
static bool has_good_answer(void)
{
    struct overheard overheard;
    overheard_get(&overheard);
    return overheard.status > 0 && overheard.status < HTTP_ERRORS;
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
        return error == AVERROR(EINVAL) && has_good_answer();
    return error == AVERROR_INVALIDDATA || error == AVERROR(EPERM) ||
           (error == AVERROR(ETIMEDOUT) && source_is_talking(source));
}

/* Where the description has no video nothing is set up, and libavformat asks a camera to play that, which some refuse. */
static bool had_nothing_to_play(void)
{
    char said[AVLOG_LINE_BYTES];
    struct overheard overheard;
    struct answer answer;
    overheard_get(&overheard);
    avlog_last_error(said);
    return !overheard.has_rtsp_transport && answer_find(said, &answer) && strcmp(answer.request, "PLAY") == 0;
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
    /* Of these, libavformat says nothing. */
    if (overheard.rtsp_status >= HTTP_REDIRECTIONS && overheard.rtsp_status < HTTP_ERRORS)
        return failure_set(failure, stage, AVERROR(EPROTONOSUPPORT), "the camera answered with %d",
                           overheard.rtsp_status);
    if (overheard.rtsp_answers > 0)
        return failure_set(failure, stage, AVERROR(EPERM),
                           "it answered, but then closed the connection, or said nothing that makes sense");
    return failure_set(failure, stage, AVERROR(EPROTO),
                       "no answer that makes sense, or it closed the connection");
}

/* It closed the connection at once, as one does that is spoken to in the wrong way, or there is nothing behind its head. */
static int nothing_failed(enum camd_stage stage, struct failure *failure)
{
    enum { HTTP_OK = 200 };
    struct overheard overheard;
    overheard_get(&overheard);
    if (overheard.status > 0 && overheard.status != HTTP_OK)
        return failure_set(failure, stage, AVERROR(EPROTO), "the camera answered with %d and nothing else",
                           overheard.status);
    return failure_set(failure, stage, AVERROR(EPROTO), "the camera answered with nothing");
}

static const char *const redirection_words[] = {
    [REDIRECTION_CIRCLE] = "the camera redirects in a circle",
    [REDIRECTION_FOREIGN] = "the camera redirects to another host, which is not followed",
    [REDIRECTION_OTHER_KIND] = "the camera redirects to an address of another kind, which is not followed",
    [REDIRECTION_NOWHERE] = "the camera's play list leads on and on, and to no picture",
    [REDIRECTION_OTHER_PORT] = "the camera redirects to another port of its own, which is not followed",
    [REDIRECTION_LATE] =
        "the camera redirects without an address, or in its answer to SETUP or PLAY, which is not followed",
};

/*
 * The status by which a camera refuses what its play list names, which is tried again and again; 0: it does not. Without a
 * packet the last refusal counts, though the list itself may have been had anew since then.
 */
static int refusal_of_pieces(const struct source *source)
{
    struct overheard overheard;
    overheard_get(&overheard);
    if (!source->bytes.io || !input_bytes_are_list(&source->bytes))
        return 0;
    if (overheard.status >= HTTP_ERRORS)
        return overheard.status;
    return source->packets == 0 ? overheard.refusal : 0;
}

static int pieces_failed(const struct source *source, enum camd_stage stage, struct failure *failure)
{
    return failure_set(failure, stage, AVERROR_HTTP_SERVER_ERROR,
                       "the camera answers with %d to what its play list names, and %s",
                       refusal_of_pieces(source),
                       source->packets > 0 ? "no picture comes any more" : "no picture came");
}

/* It is asked for again and again. */
static bool list_stands_still(const struct source *source)
{
    enum { ENOUGH = 2 };
    return source->packets > 0 && source->bytes.io && input_bytes_are_list(&source->bytes) &&
           overheard_http_answers() - source->answers >= ENOUGH;
}

/*
 * Of a camera that answered and then fell silent; NULL: it did not answer, or refused. 401 asks for the password, which got no
 * answer.
 */
static const char *silence_words(int status)
{
    if (status >= HTTP_REDIRECTIONS && status < HTTP_ERRORS)
        return "it redirects, and there nothing came within";
    if ((status > 0 && status < HTTP_ERRORS) || status == HTTP_LOGIN_WANTED)
        return "it answered, but nothing came after that within";
    return NULL;
}

/* The time for it is over: "nothing came for" or the like in the given words, or too little for a picture. */
static int fell_silent(const struct source *source, enum camd_stage stage, const char *words,
                       int64_t silence_ns, struct failure *failure)
{
    char silence[TEXT_DURATION_BYTES];
    int64_t bytes = source_unfinished_bytes(source, silence_ns / 2);
    struct overheard overheard;
    overheard_get(&overheard);
    if (refusal_of_pieces(source) > 0)
        return pieces_failed(source, stage, failure);
    text_duration((double)silence_ns / (double)CLOCK_NS_PER_S, silence);
    if (stage == CAMD_STAGE_PROBE && source->bytes.io && input_bytes_are_list(&source->bytes))
        return failure_set(
            failure, stage, AVERROR(ETIME),
            "the camera answered, but too little for a beginning came of its play list within %s", silence);
    if (list_stands_still(source))
        return failure_set(failure, stage, AVERROR(ESTALE),
                           "the camera answered, but nothing new came of its play list for %s", silence);
    if (bytes > 0)
        return failure_set(failure, stage, AVERROR(ETIME),
                           "no whole picture came within %s, only %" PRId64 " bytes of something", silence,
                           bytes);
    if (source->datagrams.count > 0 && source->packets == 0)
        return failure_set(failure, stage, AVERROR(ENOLINK),
                           "it answers, but nothing came over UDP from the port that it named within %s",
                           silence);
    if (stage == CAMD_STAGE_OPEN && overheard.rtsp_answers > 0)
        return failure_set(failure, stage, AVERROR(EINPROGRESS),
                           "it answers, but not all that has to be asked within %s", silence);
    if (stage == CAMD_STAGE_OPEN && !source->bytes.io && silence_words(overheard.status))
        return failure_set(failure, stage, AVERROR(EINPROGRESS), "%s %s", silence_words(overheard.status),
                           silence);
    if (stage == CAMD_STAGE_OPEN && source->babble_bytes > 0 && overheard.status == 0)
        return failure_set(failure, stage, AVERROR(EPROTO),
                           "%" PRId64 " bytes came within %s, and no answer that makes sense",
                           source->babble_bytes, silence);
    return failure_set(failure, stage, AVERROR(ETIMEDOUT), "%s %s", words, silence);
}

static int redirection_failed(const struct source *source, int error, enum camd_stage stage,
                              struct failure *failure)
{
    if (source->redirection_fault == REDIRECTION_NOWHERE && refusal_of_pieces(source) > 0)
        return pieces_failed(source, stage, failure);
    return failure_set(failure, stage, error, "%s", redirection_words[source->redirection_fault]);
}

static int endless_failed(const struct source *source, enum camd_stage stage, struct failure *failure)
{
    return failure_set(failure, stage, AVERROR(EOVERFLOW),
                       "what comes has no end: more than %" PRId64 " MB of %s", source->endless_bytes >> 20,
                       input_bytes_are_list(&source->bytes) ? "a play list" : "what may be one picture");
}

int source_open_failed(struct source *source, int error, enum camd_stage stage,
                       const struct settings *settings, struct failure *failure)
{
    error = source_result(source, error);
    failure->remote = source->remote;
    if (error == AVERROR_EOF && has_what_there_is(source))
        return failure_set(failure, stage, AVERROR(EALREADY), NULL);
    if (source->endless_bytes > 0)
        return endless_failed(source, stage, failure);
    if (source->redirection_fault != REDIRECTION_GOOD)
        return redirection_failed(source, error, stage, failure);
    /* Of what a parser makes of a size that it refuses there are many codes, and some are none. */
    const bool is_of_stream =
        error != AVERROR(ETIMEDOUT) && error != AVERROR(ENOMEM) && error != AVERROR_EXIT;
    if (is_of_stream && source_refuse_size(failure) < 0)
        return failure->error;
    if (error == AVERROR(ESPIPE) && source->remote)
        return failure_set(failure, stage, error,
                           "its index is at its end, and the server lets nobody begin there");
    if (names_files(source))
        return failure_set(failure, stage, AVERROR(EXDEV),
                           "it names other files that have the pictures, which are not read");
    if (error == AVERROR_INVALIDDATA && refusal_of_pieces(source) > 0)
        return pieces_failed(source, stage, failure);
    if (had_nothing_to_play()) {
        avlog_forget(); /* that answer is no matter */
        return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_STREAM_NOT_FOUND, "no video in it");
    }
    if (is_unreadable(source, error))
        return answer_failed(source, stage, failure);
    if (error == AVERROR(ETIMEDOUT))
        return fell_silent(source, stage, "no answer within", settings->open_timeout_ns, failure);
    if (has_ended(source, error) && is_page(source) && source->bytes.head_length > 0)
        return answer_failed(source, stage, failure);
    /* As an end of the stream it would be taken for that of one that had begun. */
    if (has_ended(source, error))
        return source->remote
                   ? nothing_failed(stage, failure)
                   : failure_set(failure, stage, AVERROR_INVALIDDATA, "it ends before its first picture");
    if (error == AVERROR_INVALIDDATA && source->remote && stage == CAMD_STAGE_OPEN)
        return conversation_failed(stage, failure);
    return failure_set(failure, stage, error, NULL);
}

/* How long the source may be silent, without the grace that one gets whose interval is not known. */
static int64_t silence_ns(const struct source *source)
{
    return source->rhythm.interval_ns > 0 ? source_patience_ns(source) : source->read_timeout_ns;
}

int source_read_failed(const struct source *source, int error, struct failure *failure)
{
    char silence[TEXT_DURATION_BYTES];
    if (source->endless_bytes > 0)
        return endless_failed(source, CAMD_STAGE_READ, failure);
    if (source->redirection_fault != REDIRECTION_GOOD)
        return redirection_failed(source, error, CAMD_STAGE_READ, failure);
    /* AVERROR_EOF as such is the end of a file, after which nothing is tried again. */
    if (error == AVERROR_EOF || (error == AVERROR(EIO) && source->live && source->remote))
        return failure_set(failure, CAMD_STAGE_READ, AVERROR(ECONNRESET), "the camera ended the stream");
    if (error == AVERROR(ETIMEDOUT) && source_is_talking(source))
        return failure_set(failure, CAMD_STAGE_READ, AVERROR_INVALIDDATA,
                           "no picture can be made of what came in the last %s",
                           text_duration((double)silence_ns(source) / (double)CLOCK_NS_PER_S, silence));
    if (error == AVERROR(ETIMEDOUT))
        return fell_silent(source, CAMD_STAGE_READ, "nothing came for", silence_ns(source), failure);
    return failure_set(failure, CAMD_STAGE_READ, error, NULL);
}

int source_refuse_size(struct failure *failure)
{
    struct overheard overheard;
    overheard_get(&overheard);
    if (overheard.width == 0)
        return 0;
    return failure_set_size(failure, overheard.width, overheard.height);
}
