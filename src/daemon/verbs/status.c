/* What the daemon and its cameras look like, printed as JSON. Numbers of workers are copied, bounded and never trusted. */
#include <ev.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/process_time.h"
#include "base/secret.h"
#include "config/config.h"
#include "daemon/disk/overrides.h"
#include "daemon/events/events.h"
#include "daemon/events/open_objects.h"
#include "daemon/segments/shm_blocks.h"
#include "daemon/segments/shm_store.h"
#include "daemon/verbs/names.h"
#include "daemon/verbs/requests_private.h"
#include "protocol/measures.h"

/* After so long without a frame a rate of the last ten seconds is no longer true. */
enum { RATE_VALID_MS = 10000 };
/* Of frames or regions, a thousand times so many a second; more is nonsense. */
enum { RATE_MOST_MILLI = 10000 * 1000 };

/* Of bytes and microseconds: what every reader of JSON can count to. */
#define BYTES_MOST (UINT64_C(1) << 53)

static double rounded(double value, double unit)
{
    return round(value * unit) / unit;
}

static void write_seconds(struct json_writer *writer, const char *name, int64_t ms)
{
    json_write_real(writer, name, rounded((double)ms / 1000.0, 10.0));
}

static void write_number_or_null(struct json_writer *writer, const char *name, double number)
{
    if (number >= 0.0)
        json_write_real(writer, name, rounded(number, 1000.0));
    else
        json_write_null(writer, name);
}

static void write_memory(struct json_writer *writer, const struct status_look *look, const char *prefix)
{
    const double mb = 1024.0 * 1024.0;
    json_write_begin_object(writer, "shm");
    json_write_real(writer, "total_mb", rounded((double)look->room.shm.total_bytes / mb, 10.0));
    json_write_real(writer, "available_mb", rounded((double)look->room.shm.free_bytes / mb, 10.0));
    json_write_count(writer, "slots", look->room.slots);
    json_write_real(writer, "recommended_mb", look->budget.recommended_mb);
    json_write_string(writer, "prefix", prefix);
    json_write_end_object(writer);
}

/* The file of a program that was replaced has lost its name, which the kernel tells. */
static bool runs_older_program(void)
{
    static const char lost[] = " (deleted)";
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
    const ssize_t end = (ssize_t)sizeof(lost) - 1;
    return length > end && memcmp(path + length - end, lost, sizeof(lost) - 1) == 0;
}

/* Asking the kernel takes longer than printing what it says: those who are served in one turn of the loop share it. */
static const struct status_look *look_around(struct requests *requests)
{
    struct status_look *look = &requests->status_look;
    const unsigned int turn = ev_iteration(requests->services->loop);
    if (look->is_done && look->turn == turn)
        return look;
    *look = (struct status_look){.is_done = true, .turn = turn, .runs_older_program = runs_older_program()};
    fleet_budget(requests->fleet, &look->budget);
    fleet_room_for_new(requests->fleet, NULL, &look->room);
    return look;
}

void status_daemon(struct json_writer *writer, struct requests *requests)
{
    const struct services *services = requests->services;
    const struct status_look *look = look_around(requests);
    json_write_begin_object(writer, "daemon");
    json_write_string(writer, "version", CAMD_VERSION);
    json_write_int(writer, "pid", services->pid);
    write_seconds(writer, "uptime_s", clock_monotonic_ms() - services->started_ms);
    json_write_string(writer, "state", fleet_is_stopping(requests->fleet) ? "stopping" : "up");
    json_write_count(writer, "epoch", events_epoch(services->events));
    json_write_bool(writer, "older_program", look->runs_older_program);
    json_write_string(writer, "enabled_problem", overrides_problem(services->overrides));
    json_write_string(writer, "grids_problem", grids_problem(services->grids));
    json_write_string(writer, "events_problem", history_problem(services->history));
    json_write_string(writer, "prefix_problem", services->prefix_problem);
    write_memory(writer, look, services->config->shm_prefix);
    json_write_end_object(writer);
}

