/*
 * camd-tracker - looks at the frames of one camera
 *
 * Started by camd (camd/worker.h). Takes the frames that capture queues, finds motion and objects in them, publishes a
 * result for each, and tells camd when motion begins and ends and what objects do. One loop, which waits for camd, for
 * frames, and for the time when motion is over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "picture/overlay.h"
#include "runtime/runtime.h"
#include "sandbox/sandbox.h"
#include "tracker/best_message.h"
#include "tracker/best_pictures.h"
#include "tracker/detection_requests.h"
#include "tracker/object_message.h"
#include "tracker/pipeline.h"
#include "tracker/tracker_settings.h"
#include "tracker/trouble.h"

enum {
    RATE_REFRESH_MS = 1000, /* how often the rate is written again while no frames come */
    MEAN_FRAMES = 10,       /* the mean of motion_time_ns takes a tenth of each frame's */
};

struct tracker {
    struct worker worker;
    struct pipeline pipeline;
    struct worker_rate rate;
    struct worker_rate detection_rate; /* regions looked into */
    bool announced;                    /* what camd was told last: motion is on */
    bool warned_overwritten;
    struct requests requests; /* to a detector process */
    bool detector_was_up;     /* said of segments that are not in use yet */
    struct trouble trouble;   /* with the detector */
    struct best_pictures best;
    uint64_t left_out_before; /* what a predecessor left out, whose count goes on */
};

static struct tracker tracker;

/* ---- what others see ---- */

static json_t *boxes_json(const struct motion_outcome *outcome)
{
    json_t *boxes = json_array();
    for (uint32_t i = 0; boxes && i < outcome->box_count; i++) {
        const struct camd_box *box = &outcome->boxes[i];
        json_array_append_new(boxes, json_pack("[i, i, i, i]", box->x1, box->y1, box->x2, box->y2));
    }
    return boxes;
}

/* Tells camd when motion began or ended. What could not be sent is tried again with the next frame. */
static void announce(struct tracker *self)
{
    const struct pipeline *pipeline = &self->pipeline;
    bool active = pipeline->activity.active;
    if (active == self->announced)
        return;
    json_t *boxes = active ? boxes_json(&pipeline->outcome) : json_array();
    int64_t wall_ns = active ? pipeline->frame.wall_ns : clock_wall_ns();
    json_t *event = json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}", "type", "event", "event", "motion", "active",
                              active, "frame_id", (json_int_t)pipeline->frame.frame_id, "wall_ns",
                              (json_int_t)wall_ns, "boxes", boxes);
    if (worker_send(&self->worker, event) == 0)
        self->announced = active;
}

/* Each limit once, when it is reached first. */
static void tell_limits(struct tracker *self)
{
    enum limit limit;
    while (limits_take_news(&self->pipeline.limits, &limit)) {
        const struct limit_words *words = limit_words(limit);
        log_warning(self->worker.camera,
                    "there are %s: up to %u %s; %s. This is said once, camctl status counts what is left out",
                    words->more, self->pipeline.limits.of[limit].most, words->left_out, words->hint);
    }
}

/* Before anybody hears of an object: a successor gives no id again, however this process ends. */
static void store_next_id(struct tracker *self)
{
    if (self->worker.has_segments)
        __atomic_store_n(&self->worker.segments.tracker->next_object_id,
                         self->pipeline.objects.tracks.next_id, __ATOMIC_RELAXED);
}

/* What an object does: camd hears of it, and of where objects of which size end. */
static void object_did(void *context, const struct object_event *event)
{
    struct tracker *self = context;
    const struct pipeline *pipeline = &self->pipeline;
    struct best_report picture;
    store_next_id(self);
    json_t *message = report_object(event, &pipeline->policy, &pipeline->settings);
    best_pictures_report(&self->best, event->object->id, &picture);
    json_object_set_new(message, "picture", best_message(&picture));
    (void)worker_send(&self->worker, message);
    if (event->phase == OBJECT_END)
        best_pictures_end(&self->best, event->object->id, clock_monotonic_ns());
    if (report_is_grid_sample(event))
        (void)worker_send(&self->worker, report_grid_sample(event->object, &pipeline->policy));
}

