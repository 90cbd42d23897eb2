#include "replay/clip.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "camd/shm.h"
#include "capture/avlog.h"
#include "capture/classify.h"
#include "capture/decode.h"
#include "capture/slot_picture.h"
#include "capture/source.h"
#include "capture/source_kind.h"

#define TIMEOUT_NS (10 * CLOCK_NS_PER_S)

struct clip_reader {
    struct source_user source_user;
    struct source source;
    struct decoder decoder;
    struct picture picture;
    int packet_result; /* what the decoder said to the last one */
    bool draining;     /* the file has ended, the decoder has not */
};

/* Nobody asks a replay to stop but with a signal. */
static bool never(void *data)
{
    (void)data;
    return false;
}

static bool packet_handed_over(void *data, AVPacket *packet, int64_t arrival_ns)
{
    struct clip_reader *reader = data;
    packet->flags &= ~AV_PKT_FLAG_CORRUPT; /* in a transport stream, the one after it would be meant */
    reader->packet_result = decoder_send(&reader->decoder, packet, arrival_ns);
    return true;
}

/* Says why: our own words, FFmpeg's last line, or the code's text. Returns -errno. */
static int failed(const struct failure *failure, const char *path, char problem[REPLAY_PROBLEM_BYTES])
{
    char said[AVLOG_LINE_BYTES], code[AV_ERROR_MAX_STRING_SIZE];
    avlog_last_error(said);
    av_make_error_string(code, sizeof(code), failure->error);
    const char *reason = failure->reason[0]                             ? failure->reason
                         : said[0] && classify_is_vague(failure->error) ? said
                                                                        : code;
    struct classification classification =
        classify_error(failure->error, failure->remote ? CLASSIFY_NETWORK : CLASSIFY_CLIP, said);
    snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: %.300s; %s", path, reason, classification.hint);
    return failure->error == AVERROR(ENOMEM) ? -ENOMEM : -EINVAL;
}

static double rate_of(const struct source *source)
{
    struct source_description description;
    source_describe(source, &description);
    return description.fps > 0.0 ? description.fps : (double)CLOCK_NS_PER_S / (double)source->period_ns;
}

static int refuse_camera(const char *path, char problem[REPLAY_PROBLEM_BYTES])
{
    snprintf(problem, REPLAY_PROBLEM_BYTES,
             "%s: a camera never gives the same pictures twice; record a clip of it first", path);
    return -EINVAL;
}

static int reader_open(struct clip_reader *reader, const char *path, char problem[REPLAY_PROBLEM_BYTES])
{
    const struct settings settings = {
        .input = (char *)path,
        .rtsp_transport = (char *)"tcp",
        .hwaccel = (char *)"none",
        .open_timeout_ns = TIMEOUT_NS,
        .read_timeout_ns = TIMEOUT_NS,
    };
    struct failure failure = {0};
    picture_init(&reader->picture, NULL);
    if (source_kind_of(path)->remote)
        return refuse_camera(path, problem);
    reader->source_user = (struct source_user){reader, NULL, false, never, packet_handed_over};
    int result = source_open(&reader->source, &settings, NULL, &reader->source_user, &failure);
    if (result < 0)
        return failed(&failure, path, problem);
    if (reader->source.live)
        return refuse_camera(path, problem);
    result = decoder_open(&reader->decoder, reader->source.stream, settings.hwaccel, path);
    if (result < 0) {
        failure_set(&failure, CAMD_STAGE_PROBE, result, NULL);
        return failed(&failure, path, problem);
    }
    return 0;
}

int clip_open(struct clip *clip, const char *path, uint32_t width, uint32_t height,
              char problem[REPLAY_PROBLEM_BYTES])
{
    struct clip_reader *reader = calloc(1, sizeof(*reader));
    *clip = (struct clip){.reader = reader, .width = width, .height = height};
    if (!reader) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "memory is short");
        return -ENOMEM;
    }
    int result = reader_open(reader, path, problem);
    if (result < 0)
        clip_close(clip);
    else
        clip->fps = rate_of(&reader->source);
    return result;
}

void clip_close(struct clip *clip)
{
    struct clip_reader *reader = clip->reader;
    if (reader) {
        decoder_close(&reader->decoder);
        if (reader->source.format)
            source_close(&reader->source);
        picture_fini(&reader->picture);
    }
    free(reader);
    free(clip->pixels);
    clip->reader = NULL;
    clip->pixels = NULL;
}

/* The first picture decides the size when none was wanted. */
static int make_room(struct clip *clip, const struct decoded *decoded, char problem[REPLAY_PROBLEM_BYTES])
{
    int width = decoded->frame->width, height = decoded->frame->height;
    if (clip->width == 0) {
        orientation_turn_size(decoded->orientation, &width, &height);
        clip->width = picture_even(width);
        clip->height = picture_even(height);
    }
    if (!picture_size_is_possible(clip->width, clip->height)) {
        snprintf(problem, REPLAY_PROBLEM_BYTES,
                 "the clip's size %dx%d is not within %d..%d: set width and height", width, height,
                 CAMD_SIZE_MIN, CAMD_SIZE_MAX);
        return -EINVAL;
    }
    clip->pixels = malloc((size_t)clip->width * clip->height * 3 / 2);
    if (clip->pixels)
        return 0;
    snprintf(problem, REPLAY_PROBLEM_BYTES, "memory is short for a picture of %ux%u", clip->width,
             clip->height);
    return -ENOMEM;
}

static int take(struct clip *clip, const struct decoded *decoded, char problem[REPLAY_PROBLEM_BYTES])
{
    int result = clip->pixels ? 0 : make_room(clip, decoded, problem);
    if (result < 0)
        return result;
    if (picture_write(&clip->reader->picture, decoded->frame, decoded->orientation, clip->pixels, clip->width,
                      clip->height) < 0) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "picture %llu cannot be converted",
                 (unsigned long long)clip->number + 1);
        return -EINVAL;
    }
    /* By their number, not by the file's time stamps, which may be missing or jump. */
    clip->time_ns = (int64_t)((double)clip->number * (double)CLOCK_NS_PER_S / clip->fps);
    clip->is_damaged = decoded->damaged;
    clip->number++;
    return 1;
}

/* Gives the decoder the next packet, or the end. 0 or -errno. */
static int feed(struct clip *clip, char problem[REPLAY_PROBLEM_BYTES])
{
    int result = source_read(&clip->reader->source);
    if (result == AVERROR_EOF) {
        clip->reader->draining = true;
        result = decoder_send(&clip->reader->decoder, NULL, 0);
    } else if (result == AVERROR_INVALIDDATA) {
        return 0;
    } else if (result < 0) {
        const struct failure failure = {.stage = CAMD_STAGE_READ, .error = result};
        return failed(&failure, "the clip", problem);
    } else {
        result = clip->reader->packet_result;
    }
    if (result != AVERROR(ENOMEM))
        return 0;
    snprintf(problem, REPLAY_PROBLEM_BYTES, "memory is short");
    return -ENOMEM;
}

int clip_next(struct clip *clip, char problem[REPLAY_PROBLEM_BYTES])
{
    for (;;) {
        struct decoded decoded;
        int result = decoder_receive(&clip->reader->decoder, &decoded);
        if (result == 0)
            return take(clip, &decoded, problem);
        if (result == AVERROR_EOF)
            return 0;
        if (result == AVERROR(EAGAIN) && !clip->reader->draining)
            result = feed(clip, problem);
        else
            result = result == AVERROR(ENOMEM) ? -ENOMEM : 0;
        if (result < 0)
            return result;
    }
}
