#include "capture/slot_output.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/marks.h"

enum {
    REFUSED_MAX = 1000,  /* slots refused in a row, then something is wrong for good */
    LOOK_AGAIN_MS = 200, /* wake-ups are hints: the queue is looked at without one, too */
    WAIT_STEP_MS = 60000,
};

#define RATE_SHARE 0.25 /* a rate that differs by less is the same */

void output_init(struct output *output, struct worker *worker, const struct settings *settings)
{
    *output = (struct output){.worker = worker, .settings = settings};
    picture_init(&output->picture, &settings->colours);
}

void output_fini(struct output *output)
{
    picture_fini(&output->picture);
}

static bool told_to_stop(const struct output *output)
{
    return output->worker->stop || output->broken || worker_stopping();
}

/* New segments: take over the block and begin to use them. */
static void adopt_segments(struct output *output)
{
    struct worker *worker = output->worker;
    if (!worker->frames_changed)
        return;
    worker->frames_changed = false;
    output->stale = false;
    camd_capture_begin(&worker->segments, worker->first_frame_id);
    /* A predecessor has written here: what the camera showed since then is missing. */
    if (__atomic_load_n(&worker->segments.capture->frames, __ATOMIC_RELAXED) > 0)
        output_gap(output);
}

/* Handles messages for at most timeout_ms. 0 or AVERROR_EXIT. */
static int output_poll(struct output *output, int timeout_ms, int extra_fd)
{
    if (told_to_stop(output))
        return AVERROR_EXIT;
    output->looked_ns = clock_monotonic_ns();
    if (worker_poll(output->worker, timeout_ms, extra_fd, NULL) < 0) {
        output->broken = true;
        return AVERROR_EXIT;
    }
    adopt_segments(output);
    return told_to_stop(output) ? AVERROR_EXIT : 0;
}