static void store_rate(struct tracker *self, int64_t now_ns)
{
    struct camd_tracker_block *block = self->worker.segments.tracker;
    double rate = worker_rate_value(&self->rate, now_ns),
           detections = worker_rate_value(&self->detection_rate, now_ns);
    __atomic_store_n(&block->process_fps_milli, (uint32_t)(rate * 1000.0), __ATOMIC_RELAXED);
    __atomic_store_n(&block->detection_fps_milli, (uint32_t)(detections * 1000.0), __ATOMIC_RELAXED);
}

/* Only this process writes the block: what it reads there are its own words. */
static void store_state(struct tracker *self)
{
    struct camd_tracker_block *block = self->worker.segments.tracker;
    __atomic_store_n(&block->late_answers, self->requests.counts.late, __ATOMIC_RELAXED);
    __atomic_store_n(&block->left_out, self->left_out_before + limits_total(&self->pipeline.limits),
                     __ATOMIC_RELAXED);
    __atomic_store_n(&block->motion, self->pipeline.activity.active, __ATOMIC_RELAXED);
    __atomic_store_n(&block->calibrating, self->pipeline.outcome.calibrating, __ATOMIC_RELAXED);
    __atomic_store_n(&block->objects, objects_present(&self->pipeline.objects), __ATOMIC_RELAXED);
}

/* That the detector does not run is camd's to tell, once for all cameras; and that it is told something, no trouble. */
static void tell_trouble(struct tracker *self, int error, int64_t now_ns)
{
    if (error == -EPIPE || error == -EINTR)
        return;
    char budget[TEXT_DURATION_BYTES];
    enum trouble_news news = trouble_step(&self->trouble, error, now_ns);
    bool is_slow = error == -ETIMEDOUT || error == -EBUSY;
    if (news == TROUBLE_BEGAN && is_slow)
        log_warning(
            self->worker.camera,
            "the detector does not answer within detection_budget (%s); objects are held where they were. Fewer cameras for it, a lower fps, a smaller input or more threads help",
            text_duration((double)self->requests.budget_ns / (double)CLOCK_NS_PER_S, budget));
    else if (news == TROUBLE_BEGAN)
        log_warning(
            self->worker.camera,
            "the detector failed (%s); objects are held where they were. camctl logs of the detector may say why",
            strerror(-error));
    else if (news == TROUBLE_OVER)
        log_info(self->worker.camera, "the detector answers in time again");
}

/* What the detector did for the frame. */
static void store_detection(struct tracker *self, int64_t now_ns)
{
    struct camd_tracker_block *block = self->worker.segments.tracker;
    const struct pipeline_counts *counts = &self->pipeline.counts;
    __atomic_fetch_add(&block->detections, counts->regions, __ATOMIC_RELAXED);
    __atomic_fetch_add(&block->regions_left_out, counts->left_out, __ATOMIC_RELAXED);
    if (counts->error < 0 && counts->error != -EINTR)
        __atomic_fetch_add(&block->detector_timeouts, 1, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < counts->regions; i++)
        worker_rate_update(&self->detection_rate, now_ns);
    if (counts->error < 0 || counts->regions > 0)
        tell_trouble(self, counts->error, now_ns);
}

static uint32_t recent_mean(uint32_t mean, int64_t spent_ns)
{
    uint64_t spent = (uint64_t)spent_ns;
    return (uint32_t)(mean == 0 ? spent : ((uint64_t)mean * (MEAN_FRAMES - 1) + spent) / MEAN_FRAMES);
}

