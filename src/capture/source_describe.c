#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <stdio.h>

#include "capture/marks.h"
#include "capture/source_private.h"

double source_stated_rate(const AVStream *stream)
{
    const AVRational rates[] = {stream->avg_frame_rate, stream->r_frame_rate};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
        if (rates[i].num > 0 && rates[i].den > 0 && av_q2d(rates[i]) < SOURCE_RATE_END)
            return av_q2d(rates[i]);
    return 0;
}

/* As it will stand: a picture on its side has another width, and pixels of another shape. */
static void describe_shape(const struct source *source, struct source_description *description)
{
    AVRational aspect = av_guess_sample_aspect_ratio(source->format, source->stream, NULL);
    if (aspect.num > 0 && aspect.den > 0) {
        description->aspect_width = aspect.num;
        description->aspect_height = aspect.den;
    }
    description->orientation = marks_stream_orientation(source->stream);
    orientation_turn_size(description->orientation, &description->width, &description->height);
    orientation_turn_size(description->orientation, &description->aspect_width, &description->aspect_height);
}

void source_describe(const struct source *source, struct source_description *description)
{
    const AVCodecParameters *parameters = source->stream->codecpar;
    const char *pixel_format = av_get_pix_fmt_name((enum AVPixelFormat)parameters->format);
    *description = (struct source_description){
        .width = parameters->width,
        .height = parameters->height,
        .fps = source->clockless ? 0 : source_stated_rate(source->stream),
    };
    snprintf(description->codec, sizeof(description->codec), "%s", avcodec_get_name(parameters->codec_id));
    snprintf(description->pixel_format, sizeof(description->pixel_format), "%s",
             pixel_format ? pixel_format : "");
    marks_stream_colours(source->stream, &description->colours);
    describe_shape(source, description);
}
