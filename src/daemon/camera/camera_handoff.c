/* A camera, from one program to the next. What is added to struct camera and has to outlive an upgrade gets a row here. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/change.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/handoff/handoff_record.h"
#include "protocol/measures.h"
#include "protocol/verbs.h"

/* True in records of programs that older ones could follow: the space_event is there for these only, and is closed. */
#define SPARE_EVENT "space_event_is_spare"

static const struct handoff_field fields[] = {
    HANDOFF(struct camera, bad_file),          HANDOFF(struct camera, enabled),
    HANDOFF(struct camera, want_up),           HANDOFF(struct camera, learns_nothing),
    HANDOFF(struct camera, added_ms),          HANDOFF(struct camera, dark_since_ms),
    HANDOFF(struct camera, has_said),          HANDOFF(struct camera, changes.in_a_row),
    HANDOFF(struct camera, changes.last_ms),   HANDOFF(struct camera, store_made_ms),
    HANDOFF(struct camera, next_frame_id),     HANDOFF(struct camera, earlier_frames),
    HANDOFF(struct camera, store_is_stale),    HANDOFF_FD(struct camera, frame_event),
    HANDOFF_FD(struct camera, space_event),    HANDOFF_FD(struct camera, answer_event),
    HANDOFF(struct camera, ptz_moving),        HANDOFF(struct camera, motion),
    HANDOFF(struct camera, grid_published_ms), HANDOFF(struct camera, stop_deadline_ms),
    HANDOFF(struct camera, seen_frames),       HANDOFF(struct camera, seen_packets),
    HANDOFF(struct camera, seen_tail),         HANDOFF(struct camera, asked.uid),
    HANDOFF(struct camera, asked.wall_ns),
};

static const struct handoff_field stream_fields[] = {
    HANDOFF(struct camera_stream, known),
    HANDOFF_CHARS(struct camera_stream, codec),
    HANDOFF_CHARS(struct camera_stream, pixel_format),
    HANDOFF(struct camera_stream, width),
    HANDOFF(struct camera_stream, height),
    HANDOFF(struct camera_stream, fps),
    HANDOFF(struct camera_stream, still),
    HANDOFF_CHARS(struct camera_stream, colours),
    HANDOFF_CHARS(struct camera_stream, aspect),
    HANDOFF(struct camera_stream, rotation),
    HANDOFF(struct camera_stream, mirrored),
};

static const struct handoff_field health_fields[] = {
    HANDOFF_ENUM(struct camera_health, reason, CAMERA_HEALTH_COUNT),
    HANDOFF(struct camera_health, measure_kind),
    HANDOFF(struct camera_health, measure),
    HANDOFF(struct camera_health, told_ms),
    HANDOFF(struct camera_health, since_wall_ns),
    HANDOFF(struct camera_health, cause),
    HANDOFF(struct camera_health, hint),
};

/* Where its settings were written: their values are in the configuration that is handed over as a whole. */
static const struct handoff_field origin_fields[] = {
    HANDOFF(struct config_camera, file),
    HANDOFF(struct config_camera, line),
    HANDOFF(struct config_camera, written),
    HANDOFF(struct config_camera, fps_is_own),
};

static const struct handoff_field quality_fields[] = {
    HANDOFF_NUMBERS(struct quality, kilobytes, uint32_t),
    HANDOFF_NUMBERS(struct quality, measured_s, uint16_t),
    HANDOFF_NUMBERS(struct quality, dark_s, uint16_t),
    HANDOFF_NUMBERS(struct quality, counts, uint16_t),
    HANDOFF_NUMBERS(struct quality, step, uint32_t),
    HANDOFF_NUMBERS(struct quality, total_counts, uint32_t),
    HANDOFF(struct quality, total_dark_s),
    HANDOFF(struct quality, dark_rest_ms),
    HANDOFF(struct quality, is_out),
    HANDOFF(struct quality, dark_ms),
    HANDOFF(struct quality, bytes_ms),
    HANDOFF(struct quality, bytes),
};

/* ---- handing over ---- */

static json_t *write_worker(struct camera *camera, enum worker_kind kind)
{
    json_t *record = json_object();
    json_object_set_new(record, "frames_sent", json_boolean(camera->frames_sent[kind]));
    json_object_set_new(record, "health",
                        handoff_write(&camera->health[kind], health_fields, HANDOFF_COUNT(health_fields)));
    json_object_set_new(record, "process", worker_hand_over(&camera->workers[kind]));
    return record;
}