/* Looks at the objects of the frame, whose pixels are still there. What it costs is counted apart. */
static void keep_best(struct tracker *self, const struct camd_frame *frame, int64_t now_ns)
{
    struct camd_tracker_block *block = self->worker.segments.tracker;
    uint64_t written = self->best.written;
    best_pictures_frame(&self->best, &self->pipeline.objects, frame, now_ns);
    if (self->best.written == written)
        return;
    __atomic_store_n(&block->best_written, block->best_written + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&block->best_time_ns, recent_mean(block->best_time_ns, self->best.spent_ns),
                     __ATOMIC_RELAXED);
}

static void store_metrics(struct tracker *self, int64_t begun_ns, int64_t done_ns)
{
    struct camd_tracker_block *block = self->worker.segments.tracker;
    const struct motion_outcome *outcome = &self->pipeline.outcome;
    __atomic_store_n(&block->motion_time_ns, recent_mean(block->motion_time_ns, done_ns - begun_ns),
                     __ATOMIC_RELAXED);
    if (outcome->box_count > 0 && !outcome->calibrating)
        __atomic_fetch_add(&block->motion_frames, 1, __ATOMIC_RELAXED);
    worker_rate_update(&self->rate, done_ns);
    store_detection(self, done_ns);
    store_rate(self, done_ns);
    store_state(self);
    camd_tracker_progress(&self->worker.segments, done_ns);
}

/* ---- frames ---- */

static bool ptz_is_moving(const struct camd_segments *segments)
{
    struct camd_ptz ptz;
    return camd_ptz_read(segments, &ptz) == 0 && ptz.moving != 0;
}

/* What camd learnt of this camera's objects. While camd writes it the grid before holds. */
static void refresh_grid(struct tracker *self)
{
    struct camd_grid grid;
    if (camd_grid_read(&self->worker.segments, &grid) == 0)
        pipeline_set_grid(&self->pipeline, &grid);
}

/* Gives the slot back, and room in the queue to a capture that waits for it. */
static void release(struct tracker *self, const struct camd_frame *frame)
{
    struct worker *worker = &self->worker;
    bool whole = camd_tracker_release(&worker->segments, frame);
    worker_event_signal(worker->space_event);
    if (!whole && !self->warned_overwritten) {
        self->warned_overwritten = true;
        log_warning(
            worker->camera,
            "frame %llu was changed while it was looked at: the capture program does not keep the lease (camd-worker(7)); its results may be wrong",
            (unsigned long long)frame->frame_id);
    }
}

/* Takes the next frame through all steps; false when none is queued. */
static bool process_next(struct tracker *self)
{
    struct camd_segments *segments = &self->worker.segments;
    struct camd_frame frame;
    if (!self->worker.has_segments || camd_tracker_take(segments, &frame) < 0)
        return false;

    refresh_grid(self);
    int64_t begun_ns = clock_monotonic_ns();
    pipeline_frame(&self->pipeline, &frame, ptz_is_moving(segments), begun_ns);
    store_next_id(self);
    int64_t done_ns = clock_monotonic_ns();

    struct camd_result *result = camd_result_begin(segments);
    pipeline_write_result(&self->pipeline, done_ns, result);
    camd_result_publish(segments, result);
    store_metrics(self, begun_ns, done_ns);
    announce(self); /* before a picture of somebody is made, which takes longer than all of the above */
    keep_best(self, &frame, done_ns);
    release(self, &frame);
    tell_limits(self);
    return true;
}

/* ---- what camd sends ---- */

static int no_memory(struct tracker *self, int error)
{
    (void)worker_send_error(&self->worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                            "free memory, or give the camera a smaller width, height or motion_frame_height",
                            "motion detection cannot be set up: %s", strerror(-error));
    return error;
}

/* ---- the detector ---- */

static int wait_for_answer(void *context, int event, int64_t timeout_ns)
{
    const struct tracker *self = context;
    return worker_wait_event(&self->worker, event, timeout_ns);
}

/* Order of the tensor's colours, as the detector has it. */
static bool tensor_is_rgb(const struct tracker *self)
{
    const json_t *detector = json_object_get(self->worker.config, "detector");
    return strcmp(json_member_string(detector, "colour_order", ""), "rgb") == 0;
}

