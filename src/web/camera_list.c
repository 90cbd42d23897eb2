#include "web/camera_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* What of a status the page is told: states, reasons and rates, and nothing that says where a camera is. */
static const char *const members[] = {
    "name",       "state",         "want",          "enabled",     "reason",      "hint",
    "cause",      "since",         "dark_s",        "width",       "height",      "fps",
    "camera_fps", "process_fps",   "detection_fps", "skipped_fps", "motion",      "objects",
    "detector",   "next_start_ms", "stream",        "hour",        "day",         "ptz_moving",
    "share",      "unchanged_s",   "brightness",    "detail",      "frame_age_s",
};

static json_t *picked(const json_t *camera)
{
    json_t *shown = json_object();
    for (size_t i = 0; shown && i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *value = json_object_get(camera, members[i]);
        if (value && !json_is_null(value))
            json_object_set(shown, members[i], value);
    }
    return shown;
}

/* ---- one camera ---- */

struct web_camera *web_camera_hold(struct web_camera *camera)
{
    camera->references++;
    return camera;
}

void web_camera_release(struct web_camera *camera)
{
    if (--camera->references > 0)
        return;
    camera_view_fini(&camera->view);
    json_decref(camera->shown);
    free(camera);
}

static struct web_camera *add(struct camera_list *list, const char *name)
{
    struct web_camera *camera = calloc(1, sizeof(*camera));
    if (!camera)
        return NULL;
    camera->references = 1;
    memcpy(camera->name, name, strlen(name) + 1);
    camera->node = (struct name_node){.name = camera->name, .item = camera};
    camera_view_init(&camera->view, list->prefix, camera->name);
    if (name_index_add(&list->index, &camera->node) < 0) {
        web_camera_release(camera);
        return NULL;
    }
    list->count++;
    TAILQ_INSERT_TAIL(&list->cameras, camera, links);
    return camera;
}

/* Who holds it sees no new picture of it, and none of segments that are not its own any more. */
static void drop(struct camera_list *list, struct web_camera *camera)
{
    name_index_remove(&list->index, &camera->node);
    TAILQ_REMOVE(&list->cameras, camera, links);
    list->count--;
    camera->gone = true;
    camera_view_fini(&camera->view);
    web_camera_release(camera);
}

struct web_camera *camera_list_find(const struct camera_list *list, const char *name)
{
    return name_index_find(&list->index, name);
}

/* ---- the list ---- */

void camera_list_init(struct camera_list *list)
{
    *list = (struct camera_list){0};
    TAILQ_INIT(&list->cameras);
}

static void drop_all(struct camera_list *list)
{
    struct web_camera *camera;
    while ((camera = TAILQ_FIRST(&list->cameras)))
        drop(list, camera);
}

void camera_list_fini(struct camera_list *list)
{
    drop_all(list);
    json_decref(list->daemon);
    free(list->prefix);
}

void camera_list_begin(struct camera_list *list)
{
    list->status++;
}

static void take_camera(struct camera_list *list, const json_t *status)
{
    const char *name = json_member_string(status, "name", "");
    struct web_camera *camera = text_is_camera_name(name) ? camera_list_find(list, name) : NULL;
    if (!camera && list->prefix && text_is_camera_name(name))
        camera = add(list, name);
    if (!camera)
        return;
    camera->seen_in = list->status;
    json_decref(camera->shown);
    camera->shown = picked(status);
    /* in the order of this status */
    TAILQ_REMOVE(&list->cameras, camera, links);
    TAILQ_INSERT_TAIL(&list->cameras, camera, links);
}

/* Another prefix is another instance's: all that was held of the cameras' segments is not theirs. */
static void take_prefix(struct camera_list *list, const char *prefix)
{
    if (!prefix || (list->prefix && strcmp(list->prefix, prefix) == 0))
        return;
    drop_all(list);
    free(list->prefix);
    list->prefix = strdup(prefix);
}

static void take_daemon(struct camera_list *list, const json_t *daemon)
{
    take_prefix(list, json_member_string(json_object_get(daemon, "shm"), "prefix", NULL));
    json_decref(list->daemon);
    list->daemon = json_pack("{s:s, s:s, s:f}", "version", json_member_string(daemon, "version", ""), "state",
                             json_member_string(daemon, "state", ""), "uptime_s",
                             json_member_double(daemon, "uptime_s", 0));
}

void camera_list_part(struct camera_list *list, const json_t *part)
{
    const json_t *daemon = json_object_get(part, "daemon"), *camera = json_object_get(part, "camera");
    if (daemon)
        take_daemon(list, daemon);
    if (camera)
        take_camera(list, camera);
}

void camera_list_end(struct camera_list *list)
{
    struct web_camera *camera, *next;
    for (camera = TAILQ_FIRST(&list->cameras); camera; camera = next) {
        next = TAILQ_NEXT(camera, links);
        if (camera->seen_in != list->status)
            drop(list, camera);
    }
}

json_t *camera_list_json(const struct camera_list *list)
{
    const struct web_camera *camera;
    json_t *cameras = json_array();
    TAILQ_FOREACH(camera, &list->cameras, links) {
        json_array_append(cameras, camera->shown);
    }
    return json_pack("{s:O?, s:o}", "daemon", list->daemon, "cameras", cameras);
}

bool camera_list_leave_unused(struct camera_list *list, int64_t now_ms)
{
    struct web_camera *camera;
    bool attached = false;
    TAILQ_FOREACH(camera, &list->cameras, links) {
        if (camera->view.used_ms && !camera_view_leave_unused(&camera->view, now_ms))
            attached = true;
    }
    return attached;
}
