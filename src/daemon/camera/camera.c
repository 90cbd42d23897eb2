#include "daemon/camera/camera.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sys.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/segments/shm_blocks.h"

static struct worker_process *capture_of(struct camera *camera)
{
    return &camera->workers[WORKER_CAPTURE];
}

#define STREAM_FPS_MIN 0.001 /* a stream that says less has no rate, or lies */

static struct worker_process *tracker_of(struct camera *camera)
{
    return &camera->workers[WORKER_TRACKER];
}

static bool has_process(const struct camera *camera, enum worker_kind kind)
{
    return automaton_has_process(camera->workers[kind].automaton.state);
}

/* ---- what the workers ask for ---- */

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
        worker_event(capture_of(camera), AUTOMATON_EVENT_CREATED);
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
static json_t *worker_config(void *context, enum worker_kind kind)
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

static json_t *worker_sandbox(void *context, enum worker_kind kind)
{
    const struct camera *camera = context;
    (void)kind;
    return services_sandbox(camera->services);
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

/* Neither worker runs, or will: what it had is there for others. */
static void settle_down(struct camera *camera)
{
    ev_timer_stop(camera->services->loop, &camera->stop_timer);
    ev_timer_stop(camera->services->loop, &camera->stream_timer);
    camera_segments_drop(camera);
    fleet_stop_waiting(camera);
    fleet_return_descriptors(camera);
}

/* Whether pictures come that should. A stall began when the last one had come. */
static void note_dark(struct camera *camera)
{
    const struct worker_process *capture = capture_of(camera);
    const struct automaton *automaton = &capture->automaton;
    const bool has_stalled = automaton->failing && automaton->reason == AUTOMATON_REASON_STALL;
    if (!camera->want_up || automaton->state == AUTOMATON_UP || automaton->state == AUTOMATON_ENDED)
        camera->dark_since_ms = 0;
    else if (camera->dark_since_ms == 0)
        camera->dark_since_ms = has_stalled ? capture->progress_ms : automaton->since_ms;
}

static void changed(void *context, enum worker_kind kind, enum automaton_state before)
{
    struct camera *camera = context;
    const struct worker_process *worker = &camera->workers[kind];
    char why[WORKER_TEXT_BYTES];
    (void)before;
    worker_explain(worker, why, sizeof(why));
    if (worker->automaton.state == AUTOMATON_UP || worker->automaton.state == AUTOMATON_STARTING)
        why[0] = '\0';
    services_emit(camera->services, "worker_state", camera->config.name,
                  json_pack("{s:s, s:s, s:o}", "worker", worker_kind_word(kind), "state",
                            automaton_state_word(worker->automaton.state), "reason", json_string_lossy(why)));
    note_dark(camera);
    if (kind == WORKER_CAPTURE && worker->automaton.state == AUTOMATON_UP)
        services_emit(camera->services, "first_frame", camera->config.name, NULL);
    if (kind == WORKER_CAPTURE && !camera->want_up && !has_process(camera, WORKER_CAPTURE) &&
        tracker_of(camera)->automaton.want_up)
        worker_stop(tracker_of(camera), camera->stop_deadline_ms);
    if (!camera->want_up && camera_is_down(camera))
        settle_down(camera);
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

static const struct worker_owner owner = {
    .provide = provide,
    .cancel = cancel,
    .config = worker_config,
    .sandbox = worker_sandbox,
    .spawned = spawned,
    .message = camera_message,
    .gone = gone,
    .changed = changed,
    .policy = policy,
    .progress = progress,
    .stall_ms = stall_ms,
};

/* ---- starting and stopping ---- */

static void stop_tracker_now(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera *camera = timer->data;
    (void)loop;
    (void)events;
    if (!camera->want_up && tracker_of(camera)->automaton.want_up)
        worker_stop(tracker_of(camera), camera->stop_deadline_ms);
}

static bool may_run(const struct camera *camera)
{
    return camera->enabled && !camera->leaving && !camera->bad_file;
}

void camera_start(struct camera *camera)
{
    if (!may_run(camera))
        return;
    camera->want_up = true;
    ev_timer_stop(camera->services->loop, &camera->stop_timer);
    detector_count_need(camera); /* its model loads while capture connects */
    worker_event(capture_of(camera), AUTOMATON_EVENT_START);
    if (camera->store_ready)
        worker_event(tracker_of(camera), AUTOMATON_EVENT_START);
}

void camera_stop(struct camera *camera)
{
    struct ev_loop *loop = camera->services->loop;
    int64_t stop_ms = camera->config.stop_timeout_ms;
    if (!camera->want_up)
        return;
    camera->want_up = false;
    camera->stop_deadline_ms = clock_monotonic_ms() + stop_ms;
    worker_stop(capture_of(camera), camera->stop_deadline_ms);
    /* a deaf capture must not make the tracker wait for its own turn: half the time is capture's alone */
    if (tracker_of(camera)->automaton.want_up) {
        ev_now_update(loop);
        ev_timer_stop(loop, &camera->stop_timer);
        ev_timer_set(&camera->stop_timer, (double)stop_ms / 2000.0, 0.0);
        ev_timer_start(loop, &camera->stop_timer);
    }
    if (camera_is_down(camera))
        settle_down(camera);
}

void camera_restart(struct camera *camera)
{
    if (!may_run(camera))
        return;
    camera->want_up = true;
    /* whatever is wrong with its segments goes with them; and there may be room for more slots now */
    camera->store_is_stale = true;
    worker_event(capture_of(camera), AUTOMATON_EVENT_RESTART);
    if (camera->store_ready)
        worker_event(tracker_of(camera), AUTOMATON_EVENT_RESTART);
}

void camera_kick(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        worker_event(&camera->workers[kind], AUTOMATON_EVENT_KICK);
}

bool camera_finish(struct camera *camera)
{
    return camera_is_down(camera) && !event_command_stop(&camera->command) && camera->removals == 0;
}

void camera_set_enabled(struct camera *camera, bool enabled)
{
    camera->enabled = enabled;
    fleet_count_size(camera->fleet, camera);
}

void camera_stop_learning(struct camera *camera)
{
    camera->learns_nothing = true;
}

/* ---- those who listen ---- */

void camera_listen(struct camera *camera, struct camera_listener *listener)
{
    listener->camera = camera;
    TAILQ_INSERT_TAIL(&camera->listeners, listener, in_camera);
    fleet_camera_changed(camera->fleet, camera);
}

void camera_unlisten(struct camera_listener *listener)
{
    if (!listener->camera)
        return;
    TAILQ_REMOVE(&listener->camera->listeners, listener, in_camera);
    listener->camera = NULL;
}

/* Each goes to the end of the list before it is told, whatever it does then; the last one of the round is a mark. */
void camera_tell(struct camera *camera)
{
    struct camera_listener mark = {0}, *listener;
    TAILQ_INSERT_TAIL(&camera->listeners, &mark, in_camera);
    while ((listener = TAILQ_FIRST(&camera->listeners)) != &mark) {
        TAILQ_REMOVE(&camera->listeners, listener, in_camera);
        TAILQ_INSERT_TAIL(&camera->listeners, listener, in_camera);
        listener->tell(listener, camera);
    }
    TAILQ_REMOVE(&camera->listeners, &mark, in_camera);
}

void camera_tell_left(struct camera *camera)
{
    struct camera_listener *listener;
    while ((listener = TAILQ_FIRST(&camera->listeners))) {
        camera_unlisten(listener);
        listener->tell(listener, NULL);
    }
}

void camera_tell_soon(struct camera *camera)
{
    fleet_camera_changed(camera->fleet, camera);
}

void camera_hold(struct camera *camera)
{
    camera->holders++;
}

void camera_release(struct camera *camera)
{
    camera->holders--;
    fleet_camera_changed(camera->fleet, camera);
}

/* ---- configuration ---- */

static int set_programs(struct camera *camera)
{
    const char *own[WORKER_KINDS] = {camera->config.capture, camera->config.tracker};
    static const char *const names[WORKER_KINDS] = {"camd-capture", "camd-tracker"};
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        char *program = own[kind] ? strdup(own[kind]) : services_program(names[kind]);
        if (!program)
            return -ENOMEM;
        free(camera->programs[kind]);
        camera->programs[kind] = program;
        camera->workers[kind].program = program;
        camera->workers[kind].user = own[kind] ? services_worker_user(camera->services) : NULL;
    }
    return 0;
}

static void send_config(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        if (has_process(camera, (enum worker_kind)kind))
            worker_send_message(&camera->workers[kind],
                                json_pack("{s:s, s:o}", "type", "config", "config",
                                          worker_config(camera, (enum worker_kind)kind)),
                                NULL, 0);
    }
}