static int connect_detector(struct tracker *self)
{
    struct worker *worker = &self->worker;
    int result = requests_attach(&self->requests, &worker->segments, worker->request_event,
                                 worker->answer_event, tensor_is_rgb(self));
    self->pipeline.ports.detection.context = &self->requests;
    self->pipeline.ports.detection.detect = NULL;
    if (self->requests.segments)
        self->pipeline.ports.detection.detect = requests_detect;
    return result;
}

/* Messages that only trackers get. */
static int handle(void *context, const char *type, const json_t *message, int *fds, size_t fd_count)
{
    struct tracker *self = context;
    (void)fds;
    (void)fd_count;
    /* new segments may have come just before it: what follows is about those */
    if (strcmp(type, "detector") == 0 && self->worker.frames_changed)
        self->detector_was_up = strcmp(json_member_string(message, "state", ""), "up") == 0;
    else if (strcmp(type, "detector") == 0)
        requests_set_up(&self->requests, strcmp(json_member_string(message, "state", ""), "up") == 0);
    return 0;
}

static int adopt_frames(struct tracker *self)
{
    struct worker *worker = &self->worker;
    worker->frames_changed = false;
    if (!worker->segments.result) {
        (void)worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                                "camd and its workers have to be of the same version",
                                "there is no segment for the results");
        return -EPROTO;
    }
    /* before objects end with the old size: their pictures are in segments that are gone */
    int result = best_pictures_attach(&self->best, &worker->segments, clock_monotonic_ns());
    if (result < 0)
        return no_memory(self, result);
    result = pipeline_set_size(&self->pipeline, worker->segments.width, worker->segments.height);
    if (result < 0)
        return no_memory(self, result);
    pipeline_set_labels(&self->pipeline, worker->segments.info->labels, worker->segments.info->label_count);
    result = connect_detector(self);
    if (result < 0)
        return no_memory(self, result);
    requests_set_up(&self->requests, self->detector_was_up);
    self->detector_was_up = false;
    /* these go on after a predecessor's */
    self->requests.counts.late = worker->segments.tracker->late_answers;
    const uint64_t left_out = worker->segments.tracker->left_out, own = limits_total(&self->pipeline.limits);
    self->left_out_before = left_out > own ? left_out - own : 0;
    pipeline_skip_object_ids(&self->pipeline, worker->segments.tracker->next_object_id);
    store_next_id(self);
    camd_tracker_begin(&worker->segments);
    store_state(self); /* what one that was killed had reported, camd has ended */
    return worker_send_ready(worker);
}

/* Settings that can't be used change nothing: those before hold. */
static int adopt_config(struct tracker *self)
{
    static struct settings settings;
    char problem[SETTINGS_PROBLEM_BYTES];
    self->worker.config_changed = false;
    if (tracker_settings_read(self->worker.config, &settings, problem) < 0) {
        log_error(self->worker.camera, "new settings are not used: %s", problem);
        return 0;
    }
    int result = pipeline_configure(&self->pipeline, &settings);
    if (result < 0)
        return no_memory(self, result);
    requests_set_budget(&self->requests, settings.detection_budget_ns);
    /* it is restarted then, and camd says when it is up */
    if (self->requests.segments && self->requests.maker.format.rgb != tensor_is_rgb(self) &&
        (result = connect_detector(self)) < 0)
        return no_memory(self, result);
    if (self->worker.has_segments)
        store_state(self);
    return 0;
}

static int adopt_changes(struct tracker *self)
{
    int result = 0;
    if (self->worker.config_changed)
        result = adopt_config(self);
    if (result == 0 && self->worker.frames_changed)
        result = adopt_frames(self);
    return result;
}

/* ---- the loop ---- */

