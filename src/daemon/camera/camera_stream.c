/* What capture says about its stream, and how often that may change. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timer.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"

/* ---- reading it ---- */

static void copy_word(char word[CAMERA_WORD_BYTES], const char *from)
{
    snprintf(word, CAMERA_WORD_BYTES, "%s", from);
}

static bool is_between(int64_t value, int64_t least, int64_t most)
{
    return value >= least && value <= most;
}

/* Pictures that are scaled to a size of the camera's own may have any: capture is the one to say that it can't. */
static bool size_is_possible(const struct camera *camera, int64_t width, int64_t height)
{
    const bool is_scaled = camera->config.width > 0;
    const int64_t least = is_scaled ? 1 : CAMD_SIZE_MIN, most = is_scaled ? UINT16_MAX : CAMD_SIZE_MAX;
    return is_between(width, least, most) && is_between(height, least, most);
}

/* It is for people only: nothing that no camera has. */
static double believable_fps(double fps)
{
    enum { FPS_MOST = 10000 };
    return fps > 0.0 && fps <= FPS_MOST ? fps : 0.0;
}

static int64_t believable_rotation(int64_t degrees)
{
    return degrees == 90 || degrees == 180 || degrees == 270 ? degrees : 0;
}

static bool read_stream(struct camera *camera, const json_t *message, struct camera_stream *stream)
{
    const int64_t width = json_member_int(message, "width", 0),
                  height = json_member_int(message, "height", 0);
    if (!size_is_possible(camera, width, height)) {
        worker_fault(camera_capture(camera), AUTOMATON_REASON_CONTRACT, CAMD_CLASS_FORMAT,
                     "width and height set a size of your own",
                     "the stream's size %lldx%lld is not within %d..%d", (long long)width, (long long)height,
                     CAMD_SIZE_MIN, CAMD_SIZE_MAX);
        return false;
    }
    *stream = (struct camera_stream){
        .known = true,
        .width = (uint32_t)width,
        .height = (uint32_t)height,
        .fps = believable_fps(json_member_double(message, "fps", 0.0)),
        .rotation = believable_rotation(json_member_int(message, "rotation", 0)),
        .mirrored = json_member_bool(message, "mirrored", false),
        .still = json_member_bool(message, "still", false),
    };
    copy_word(stream->codec, json_member_string(message, "codec", ""));
    copy_word(stream->pixel_format, json_member_string(message, "pixel_format", ""));
    copy_word(stream->colours, json_member_string(message, "colours", ""));
    copy_word(stream->aspect, json_member_string(message, "sample_aspect_ratio", ""));
    return true;
}

static bool has_size_of(const struct camera_stream *a, const struct camera_stream *b)
{
    return a->width == b->width && a->height == b->height;
}

/*
 * What makes it another stream: neither the rate, which is an estimate, nor how its pictures are coded or meant in
 * detail, which capture converts: some cameras change the subsampling of their JPEGs with the light.
 */
static bool is_same(const struct camera_stream *a, const struct camera_stream *b)
{
    return has_size_of(a, b) && strcmp(a->codec, b->codec) == 0;
}

/* ---- what comes of it ---- */

static void log_stream(enum log_level level, const char *subject, const struct camera_stream *stream)
{
    const bool has_rate = stream->fps > 0.0, has_format = stream->pixel_format[0] != '\0';
    char rate[TEXT_NUMBER_BYTES] = "";
    if (has_rate)
        text_rate(stream->fps, rate);
    log_message(level, subject, "%s %ux%u%s%s%s%s%s", stream->codec, stream->width, stream->height,
                has_format ? " " : "", stream->pixel_format, has_rate ? ", " : "", rate,
                has_rate ? " frames a second" : "");
}