/* What a change asks of whom, the bits that mean more first; further things to do are further rows. */
static void apply_segments(struct camera *camera)
{
    /* those of the old size may be under way: nothing runs yet that would have to be restarted */
    if (capture_of(camera)->automaton.state == AUTOMATON_CREATING)
        camera_segments_ensure(camera);
    else
        worker_event(capture_of(camera), AUTOMATON_EVENT_RESTART);
}

static void apply_capture(struct camera *camera)
{
    worker_event(capture_of(camera), AUTOMATON_EVENT_RESTART);
}

static void apply_tracker(struct camera *camera)
{
    if (camera->store_ready)
        worker_event(tracker_of(camera), AUTOMATON_EVENT_RESTART);
}

static void apply_policy(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        worker_policy_changed(&camera->workers[kind]);
}

static const struct {
    unsigned int bit;
    void (*apply)(struct camera *camera);
} applications[] = {
    {CONFIG_APPLY_SEGMENTS, apply_segments},
    {CONFIG_APPLY_CAPTURE, apply_capture},
    /* new segments may be for another detector, which a tracker that goes on has to hear of */
    {CONFIG_APPLY_TRACKER, apply_tracker},
    {CONFIG_APPLY_LIVE | CONFIG_APPLY_SEGMENTS, send_config},
    {CONFIG_APPLY_POLICY, apply_policy},
};