/* How long there is nothing to do but wait, for worker_poll. */
static int wait_ms(const struct tracker *self)
{
    const struct camd_segments *segments = &self->worker.segments;
    int64_t wait = -1, deadline_ns = pipeline_deadline_ns(&self->pipeline);
    if (deadline_ns != INT64_MAX) {
        int64_t left_ns = deadline_ns - clock_monotonic_ns();
        wait =
            left_ns <= 0 ? 0 : left_ns / CLOCK_NS_PER_MS + 1; /* up: too early would be a turn for nothing */
    }
    bool rate_shown = self->worker.has_segments &&
                      __atomic_load_n(&segments->tracker->process_fps_milli, __ATOMIC_RELAXED) != 0;
    if (rate_shown && (wait < 0 || wait > RATE_REFRESH_MS))
        wait = RATE_REFRESH_MS;
    return (int)wait;
}

/* What time alone changes: motion ends, the rate sinks. */
static void tick(struct tracker *self)
{
    int64_t now_ns = clock_monotonic_ns();
    pipeline_tick(&self->pipeline, now_ns);
    announce(self);
    if (self->worker.has_segments) {
        store_rate(self, now_ns);
        store_state(self);
    }
}

/* Capture has stopped before us: what it left in the queue is looked at, then motion and objects are over. */
static void finish(struct tracker *self)
{
    for (int i = 0; i < CAMD_RING_SIZE && process_next(self); i++)
        ;
    self->pipeline.activity.active = false;
    announce(self);
    best_pictures_close(&self->best); /* who stops a camera takes its segments away */
    pipeline_end_objects(&self->pipeline, OBJECT_REASON_STOPPED);
    if (self->worker.has_segments)
        store_state(self);
}

/* Until camd says stop: 0, or -errno. One frame a turn, so that camd is heard in between. */
static int run(struct tracker *self)
{
    struct worker *worker = &self->worker;
    bool busy = false;
    while (!worker->stop) {
        bool ready = false;
        int result = worker_poll(worker, busy ? 0 : wait_ms(self), worker->frame_event, &ready);
        if (result == 0)
            result = adopt_changes(self);
        if (result < 0)
            return result;
        /* Before the ring is read, so that a frame queued meanwhile signals again. */
        if (ready)
            worker_event_clear(worker->frame_event);
        busy = process_next(self);
        if (!busy)
            tick(self);
    }
    finish(self);
    return 0;
}

/* Settings and listener. The port to a detector process is connected when its segments come. */
static void set_up(struct tracker *self, const struct settings *settings)
{
    /*
     * No id comes again after a restart, and a double still holds it. Within the same second, or when the clock was set
     * back, they go on where a predecessor's were.
     */
    struct pipeline_ports ports = {
        .listener = {self, object_did},
        .first_object_id = (uint64_t)(clock_wall_ns() / CLOCK_NS_PER_S) * OBJECT_IDS_A_SECOND + 1,
    };
    struct requests_waiter waiter = {self, wait_for_answer};
    requests_init(&self->requests, &waiter);
    requests_set_budget(&self->requests, settings->detection_budget_ns);
    self->worker.handle = handle;
    self->worker.handle_context = self;
    pipeline_init(&self->pipeline, settings);
    pipeline_connect(&self->pipeline, &ports);
}

static int start(struct tracker *self)
{
    static struct settings settings;
    char problem[SETTINGS_PROBLEM_BYTES];
    int result = worker_start(&self->worker, "tracker", CAMD_ROLE_TRACKER);
    if (result < 0)
        return result;
    result = tracker_settings_read(self->worker.config, &settings, problem);
    if (result < 0)
        (void)worker_send_error(&self->worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                                "correct the camera's settings (camctl check)", "%s", problem);
    else
        set_up(self, &settings);
    /* it opens nothing: what it reads comes from capture, through segments that are handed to it */
    struct sandbox_wish wish = {0};
    if (result == 0)
        result = worker_enter_sandbox(&self->worker, &wish, false);
    return result;
}

int main(void)
{
    if (start(&tracker) < 0)
        return EXIT_FAILURE;
    int result = run(&tracker);
    requests_fini(&tracker.requests);
    pipeline_fini(&tracker.pipeline);
    best_pictures_fini(&tracker.best);
    worker_finish(&tracker.worker);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