/* ---- a process ---- */

static void write_last_exit(struct json_writer *writer, const struct worker_exit *last)
{
    static const char *const kinds[] = {[WORKER_EXIT_NONE] = "",
                                        [WORKER_EXIT_CODE] = "exit",
                                        [WORKER_EXIT_SIGNAL] = "signal",
                                        [WORKER_EXIT_SPAWN] = "spawn"};
    if (last->kind == WORKER_EXIT_NONE) {
        json_write_null(writer, "last_exit");
        return;
    }
    json_write_begin_object(writer, "last_exit");
    json_write_string(writer, "kind", kinds[last->kind]);
    json_write_int(writer, "code", last->code);
    json_write_int(writer, "signal", last->signal_number);
    json_write_string(writer, "reason", kept_text(&last->reason));
    json_write_end_object(writer);
}

static void write_process(struct json_writer *writer, const struct worker_process *worker, int64_t now_ms)
{
    if (automaton_has_process(worker->automaton.state) && worker_pid(worker) > 0) {
        json_write_int(writer, "pid", worker_pid(worker));
        write_seconds(writer, "uptime_s", now_ms - worker->started_ms);
    } else {
        json_write_null(writer, "pid");
        json_write_null(writer, "uptime_s");
    }
}

/* By the kernel's word, not by the worker's: a decoder that was taken over may say what it likes. */
static void write_usage(struct json_writer *writer, const struct worker_process *worker, int64_t memory_kb)
{
    const pid_t pid = automaton_has_process(worker->automaton.state) ? worker_pid(worker) : -1;
    const int64_t cpu_ns = pid > 0 ? process_time_ns(pid) : -1;
    write_number_or_null(writer, "cpu_s", (double)cpu_ns / (double)CLOCK_NS_PER_S);
    write_number_or_null(writer, "memory_mb", (double)memory_kb / 1024.0);
}

static void write_next_start(struct json_writer *writer, const struct automaton *automaton, int64_t now_ms)
{
    const int64_t next_ms = automaton->deadline_ms - now_ms;
    if (automaton->state == AUTOMATON_BACKOFF)
        json_write_int(writer, "next_start_ms", next_ms > 0 ? next_ms : 0);
    else
        json_write_null(writer, "next_start_ms");
}

static void write_reason(struct json_writer *writer, const struct worker_process *worker)
{
    char why[WORKER_TEXT_BYTES];
    worker_explain(worker, why, sizeof(why));
    json_write_string(writer, "reason", why);
}

static void write_sandbox(struct json_writer *writer, const struct worker_sandbox *sandbox)
{
    if (!sandbox->is_told) {
        json_write_null(writer, "sandbox");
        return;
    }
    json_write_begin_object(writer, "sandbox");
    json_write_bool(writer, "user", sandbox->user);
    json_write_bool(writer, "files", sandbox->files);
    json_write_bool(writer, "ports", sandbox->ports);
    json_write_bool(writer, "hosts", sandbox->hosts);
    json_write_bool(writer, "calls", sandbox->calls);
    json_write_string(writer, "missing", sandbox->missing ? sandbox->missing : "");
    json_write_end_object(writer);
}

static void write_causes(struct json_writer *writer, const struct automaton *automaton)
{
    json_write_begin_object(writer, "restarts_by");
    for (enum automaton_cause cause = 0; cause < AUTOMATON_CAUSE_COUNT; cause++)
        json_write_count(writer, automaton_cause_word(cause), automaton->restarts_by[cause]);
    json_write_end_object(writer);
}

