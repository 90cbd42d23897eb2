/* Verbs that only show: built in parts while the client takes them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/events/events.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_store.h"
#include "daemon/verbs/names.h"
#include "daemon/verbs/requests_private.h"

/* ---- status ---- */

/* Cameras may come and go while a slow client takes its parts. */
struct showing {
    struct requests *requests;
    bool daemon_shown, detectors_shown;
    json_t *names;              /* of cameras, and detector:NAME; NULL: all cameras */
    struct fleet_cursor cursor; /* where in all cameras it is */
    size_t next;                /* of names */
    bool some_detectors;        /* those of names; else all */
};

static void showing_release(void *state)
{
    struct showing *showing = state;
    if (!showing->names)
        fleet_cursor_close(&showing->cursor);
    json_decref(showing->names);
    free(showing);
}

static struct camera *showing_camera(struct showing *showing)
{
    struct camera *camera = NULL;
    if (!showing->names)
        return fleet_cursor_next(&showing->cursor);
    while (!camera && showing->next < json_array_size(showing->names))
        camera = fleet_find(showing->requests->fleet,
                            json_string_value(json_array_get(showing->names, showing->next++)));
    return camera;
}

static int showing_next(void *state, struct control_part *part)
{
    struct showing *showing = state;
    struct camera *camera = NULL;
    if (showing->daemon_shown && showing->detectors_shown && !(camera = showing_camera(showing)))
        return -1;
    json_write_begin_object(&part->json, NULL);
    if (!showing->daemon_shown) {
        status_daemon(&part->json, showing->requests);
        showing->daemon_shown = true;
    } else if (!showing->detectors_shown) {
        status_detectors(&part->json, showing->requests->fleet,
                         showing->some_detectors ? showing->names : NULL);
        showing->detectors_shown = true;
    } else {
        status_camera(&part->json, camera);
    }
    json_write_end_object(&part->json);
    return 1;
}

/* names: of those that are meant, taken over; NULL: all. */
static struct showing *showing_new(struct requests *requests, json_t *names)
{
    struct showing *showing = calloc(1, sizeof(*showing));
    if (!showing) {
        json_decref(names);
        return NULL;
    }
    showing->requests = requests;
    showing->names = names;
    for (size_t i = 0; i < json_array_size(names); i++)
        if (names_detector(json_string_value(json_array_get(names, i))))
            showing->some_detectors = true;
    if (!names)
        fleet_cursor_open(requests->fleet, &showing->cursor);
    return showing;
}

void request_status(struct requests *requests, struct control_request *request, const json_t *body)
{
    json_t *names = NULL;
    if (!names_asked_for(requests, request, body, &names))
        return;
    struct showing *showing = showing_new(requests, names);
    if (showing)
        control_reply_parts(request, showing_next, showing_release, showing);
    else
        request_no_memory(request);
}

/* ---- the rest ---- */

void request_snapshot(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct explanation why;
    struct camera *camera = request_camera(requests, request, body);
    if (!camera)
        return;
    const struct shm_store *store = camera_store(camera);
    if (!store) {
        camera_explain(camera, &why);
        control_reply_error(request, CONTROL_FAILED, why.hint[0] ? why.hint : NULL, "%s has no pictures: %s",
                            camera_name(camera), why.reason[0] ? why.reason : camera_state_word(camera));
        return;
    }
    control_reply_ok(request, json_pack("{s:s, s:s, s:i, s:i, s:f, s:I}", "prefix",
                                        requests->services->config->shm_prefix, "camera", camera_name(camera),
                                        "width", (int)shm_store_width(store), "height",
                                        (int)shm_store_height(store), "fps", camera_config(camera)->fps,
                                        "generation", (json_int_t)shm_store_generation(store)));
}

/* How many slots the camera has, how many it would have if it were restarted now, and what that suggests. */
static json_t *camera_room(const struct camera *camera)
{
    const struct shm_store *store = camera_store(camera);
    const uint32_t slots = store ? shm_store_slots(store) : 0;
    struct fleet_room room;
    uint32_t width, height;
    const bool is_known = fleet_room_for(camera, &room) == 0;
    camera_size(camera, &width, &height);
    return json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:b, s:f, s:i, s:i}", "name", camera_name(camera), "width", (int)width,
        "height", (int)height, "slots", (int)slots, "slots_possible", is_known ? (int)room.slots : 0,
        "restart_advised", (int)(is_known && slots > 0 && budget_is_worth_a_restart(slots, room.slots)), "mb",
        store ? (double)shm_store_bytes(store) / (1024.0 * 1024.0) : 0.0, "best_pictures",
        (int)camera_config(camera)->best_pictures, "best_max_kb", (int)camera_config(camera)->best_max_kb);
}

/* What `add` would be answered for a camera of the usual size. */
static json_t *next_camera(const struct fleet_room *room)
{
    struct explanation why = {"", ""};
    if (room->slots == 0)
        fleet_room_explain(room, &why);
    return json_pack("{s:i, s:i, s:i, s:s, s:s}", "width", (int)room->size.width, "height",
                     (int)room->size.height, "slots", (int)room->slots, "problem", why.reason, "hint",
                     why.hint);
}

/* A quantity of memory; null where the kernel does not say. */
static json_t *memory_mb(uint64_t bytes)
{
    return bytes == MEMORY_UNKNOWN ? json_null() : json_real((double)bytes / (1024.0 * 1024.0));
}

void request_shm(struct requests *requests, struct control_request *request, const json_t *body)
{
    const struct config *config = requests->services->config;
    struct budget budget;
    struct fleet_room room;
    double mb = 1024.0 * 1024.0;
    json_t *cameras = json_array();
    (void)body;
    fleet_budget(requests->fleet, &budget);
    fleet_room_for_new(requests->fleet, NULL, &room);
    for (const struct camera *camera = fleet_first(requests->fleet); camera; camera = fleet_next(camera))
        json_array_append_new(cameras, camera_room(camera));
    json_t *memory = json_pack("{s:o, s:o, s:b, s:f}", "total_mb", memory_mb(room.memory.total_bytes),
                               "free_mb", memory_mb(room.memory.available_bytes), "is_group",
                               (int)room.memory.is_group, "workers_mb", (double)room.workers_bytes / mb);
    control_reply_ok(
        request, json_pack("{s:f, s:f, s:i, s:i, s:i, s:f, s:f, s:f, s:b, s:b, s:o, s:o, s:o}", "total_mb",
                           (double)room.shm.total_bytes / mb, "free_mb", (double)room.shm.free_bytes / mb,
                           "reserve_mb", (int)config->shm_reserve_mb, "slots", (int)room.slots, "slots_max",
                           (int)config->slots_max, "camera_sum_mb", budget.camera_sum_mb, "best_mb",
                           budget.best_mb, "recommended_mb", budget.recommended_mb, "spare_given_up",
                           (int)budget.spare_given_up, "reserve_given_up", (int)budget.reserve_given_up,
                           "memory", memory, "next", next_camera(&room), "cameras", cameras));
}

void request_version(struct requests *requests, struct control_request *request, const json_t *body)
{
    (void)body;
    control_reply_ok(request, json_pack("{s:s, s:i, s:i}", "version", CAMD_VERSION, "protocol",
                                        CONTROL_PROTOCOL, "pid", (int)requests->services->pid));
}
