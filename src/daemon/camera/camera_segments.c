/* A camera's segments: for which size they are made, how many slots, and when they go. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_hint.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_blocks.h"

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
        if (*width < CAMD_SIZE_MIN || *width > CAMD_SIZE_MAX || *height < CAMD_SIZE_MIN ||
            *height > CAMD_SIZE_MAX)
            *width = *height = 0; /* it was scaled until now */
    }
}

static bool size_is_right(const struct camera *camera)
{
    uint32_t width, height;
    camera_size(camera, &width, &height);
    return camera->store && !camera->store_is_stale && shm_store_width(camera->store) == width &&
           shm_store_height(camera->store) == height;
}

void camera_read_frames(const struct camera *camera, uint64_t *next_frame_id, uint64_t *frames)
{
    struct camd_capture_block capture;
    if (!camera->store_ready || shm_blocks_capture(camera->store, &capture) < 0)
        return;
    if (capture.next_frame_id - shm_store_first_frame_id(camera->store) <= CAMERA_FRAMES_MOST)
        *next_frame_id = capture.next_frame_id;
    if (capture.frames <= CAMERA_FRAMES_MOST)
        *frames = capture.frames;
}

/* Ids of frames, and the count of them, go on over new segments. */
static void remember_frames(struct camera *camera)
{
    uint64_t frames = 0;
    camera_read_frames(camera, &camera->next_frame_id, &frames);
    camera->earlier_frames += frames;
}

/* ---- giving up what there is ---- */

/* Nothing is left of segments that were dropped: what whole ones took is there for others. */
static void store_removed(void *context)
{
    struct camera *camera = context;
    if (--camera->removals > 0)
        return;
    if (camera->frees_room)
        fleet_room_freed(camera->fleet);
    camera->frees_room = false;
    fleet_camera_changed(camera->fleet, camera); /* which may be leaving */
}

static void forget_store(struct camera *camera)
{
    camera->store = NULL;
    camera->store_ready = false;
    memset(camera->frames_sent, 0, sizeof(camera->frames_sent));
    sys_close(&camera->frame_event);
    sys_close(&camera->space_event);
    sys_close(&camera->answer_event);
    fleet_count_growth(camera);
}

/* Segments that were only begun free no room for others: two cameras that fail half-way would wake each other for ever. */
void camera_segments_drop(struct camera *camera)
{
    struct shm_store *store = camera->store;
    shm_work_cancel(camera->services->shm_work, &camera->making);
    if (!store)
        return;
    detector_detach(camera);
    remember_frames(camera);
    camera->frees_room = camera->frees_room || camera->store_ready;
    forget_store(camera);
    camera->removals++;
    shm_store_discard(store, camera->services->shm_work, store_removed, camera);
}

void camera_segments_free(struct camera *camera)
{
    shm_work_cancel(camera->services->shm_work, &camera->making);
    shm_work_cancel(camera->services->shm_work, &camera->checking);
    shm_work_cancel(camera->services->shm_work, &camera->resending);
    shm_store_free(camera->store);
    forget_store(camera);
}

void camera_segments_cancel(struct camera *camera)
{
    if (!camera->store_ready)
        camera_segments_drop(camera);
}

void camera_segments_unmapped(struct camera *camera)
{
    if (!camera->store)
        fleet_room_freed(camera->fleet);
}

/* ---- making them ---- */

/* The detector as the configuration has it now; NULL: none. */
static const struct config_detector *detector_section(const struct camera *camera)
{
    return config_detector_find(camera->services->config, camera->config.detector);
}

/* A camera is tried again and again: what its log says already of it is said when the number is another one. */
static void warn_of_few_slots(struct camera *camera, const struct fleet_room *room)
{
    const bool is_short =
        (room->memory_is_short || room->files_are_short) && room->slots < BUDGET_SLOTS_ADVISED;
    const uint32_t slots = is_short ? room->slots : 0;
    if (is_short && camera->few_slots != slots)
        log_warning(camera->config.name, "%s that it gets %u frame slots: camctl shm explains",
                    room->files_are_short ? "/dev/shm may have so few more files (nr_inodes)"
                                          : "memory is so short",
                    slots);
    camera->few_slots = slots;
}

