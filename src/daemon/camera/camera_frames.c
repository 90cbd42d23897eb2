/* `frames`: a camera's segments are opened for a worker, sent to it, and closed again. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/parcel.h"

static void could_not_open(struct camera *camera, struct worker_process *worker, int error)
{
    char problem[SHM_STORE_PROBLEM_BYTES] = "a segment is not the file that was made";
    if (error == -ESTALE) {
        shm_store_intact(camera->store, problem);
        log_warning(camera->config.name, "%s: making new segments", problem);
        camera_segments_replace(camera);
        return;
    }
    worker_fault(worker, AUTOMATON_REASON_SEGMENTS, CAMD_CLASS_LOCAL, camera_segments_hint(error),
                 "cannot open its segments: %s", strerror(-error));
}

static json_t *frames_message(const struct shm_store *store, json_t *names)
{
    uint32_t width = shm_store_width(store), height = shm_store_height(store);
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:O}", "type", "frames", "width", (int)width,
                     "height", (int)height, "slots", (int)shm_store_slots(store), "frame_bytes",
                     (int)(width * height / 2 * 3), "generation", (json_int_t)shm_store_generation(store),
                     "first_frame_id", (json_int_t)shm_store_first_frame_id(store), "fds", names);
}

static void send_frames(struct camera *camera, enum worker_kind kind, struct parcel *parcel)
{
    parcel_put(parcel, "frame_event", camera->frame_event);
    if (camera->space_event >= 0)
        parcel_put(parcel, "space_event", camera->space_event);
    if (kind == WORKER_TRACKER && camera->detector && camera->answer_event >= 0) {
        parcel_put(parcel, "request_event", detector_request_event(camera->detector));
        parcel_put(parcel, "answer_event", camera->answer_event);
    }
    camera->frames_sent[kind] = true;
    worker_send_message(&camera->workers[kind], frames_message(camera->store, parcel->names), parcel->fds,
                        parcel->count);
}

void camera_segments_send(struct camera *camera, enum worker_kind kind)
{
    struct worker_process *worker = &camera->workers[kind];
    if (!camera->store_ready || camera->frames_sent[kind] || !automaton_has_process(worker->automaton.state))
        return;
    struct parcel parcel;
    int result =
        parcel_open(&parcel, camera->store, kind == WORKER_TRACKER ? SHM_SIDE_TRACKER : SHM_SIDE_CAPTURE);
    if (result >= 0)
        send_frames(camera, kind, &parcel);
    parcel_close(&parcel);
    if (result < 0)
        could_not_open(camera, worker, result);
    else if (kind == WORKER_TRACKER)
        detector_tell(camera);
}

static int resend_piece(void *context)
{
    struct camera *camera = context;
    if (camera->store_ready)
        camera->frames_sent[WORKER_CAPTURE] = false;
    camera_segments_send(camera, WORKER_CAPTURE);
    return 1;
}

static void resent(void *context, int result)
{
    (void)context;
    (void)result;
}

void camera_segments_resend(struct camera *camera)
{
    if (camera->frames_sent[WORKER_CAPTURE])
        shm_work_add(camera->services->shm_work, &camera->resending);
}

void camera_frames_init(struct camera *camera)
{
    camera->resending =
        (struct shm_task){.kind = SHM_WORK_CHECK, .piece = resend_piece, .done = resent, .context = camera};
}
