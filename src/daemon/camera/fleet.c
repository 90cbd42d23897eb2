#include "daemon/camera/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/disk/overrides.h"
#include "daemon/host/file_watch.h"

/* ---- by name ---- */

struct camera *fleet_find(const struct fleet *fleet, const char *name)
{
    struct camera *camera = name_index_find(&fleet->by_name, name);
    return camera && !camera->leaving ? camera : NULL;
}

struct camera *fleet_find_leaving(const struct fleet *fleet, const char *name)
{
    struct camera *camera = name_index_find(&fleet->by_name, name);
    return camera && camera->leaving ? camera : NULL;
}

struct camera *fleet_first(const struct fleet *fleet)
{
    return TAILQ_FIRST(&fleet->cameras);
}

struct camera *fleet_next(const struct camera *camera)
{
    return TAILQ_NEXT(camera, in_fleet);
}

size_t fleet_count(const struct fleet *fleet)
{
    return fleet->count;
}

/* ---- one after the other ---- */

void fleet_cursor_open(struct fleet *fleet, struct fleet_cursor *cursor)
{
    cursor->next = fleet_first(fleet);
    LIST_INSERT_HEAD(&fleet->cursors, cursor, in_fleet);
}

struct camera *fleet_cursor_next(struct fleet_cursor *cursor)
{
    struct camera *camera = cursor->next;
    if (camera)
        cursor->next = fleet_next(camera);
    return camera;
}

void fleet_cursor_close(struct fleet_cursor *cursor)
{
    LIST_REMOVE(cursor, in_fleet);
}

/* There are as many cursors as clients who read a long answer. */
static void cursors_pass(struct fleet *fleet, const struct camera *camera)
{
    struct fleet_cursor *cursor;
    LIST_FOREACH(cursor, &fleet->cursors, in_fleet) {
        if (cursor->next == camera)
            cursor->next = fleet_next(camera);
    }
}

/* ---- coming and going ---- */

int fleet_add(struct fleet *fleet, const struct config_camera *config, struct camera **result)
{
    /* its names are in use until its workers are gone */
    if (name_index_find(&fleet->by_name, config->name))
        return -EBUSY;
    struct camera *camera;
    int error = camera_new(&camera, fleet, config);
    if (error < 0)
        return error;
    error = name_index_add(&fleet->by_name, &camera->node);
    if (error < 0) {
        camera_free(camera);
        return error;
    }
    TAILQ_INSERT_TAIL(&fleet->cameras, camera, in_fleet);
    fleet->count++;
    camera_set_enabled(camera, overrides_enabled(fleet->services->overrides, config->name, config->enabled));
    camera_recall_asked(camera);
    detector_choose(camera);
    services_emit(fleet->services, "camera_added", config->name, NULL);
    if (result)
        *result = camera;
    return 0;
}

int fleet_add_placeholder(struct fleet *fleet, const char *name, const char *file, unsigned int line,
                          struct camera **camera)
{
    struct config_camera config;
    int error = config_camera_copy(&config, &fleet->services->config->defaults);
    if (error < 0)
        return error;
    snprintf(config.name, sizeof(config.name), "%s", name);
    config.line = line;
    config.file = file ? strdup(file) : NULL;
    config.input = strdup("");
    error = config.input && (config.file || !file) ? fleet_add(fleet, &config, camera) : -ENOMEM;
    config_camera_fini(&config);
    return error;
}

int fleet_add_bad_file(struct fleet *fleet, const struct config_bad_file *bad)
{
    struct camera *camera;
    char line[16] = "", further[48] = "";
    const int error = fleet_add_placeholder(fleet, bad->name, bad->file, bad->line, &camera);
    if (error < 0)
        return error;
    if (bad->line > 0)
        snprintf(line, sizeof(line), ":%u", bad->line);
    if (bad->further > 0)
        snprintf(further, sizeof(further), " (and %zu more)", bad->further);
    camera->bad_file = text_format("%s%s: %s%s", bad->file, line, bad->problem, further);
    if (!camera->bad_file) {
        fleet_remove(fleet, camera);
        return -ENOMEM;
    }
    fleet_count_size(fleet, camera);
    log_error(bad->name, "left out of the start: %s: mend the file, then camctl reload", camera->bad_file);
    return 0;
}