/* For a program that can't use the segments: how far they have come. */
static json_t *write_store(const struct camera *camera)
{
    json_t *record = shm_store_hand_over(camera->store);
    uint64_t next_frame_id = camera->next_frame_id, frames = 0;
    camera_read_frames(camera, &next_frame_id, &frames);
    json_object_set_new(record, "next_frame_id", json_integer((json_int_t)next_frame_id));
    json_object_set_new(record, "frames", json_integer((json_int_t)frames));
    return record;
}

static json_t *write_origin(const struct config_camera *config)
{
    return handoff_write(config, origin_fields, HANDOFF_COUNT(origin_fields));
}

json_t *camera_hand_over(struct camera *camera)
{
    struct ev_loop *loop = camera->services->loop;
    json_t *record = handoff_write(camera, fields, HANDOFF_COUNT(fields)), *workers = json_array();
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        json_array_append_new(workers, write_worker(camera, (enum worker_kind)kind));
    json_object_set_new(record, "name", json_string(camera->config.name));
    json_object_set_new(record, "workers", workers);
    json_object_set_new(record, "stream",
                        handoff_write(&camera->stream, stream_fields, HANDOFF_COUNT(stream_fields)));
    json_object_set_new(record, "said",
                        handoff_write(&camera->said, stream_fields, HANDOFF_COUNT(stream_fields)));
    json_object_set_new(record, "quality",
                        handoff_write(&camera->quality, quality_fields, HANDOFF_COUNT(quality_fields)));
    json_object_set_new(record, "store", camera->store_ready ? write_store(camera) : json_null());
    json_object_set_new(record, "objects", open_objects_hand_over(&camera->open_objects));
    json_object_set_new(record, "commands", camera_commands_hand_over(camera));
    json_object_set_new(record, "notice", camera_notice_hand_over(camera));
    json_object_set_new(record, "asked", json_string(camera->asked.verb ? camera->asked.verb : ""));
    json_object_set_new(record, "config", write_origin(&camera->config));
    json_object_set_new(record, "base", camera->base ? write_origin(camera->base) : json_null());
    json_object_set_new(record, "runtime", camera->runtime ? json_incref(camera->runtime) : json_null());
    json_object_set_new(record, "password", camera_password_hand_over(camera));
    json_object_set_new(record, "has_descriptors", json_boolean(camera->has_descriptors));
    json_object_set_new(record, "waits_for_room", json_boolean(camera->waits_for_room));
    json_object_set_new(record, "needs_detector", json_boolean(camera->needs_detector));
    json_object_set_new(record, "stream_timer", handoff_write_timer(loop, &camera->stream_timer));
    json_object_set_new(record, "grid_timer", handoff_write_timer(loop, &camera->grid_timer));
    json_object_set_new(record, "stop_timer", handoff_write_timer(loop, &camera->stop_timer));
    return record;
}

/* ---- taking over ---- */

static bool is_measure(size_t kind)
{
    size_t count = 0;
    while (measures[count].name)
        count++;
    return kind < count;
}

static int read_worker(struct camera *camera, enum worker_kind kind, const json_t *record)
{
    const int error = handoff_read(json_object_get(record, "health"), &camera->health[kind], health_fields,
                                   HANDOFF_COUNT(health_fields));
    camera->frames_sent[kind] = json_member_bool(record, "frames_sent", false);
    if (!is_measure(camera->health[kind].measure_kind))
        camera->health[kind].measure_kind = 0;
    return error == 0 ? worker_take_over(&camera->workers[kind], json_object_get(record, "process")) : error;
}

/* What its workers still write is not counted here: numbers go on well behind it. */
static void leave_store(struct camera *camera, const json_t *record)
{
    enum { FRAMES_MEANWHILE = 1000000 };
    const uint64_t next = (uint64_t)json_member_int(record, "next_frame_id", 0);
    camera->next_frame_id =
        next + FRAMES_MEANWHILE > camera->next_frame_id ? next + FRAMES_MEANWHILE : camera->next_frame_id;
    camera->earlier_frames += (uint64_t)json_member_int(record, "frames", 0);
    camera->has_left_segments = true;
}

static int read_store(struct camera *camera, const json_t *record)
{
    const struct services *services = camera->services;
    const struct shm_plan plan = {.prefix = services->config->shm_prefix,
                                  .camera = camera->config.name,
                                  .group = services->group,
                                  .watch = services->file_watch,
                                  .owner = camera};
    if (!json_is_object(record))
        return 0;
    const int error = shm_store_take_over(&camera->store, &plan, record);
    if (error == -ESTALE)
        log_warning(camera->config.name,
                    "somebody has removed or changed its segments during the upgrade: making new ones");
    if (error == -EPROTONOSUPPORT || error == -ESTALE) {
        leave_store(camera, record);
        return 0;
    }
    camera->store_ready = error == 0;
    return error;
}

