/* All cameras and detectors, from one program to the next, and the configuration as it runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"

const char *fleet_is_busy_with(const struct fleet *fleet)
{
    const struct detector *detector;
    if (!shm_work_is_idle(fleet->services->shm_work))
        return "segments are being made or removed";
    if (!TAILQ_EMPTY(&fleet->leaving))
        return "a camera that was removed still has workers";
    if (!TAILQ_EMPTY(&fleet->changed) || fleet->detectors_changed)
        return "cameras are changing";
    TAILQ_FOREACH(detector, &fleet->detectors, in_fleet) {
        if (TAILQ_EMPTY(&detector->cameras))
            return "a detector that nobody uses any more is being stopped";
    }
    return NULL;
}

/* ---- the configuration ---- */

/* As it was read, but with the cameras as they are. Nothing in it is its own but the list. 0 or -ENOMEM. */
static int running_config(const struct fleet *fleet, struct config *running)
{
    const struct camera *camera;
    *running = *fleet->services->config;
    running->cameras = calloc(fleet->count + 1, sizeof(*running->cameras));
    running->camera_count = 0;
    if (!running->cameras)
        return -ENOMEM;
    TAILQ_FOREACH(camera, &fleet->cameras, in_fleet) {
        if (!camera->bad_file)
            running->cameras[running->camera_count++] = camera->base ? *camera->base : camera->config;
    }
    return 0;
}

char *fleet_config_text(const struct fleet *fleet, size_t *size)
{
    struct config running;
    char *text = NULL;
    FILE *out = running_config(fleet, &running) == 0 ? open_memstream(&text, size) : NULL;
    if (out) {
        config_print(&running, out, true);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(running.cameras);
    return text;
}

/* ---- handing over ---- */

json_t *fleet_hand_over(const struct fleet *fleet)
{
    json_t *cameras = json_array(), *detectors = json_array();
    struct camera *camera;
    struct detector *detector;
    TAILQ_FOREACH(camera, &fleet->cameras, in_fleet) {
        json_array_append_new(cameras, camera_hand_over(camera));
    }
    TAILQ_FOREACH(detector, &fleet->detectors, in_fleet) {
        json_array_append_new(detectors, detector_hand_over(detector));
    }
    return json_pack("{s:o, s:o}", "cameras", cameras, "detectors", detectors);
}

/* ---- taking over ---- */

static int take_camera(struct fleet *fleet, const json_t *record)
{
    const char *name = json_member_string(record, "name", "");
    const struct config_camera *config = config_camera_find(fleet->services->config, name);
    struct camera *camera;
    int error = -EINVAL;
    if (config)
        error = fleet_add(fleet, config, &camera);
    else if (json_is_string(json_object_get(record, "bad_file")) && text_is_camera_name(name))
        error = fleet_add_placeholder(fleet, name, NULL, 0, &camera); /* its file is in the record */
    return error == 0 ? camera_take_over(camera, record) : error;
}

/* They were made with the cameras that name them. */
static int take_detector(struct fleet *fleet, const json_t *record)
{
    struct detector *detector = fleet_find_detector(fleet, json_member_string(record, "name", ""));
    return detector ? detector_take_over(detector, record) : -EINVAL;
}

int fleet_take_over(struct fleet *fleet, const json_t *record)
{
    const json_t *item;
    size_t i;
    int error = 0;
    json_array_foreach(json_object_get(record, "cameras"), i, item) {
        if (error == 0)
            error = take_camera(fleet, item);
    }
    json_array_foreach(json_object_get(record, "detectors"), i, item) {
        if (error == 0)
            error = take_detector(fleet, item);
    }
    return error;
}

/* ---- segments that can't be taken over ---- */

bool fleet_has_left_segments(const struct fleet *fleet)
{
    const struct camera *camera;
    TAILQ_FOREACH(camera, &fleet->cameras, in_fleet) {
        if (camera->has_left_segments)
            return true;
    }
    return false;
}

void fleet_commit(const struct fleet *fleet, const json_t *record)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(record, "cameras"), i, item) {
        struct camera *camera = fleet_find(fleet, json_member_string(item, "name", ""));
        if (camera)
            camera_commit(camera, item);
    }
}