/* The members of a process, into the object that is open. */
static void write_worker(struct json_writer *writer, const struct worker_process *worker, int64_t memory_kb)
{
    const struct automaton *automaton = &worker->automaton;
    const int64_t now_ms = clock_monotonic_ms();
    json_write_string(writer, "state", automaton_state_word(automaton->state));
    json_write_string(writer, "want", automaton->want_up ? "up" : "down");
    write_process(writer, worker, now_ms);
    write_usage(writer, worker, memory_kb);
    json_write_count(writer, "restarts", automaton->restarts);
    write_causes(writer, automaton);
    json_write_count(writer, "failures", automaton->failures);
    write_next_start(writer, automaton, now_ms);
    write_reason(writer, worker);
    write_last_exit(writer, &worker->last_exit);
    json_write_bool(writer, "older_program", services_worker_is_older(worker));
    write_sandbox(writer, &worker->sandbox);
}

static void write_camera_worker(struct json_writer *writer, struct camera *camera, enum worker_kind kind)
{
    json_write_begin_object(writer, worker_kind_word(kind));
    write_worker(writer, camera_worker(camera, kind), camera_worker_memory_kb(camera, kind));
    json_write_end_object(writer);
}

/* ---- a camera ---- */

static void write_stream(struct json_writer *writer, const struct camera_stream *stream)
{
    if (!stream->known) {
        json_write_null(writer, "stream");
        return;
    }
    json_write_begin_object(writer, "stream");
    json_write_string(writer, "codec", stream->codec);
    json_write_count(writer, "width", stream->width);
    json_write_count(writer, "height", stream->height);
    json_write_real(writer, "fps", stream->fps);
    json_write_string(writer, "pixel_format", stream->pixel_format);
    json_write_bool(writer, "still", stream->still);
    json_write_string(writer, "colours", stream->colours);
    json_write_string(writer, "sample_aspect_ratio", stream->aspect);
    json_write_int(writer, "rotation", stream->rotation);
    json_write_bool(writer, "mirrored", stream->mirrored);
    json_write_end_object(writer);
}

struct counters {
    uint64_t frames, bytes, skipped, damaged, gaps, processed, lost;
    uint64_t regions, regions_left_out, detector_timeouts, late_answers, left_out;
    uint64_t best_written;
    double best_time_ms;
    double frame_age_s; /* negative: no frame yet */
    double camera_fps, skipped_fps, process_fps, detection_fps;
    uint32_t objects, queued;
    bool calibrating, idle;
};

/* What a worker counts is its own word: what no camera can have come to is shown as nothing. */
static uint64_t believable(uint64_t count)
{
    return count <= CAMERA_FRAMES_MOST ? count : 0;
}

static double rate(uint32_t milli, bool valid)
{
    return valid && milli <= RATE_MOST_MILLI ? rounded((double)milli / 1000.0, 100.0) : 0.0;
}

/* How long ago, within the time that the camera has been known. */
static int64_t age_ms(const struct camera *camera, int64_t progress_ns)
{
    const int64_t now_ms = clock_monotonic_ms(), at_ms = progress_ns / CLOCK_NS_PER_MS;
    const int64_t first_ms = camera_added_ms(camera);
    return now_ms - (at_ms < first_ms ? first_ms : at_ms > now_ms ? now_ms : at_ms);
}

static void count_capture(const struct camera *camera, const struct camd_capture_block *capture,
                          struct counters *counters)
{
    const uint64_t frames = believable(capture->frames);
    const int64_t age = age_ms(camera, capture->progress_ns);
    const bool fresh = frames > 0 && age < RATE_VALID_MS;
    counters->frames += frames;
    counters->bytes = capture->bytes <= BYTES_MOST ? capture->bytes : 0;
    counters->skipped = believable(capture->skipped);
    counters->damaged = believable(capture->damaged);
    counters->gaps = believable(capture->gaps);
    if (frames > 0)
        counters->frame_age_s = rounded((double)age / 1000.0, 1000.0);
    counters->idle =
        capture->idle == 1 && camera_worker(camera, WORKER_CAPTURE)->automaton.state == AUTOMATON_UP;
    counters->camera_fps = rate(capture->camera_fps_milli, fresh);
    counters->skipped_fps = rate(capture->skipped_fps_milli, fresh);
}