unsigned int camera_configure(struct camera *camera, struct config_camera *config)
{
    unsigned int bits = config_camera_compare(&camera->config, config);
    if (bits & CONFIG_APPLY_SEGMENTS)
        camera->store_is_stale = true;
    config_camera_fini(&camera->config);
    camera->config = *config;
    detector_choose(camera);
    fleet_count_size(camera->fleet, camera);
    if (set_programs(camera) < 0)
        log_error(camera->config.name, "out of memory: its workers' programs stay those of before");
    for (size_t i = 0; camera->want_up && i < sizeof(applications) / sizeof(applications[0]); i++) {
        if (bits & applications[i].bit)
            applications[i].apply(camera);
    }
    return bits;
}

void camera_detector_changed(struct camera *camera, unsigned int bits)
{
    if (bits & CONFIG_APPLY_SEGMENTS) {
        camera->store_is_stale = true;
        if (camera->want_up)
            apply_segments(camera);
    }
    if (bits & (CONFIG_APPLY_LIVE | CONFIG_APPLY_SEGMENTS) && camera->want_up)
        send_config(camera);
}

void camera_set_ptz(struct camera *camera, bool moving)
{
    camera->ptz_moving = moving;
    if (camera->store_ready)
        shm_blocks_set_ptz(camera->store, moving, clock_monotonic_ns());
}

/* ---- life ---- */

int camera_new(struct camera **result, struct fleet *fleet, const struct config_camera *config)
{
    struct camera *camera = calloc(1, sizeof(*camera));
    if (!camera)
        return -ENOMEM;
    if (config_camera_copy(&camera->config, config) < 0) {
        free(camera);
        return -ENOMEM;
    }
    camera->fleet = fleet;
    camera->services = fleet->services;
    TAILQ_INIT(&camera->listeners);
    camera->node = (struct name_node){.name = camera->config.name, .item = camera};
    camera->added_ms = clock_monotonic_ms();
    camera->frame_event = camera->space_event = camera->answer_event = -1;
    ev_timer_init(&camera->stop_timer, stop_tracker_now, 0.0, 0.0);
    camera->stop_timer.data = camera;
    camera_segments_init(camera);
    camera_frames_init(camera);
    camera_stream_init(camera);
    camera_command_init(camera);
    camera_grid_init(camera);
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        worker_init(&camera->workers[kind], camera->services->launcher, camera->services->log_pool,
                    (enum worker_kind)kind, camera->config.name, &owner, camera);
    if (set_programs(camera) < 0) {
        camera_free(camera);
        return -ENOMEM;
    }
    *result = camera;
    return 0;
}

void camera_free(struct camera *camera)
{
    detector_leave(camera);
    ev_timer_stop(camera->services->loop, &camera->stop_timer);
    ev_timer_stop(camera->services->loop, &camera->grid_timer);
    ev_timer_stop(camera->services->loop, &camera->stream_timer);
    camera_segments_free(camera);
    fleet_stop_waiting(camera);
    event_command_fini(&camera->command);
    camera_password_free(camera);
    open_objects_clear(&camera->open_objects);
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        worker_fini(&camera->workers[kind]);
        free(camera->programs[kind]);
    }
    config_camera_fini(&camera->config);
    free(camera->bad_file);
    free(camera);
}