void fleet_remove(struct fleet *fleet, struct camera *camera)
{
    camera_stop(camera);
    camera->leaving = true;
    fleet_count_size(fleet, camera);
    cursors_pass(fleet, camera);
    TAILQ_REMOVE(&fleet->cameras, camera, in_fleet);
    TAILQ_INSERT_TAIL(&fleet->leaving, camera, in_fleet);
    fleet->count--;
    services_emit(fleet->services, "camera_removed", camera->config.name, NULL);
    fleet_camera_changed(fleet, camera);
}

bool fleet_add_again(struct fleet *fleet, const char *name)
{
    struct camera *camera = fleet_find_leaving(fleet, name);
    if (!camera || camera->holders > 0)
        return false;
    camera->added_again = true;
    return true;
}

/* Of a camera that was taken out of the configuration and put in again before it had left. */
static void add_again(struct fleet *fleet, const char *name)
{
    const struct config_camera *config = config_camera_find(fleet->services->config, name);
    struct camera *camera;
    /* by now it may be out again */
    if (!config || fleet->stopping)
        return;
    int error = fleet_add(fleet, config, &camera);
    if (error < 0)
        log_error(name, "could not be added: %s: camctl reload tries again", strerror(-error));
    else if (config->autostart)
        camera_start(camera);
}

/* It can't be found any more. */
static void take_out(struct fleet *fleet, struct camera *camera)
{
    if (camera->has_changed)
        TAILQ_REMOVE(&fleet->changed, camera, in_changed);
    TAILQ_REMOVE(camera->leaving ? &fleet->leaving : &fleet->cameras, camera, in_fleet);
    name_index_remove(&fleet->by_name, &camera->node);
}

/* Nothing of a camera that is leaving runs any more. Those who wait for that may go on with the one that comes again. */
static void let_go(struct fleet *fleet, struct camera *camera)
{
    take_out(fleet, camera);
    if (camera->added_again)
        add_again(fleet, camera->config.name);
    camera_tell_left(camera);
    camera_free(camera);
    fleet->listener.left(fleet->listener.context);
}

/* ---- the end of a turn ---- */

void fleet_camera_changed(struct fleet *fleet, struct camera *camera)
{
    if (camera->has_changed)
        return;
    camera->has_changed = true;
    TAILQ_INSERT_TAIL(&fleet->changed, camera, in_changed);
    ev_feed_event(fleet->services->loop, &fleet->turn_end, EV_CUSTOM);
}

void fleet_detectors_changed(struct fleet *fleet)
{
    fleet->detectors_changed = true;
    ev_feed_event(fleet->services->loop, &fleet->turn_end, EV_CUSTOM);
}

static void count_once(const struct fleet *fleet, bool *is_counted, size_t *left)
{
    if (!fleet->stopping || *is_counted)
        return;
    *is_counted = true;
    (*left)--;
}

static void look_after(struct fleet *fleet, struct camera *camera)
{
    detector_count_need(camera);
    camera_notice_look(camera);
    camera_tell(camera);
    if ((!camera->leaving && !fleet->stopping) || !camera_finish(camera))
        return;
    count_once(fleet, &camera->has_ended, &fleet->left_to_end);
    if (!camera_is_removed(camera))
        return;
    count_once(fleet, &camera->has_stopped, &fleet->left_to_stop);
    if (camera->leaving && camera->holders == 0)
        let_go(fleet, camera);
}

static void tell_how_far(struct fleet *fleet)
{
    /* the detectors last: trackers that drain may still ask them */
    if (!fleet->ended && fleet->left_to_end == 0 && detectors_are_down(fleet)) {
        fleet->ended = true;
        fleet->listener.ended(fleet->listener.context);
    }
    if (fleet->ended && !fleet->stopped && fleet->left_to_stop == 0) {
        fleet->stopped = true;
        fleet->listener.stopped(fleet->listener.context);
    }
}

