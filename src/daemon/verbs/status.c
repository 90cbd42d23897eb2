/* What the daemon and its cameras look like, as JSON. Numbers of workers are copied, bounded and never trusted. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "config/config.h"
#include "daemon/events/events.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_blocks.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/segments/shm_store.h"
#include "daemon/verbs/requests_private.h"

/* After so long without a frame a rate of the last ten seconds is no longer true. */
enum { RATE_VALID_MS = 10000 };

static double rounded(double value, double unit)
{
    return round(value * unit) / unit;
}

static json_t *seconds(int64_t ms)
{
    return json_real(rounded((double)ms / 1000.0, 10.0));
}

json_t *status_daemon(const struct requests *requests)
{
    const struct services *services = requests->services;
    struct budget budget;
    uint64_t total = 0, free_bytes = 0;
    double mb = 1024.0 * 1024.0;
    fleet_budget(requests->fleet, &budget);
    shm_instance_space(&total, &free_bytes);
    return json_pack("{s:s, s:i, s:o, s:s, s:I, s:s?, s:{s:f, s:f, s:i, s:f}}", "version", CAMD_VERSION,
                     "pid", (int)getpid(), "uptime_s", seconds(clock_monotonic_ms() - services->started_ms),
                     "state", fleet_is_stopping(requests->fleet) ? "stopping" : "up", "epoch",
                     (json_int_t)events_epoch(services->events), "grids_problem",
                     grids_problem(services->grids), "shm", "total_mb", rounded((double)total / mb, 10.0),
                     "available_mb", rounded((double)free_bytes / mb, 10.0), "slots", (int)budget.slots,
                     "recommended_mb", budget.recommended_mb);
}

static json_t *last_exit(const struct worker_exit *last)
{
    static const char *const kinds[] = {[WORKER_EXIT_NONE] = "",
                                        [WORKER_EXIT_CODE] = "exit",
                                        [WORKER_EXIT_SIGNAL] = "signal",
                                        [WORKER_EXIT_SPAWN] = "spawn"};
    if (last->kind == WORKER_EXIT_NONE)
        return json_null();
    return json_pack("{s:s, s:i, s:i, s:o}", "kind", kinds[last->kind], "code", last->code, "signal",
                     last->signal_number, "reason", json_string_lossy(last->reason));
}

static json_t *status_worker(const struct worker_process *worker)
{
    const struct automaton *automaton = &worker->automaton;
    int64_t now_ms = clock_monotonic_ms();
    bool has_process = automaton_has_process(automaton->state) && worker->pid > 0;
    char why[WORKER_TEXT_BYTES];
    int64_t next_ms = automaton->deadline_ms - now_ms;
    worker_explain(worker, why, sizeof(why));
    bool well = automaton->state == AUTOMATON_UP || automaton->state == AUTOMATON_STARTING;
    return json_pack(
        "{s:s, s:s, s:o, s:I, s:i, s:o, s:o, s:o, s:o}", "state", automaton_state_word(automaton->state),
        "want", automaton->want_up ? "up" : "down", "pid",
        has_process ? json_integer(worker->pid) : json_null(), "restarts", (json_int_t)automaton->restarts,
        "failures", (int)automaton->failures, "uptime_s",
        has_process ? seconds(now_ms - worker->started_ms) : json_null(), "next_start_ms",
        automaton->state == AUTOMATON_BACKOFF ? json_integer(next_ms > 0 ? next_ms : 0) : json_null(),
        "reason", json_string_lossy(well ? "" : why), "last_exit", last_exit(&worker->last_exit));
}

static json_t *status_stream(const struct camera_stream *stream)
{
    if (!stream->known)
        return json_null();
    return json_pack("{s:o, s:i, s:i, s:f, s:o}", "codec", json_string_lossy(stream->codec), "width",
                     (int)stream->width, "height", (int)stream->height, "fps", stream->fps, "pixel_format",
                     json_string_lossy(stream->pixel_format));
}

struct counters {
    uint64_t frames, skipped, damaged, gaps, processed, lost;
    uint64_t regions, regions_left_out, detector_timeouts, late_answers;
    double frame_age_s; /* negative: no frame yet */
    double camera_fps, skipped_fps, process_fps, detection_fps;
    uint32_t objects;
    bool calibrating;
};

static double rate(uint32_t milli, bool valid)
{
    return valid ? rounded((double)milli / 1000.0, 100.0) : 0.0;
}