bool output_wait_until(struct output *output, int64_t until_ns)
{
    for (;;) {
        int64_t left_ns = until_ns - clock_monotonic_ns();
        int64_t left_ms = left_ns > 0 ? (left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS : 0;
        if (left_ms > WAIT_STEP_MS)
            left_ms = WAIT_STEP_MS;
        if (output_poll(output, (int)left_ms, -1) < 0)
            return false;
        if (clock_monotonic_ns() >= until_ns)
            return true;
    }
}

bool output_goes_on(struct output *output)
{
    if (told_to_stop(output))
        return false;
    if (clock_monotonic_ns() - output->looked_ns < OUTPUT_LOOK_EVERY_NS)
        return true;
    return output_poll(output, 0, -1) >= 0;
}

/* ---- what is told about the stream ---- */

static bool descriptions_equal(const struct source_description *a, const struct source_description *b)
{
    return a->width == b->width && a->height == b->height && strcmp(a->codec, b->codec) == 0 &&
           strcmp(a->pixel_format, b->pixel_format) == 0 && a->aspect_width == b->aspect_width &&
           a->aspect_height == b->aspect_height && a->colours.matrix == b->colours.matrix &&
           a->colours.range == b->colours.range && orientations_equal(a->orientation, b->orientation);
}

/* Even, as the segments are; of a single column or row, which only scaling makes anything of, that one. */
static int told_size(int size)
{
    return size == 1 ? 1 : (int)picture_even(size);
}

static json_t *stream_message(const struct source_description *description)
{
    char colours[COLOURS_WORD_BYTES], aspect[32] = "";
    bool mirrored;
    int degrees = orientation_degrees(description->orientation, &mirrored);
    colours_word(&description->colours, colours);
    if (description->aspect_width > 0)
        snprintf(aspect, sizeof(aspect), "%d:%d", description->aspect_width, description->aspect_height);
    return json_pack("{s:s, s:s, s:i, s:i, s:f, s:s, s:s, s:s, s:i, s:b, s:b}", "type", "stream", "codec",
                     description->codec, "width", told_size(description->width), "height",
                     told_size(description->height), "fps", description->fps, "pixel_format",
                     description->pixel_format, "colours", colours, "sample_aspect_ratio", aspect, "rotation",
                     degrees, "mirrored", (int)mirrored, "still", (int)description->still);
}

static int tell_stream(struct output *output, struct failure *failure)
{
    json_t *message = stream_message(&output->announced);
    int result = message ? worker_send(output->worker, message) : -ENOMEM;
    if (result < 0)
        return failure_set(failure, CAMD_STAGE_SETUP, AVERROR(-result),
                           "camd could not be told about the stream");
    return 0;
}

bool output_size_is_possible(const struct output *output, int width, int height)
{
    return output->settings->width || picture_size_is_possible(picture_even(width), picture_even(height));
}

int output_announce(struct output *output, const struct source_description *description,
                    struct failure *failure)
{
    uint32_t width = picture_even(description->width), height = picture_even(description->height);
    if (output->is_announced && descriptions_equal(&output->announced, description))
        return 0;
    if (!output_size_is_possible(output, description->width, description->height))
        return failure_set_size(failure, description->width, description->height);
    bool resized = output->is_announced && (picture_even(output->announced.width) != width ||
                                            picture_even(output->announced.height) != height);
    if (resized) {
        /* camd says what comes of it; a stream may do this with every picture */
        log_debug(output->worker->camera, "the stream changed from %d x %d to %d x %d",
                  output->announced.width, output->announced.height, description->width, description->height);
        output->flags |= CAMD_FRAME_SIZE_CHANGED;
        output->stale = !output->settings->width;
    }
    output->announced = *description;
    output->is_announced = true;
    return tell_stream(output, failure);
}

int output_announce_rate(struct output *output, double fps, bool still, struct failure *failure)
{
    bool differs = output->announced.still != still || fps < output->announced.fps * (1 - RATE_SHARE) ||
                   fps > output->announced.fps * (1 + RATE_SHARE);
    if (!output->is_announced || !differs)
        return 0;
    output->announced.fps = fps;
    output->announced.still = still;
    return tell_stream(output, failure);
}

/* What is not done is said once. */
static void tell_unknown_colours(struct output *output, const AVFrame *frame)
{
    const char *unknown = marks_unknown_colours(frame);
    if (unknown && (!output->unknown_colours || strcmp(unknown, output->unknown_colours) != 0))
        log_notice(output->worker->camera,
                   "its colours are marked %s, which is not converted: they will look wrong", unknown);
    output->unknown_colours = unknown;
}

/* The decoded picture has the last word: containers and cameras are wrong about size and format at times. */
static int announce_picture(struct output *output, const struct output_frame *given, struct failure *failure)
{
    const AVFrame *frame = given->picture;
    struct source_description description = output->announced;
    const char *pixel_format = av_get_pix_fmt_name((enum AVPixelFormat)frame->format);
    tell_unknown_colours(output, frame);
    snprintf(description.codec, sizeof(description.codec), "%s", output->codec);
    description.width = frame->width;
    description.height = frame->height;
    description.orientation = given->orientation;
    orientation_turn_size(given->orientation, &description.width, &description.height);
    marks_frame_colours(frame, &description.colours);
    if (description.aspect_width == 0 && frame->sample_aspect_ratio.num > 0 &&
        frame->sample_aspect_ratio.den > 0) {
        description.aspect_width = frame->sample_aspect_ratio.num;
        description.aspect_height = frame->sample_aspect_ratio.den;
        orientation_turn_size(given->orientation, &description.aspect_width, &description.aspect_height);
    }
    snprintf(description.pixel_format, sizeof(description.pixel_format), "%s",
             pixel_format ? pixel_format : "");
    return output_announce(output, &description, failure);
}

/* ---- publishing ---- */

static int wait_for_segments(struct output *output)
{
    adopt_segments(output);
    while (!output->worker->has_segments || output->stale) {
        int result = output_poll(output, WAIT_STEP_MS, -1);
        if (result < 0)
            return result;
    }
    return 0;
}

static int wait_for_tracker(struct output *output)
{
    struct worker *worker = output->worker;
    while (!camd_capture_queue_has_room(&worker->segments)) {
        int result = output_poll(output, LOOK_AGAIN_MS, worker->space_event);
        if (result < 0)
            return result;
        if (worker->space_event >= 0)
            worker_event_clear(worker->space_event);
    }
    return 0;
}

static void publish(struct output *output, uint32_t slot, const struct output_frame *frame)
{
    struct worker *worker = output->worker;
    int64_t now_ns = clock_monotonic_ns();
    bool queued = false;
    struct camd_frame_times times = {
        .stream_time_ns = frame->stream_time_ns,
        .arrival_ns = frame->arrival_ns,
        .wall_ns = clock_wall_ns() - (now_ns - frame->arrival_ns),
        .flags = output->flags | (frame->damaged ? CAMD_FRAME_DAMAGED : 0),
    };
    camd_capture_publish(&worker->segments, slot, &times, &queued);
    if (queued)
        worker_event_signal(worker->frame_event);
    output->flags = 0;

    struct camd_capture_block *block = worker->segments.capture;
    worker_rate_update(&output->frame_rate, now_ns);
    if (!queued)
        worker_rate_update(&output->skipped_rate, now_ns);
    __atomic_store_n(&block->camera_fps_milli,
                     (uint32_t)(worker_rate_value(&output->frame_rate, now_ns) * 1000), __ATOMIC_RELAXED);
    __atomic_store_n(&block->skipped_fps_milli,
                     (uint32_t)(worker_rate_value(&output->skipped_rate, now_ns) * 1000), __ATOMIC_RELAXED);
}

/* No slot is free only when the tracker's block is nonsense: the picture is lost, and that is all for a while. */
static int slot_refused(struct output *output, int error, struct failure *failure)
{
    output_gap(output);
    output->refused++;
    if (error == -EAGAIN && output->refused < REFUSED_MAX)
        return 0;
    return failure_set(failure, CAMD_STAGE_SETUP, AVERROR_EXTERNAL,
                       "no frame slot is free: restart the camera");
}

int output_put(struct output *output, const struct output_frame *frame, struct failure *failure)
{
    struct worker *worker = output->worker;
    struct camd_segments *segments = &worker->segments;
    uint32_t slot;
    uint8_t *pixels;
    output->written = NULL;
    int result = announce_picture(output, frame, failure);
    if (result >= 0)
        result = wait_for_segments(output);
    if (result >= 0 && output->hold_back)
        result = wait_for_tracker(output);
    if (result < 0)
        return result;

    result = camd_capture_slot_open(segments, &slot, &pixels);
    if (result < 0)
        return slot_refused(output, result, failure);
    output->refused = 0;
    result = picture_write(&output->picture, frame->picture, frame->orientation, pixels, segments->width,
                           segments->height);
    if (result < 0) {
        camd_capture_slot_discard(segments, slot);
        return failure_set(failure, CAMD_STAGE_SCALE, result, "pictures of format %s cannot be converted",
                           output->announced.pixel_format);
    }
    publish(output, slot, frame);
    output->written = pixels;
    if (!output->ready) {
        output->ready = true;
        worker_send_ready(worker);
    }
    return 0;
}

/* ---- counting ---- */

void output_gap(struct output *output)
{
    output->flags |= CAMD_FRAME_GAP; /* publishing counts it */
}

static void count_up(uint64_t *counter, uint64_t *pending)
{
    if (*pending)
        __atomic_fetch_add(counter, *pending, __ATOMIC_RELAXED);
    *pending = 0;
}

void output_count(struct output *output)
{
    struct output_counters *pending = &output->counters;
    if (!output->worker->has_segments)
        return;
    struct camd_capture_block *block = output->worker->segments.capture;
    count_up(&block->packets, &pending->packets);
    count_up(&block->bytes, &pending->bytes);
    count_up(&block->decoded, &pending->decoded);
    count_up(&block->damaged, &pending->damaged);
    count_up(&block->reopened, &pending->reopened);
}
