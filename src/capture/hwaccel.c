#include "capture/hwaccel.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>
#include <string.h>

#include "base/log.h"
#include "capture/avlog.h"
#include "capture/classify.h"

/* What FFmpeg said of it, where its code says nothing: that there is no display, or no such driver. */
static void explain(int error, char reason[AVLOG_LINE_BYTES])
{
    reason[0] = '\0';
    if (classify_is_vague(error))
        avlog_last_error(reason);
    if (reason[0] == '\0')
        av_strerror(error, reason, AVLOG_LINE_BYTES);
}

static void warn_once(const struct hwaccel *hwaccel, const char *reason)
{
    static bool warned;
    if (warned)
        return;
    warned = true;
    log_warning(hwaccel->subject,
                "hwaccel = %s cannot be used: %s; decoding by software (hwaccel = none is silent)",
                hwaccel->wish, reason);
}

/* The first or next way in which the codec can use a device of that type (AV_HWDEVICE_TYPE_NONE: of any). */
static const AVCodecHWConfig *config_next(const AVCodec *codec, enum AVHWDeviceType type, int *index)
{
    const AVCodecHWConfig *config;
    while ((config = avcodec_get_hw_config(codec, (*index)++)))
        if ((config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) &&
            (type == AV_HWDEVICE_TYPE_NONE || config->device_type == type))
            return config;
    return NULL;
}

/* libavcodec asks with what it can do for this stream, and once more without what its driver then refused. */
static enum AVPixelFormat choose_format(AVCodecContext *context, const enum AVPixelFormat *formats)
{
    struct hwaccel *hwaccel = context->opaque;
    for (const enum AVPixelFormat *format = formats; *format != AV_PIX_FMT_NONE; format++)
        if (*format == hwaccel->pixel_format)
            return *format;
    warn_once(hwaccel, "the device cannot decode this stream");
    hwaccel->pixel_format = AV_PIX_FMT_NONE;
    return avcodec_default_get_format(context, formats);
}

/* Opens the first device that works; what FFmpeg says of the others is told in our warning only. */
static int device_open(struct hwaccel *hwaccel, const AVCodec *codec, enum AVHWDeviceType type,
                       AVCodecContext *context)
{
    const AVCodecHWConfig *config;
    int index = 0, result = AVERROR(ENOSYS);
    avlog_quiet(true);
    avlog_forget();
    while ((config = config_next(codec, type, &index))) {
        result = av_hwdevice_ctx_create(&context->hw_device_ctx, config->device_type, NULL, NULL, 0);
        if (result < 0)
            continue;
        hwaccel->pixel_format = config->pix_fmt;
        break;
    }
    avlog_quiet(false);
    return result;
}

void hwaccel_prepare(struct hwaccel *hwaccel, const char *wish, const char *subject,
                     const struct AVCodec *codec, struct AVCodecContext *context)
{
    char reason[AVLOG_LINE_BYTES];
    enum AVHWDeviceType type = AV_HWDEVICE_TYPE_NONE;
    *hwaccel = (struct hwaccel){.wish = wish, .subject = subject, .pixel_format = AV_PIX_FMT_NONE};
    if (strcmp(wish, "none") == 0)
        return;
    if (strcmp(wish, "auto") != 0) {
        type = av_hwdevice_find_type_by_name(wish);
        if (type == AV_HWDEVICE_TYPE_NONE) {
            warn_once(hwaccel, "this FFmpeg does not have it");
            return;
        }
    }
    int result = device_open(hwaccel, codec, type, context);
    if (result < 0) {
        explain(result, reason);
        warn_once(hwaccel, result == AVERROR(ENOSYS) ? "FFmpeg cannot decode this codec with it" : reason);
        return;
    }
    context->opaque = hwaccel;
    context->get_format = choose_format;
}

void hwaccel_fini(struct hwaccel *hwaccel)
{
    av_frame_free(&hwaccel->fetched);
}

int hwaccel_fetch(struct hwaccel *hwaccel, const struct AVFrame *frame, const struct AVFrame **picture)
{
    if (!frame->hw_frames_ctx) {
        *picture = frame;
        return 0;
    }
    if (!hwaccel->fetched)
        hwaccel->fetched = av_frame_alloc();
    if (!hwaccel->fetched)
        return AVERROR(ENOMEM);
    av_frame_unref(hwaccel->fetched);
    int result = av_hwframe_transfer_data(hwaccel->fetched, frame, 0);
    if (result >= 0)
        result = av_frame_copy_props(hwaccel->fetched, frame);
    if (result >= 0)
        *picture = hwaccel->fetched;
    return result;
}
