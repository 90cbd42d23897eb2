/* What a camera's workers say about it: the stream, and events for subscribers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/shared_text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/camera/worker_news.h"
#include "daemon/events/events.h"
#include "daemon/events/object_event.h"

static void handle_stream(struct camera *camera, enum worker_kind kind, const json_t *message)
{
    if (kind == WORKER_CAPTURE)
        camera_stream_message(camera, message);
}

/* Four numbers that a box may have; what they are of has to be checked after. */
static bool read_box(const json_t *given, struct camd_box *box)
{
    int32_t corner[4];
    if (json_array_size(given) != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        const json_t *number = json_array_get(given, i);
        const json_int_t value = json_integer_value(number);
        if (!json_is_integer(number) || value < -CAMD_SIZE_MAX || value > 2 * CAMD_SIZE_MAX)
            return false;
        corner[i] = (int32_t)value;
    }
    *box = (struct camd_box){corner[0], corner[1], corner[2], corner[3]};
    return true;
}

/* At most so many boxes of four numbers: what subscribers see is bounded and of the form that is promised. */
static json_t *boxes_of(const json_t *message)
{
    json_t *boxes = json_array();
    const json_t *given = json_object_get(message, "boxes");
    for (size_t i = 0; i < json_array_size(given) && i < CAMD_MOTION_MAX; i++) {
        struct camd_box box;
        if (read_box(json_array_get(given, i), &box))
            json_array_append_new(boxes, json_pack("[i,i,i,i]", box.x1, box.y1, box.x2, box.y2));
    }
    return boxes;
}

/* What it is that is wrong is for the one who writes that tracker. */
static void drop_event(struct camera *camera, const char *event, const char *member)
{
    struct worker_process *tracker = &camera->workers[WORKER_TRACKER];
    worker_channel_complain(tracker, WORKER_COMPLAINT_EVENT);
    log_debug(tracker->subject, "the event %s has no proper \"%s\"", event, member);
}

static void handle_motion(struct camera *camera, const json_t *message)
{
    const json_t *active = json_object_get(message, "active");
    int64_t frame_id = json_member_int(message, "frame_id", 0);
    if (!json_is_boolean(active) || !json_is_array(json_object_get(message, "boxes"))) {
        drop_event(camera, "motion", json_is_boolean(active) ? "boxes" : "active");
        return;
    }
    camera->motion = json_is_true(active);
    services_emit(camera->services, "motion", camera->config.name,
                  json_pack("{s:b, s:I, s:o}", "active", (int)camera->motion, "frame_id",
                            (json_int_t)(frame_id > 0 ? frame_id : 0), "boxes", boxes_of(message)));
}

/* To subscribers and to on_event's program; the event is given away. */
static void tell_object(struct camera *camera, json_t *event)
{
    struct events *events = camera->services->events;
    uint64_t seq = events_next(events);
    services_emit(camera->services, "object", camera->config.name, event);
    const struct shared_text *text = camera->config.on_event ? events_text(events, seq) : NULL;
    if (text)
        camera_command_run(camera, CAMERA_ON_EVENT, text->bytes);
}

void camera_end_objects(struct camera *camera)
{
    for (json_t *event; (event = open_objects_end(&camera->open_objects, "killed"));)
        tell_object(camera, event);
}

static void handle_object(struct camera *camera, const json_t *message)
{
    const char *problem = "";
    json_t *event = object_event_copy(message, &problem);
    if (!event) {
        drop_event(camera, "object", problem);
        return;
    }
    if (open_objects_note(&camera->open_objects, event))
        log_warning(
            camera->workers[WORKER_TRACKER].subject,
            "it follows more than the %d objects that camd ends when a tracker dies: should it die, those beyond have no end; a tracker that follows fewer at a time is needed for that",
            OPEN_OBJECTS_MAX);
    tell_object(camera, event);
}

static void handle_event(struct camera *camera, enum worker_kind kind, const json_t *message)
{
    static const struct {
        const char *event;
        void (*handle)(struct camera *camera, const json_t *message);
    } handlers[] = {{"motion", handle_motion}, {"object", handle_object}};
    const char *event = json_member_string(message, "event", "");
    for (size_t i = 0; kind == WORKER_TRACKER && i < sizeof(handlers) / sizeof(handlers[0]); i++)
        if (strcmp(event, handlers[i].event) == 0) {
            handlers[i].handle(camera, message);
            return;
        }
    log_debug(camera->workers[kind].subject, "reported an event that is not known");
}

static void handle_error(struct camera *camera, enum worker_kind kind, const json_t *message)
{
    const struct worker_news news = {camera->services, "error", camera->config.name,
                                     json_pack("{s:s}", "worker", worker_kind_word(kind))};
    (void)message;
    worker_news_error(&news, &camera->workers[kind]);
}

/* An object ended: where its best picture was, and how large. */
static void handle_grid_sample(struct camera *camera, enum worker_kind kind, const json_t *message)
{
    const char *subject = camera->workers[kind].subject;
    struct camd_box box;
    int error = -EINVAL;
    if (kind == WORKER_TRACKER && read_box(json_object_get(message, "box"), &box))
        error = camera_grid_sample(camera, &box);
    if (error == -EINVAL)
        log_debug(subject, "sent a sample for the region grid that is no box in the frame");
    else if (error < 0)
        log_warning(subject, "a sample for the region grid is lost: %s", strerror(-error));
}

void camera_message(void *context, enum worker_kind kind, const char *type, const json_t *message)
{
    static const struct {
        const char *type;
        void (*handle)(struct camera *camera, enum worker_kind kind, const json_t *message);
    } handlers[] = {{"stream", handle_stream},
                    {"event", handle_event},
                    {"error", handle_error},
                    {"health", camera_health_message},
                    {"grid_sample", handle_grid_sample}};
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (strcmp(type, handlers[i].type) == 0)
            handlers[i].handle(context, kind, message);
    }
}
