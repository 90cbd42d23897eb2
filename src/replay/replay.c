#include "replay/replay.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "capture/pace.h"
#include "replay/draw.h"
#include "tracker/object_message.h"
#include "tracker/pipeline.h"

enum { PROGRESS_FRAMES = 25 };

struct replay {
    const struct replay_options *options;
    struct clip clip;
    struct pace_selector selector; /* of the pictures that are looked at, when a rate is wanted */
    struct draw *draw;
    int event_error; /* of writing the events: -errno */
    struct pipeline pipeline;
    struct camd_result result;
};

static void show_progress(const struct replay *replay, bool end)
{
    if (!replay->options->progress || (!end && replay->clip.number % PROGRESS_FRAMES != 0))
        return;
    fprintf(stderr, "\rframe %llu%s", (unsigned long long)replay->clip.number, end ? "\n" : "");
}

/* ---- what comes out ---- */

/* As the tracker would tell camd, a line an event. */
static void write_event(void *context, const struct object_event *event)
{
    struct replay *replay = context;
    const struct pipeline *pipeline = &replay->pipeline;
    json_t *json = report_object(event, &pipeline->policy, &pipeline->settings);
    int result = -ENOMEM;
    errno = 0;
    if (json) {
        result = json_dumpf(json, replay->options->events, JSON_COMPACT | JSON_DIGITS) == 0 &&
                         putc('\n', replay->options->events) != EOF
                     ? 0
                     : -(errno ? errno : EIO);
        json_decref(json);
    }
    if (replay->event_error == 0)
        replay->event_error = result;
}

static int write_outputs(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    const struct replay_options *options = replay->options;
    const struct clip *clip = &replay->clip;
    int result = replay->event_error;
    if (result == 0 && options->mot)
        result = mot_write(options->mot, clip->number, &replay->pipeline.objects);
    if (result < 0)
        snprintf(problem, REPLAY_PROBLEM_BYTES, "tracks or events cannot be written: %s", strerror(-result));
    if (result < 0 || !replay->draw)
        return result;
    pipeline_write_result(&replay->pipeline, clip->time_ns, &replay->result);
    return draw_picture(replay->draw, clip->number, clip->pixels, &replay->result, problem);
}

/* ---- frames ---- */

static void tell_detector_failed(const struct replay *replay, int error, char problem[REPLAY_PROBLEM_BYTES])
{
    const struct replay_detector *detector = &replay->options->detector;
    const char *reason = detector->problem ? detector->problem(detector->port.context) : strerror(-error);
    snprintf(problem, REPLAY_PROBLEM_BYTES, "the detector failed in frame %llu: %s",
             (unsigned long long)replay->clip.number, reason);
}

static double rate_of(const struct replay *replay)
{
    double wanted = replay->options->fps, fps = replay->clip.fps;
    return wanted > 0.0 && wanted < fps ? wanted : fps;
}

/* The size is known with the first picture. */
static int set_up(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    const struct replay_options *options = replay->options;
    const struct clip *clip = &replay->clip;
    const struct draw_options draw = {
        .frames = options->frames,
        .video = options->video,
        .width = clip->width,
        .height = clip->height,
        .fps = rate_of(replay),
        .labels = options->detector.labels,
        .label_count = options->detector.label_count,
    };
    int result = pipeline_set_size(&replay->pipeline, clip->width, clip->height);
    if (result < 0)
        snprintf(problem, REPLAY_PROBLEM_BYTES, "motion detection cannot be set up: %s", strerror(-result));
    else if (options->frames || options->video)
        result = draw_open(&draw, &replay->draw, problem);
    if (result < 0 || !options->detector.begin)
        return result;
    result = options->detector.begin(options->detector.port.context, clip->width, clip->height);
    if (result < 0)
        tell_detector_failed(replay, result, problem);
    return result;
}

static int process(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    const struct clip *clip = &replay->clip;
    int result = clip->number == 1 ? set_up(replay, problem) : 0;
    if (result < 0)
        return result;
    const struct camd_frame frame = {
        .pixels = clip->pixels,
        .frame_id = clip->number,
        .stream_time_ns = clip->time_ns,
        .arrival_ns = clip->time_ns,
        .wall_ns = clip->time_ns,
        .flags = clip->is_damaged ? CAMD_FRAME_DAMAGED : 0,
    };
    pipeline_frame(&replay->pipeline, &frame, false, clip->time_ns);
    if (replay->pipeline.counts.error < 0) {
        tell_detector_failed(replay, replay->pipeline.counts.error, problem);
        return replay->pipeline.counts.error;
    }
    show_progress(replay, false);
    return write_outputs(replay, problem);
}

static int process_all(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    int result;
    while ((result = clip_next(&replay->clip, problem)) > 0) {
        if (replay->options->fps > 0.0 && !pace_selector_takes(&replay->selector, replay->clip.time_ns))
            continue;
        result = process(replay, problem);
        if (result < 0)
            return result;
    }
    if (result == 0 && replay->clip.number == 0) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: no picture in it can be decoded", replay->options->clip);
        return -EINVAL;
    }
    return result;
}

static void begin(struct replay *replay)
{
    const struct replay_options *options = replay->options;
    struct settings settings = *options->settings;
    const struct pipeline_ports ports = {
        .detection = options->detector.port,
        .listener = {replay, options->events ? write_event : NULL},
        .first_object_id = 1,
    };
    settings.tracking.fps = rate_of(replay);
    pace_selector_init(&replay->selector, rate_of(replay));
    pipeline_init(&replay->pipeline, &settings);
    pipeline_connect(&replay->pipeline, &ports);
    pipeline_set_labels(&replay->pipeline, options->detector.labels, options->detector.label_count);
}

static int run(struct replay *replay, char problem[REPLAY_PROBLEM_BYTES])
{
    char close_problem[REPLAY_PROBLEM_BYTES];
    begin(replay);
    int result = process_all(replay, problem);
    show_progress(replay, true);
    if (result == 0) {
        pipeline_end_objects(&replay->pipeline, OBJECT_REASON_STOPPED);
        result = replay->event_error;
        if (result < 0)
            snprintf(problem, REPLAY_PROBLEM_BYTES, "the events cannot be written: %s", strerror(-result));
    }
    int closed = draw_close(replay->draw, close_problem);
    if (result == 0 && closed < 0) {
        memcpy(problem, close_problem, REPLAY_PROBLEM_BYTES);
        result = closed;
    }
    pipeline_fini(&replay->pipeline);
    return result;
}

int replay_run(const struct replay_options *options, struct limits *limits,
               char problem[REPLAY_PROBLEM_BYTES])
{
    struct replay *replay = calloc(1, sizeof(*replay));
    if (!replay) {
        snprintf(problem, REPLAY_PROBLEM_BYTES, "memory is short");
        return -ENOMEM;
    }
    replay->options = options;
    int result = clip_open(&replay->clip, options->clip, options->width, options->height, problem);
    if (result == 0) {
        result = run(replay, problem);
        clip_close(&replay->clip);
    }
    *limits = replay->pipeline.limits;
    free(replay);
    return result;
}