static void read_counters(const struct camera *camera, struct counters *counters)
{
    struct camd_capture_block capture;
    struct camd_tracker_block tracker;
    int64_t now_ms = clock_monotonic_ms();
    *counters = (struct counters){.frames = camera_earlier_frames(camera), .frame_age_s = -1.0};
    const struct shm_store *store = camera_store(camera);
    if (!store || shm_blocks_capture(store, &capture) < 0 || shm_blocks_tracker(store, &tracker) < 0)
        return;
    int64_t age_ms = now_ms - capture.progress_ns / CLOCK_NS_PER_MS;
    bool fresh = capture.frames > 0 && age_ms < RATE_VALID_MS;
    bool tracked = tracker.frames > 0 && now_ms - tracker.progress_ns / CLOCK_NS_PER_MS < RATE_VALID_MS;
    counters->frames += capture.frames;
    counters->skipped = capture.skipped;
    counters->damaged = capture.damaged;
    counters->gaps = capture.gaps;
    counters->processed = tracker.frames;
    counters->lost = tracker.lost;
    counters->regions = tracker.detections;
    counters->regions_left_out = tracker.regions_left_out;
    counters->detector_timeouts = tracker.detector_timeouts;
    counters->late_answers = tracker.late_answers;
    if (capture.frames > 0)
        counters->frame_age_s = age_ms > 0 ? rounded((double)age_ms / 1000.0, 1000.0) : 0.0;
    counters->camera_fps = rate(capture.camera_fps_milli, fresh);
    counters->skipped_fps = rate(capture.skipped_fps_milli, fresh);
    counters->process_fps = rate(tracker.process_fps_milli, tracked);
    counters->detection_fps = rate(tracker.detection_fps_milli, tracked);
    counters->objects = tracked ? tracker.objects : 0;
    counters->calibrating = tracked && tracker.calibrating != 0;
}

static void add_counters(json_t *status, const struct camera *camera)
{
    struct counters counters;
    read_counters(camera, &counters);
    json_t *more = json_pack(
        "{s:I, s:o, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:b}", "frames",
        (json_int_t)counters.frames, "frame_age_s",
        counters.frame_age_s < 0 ? json_null() : json_real(counters.frame_age_s), "camera_fps",
        counters.camera_fps, "process_fps", counters.process_fps, "detection_fps", counters.detection_fps,
        "skipped_fps", counters.skipped_fps, "processed", (json_int_t)counters.processed, "skipped",
        (json_int_t)counters.skipped, "damaged", (json_int_t)counters.damaged, "gaps",
        (json_int_t)counters.gaps, "lost", (json_int_t)counters.lost, "objects", (int)counters.objects,
        "motion", (int)camera_has_motion(camera), "calibrating", (int)counters.calibrating);
    json_object_update_new(status, more);
    if (camera_config(camera)->detector)
        json_object_update_new(status,
                               json_pack("{s:I, s:I, s:I, s:I}", "regions", (json_int_t)counters.regions,
                                         "regions_left_out", (json_int_t)counters.regions_left_out,
                                         "detector_timeouts", (json_int_t)counters.detector_timeouts,
                                         "late_answers", (json_int_t)counters.late_answers));
}

json_t *status_camera(const struct camera *camera)
{
    const struct config_camera *config = camera_config(camera);
    const struct shm_store *store = camera_store(camera);
    char reason[WORKER_TEXT_BYTES], hint[WORKER_TEXT_BYTES];
    uint32_t width, height;
    char *input = secret_redact_value(config->input);
    camera_size(camera, &width, &height);
    camera_explain(camera, reason, sizeof(reason), hint, sizeof(hint));
    json_t *status = json_pack(
        "{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:f, s:i, s:o, s:o, s:b}", "name",
        config->name, "state", camera_state_word(camera), "want", camera_is_wanted(camera) ? "up" : "down",
        "enabled", (int)camera_is_enabled(camera), "reason", json_string_lossy(reason), "hint",
        json_string_lossy(hint), "input", json_string_lossy(input ? input : ""), "file",
        config->file ? json_string_lossy(config->file) : json_null(), "uptime_s",
        seconds(clock_monotonic_ms() - camera_added_ms(camera)), "width", (int)width, "height", (int)height,
        "fps", config->fps, "slots", store ? (int)shm_store_slots(store) : 0, "stream",
        status_stream(camera_stream(camera)), "capture", status_worker(camera_worker(camera, WORKER_CAPTURE)),
        "ptz_moving", (int)camera_is_ptz_moving(camera));
    free(input);
    if (!status)
        return json_object();
    add_counters(status, camera);
    json_object_set_new(status, "detector", config->detector ? json_string(config->detector) : json_null());
    json_object_set_new(status, "tracker", status_worker(camera_worker(camera, WORKER_TRACKER)));
    return status;
}

static json_t *status_detector(const struct detector *detector)
{
    const struct config_detector *config = detector_config(detector);
    const struct worker_process *worker = detector_worker(detector);
    json_t *status = status_worker(worker), *cameras = json_array();
    for (const struct camera *camera = detector_first_camera(detector); camera;
         camera = detector_next_camera(camera))
        json_array_append_new(cameras, json_string(camera_name(camera)));
    json_object_set_new(status, "name", json_string(config->name));
    json_object_set_new(status, "backend", json_string(config->backend));
    json_object_set_new(status, "hint",
                        json_string_lossy(detector_is_up(detector) ? "" : worker->error_hint));
    json_object_set_new(status, "inference_ms",
                        json_real((double)(detector_inference_ns(detector) / 10000) / 100.0));
    json_object_set_new(status, "cameras", cameras);
    return status;
}

json_t *status_detectors(const struct fleet *fleet)
{
    json_t *list = json_array();
    for (const struct detector *detector = fleet_first_detector(fleet); detector;
         detector = fleet_next_detector(detector))
        json_array_append_new(list, status_detector(detector));
    return list;
}