/* The same of all cameras, in one line for all. */
static void warn_of_small_shm(struct fleet *fleet, const struct budget *budget)
{
    static const char *const warnings[] = {
        [SHM_IS_ENOUGH] = NULL,
        [SHM_WITHOUT_SPARE] = "/dev/shm has no room for further cameras: camctl shm explains",
        [SHM_WITHOUT_RESERVE] = "/dev/shm is so small that its reserve is used: camctl shm explains",
    };
    const enum shm_shortage shortage = budget->reserve_given_up ? SHM_WITHOUT_RESERVE
                                       : budget->spare_given_up ? SHM_WITHOUT_SPARE
                                                                : SHM_IS_ENOUGH;
    if (shortage != fleet->shm_shortage && warnings[shortage])
        log_warning(NULL, "%s", warnings[shortage]);
    fleet->shm_shortage = shortage;
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

/* How many slots the camera gets now. -ENOSPC: none. */
static int choose_slots(struct camera *camera, uint32_t *slots)
{
    struct fleet_room room;
    fleet_look_at_memory(camera->fleet);
    int error = fleet_room_for(camera, &room);
    if (error < 0)
        return error;
    if (room.slots == 0)
        return -ENOSPC;
    warn_of_few_slots(camera, &room);
    warn_of_small_shm(camera->fleet, &room.budget);
    *slots = room.slots;
    return 0;
}

static int plan_store(struct camera *camera)
{
    struct services *services = camera->services;
    struct shm_plan plan = {
        .prefix = services->config->shm_prefix,
        .camera = camera->config.name,
        .generation = ++services->generation,
        .first_frame_id = camera->next_frame_id,
        .group = services->group,
        .watch = services->file_watch,
        .owner = camera,
    };
    plan.best_pictures = (uint32_t)camera->config.best_pictures;
    plan.best_max_kb = (uint32_t)camera->config.best_max_kb;
    camera_size(camera, &plan.width, &plan.height);
    plan_detection(camera, &plan);
    int error = choose_slots(camera, &plan.slots);
    if (error == 0)
        error = shm_store_new(&camera->store, &plan);
    if (error == 0)
        fleet_count_growth(camera);
    return error;
}

static int make_piece(void *context)
{
    struct camera *camera = context;
    return camera->store ? shm_store_step(camera->store) : plan_store(camera);
}

static int make_events(struct camera *camera)
{
    int *events[] = {&camera->frame_event, &camera->answer_event};
    size_t count = shm_store_input_width(camera->store) > 0 ? 2 : 1;
    for (size_t i = 0; i < count; i++) {
        int event = sys_eventfd(0, EFD_NONBLOCK);
        if (event < 0)
            return event; /* camera_segments_drop closes the others */
        *events[i] = event;
    }
    return 0;
}

/*
 * It has the old ones mapped, and would keep them from being freed for as long as there are no new ones, which may
 * need just that room. It is started when there are.
 */
static void stop_tracker(struct camera *camera)
{
    struct worker_process *tracker = camera_tracker(camera);
    if (tracker->automaton.want_up)
        worker_stop(tracker, clock_monotonic_ms() + camera->config.stop_timeout_ms);
}

static void report_no_room(struct camera *camera)
{
    struct explanation why;
    struct fleet_room room;
    fleet_room_for(camera, &room);
    fleet_room_explain(&room, &why);
    fleet_wait_for_room(camera);
    worker_fault(camera_capture(camera), AUTOMATON_REASON_SEGMENTS, CAMD_CLASS_LOCAL, why.hint, "%s",
                 why.reason);
}

const char *camera_segments_hint(int error)
{
    const char *shortage = error_hint_shortage(error);
    return shortage
               ? shortage
               : "camd must be able to make its files in /dev/shm: remove what is in the way, or set another shm_prefix";
}

/* There will be no segments for now: the workers wait for the next try. */
static void report_failure(struct camera *camera, int error)
{
    char problem[SHM_STORE_PROBLEM_BYTES] = "";
    if (camera->store)
        shm_store_explain(camera->store, error, problem);
    camera_segments_drop(camera);
    stop_tracker(camera);
    if (error == -ENOSPC)
        report_no_room(camera);
    else
        worker_fault(camera_capture(camera), AUTOMATON_REASON_SEGMENTS, CAMD_CLASS_LOCAL,
                     camera_segments_hint(error), "%s", problem[0] ? problem : strerror(-error));
}

/*
 * Only a capture that does not pace waits for the tracker. It is executed again when that changes, and a tracker that goes
 * on gets the same segments once more, with the event or without. It is another descriptor of every new process to be
 * closed, and a call of the kernel a frame, where nobody waits.
 */
static int settle_space_event(struct camera *camera)
{
    const bool is_needed = !camera->config.pace, is_there = camera->space_event >= 0;
    if (is_needed == is_there)
        return 0;
    sys_close(&camera->space_event);
    camera->frames_sent[WORKER_TRACKER] = false;
    if (!is_needed)
        return 0;
    const int event = sys_eventfd(0, EFD_NONBLOCK);
    if (event < 0)
        return event;
    camera->space_event = event;
    return 0;
}

/* All segments are there: whoever waits for them goes on. */
static void hand_out(struct camera *camera)
{
    struct worker_process *capture = camera_capture(camera);
    struct worker_process *tracker = camera_tracker(camera);
    int error = settle_space_event(camera);
    if (error < 0) {
        report_failure(camera, error);
        return;
    }
    camera_segments_send(camera, WORKER_CAPTURE);
    camera_segments_send(camera, WORKER_TRACKER);
    detector_attach(camera);
    worker_event(capture, AUTOMATON_EVENT_CREATED);
    worker_event(tracker, AUTOMATON_EVENT_CREATED);
    if (camera->want_up)
        worker_event(tracker, AUTOMATON_EVENT_START);
}

static void store_made(void *context, int result)
{
    struct camera *camera = context;
    if (result == 1)
        result = make_events(camera);
    if (result < 0) {
        report_failure(camera, result);
        return;
    }
    camera->store_ready = true;
    camera->has_left_segments = false;
    camera->store_made_ms = clock_monotonic_ms();
    camera->seen_frames = camera->seen_packets = camera->seen_tail = 0;
    if (camera->ptz_moving)
        shm_blocks_set_ptz(camera->store, true, clock_monotonic_ns());
    camera_publish_grid(camera);
    log_debug(camera->config.name, "%u slots of %ux%u, %.1f MB", shm_store_slots(camera->store),
              shm_store_width(camera->store), shm_store_height(camera->store),
              (double)shm_store_bytes(camera->store) / (1024.0 * 1024.0));
    hand_out(camera);
}

/* True when nobody has touched them; otherwise the log says what happened. */
static bool is_intact(const struct camera *camera)
{
    char problem[SHM_STORE_PROBLEM_BYTES];
    if (shm_store_intact(camera->store, problem))
        return true;
    log_warning(camera->config.name, "%s: making new segments", problem);
    return false;
}

void camera_segments_ensure(struct camera *camera)
{
    uint32_t width, height;
    camera_size(camera, &width, &height);
    /* not known any more: what is there is right until capture tells another */
    if (width == 0 && !camera->store_ready)
        return;
    if (width == 0 || (camera->store_ready && size_is_right(camera) && is_intact(camera))) {
        hand_out(camera);
        return;
    }
    bool is_right_so_far = !camera->store || (!camera->store_ready && size_is_right(camera));
    if (!camera->making.is_queued || !is_right_so_far)
        camera_segments_replace(camera);
}

void camera_segments_replace(struct camera *camera)
{
    camera_segments_drop(camera);
    shm_work_add(camera->services->shm_work, &camera->making);
}

static int check_piece(void *context)
{
    const struct camera *camera = context;
    return camera->want_up && camera->store_ready && !is_intact(camera) ? -ESTALE : 1;
}

static void store_checked(void *context, int result)
{
    if (result < 0)
        camera_segments_replace(context);
}

void camera_check_segments(struct camera *camera)
{
    shm_work_add(camera->services->shm_work, &camera->checking);
}

bool camera_segments_claim(struct camera *camera)
{
    fleet_stop_waiting(camera);
    if (fleet_claim_descriptors(camera))
        return true;
    report_no_room(camera);
    return false;
}

void camera_segments_init(struct camera *camera)
{
    camera->making =
        (struct shm_task){.kind = SHM_WORK_MAKE, .piece = make_piece, .done = store_made, .context = camera};
    camera->checking = (struct shm_task){
        .kind = SHM_WORK_CHECK, .piece = check_piece, .done = store_checked, .context = camera};
}