static void count_tracker(const struct camera *camera, const struct camd_tracker_block *tracker,
                          struct counters *counters)
{
    const uint64_t frames = believable(tracker->frames);
    const bool fresh = frames > 0 && age_ms(camera, tracker->progress_ns) < RATE_VALID_MS;
    counters->processed = frames;
    counters->lost = believable(tracker->lost);
    counters->regions = believable(tracker->detections);
    counters->regions_left_out = believable(tracker->regions_left_out);
    counters->detector_timeouts = believable(tracker->detector_timeouts);
    counters->late_answers = believable(tracker->late_answers);
    counters->process_fps = rate(tracker->process_fps_milli, fresh);
    counters->detection_fps = rate(tracker->detection_fps_milli, fresh);
    counters->left_out = believable(tracker->left_out);
    counters->best_written = believable(tracker->best_written);
    counters->best_time_ms = rounded((double)tracker->best_time_ns / (double)CLOCK_NS_PER_MS, 100.0);
    counters->objects = fresh && tracker->objects <= OPEN_OBJECTS_MAX ? tracker->objects : 0;
    counters->calibrating = fresh && tracker->calibrating != 0;
}

static void read_counters(const struct camera *camera, struct counters *counters)
{
    struct camd_capture_block capture;
    struct camd_tracker_block tracker;
    *counters = (struct counters){.frames = camera_earlier_frames(camera), .frame_age_s = -1.0};
    const struct shm_store *store = camera_store(camera);
    if (!store || shm_blocks_capture(store, &capture) < 0 || shm_blocks_tracker(store, &tracker) < 0)
        return;
    count_capture(camera, &capture, counters);
    count_tracker(camera, &tracker, counters);
    const uint64_t queued = capture.head - tracker.tail;
    counters->queued = queued <= CAMD_QUEUE_DEPTH ? (uint32_t)queued : 0;
}

static void write_best_pictures(struct json_writer *writer, const struct camera *camera,
                                const struct counters *counters)
{
    if (camera_config(camera)->best_pictures == 0) {
        json_write_null(writer, "best_pictures");
        return;
    }
    json_write_begin_object(writer, "best_pictures");
    json_write_count(writer, "written", counters->best_written);
    json_write_real(writer, "time_ms", counters->best_time_ms);
    json_write_end_object(writer);
}

/* By the detector's word: null without one, or while there are no segments in which it could say so. */
static void write_detector_times(struct json_writer *writer, const struct camera *camera)
{
    static const double limits_us[] = CAMD_DETECTOR_TIME_LIMITS_US;
    const struct shm_store *store = camera_store(camera);
    struct camd_detector_block block;
    if (!camera_config(camera)->detector || !store || shm_blocks_detector(store, &block) < 0) {
        json_write_null(writer, "detector_times");
        return;
    }
    json_write_begin_object(writer, "detector_times");
    json_write_real(writer, "sum_s",
                    block.times_sum_ns <= BYTES_MOST * 1000 ? (double)block.times_sum_ns / 1e9 : 0.0);
    json_write_begin_array(writer, "limits_s");
    for (size_t i = 0; i < CAMD_DETECTOR_TIMES - 1; i++)
        json_write_real(writer, NULL, limits_us[i] / 1e6);
    json_write_end_array(writer);
    json_write_begin_array(writer, "counts");
    for (size_t i = 0; i < CAMD_DETECTOR_TIMES; i++)
        json_write_count(writer, NULL, believable(block.times[i]));
    json_write_end_array(writer);
    json_write_end_object(writer);
}