/* From now on it is the camera's stream: everybody is told, and segments of its size are made. */
static void accept_stream(struct camera *camera)
{
    const struct camera_stream *stream = &camera->stream;
    const bool is_news = !stream->known || !is_same(stream, &camera->said);
    ev_timer_stop(camera->services->loop, &camera->stream_timer);
    camera->stream = camera->said;
    fleet_count_size(camera->fleet, camera);
    log_stream(is_news ? LOG_INFO : LOG_DEBUG, camera->workers[WORKER_CAPTURE].subject, stream);
    services_emit(camera->services, "stream", camera->config.name,
                  json_pack("{s:o, s:i, s:i, s:f, s:o, s:o, s:o, s:I, s:b}", "codec",
                            json_string_lossy(stream->codec), "width", (int)stream->width, "height",
                            (int)stream->height, "fps", stream->fps, "pixel_format",
                            json_string_lossy(stream->pixel_format), "colours",
                            json_string_lossy(stream->colours), "sample_aspect_ratio",
                            json_string_lossy(stream->aspect), "rotation", (json_int_t)stream->rotation,
                            "mirrored", (int)stream->mirrored));
}

static void change_stream(struct camera *camera)
{
    stream_changes_count(&camera->changes, clock_monotonic_ms());
    accept_stream(camera);
}

/* Its pictures have the size of before for as long, scaled by capture. */
static void put_off(struct camera *camera, int64_t wait_ms)
{
    ev_timer *timer = &camera->stream_timer;
    char wait[TEXT_DURATION_BYTES];
    if (ev_is_active(timer))
        return;
    log_notice(camera->config.name,
               "the stream keeps changing, and is %ux%u %s now: that counts in %s, if it stays so",
               camera->said.width, camera->said.height, camera->said.codec,
               text_duration((double)wait_ms / 1000.0, wait));
    timer_start_ms(camera->services->loop, timer, wait_ms);
}

static void take_change(struct camera *camera)
{
    const int64_t wait_ms = stream_changes_wait_ms(&camera->changes, clock_monotonic_ms());
    if (wait_ms > 0)
        put_off(camera, wait_ms);
    else
        change_stream(camera);
}

static void change_is_due(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera *camera = timer->data;
    (void)loop;
    (void)events;
    if (!camera->want_up || is_same(&camera->said, &camera->stream))
        return;
    take_change(camera);
    camera_segments_ensure(camera);
}

void camera_stream_init(struct camera *camera)
{
    ev_timer_init(&camera->stream_timer, change_is_due, 0.0, 0.0);
    camera->stream_timer.data = camera;
}

void camera_stream_spawned(struct camera *camera)
{
    camera->has_said = false;
}

void camera_stream_message(struct camera *camera, const json_t *message)
{
    struct camera_stream said;
    if (!read_stream(camera, message, &said))
        return;
    const bool is_first = !camera->has_said;
    /* it makes no pictures before it has got segments for this size, or is told to scale */
    const bool waits = !is_first && camera->config.width == 0 && !has_size_of(&said, &camera->said);
    camera->said = said;
    camera->has_said = true;
    if (!camera->stream.known || (is_first && is_same(&said, &camera->stream)))
        accept_stream(camera);
    else if (is_same(&said, &camera->stream))
        camera->stream = said;
    else
        take_change(camera);
    if (!camera->want_up)
        return;
    camera_segments_ensure(camera);
    if (waits)
        camera_segments_resend(camera);
}

bool camera_stream_explain(const struct camera *camera, struct explanation *explanation)
{
    const ev_timer *timer = &camera->stream_timer;
    char left[TEXT_DURATION_BYTES];
    if (camera->config.width > 0 || !ev_is_active(timer))
        return false;
    const double left_s = ev_timer_remaining(camera->services->loop, (ev_timer *)timer);
    explain_reason(
        explanation, "its pictures keep changing their size: for another %s all are scaled to %ux%u",
        text_duration(left_s > 1.0 ? left_s : 1.0, left), camera->stream.width, camera->stream.height);
    return true;
}
