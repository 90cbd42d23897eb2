/*
 * hwaccel.h - decoding by hardware, or by software when that can't be
 *
 * Everything that can go wrong (no device, a driver that lacks the codec or the size, a picture that can't be fetched)
 * ends in decoding by software and one warning for the life of the process.
 */
#ifndef CAMD_CAPTURE_HWACCEL_H
#define CAMD_CAPTURE_HWACCEL_H

#include <stdbool.h>

struct AVCodec;
struct AVCodecContext;
struct AVFrame;

struct hwaccel {
    const char *wish;    /* as configured; not owned */
    const char *subject; /* for the warning; not owned */
    int pixel_format;    /* of the device's pictures; -1: decoding by software */
    struct AVFrame *fetched;
};

/*
 * Before avcodec_open2. wish: "none", "auto" (the first device that there is), or a name of libavutil's (vaapi, cuda, …).
 * hwaccel must stay where it is while context lives: context->opaque points to it.
 */
void hwaccel_prepare(struct hwaccel *hwaccel, const char *wish, const char *subject,
                     const struct AVCodec *codec, struct AVCodecContext *context);
void hwaccel_fini(struct hwaccel *hwaccel);

/*
 * The picture in memory: frame itself when it is there already, else a copy that lasts until the next call. 0 or a
 * negative libav error.
 */
int hwaccel_fetch(struct hwaccel *hwaccel, const struct AVFrame *frame, const struct AVFrame **picture);

#endif
