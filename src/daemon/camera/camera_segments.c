/* A camera's segments: for which size they are made, how many slots, who gets them when. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_watch.h"

/* I420 has a chroma sample for every second pixel and line. */
static uint32_t even(uint32_t value)
{
    return value & ~UINT32_C(1);
}

void camera_size(const struct camera *camera, uint32_t *width, uint32_t *height)
{
    if (camera->config.width > 0) {
        *width = (uint32_t)camera->config.width;
        *height = (uint32_t)camera->config.height;
    } else {
        *width = even(camera->stream.width);
        *height = even(camera->stream.height);
    }
}

static bool size_is_right(const struct camera *camera)
{
    uint32_t width, height;
    camera_size(camera, &width, &height);
    return camera->store && !camera->store_is_stale && shm_store_width(camera->store) == width &&
           shm_store_height(camera->store) == height;
}

/*
 * Ids of frames, and the count of them, go on over new segments: those that a capture can have made. What it says is not
 * believed, since ids near the end of their range would be with the camera for good.
 */
static void remember_frames(struct camera *camera)
{
    static const uint64_t most = UINT64_C(1) << 40; /* five hundred years of 60 a second */
    struct camd_capture_block capture;
    if (!camera->store_ready || shm_store_read_capture(camera->store, &capture) < 0)
        return;
    if (capture.next_frame_id - shm_store_first_frame_id(camera->store) <= most)
        camera->next_frame_id = capture.next_frame_id;
    if (capture.frames <= most)
        camera->earlier_frames += capture.frames;
}

void camera_segments_cancel(struct camera *camera)
{
    ev_timer_stop(camera->services->loop, &camera->create_timer);
    if (!camera->store_ready)
        camera_segments_drop(camera);
}

static void drop(struct camera *camera)
{
    bool had = camera->store != NULL;
    camera->frees_room = camera->frees_room || camera->store_ready;
    detector_detach(camera);
    ev_timer_stop(camera->services->loop, &camera->create_timer);
    remember_frames(camera);
    shm_store_free(camera->store);
    camera->store = NULL;
    camera->store_ready = false;
    memset(camera->frames_sent, 0, sizeof(camera->frames_sent));
    sys_close(&camera->frame_event);
    sys_close(&camera->space_event);
    sys_close(&camera->answer_event);
    if (had)
        shm_watch_unregister(camera->services->shm_watch, camera->config.name);
}

/*
 * What whole segments took is there for others, once it is known what the camera itself takes of it. Segments that were
 * only begun free nothing: two cameras that fail half-way would wake each other for ever.
 */
static void pass_on_room(struct camera *camera)
{
    if (camera->frees_room) {
        camera->frees_room = false;
        fleet_room_freed(camera->fleet);
    }
}

void camera_segments_drop(struct camera *camera)
{
    drop(camera);
    pass_on_room(camera);
}

void camera_segments_unmapped(struct camera *camera)
{
    if (!camera->store)
        fleet_room_freed(camera->fleet);
}

/* The detector as the configuration has it now; NULL: none. */
static const struct config_detector *detector_section(const struct camera *camera)
{
    return config_detector_find(camera->services->config, camera->config.detector);
}

/* Of requests and answers. */
static uint64_t detection_bytes(const struct camera *camera)
{
    const struct config_detector *detector = detector_section(camera);
    if (!detector || !config_detector_has_process(detector))
        return 0;
    return budget_detection_bytes((uint32_t)detector->input_width, (uint32_t)detector->input_height,
                                  (uint64_t)sysconf(_SC_PAGESIZE));
}

/*
 * It has the old ones mapped, and would keep them from being freed for as long as there are no new ones, which may
 * need just that room. It is started when there are.
 */
static void stop_tracker(struct camera *camera)
{
    struct worker_process *tracker = &camera->workers[WORKER_TRACKER];
    if (tracker->automaton.want_up)
        worker_stop(tracker, clock_monotonic_ms() + camera->config.stop_timeout_ms);
}