/* Looking after one may change others, or itself: they are on the list then, and their turn comes here. */
static void turn_ends(struct ev_loop *loop, ev_timer *watcher, int events)
{
    struct fleet *fleet = watcher->data;
    (void)loop;
    (void)events;
    while (!TAILQ_EMPTY(&fleet->changed) || fleet->detectors_changed) {
        struct camera *camera = TAILQ_FIRST(&fleet->changed);
        if (!camera) {
            fleet->detectors_changed = false;
            detectors_free_unused(fleet);
            continue;
        }
        TAILQ_REMOVE(&fleet->changed, camera, in_changed);
        camera->has_changed = false;
        look_after(fleet, camera);
    }
    if (fleet->stopping)
        tell_how_far(fleet);
}

/* ---- all of them ---- */

void fleet_start(struct fleet *fleet)
{
    struct camera *camera;
    TAILQ_FOREACH(camera, &fleet->cameras, in_fleet) {
        if (camera->config.autostart)
            camera_start(camera);
    }
}

int64_t fleet_stop(struct fleet *fleet)
{
    struct camera_list *const lists[] = {&fleet->cameras, &fleet->leaving};
    int64_t longest_ms = 0;
    struct camera *camera;
    fleet->stopping = true;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        TAILQ_FOREACH(camera, lists[i], in_fleet) {
            if (camera->config.stop_timeout_ms > longest_ms)
                longest_ms = camera->config.stop_timeout_ms;
            camera_stop(camera);
            fleet->left_to_end++;
            fleet->left_to_stop++;
            fleet_camera_changed(fleet, camera);
        }
    }
    file_watch_end(fleet->services->file_watch);
    if (fleet->detector_count > 0) /* they stop after the cameras */
        longest_ms += fleet->services->config->defaults.stop_timeout_ms;
    fleet_detectors_changed(fleet);
    return longest_ms;
}

bool fleet_is_stopping(const struct fleet *fleet)
{
    return fleet->stopping;
}

void fleet_log_left_behind(const struct fleet *fleet)
{
    const struct camera_list *const lists[] = {&fleet->cameras, &fleet->leaving};
    const struct camera *camera;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        TAILQ_FOREACH(camera, lists[i], in_fleet) {
            if (!camera_is_down(camera))
                log_error(camera->config.name, "could not be stopped: leaving its processes behind");
        }
    }
    for (const struct detector *detector = fleet_first_detector(fleet); detector;
         detector = fleet_next_detector(detector)) {
        if (detector_worker(detector)->automaton.state != AUTOMATON_DOWN)
            log_error(detector_config(detector)->name, "detector: could not be stopped: leaving it behind");
    }
}

/* ---- their segments ---- */

void fleet_check_segments(struct fleet *fleet, struct camera *camera)
{
    struct camera *other;
    if (fleet->stopping)
        return;
    if (camera) {
        camera_check_segments(camera);
        return;
    }
    TAILQ_FOREACH(other, &fleet->cameras, in_fleet) {
        camera_check_segments(other);
    }
}

/* ---- life ---- */

int fleet_new(struct fleet **result, struct services *services, const struct fleet_listener *listener)
{
    struct fleet *fleet = calloc(1, sizeof(*fleet));
    if (!fleet)
        return -ENOMEM;
    fleet->services = services;
    fleet->listener = *listener;
    TAILQ_INIT(&fleet->cameras);
    TAILQ_INIT(&fleet->leaving);
    LIST_INIT(&fleet->cursors);
    TAILQ_INIT(&fleet->changed);
    TAILQ_INIT(&fleet->waiting);
    TAILQ_INIT(&fleet->detectors);
    ev_init(&fleet->turn_end, turn_ends);
    ev_set_priority(&fleet->turn_end, EV_MINPRI); /* after all else that has come in this turn */
    fleet->turn_end.data = fleet;
    *result = fleet;
    return 0;
}

void fleet_free(struct fleet *fleet)
{
    struct camera *camera;
    if (!fleet)
        return;
    while ((camera = TAILQ_FIRST(&fleet->cameras)) || (camera = TAILQ_FIRST(&fleet->leaving))) {
        take_out(fleet, camera);
        camera_free(camera);
    }
    detectors_free(fleet);
    ev_clear_pending(fleet->services->loop, &fleet->turn_end);
    free(fleet);
}
