/* What a camera's workers ask of it: segments, their configuration, and whether they make progress. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/camera/worker_news.h"
#include "daemon/segments/shm_blocks.h"

#define STREAM_FPS_MIN 0.001 /* a stream that says less has no rate, or lies */

static void provide(void *context, enum worker_kind kind)
{
    struct camera *camera = context;
    uint32_t width, height;
    camera_size(camera, &width, &height);
    bool size_is_configured = camera->config.width > 0;
    if (!camera_segments_claim(camera))
        return;
    /* capture has to tell the size first, unless the configuration does */
    if (kind == WORKER_CAPTURE && !size_is_configured)
        worker_event(camera_capture(camera), AUTOMATON_EVENT_CREATED);
    else
        camera_segments_ensure(camera);
}

static void cancel(void *context, enum worker_kind kind)
{
    if (kind == WORKER_CAPTURE)
        camera_segments_cancel(context);
}

static json_t *settings_of(const struct camera *camera)
{
    return config_camera_json(&camera->config,
                              config_detector_find(camera->services->config, camera->config.detector));
}

/* Only capture needs the password, which is read each time; the tracker is told the input as everybody else is. */
json_t *camera_worker_config(void *context, enum worker_kind kind)
{
    struct camera *camera = context;
    json_t *config = settings_of(camera);
    char *url = NULL, *problem = NULL;
    json_object_del(config, "input");
    if (kind != WORKER_CAPTURE) {
        url = secret_redact_value(camera->config.input);
    } else {
        camera_password_note(camera);
        secret_url_complete(camera->config.input, camera->config.password_file, &url, &problem);
    }
    if (url)
        json_object_set_new(config, "input", json_string_lossy(url));
    else
        json_object_set_new(config, "input_problem",
                            json_string_lossy(problem ? problem : "memory is short"));
    secret_free(url);
    free(problem);
    return config;
}

static void spawned(void *context, enum worker_kind kind)
{
    struct camera *camera = context;
    camera->frames_sent[kind] = false;
    if (kind == WORKER_CAPTURE)
        camera_stream_spawned(camera);
    /* a stream's size may have changed while nobody looked: capture says it again before it gets segments */
    if (kind == WORKER_TRACKER || camera->config.width > 0)
        camera_segments_send(camera, kind);
}

static void gone(void *context, enum worker_kind kind)
{
    struct camera *camera = context;
    camera->frames_sent[kind] = false;
    camera_health_gone(camera, kind);
    if (kind != WORKER_TRACKER)
        return;
    if (camera->store)
        shm_blocks_clear_lease(camera->store);
    camera_segments_unmapped(camera);
    camera_end_objects(camera);
    if (camera->motion) {
        camera->motion = false;
        services_emit(camera->services, "motion", camera->config.name,
                      json_pack("{s:b, s:[]}", "active", 0, "boxes"));
    }
}

/* Whether pictures come that should. A stall began when the last one had come. */
static void note_dark(struct camera *camera)
{
    const struct worker_process *capture = camera_capture(camera);
    const struct automaton *automaton = &capture->automaton;
    const bool has_stalled = automaton->failing && automaton->reason == AUTOMATON_REASON_STALL;
    if (!camera->want_up || automaton->state == AUTOMATON_UP || automaton->state == AUTOMATON_ENDED) {
        camera->dark_since_ms = 0;
        quality_light(&camera->quality, clock_monotonic_ms());
        return;
    }
    if (camera->dark_since_ms == 0)
        camera->dark_since_ms = has_stalled ? capture->progress_ms : automaton->since_ms;
    quality_dark(&camera->quality, camera->dark_since_ms, automaton->failing, clock_monotonic_ms());
}

/* What of a change of capture's state counts for how well its pictures come. */
static void note_quality(struct camera *camera, enum automaton_state before)
{
    const struct automaton *automaton = &camera_capture(camera)->automaton;
    const int64_t now_ms = clock_monotonic_ms();
    struct camd_capture_block capture;
    if (automaton->state == AUTOMATON_CREATING && (before == AUTOMATON_BACKOFF || before == AUTOMATON_FAILED))
        quality_count(&camera->quality, QUALITY_RECONNECTS, now_ms);
    if (automaton->state == AUTOMATON_STOPPING && automaton->failing &&
        automaton->reason == AUTOMATON_REASON_STALL)
        quality_count(&camera->quality, QUALITY_STALLS, now_ms);
    if ((automaton->state == AUTOMATON_UP || before == AUTOMATON_UP) && camera->store_ready &&
        shm_blocks_capture(camera->store, &capture) == 0)
        quality_bytes(&camera->quality, capture.bytes, now_ms);
    if (before == AUTOMATON_UP)
        quality_bytes_end(&camera->quality);
}