static void write_counters(struct json_writer *writer, const struct camera *camera)
{
    struct counters counters;
    read_counters(camera, &counters);
    json_write_count(writer, "frames", counters.frames);
    if (counters.frame_age_s < 0)
        json_write_null(writer, "frame_age_s");
    else
        json_write_real(writer, "frame_age_s", counters.frame_age_s);
    json_write_real(writer, "camera_fps", counters.camera_fps);
    json_write_real(writer, "process_fps", counters.process_fps);
    json_write_real(writer, "detection_fps", counters.detection_fps);
    json_write_real(writer, "skipped_fps", counters.skipped_fps);
    json_write_count(writer, "bytes", counters.bytes);
    json_write_count(writer, "processed", counters.processed);
    json_write_count(writer, "queued", counters.queued);
    json_write_count(writer, "skipped", counters.skipped);
    json_write_count(writer, "damaged", counters.damaged);
    json_write_count(writer, "gaps", counters.gaps);
    json_write_count(writer, "lost", counters.lost);
    json_write_count(writer, "objects", counters.objects);
    json_write_count(writer, "left_out", counters.left_out);
    write_best_pictures(writer, camera, &counters);
    json_write_bool(writer, "calibrating", counters.calibrating);
    json_write_bool(writer, "idle", counters.idle);
    if (!camera_config(camera)->detector)
        return;
    json_write_count(writer, "regions", counters.regions);
    json_write_count(writer, "regions_left_out", counters.regions_left_out);
    json_write_count(writer, "detector_timeouts", counters.detector_timeouts);
    json_write_count(writer, "late_answers", counters.late_answers);
}

static void write_input(struct json_writer *writer, const char *input)
{
    char *shown = secret_redact_value(input);
    json_write_string(writer, "input", shown ? shown : "");
    free(shown);
}

static void write_explanation(struct json_writer *writer, const struct camera *camera)
{
    const int64_t dark_ms = camera_dark_ms(camera), next_ms = camera_next_start_ms(camera);
    struct explanation why;
    camera_explain(camera, &why);
    json_write_string(writer, "reason", why.reason);
    json_write_string(writer, "hint", why.hint);
    if (dark_ms >= 0)
        write_seconds(writer, "dark_s", dark_ms);
    else
        json_write_null(writer, "dark_s");
    if (next_ms >= 0)
        json_write_int(writer, "next_start_ms", next_ms);
    else
        json_write_null(writer, "next_start_ms");
}

/* Each of them; health NULL: none is told. */
static void write_measures(struct json_writer *writer, const struct camera_health *health)
{
    for (const struct measure *measure = measures; measure->name; measure++)
        write_number_or_null(writer, measure->name, health ? camera_health_measure(health, measure) : -1.0);
}

/* What makes a camera degraded, besides its reason and hint; null while it is not. */
static void write_health(struct json_writer *writer, const struct camera *camera)
{
    const bool is_degraded = strcmp(camera_state_word(camera), "degraded") == 0;
    const struct camera_health *health = is_degraded ? camera_health(camera) : NULL;
    write_measures(writer, health);
    json_write_string(writer, "cause", health ? kept_text(&health->cause) : NULL);
}

static void write_time(struct json_writer *writer, const char *name, int64_t wall_ns)
{
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(wall_ns, time);
    json_write_string(writer, name, time);
}

/* Who said whether it is to run. */
static void write_asked(struct json_writer *writer, const struct camera_asked *asked)
{
    if (!asked->verb) {
        json_write_null(writer, "asked");
        return;
    }
    json_write_begin_object(writer, "asked");
    json_write_string(writer, "verb", asked->verb);
    json_write_count(writer, "uid", asked->uid);
    write_time(writer, "time", asked->wall_ns);
    json_write_end_object(writer);
}

static void write_sum(struct json_writer *writer, const struct quality_sum *sum)
{
    json_write_count(writer, "outages", sum->counts[QUALITY_OUTAGES]);
    json_write_count(writer, "dark_s", sum->dark_s);
    json_write_count(writer, "reconnects", sum->counts[QUALITY_RECONNECTS]);
    json_write_count(writer, "stalls", sum->counts[QUALITY_STALLS]);
}

static void write_span(struct json_writer *writer, const struct camera *camera, const char *name,
                       enum quality_span span)
{
    struct quality_sum sum;
    camera_quality(camera, span, &sum);
    json_write_begin_object(writer, name);
    write_sum(writer, &sum);
    write_number_or_null(writer, "bit_rate_kbps", sum.kilobits_a_second);
    json_write_end_object(writer);
}