/* The fleet's sums and lists follow, without anything being started or stopped for it. */
static void count(struct camera *camera, const json_t *record)
{
    struct fleet *fleet = camera->fleet;
    if (json_member_bool(record, "has_descriptors", false)) {
        camera->has_descriptors = true;
        fleet->with_descriptors++;
    }
    if (json_member_bool(record, "waits_for_room", false))
        fleet_wait_for_room(camera);
    if (camera->detector && json_member_bool(record, "needs_detector", false))
        detector_take_over_need(camera);
    fleet_count_size(fleet, camera);
    fleet_count_growth(camera);
}

static int read_parts(struct camera *camera, const json_t *record)
{
    int error = handoff_read(json_object_get(record, "stream"), &camera->stream, stream_fields,
                             HANDOFF_COUNT(stream_fields));
    if (error == 0)
        error = handoff_read(json_object_get(record, "said"), &camera->said, stream_fields,
                             HANDOFF_COUNT(stream_fields));
    if (error == 0)
        error = handoff_read(json_object_get(record, "quality"), &camera->quality, quality_fields,
                             HANDOFF_COUNT(quality_fields));
    if (error == 0)
        error = open_objects_take_over(&camera->open_objects, json_object_get(record, "objects"));
    if (error == 0)
        error = read_store(camera, json_object_get(record, "store"));
    for (int kind = 0; kind < WORKER_KINDS && error == 0; kind++)
        error = read_worker(camera, (enum worker_kind)kind,
                            json_array_get(json_object_get(record, "workers"), (size_t)kind));
    if (error == 0)
        error = camera_commands_take_over(camera, json_object_get(record, "commands"));
    if (error == 0)
        error = camera_notice_take_over(camera, json_object_get(record, "notice"));
    return error == 0 ? camera_password_take_over(camera, json_object_get(record, "password")) : error;
}

/* What was said at run time is put in front of what the files said, as it was. */
static int read_origin(struct camera *camera, const json_t *record)
{
    const json_t *base = json_object_get(record, "base"), *config = json_object_get(record, "config");
    json_t *runtime = json_object_get(record, "runtime");
    int error = 0;
    if (json_is_object(base))
        error = handoff_read(base, &camera->config, origin_fields, HANDOFF_COUNT(origin_fields));
    if (error == 0 && json_is_object(base) && json_is_object(runtime))
        error = change_give_runtime(camera, runtime);
    else if (error == 0 && json_is_object(runtime))
        camera->runtime = json_incref(runtime);
    return error == 0 ? handoff_read(config, &camera->config, origin_fields, HANDOFF_COUNT(origin_fields))
                      : error;
}

int camera_take_over(struct camera *camera, const json_t *record)
{
    struct ev_loop *loop = camera->services->loop;
    /* before it is wanted up: a detector that is chosen for it must not be started beside the one that runs */
    int error = read_origin(camera, record);
    if (error == 0)
        error = handoff_read(record, camera, fields, HANDOFF_COUNT(fields));
    if (error == 0)
        error = read_parts(camera, record);
    if (error < 0)
        return error;
    if (camera->has_left_segments)
        memset(camera->frames_sent, 0, sizeof(camera->frames_sent));
    camera->asked.verb = verb_word(json_member_string(record, "asked", ""));
    count(camera, record);
    handoff_read_timer(json_object_get(record, "stream_timer"), loop, &camera->stream_timer);
    handoff_read_timer(json_object_get(record, "grid_timer"), loop, &camera->grid_timer);
    handoff_read_timer(json_object_get(record, "stop_timer"), loop, &camera->stop_timer);
    return 0;
}

/* ---- no way back ---- */

static void close_events(struct camera *camera)
{
    sys_close(&camera->frame_event);
    sys_close(&camera->space_event);
    sys_close(&camera->answer_event);
}

void camera_commit(struct camera *camera, const json_t *record)
{
    if (camera->has_left_segments) {
        const json_t *left = json_object_get(record, "store");
        shm_store_leave_over(left, camera->services->config->shm_prefix);
        handoff_record_close(left);
        close_events(camera);
    } else if (json_member_bool(record, SPARE_EVENT, false)) {
        sys_close(&camera->space_event);
    }
}

bool camera_has_left_segments(const struct camera *camera)
{
    return camera->has_left_segments;
}