/* /dev/shm has no room: says how much would be needed. */
static void refuse(struct camera *camera, uint32_t width, uint32_t height, int error)
{
    uint64_t total = 0, free_bytes = 0;
    double mb = 1024.0 * 1024.0;
    shm_store_space(&total, &free_bytes);
    uint64_t needed = budget_camera_bytes(width, height, CAMD_SLOTS_MIN, (uint64_t)sysconf(_SC_PAGESIZE)) +
                      detection_bytes(camera);
    camera_segments_drop(camera);
    stop_tracker(camera);
    struct worker_process *capture = &camera->workers[WORKER_CAPTURE];
    if (error == -ENOSPC)
        worker_fault(
            capture, AUTOMATON_REASON_SEGMENTS, CAMD_CLASS_LOCAL,
            "make /dev/shm larger (mount -o remount,size=...), or the pictures smaller (width, height), or remove a camera; camctl shm explains",
            "%ux%u needs %.1f MB of /dev/shm for %d slots, and %.1f MB of %.1f MB are free", width, height,
            (double)needed / mb, CAMD_SLOTS_MIN, (double)free_bytes / mb, (double)total / mb);
    else
        worker_fault(
            capture, AUTOMATON_REASON_SEGMENTS, CAMD_CLASS_LOCAL,
            error == -EMFILE || error == -ENFILE
                ? "camd may open too few files: raise the limit (LimitNOFILE= of its service, ulimit -n), or lower slots_max"
                : "look at /dev/shm: camd must be able to make files there",
            "cannot make segments in /dev/shm: %s", strerror(-error));
}

static int make_events(struct camera *camera)
{
    int *events[] = {&camera->frame_event, &camera->space_event, &camera->answer_event};
    size_t count = shm_store_input_width(camera->store) > 0 ? 3 : 2;
    for (size_t i = 0; i < count; i++) {
        int event = sys_eventfd(0, EFD_NONBLOCK);
        if (event < 0)
            return event; /* camera_segments_drop closes the others */
        *events[i] = event;
    }
    return 0;
}

/* All segments are there: whoever waits for them goes on. */
static void pass_on(struct camera *camera)
{
    struct worker_process *capture = &camera->workers[WORKER_CAPTURE];
    struct worker_process *tracker = &camera->workers[WORKER_TRACKER];
    camera_segments_send(camera, WORKER_CAPTURE);
    camera_segments_send(camera, WORKER_TRACKER);
    detector_attach(camera);
    worker_event(capture, AUTOMATON_EVENT_CREATED);
    worker_event(tracker, AUTOMATON_EVENT_CREATED);
    if (camera->want_up)
        worker_event(tracker, AUTOMATON_EVENT_START);
}

static void complete(struct camera *camera)
{
    camera->store_ready = true;
    camera->seen_frames = camera->seen_tail = 0;
    if (camera->ptz_moving)
        shm_store_set_ptz(camera->store, true, clock_monotonic_ns());
    camera_publish_grid(camera);
    log_debug(camera->config.name, "%u slots of %ux%u, %.1f MB", shm_store_slots(camera->store),
              shm_store_width(camera->store), shm_store_height(camera->store),
              (double)shm_store_bytes(camera->store) / (1024.0 * 1024.0));
    pass_on_room(camera);
    pass_on(camera);
}

static void create_step(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera *camera = timer->data;
    (void)events;
    int result = shm_store_step(camera->store);
    if (result == 1)
        result = make_events(camera) < 0 ? -EMFILE : 1;
    if (result == 0) {
        ev_timer_set(timer, 0.0, 0.0);
        ev_timer_start(loop, timer);
    } else if (result == 1) {
        complete(camera);
    } else {
        refuse(camera, shm_store_width(camera->store), shm_store_height(camera->store), result);
    }
}

void camera_segments_init(struct camera *camera)
{
    ev_timer_init(&camera->create_timer, create_step, 0.0, 0.0);
    camera->create_timer.data = camera;
}

static void warn_once(struct camera *camera, const struct budget *budget)
{
    if (budget->reserve_given_up)
        log_warning(camera->config.name,
                    "/dev/shm is so small that its reserve is used: camctl shm explains");
    else if (budget->spare_given_up)
        log_warning(camera->config.name, "/dev/shm has no room for further cameras: camctl shm explains");
}