static void changed(void *context, enum worker_kind kind, enum automaton_state before)
{
    struct camera *camera = context;
    const struct worker_process *worker = &camera->workers[kind];
    const struct worker_news news = {camera->services, "worker_state", camera->config.name,
                                     json_pack("{s:s}", "worker", worker_kind_word(kind))};
    worker_news_state(&news, worker);
    note_dark(camera);
    if (kind == WORKER_CAPTURE)
        note_quality(camera, before);
    fleet_count_growth(camera);
    if (kind == WORKER_CAPTURE && worker->automaton.state == AUTOMATON_UP)
        services_emit(camera->services, "first_frame", camera->config.name, NULL);
    if (kind == WORKER_CAPTURE && !camera->want_up && !camera_has_process(camera, WORKER_CAPTURE) &&
        camera_tracker(camera)->automaton.want_up)
        worker_stop(camera_tracker(camera), camera->stop_deadline_ms);
    if (!camera->want_up && camera_is_down(camera))
        camera_give_back(camera);
    if (kind == WORKER_CAPTURE)
        camera_password_look(camera);
    fleet_camera_changed(camera->fleet, camera);
}

static struct automaton_policy policy(void *context, enum worker_kind kind)
{
    const struct config_camera *config = &((const struct camera *)context)->config;
    return (struct automaton_policy){
        .ready_ms = kind == WORKER_CAPTURE ? config->first_frame_timeout_ms : config->stall_timeout_ms,
        .stop_ms = config->stop_timeout_ms,
        .restart_delay_ms = config->restart_delay_ms,
        .restart_max_ms = config->restart_max_delay_ms,
        .restart_limit = config->restart_limit,
    };
}

/* Three frame times may be longer than the time-out, where few are wanted, or the stream has few. */
static int64_t stall_ms(void *context, enum worker_kind kind)
{
    const struct camera *camera = context;
    const struct config_camera *config = &camera->config;
    double stream_fps = camera->stream.known ? camera->stream.fps : 0.0;
    double fps = stream_fps >= STREAM_FPS_MIN && stream_fps < config->fps ? stream_fps : config->fps;
    int64_t frames_ms = (int64_t)(3000.0 / fps);
    (void)kind;
    return config->stall_timeout_ms > frames_ms ? config->stall_timeout_ms : frames_ms;
}

static bool capture_progress(struct camera *camera, int64_t *at_ms)
{
    struct camd_capture_block capture;
    struct camd_tracker_block tracker;
    if (shm_blocks_capture(camera->store, &capture) < 0)
        return false;
    quality_bytes(&camera->quality, capture.bytes, clock_monotonic_ms());
    bool moved = capture.frames != camera->seen_frames, answered = capture.packets != camera->seen_packets;
    camera->seen_frames = capture.frames;
    camera->seen_packets = capture.packets;
    /* the answer may be that the picture is still the same */
    if (camera->stream.still && answered)
        return true;
    if (moved) {
        *at_ms = capture.progress_ns / CLOCK_NS_PER_MS;
        return true;
    }
    /* without pacing capture waits for the tracker: not its fault */
    return !camera->config.pace && shm_blocks_tracker(camera->store, &tracker) == 0 &&
           capture.head - tracker.tail >= CAMD_QUEUE_DEPTH;
}

static bool tracker_progress(struct camera *camera)
{
    struct camd_capture_block capture;
    struct camd_tracker_block tracker;
    if (shm_blocks_capture(camera->store, &capture) < 0 || shm_blocks_tracker(camera->store, &tracker) < 0)
        return false;
    bool moved = tracker.tail != camera->seen_tail;
    camera->seen_tail = tracker.tail;
    return moved || tracker.tail == capture.head; /* idle is fine */
}

/* In new segments the count begins again, and what was done in those of before can't be seen any more. */
static bool progress(void *context, enum worker_kind kind, int64_t *at_ms)
{
    struct camera *camera = context;
    if (!camera->store_ready)
        return true; /* it waits for them: not its fault */
    if (kind == WORKER_CAPTURE ? capture_progress(camera, at_ms) : tracker_progress(camera))
        return true;
    *at_ms = camera->store_made_ms;
    return true;
}

static int64_t max_memory_mb(void *context, enum worker_kind kind)
{
    (void)kind;
    return ((const struct camera *)context)->config.max_memory_mb;
}

const struct worker_owner camera_worker_owner = {
    .provide = provide,
    .cancel = cancel,
    .config = camera_worker_config,
    .spawned = spawned,
    .message = camera_message,
    .gone = gone,
    .changed = changed,
    .policy = policy,
    .progress = progress,
    .stall_ms = stall_ms,
    .max_memory_mb = max_memory_mb,
};