static void write_total(struct json_writer *writer, const struct camera *camera)
{
    struct quality_sum sum;
    camera_quality_total(camera, &sum);
    json_write_begin_object(writer, "total");
    write_sum(writer, &sum);
    json_write_end_object(writer);
}

static void write_pictures(struct json_writer *writer, const struct camera *camera)
{
    const struct shm_store *store = camera_store(camera);
    uint32_t width, height;
    camera_size(camera, &width, &height);
    json_write_count(writer, "width", width);
    json_write_count(writer, "height", height);
    json_write_real(writer, "fps", camera_config(camera)->fps);
    json_write_count(writer, "slots", store ? shm_store_slots(store) : 0);
}

void status_camera(struct json_writer *writer, struct camera *camera)
{
    const struct config_camera *config = camera_config(camera);
    json_write_begin_object(writer, "camera");
    json_write_string(writer, "name", config->name);
    json_write_string(writer, "state", camera_state_word(camera));
    json_write_string(writer, "want", camera_is_wanted(camera) ? "up" : "down");
    json_write_bool(writer, "enabled", camera_is_enabled(camera));
    write_time(writer, "since", camera_since_wall_ns(camera));
    write_asked(writer, camera_asked(camera));
    write_explanation(writer, camera);
    write_health(writer, camera);
    write_input(writer, config->input);
    json_write_string(writer, "file", config->file);
    write_seconds(writer, "uptime_s", clock_monotonic_ms() - camera_added_ms(camera));
    write_pictures(writer, camera);
    write_stream(writer, camera_stream(camera));
    json_write_bool(writer, "ptz_moving", camera_is_ptz_moving(camera));
    json_write_bool(writer, "motion", camera_has_motion(camera));
    write_counters(writer, camera);
    write_span(writer, camera, "hour", QUALITY_HOUR);
    write_span(writer, camera, "day", QUALITY_DAY);
    write_total(writer, camera);
    json_write_string(writer, "detector", config->detector);
    write_detector_times(writer, camera);
    write_camera_worker(writer, camera, WORKER_CAPTURE);
    write_camera_worker(writer, camera, WORKER_TRACKER);
    json_write_end_object(writer);
}

uint64_t status_frames(const struct camera *camera)
{
    struct counters counters;
    read_counters(camera, &counters);
    return counters.frames;
}

/* ---- detectors ---- */

static void write_detector(struct json_writer *writer, struct detector *detector)
{
    const struct config_detector *config = detector_config(detector);
    struct explanation why;
    detector_explain(detector, &why);
    json_write_begin_object(writer, NULL);
    write_worker(writer, detector_worker(detector), detector_memory_kb(detector));
    json_write_string(writer, "name", config->name);
    json_write_string(writer, "backend", config->backend);
    json_write_string(writer, "hint", why.hint);
    json_write_real(writer, "inference_ms", (double)(detector_inference_ns(detector) / 10000) / 100.0);
    json_write_begin_array(writer, "cameras");
    for (const struct camera *camera = detector_first_camera(detector); camera;
         camera = detector_next_camera(camera))
        json_write_string(writer, NULL, camera_name(camera));
    json_write_end_array(writer);
    json_write_end_object(writer);
}

static bool is_named(const json_t *names, const char *detector)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = names_detector(json_string_value(json_array_get(names, i)));
        if (name && strcmp(name, detector) == 0)
            return true;
    }
    return false;
}

void status_detectors(struct json_writer *writer, const struct fleet *fleet, const json_t *names)
{
    json_write_begin_array(writer, "detectors");
    for (struct detector *detector = fleet_first_detector(fleet); detector;
         detector = fleet_next_detector(detector)) {
        if (!names || is_named(names, detector_config(detector)->name))
            write_detector(writer, detector);
    }
    json_write_end_array(writer);
}