static void plan_detection(struct camera *camera, struct shm_plan *plan)
{
    const struct config_detector *detector = detector_section(camera);
    camera->store_is_stale = false;
    if (!detector)
        return;
    plan->labels = detector->label_list;
    plan->label_count = detector->label_count;
    if (config_detector_has_process(detector)) {
        plan->input_width = (uint32_t)detector->input_width;
        plan->input_height = (uint32_t)detector->input_height;
    }
}

void camera_segments_ensure(struct camera *camera)
{
    struct services *services = camera->services;
    uint32_t width, height;
    camera_size(camera, &width, &height);
    if (width == 0) { /* not known any more: what is there is right until capture tells another */
        if (camera->store_ready)
            pass_on(camera);
        return;
    }
    if (camera->store && size_is_right(camera)) {
        bool intact = camera->store_ready && shm_store_intact(camera->store);
        if (intact)
            pass_on(camera);
        if (intact || !camera->store_ready)
            return; /* they are there, or being made */
    }
    drop(camera);

    struct budget budget;
    uint64_t total = 0, free_bytes = 0;
    int error = shm_store_space(&total, &free_bytes);
    fleet_budget(camera->fleet, &budget);
    uint64_t other_bytes = detection_bytes(camera);
    free_bytes = free_bytes > other_bytes ? free_bytes - other_bytes : 0;
    uint32_t slots = budget_fit(width, height, budget.slots, free_bytes, services->config->shm_reserve_mb,
                                (uint64_t)sysconf(_SC_PAGESIZE));
    if (error < 0 || slots == 0) {
        refuse(camera, width, height, error < 0 ? error : -ENOSPC);
        return;
    }
    warn_once(camera, &budget);
    struct shm_plan plan = {
        .prefix = services->config->shm_prefix,
        .camera = camera->config.name,
        .width = width,
        .height = height,
        .slots = slots,
        .generation = ++services->generation,
        .first_frame_id = camera->next_frame_id,
        .group = services->group,
    };
    plan_detection(camera, &plan);
    error = shm_store_new(&camera->store, &plan);
    if (error < 0) {
        refuse(camera, width, height, error);
        return;
    }
    shm_watch_register(services->shm_watch, camera->config.name);
    ev_timer_set(&camera->create_timer, 0.0, 0.0);
    ev_timer_start(services->loop, &camera->create_timer);
}

void camera_segments_send(struct camera *camera, enum worker_kind kind)
{
    struct worker_process *worker = &camera->workers[kind];
    if (!camera->store_ready || camera->frames_sent[kind] || !automaton_has_process(worker->automaton.state))
        return;
    int fds[CAMD_MESSAGE_FDS];
    char names[CAMD_MESSAGE_FDS][16];
    size_t count = shm_store_descriptors(
        camera->store, kind == WORKER_TRACKER ? SHM_SIDE_TRACKER : SHM_SIDE_CAPTURE, fds, names);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    fds[count++] = camera->frame_event;
    fds[count++] = camera->space_event;
    json_array_append_new(list, json_string("frame_event"));
    json_array_append_new(list, json_string("space_event"));
    const struct detector *detector = kind == WORKER_TRACKER ? camera->detector : NULL;
    if (detector && camera->answer_event >= 0) {
        fds[count++] = detector_request_event(detector);
        fds[count++] = camera->answer_event;
        json_array_append_new(list, json_string("request_event"));
        json_array_append_new(list, json_string("answer_event"));
    }
    uint32_t width = shm_store_width(camera->store), height = shm_store_height(camera->store);
    json_t *frames = json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:o}", "type", "frames", "width", (int)width, "height",
        (int)height, "slots", (int)shm_store_slots(camera->store), "frame_bytes",
        (int)(width * height / 2 * 3), "generation", (json_int_t)shm_store_generation(camera->store),
        "first_frame_id", (json_int_t)shm_store_first_frame_id(camera->store), "fds", list);
    camera->frames_sent[kind] = true;
    worker_send_message(worker, frames, fds, count);
    if (kind == WORKER_TRACKER)
        detector_tell(camera);
}

void camera_check_segments(struct camera *camera)
{
    if (!camera->store_ready || shm_store_intact(camera->store))
        return;
    log_warning(camera->config.name, "somebody removed its segments from /dev/shm: making new ones");
    camera_segments_ensure(camera);
}
