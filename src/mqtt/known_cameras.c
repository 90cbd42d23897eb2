#include "mqtt/known_cameras.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

void known_cameras_init(struct known_cameras *cameras, const struct topics *topics, struct retained *retained,
                        const struct discovery_wish *wish)
{
    *cameras = (struct known_cameras){.topics = topics, .retained = retained, .wish = *wish};
    TAILQ_INIT(&cameras->list);
}

static void destroy(struct known_cameras *cameras, struct listed_camera *camera)
{
    TAILQ_REMOVE(&cameras->list, camera, entry);
    name_index_remove(&cameras->index, &camera->node);
    cameras->count--;
    known_camera_fini(&camera->known);
    json_decref(camera->told);
    free(camera);
}

void known_cameras_fini(struct known_cameras *cameras)
{
    struct listed_camera *camera;
    while ((camera = TAILQ_FIRST(&cameras->list)) != NULL)
        destroy(cameras, camera);
}

static struct listed_camera *find(const struct known_cameras *cameras, const char *name)
{
    return name_index_find(&cameras->index, name);
}

/* NULL: memory is short, or what camd says is no camera's name. */
static struct listed_camera *ensure(struct known_cameras *cameras, const char *name)
{
    struct listed_camera *camera = find(cameras, name);
    if (camera || !text_is_camera_name(name) || cameras->count == CAMERAS_MAX)
        return camera;
    camera = calloc(1, sizeof(*camera));
    if (!camera)
        return NULL;
    known_camera_init(&camera->known, name);
    camera->told = json_object();
    camera->node = (struct name_node){.name = camera->known.name, .item = camera};
    if (name_index_add(&cameras->index, &camera->node) < 0) {
        json_decref(camera->told);
        free(camera);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&cameras->list, camera, entry);
    cameras->count++;
    return camera;
}

/* ---- what the broker keeps ---- */

static void set_discovery(struct known_cameras *cameras, const char *name, json_t *discovery)
{
    char topic[TOPIC_BYTES];
    char *text = discovery ? json_text(discovery) : NULL;
    if (!text ||
        retained_set_text(cameras->retained, topic_of_discovery(cameras->topics, name, topic), text) < 0)
        log_error(name, "memory is short: Home Assistant is not told of it");
    free(text);
    json_decref(discovery);
}

/* Events may name labels that were not known before. */
static void discover(struct known_cameras *cameras, struct listed_camera *camera)
{
    const struct known_camera *known = &camera->known;
    const uint64_t description =
        known->description_hash * 4096 + known->label_count * 64 + known->zone_count + 1;
    if (!cameras->topics->discovery || camera->discovered == description)
        return;
    camera->discovered = description;
    json_t *discovery = discovery_of_camera(known, cameras->topics, &cameras->wish);
    if (discovery)
        discovery_take_away(discovery, camera->told);
    set_discovery(cameras, known->name, discovery);
}

static void publish(struct known_cameras *cameras, struct listed_camera *camera)
{
    discover(cameras, camera);
    if (known_camera_publish(&camera->known, cameras->is_camd_there, cameras->topics, cameras->retained) < 0)
        log_error(camera->known.name, "memory is short: what is published of it is not new");
}

static void remove_below(struct known_cameras *cameras, const char *name, const char *what)
{
    char topic[TOPIC_BYTES];
    retained_remove_below(cameras->retained, topic_of_camera(cameras->topics, name, what, topic));
}

/* Home Assistant is told first: what is cleared of a device that it still has, it complains of in its log. */
static void remove_camera(struct known_cameras *cameras, struct listed_camera *camera)
{
    char topic[TOPIC_BYTES];
    if (cameras->topics->discovery)
        retained_set_text(cameras->retained, topic_of_discovery(cameras->topics, camera->known.name, topic),
                          "");
    remove_below(cameras, camera->known.name, "");
    destroy(cameras, camera);
}

/* ---- what camd says ---- */

void known_cameras_begin_status(struct known_cameras *cameras)
{
    struct listed_camera *camera;
    TAILQ_FOREACH(camera, &cameras->list, entry)
        camera->is_seen = false;
}

void known_cameras_take_status(struct known_cameras *cameras, const json_t *status)
{
    struct listed_camera *camera = ensure(cameras, json_member_string(status, "name", ""));
    if (!camera)
        return;
    camera->is_seen = true;
    known_camera_take_status(&camera->known, status, clock_wall_ns());
    if (camera->known.description_hash)
        publish(cameras, camera);
}

void known_cameras_end_status(struct known_cameras *cameras)
{
    struct listed_camera *camera = TAILQ_FIRST(&cameras->list), *next;
    for (; camera; camera = next) {
        next = TAILQ_NEXT(camera, entry);
        if (!camera->is_seen)
            remove_camera(cameras, camera);
    }
}

void known_cameras_take_settings(struct known_cameras *cameras, const json_t *part)
{
    static const char *const described[] = {"objects/", "zone/", "picture/"};
    const char *name = json_member_string(part, "name", "");
    struct listed_camera *camera = find(cameras, name);
    if (!camera)
        return;
    const bool has_changed = known_camera_take_settings(&camera->known, part);
    for (size_t i = 0; has_changed && i < sizeof(described) / sizeof(described[0]); i++)
        remove_below(cameras, name, described[i]);
    publish(cameras, camera);
}

void known_cameras_take_event(struct known_cameras *cameras, const json_t *event)
{
    struct listed_camera *camera = find(cameras, json_member_string(event, "camera", ""));
    if (!camera)
        return;
    if (strcmp(json_member_string(event, "event", ""), "camera_removed") == 0) {
        remove_camera(cameras, camera);
        return;
    }
    known_camera_take_event(&camera->known, event);
    publish(cameras, camera);
}

void known_cameras_forget_objects(struct known_cameras *cameras)
{
    struct listed_camera *camera;
    TAILQ_FOREACH(camera, &cameras->list, entry) {
        known_camera_forget_objects(&camera->known);
        publish(cameras, camera);
    }
}

void known_cameras_set_there(struct known_cameras *cameras, bool is_camd_there)
{
    struct listed_camera *camera;
    if (cameras->is_camd_there == is_camd_there)
        return;
    cameras->is_camd_there = is_camd_there;
    TAILQ_FOREACH(camera, &cameras->list, entry)
        publish(cameras, camera);
}

size_t known_cameras_count_dark(const struct known_cameras *cameras)
{
    const struct listed_camera *camera;
    size_t dark = 0;
    TAILQ_FOREACH(camera, &cameras->list, entry)
        dark += camera->known.is_dark;
    return dark;
}
