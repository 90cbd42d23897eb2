/*
 * What there is for a camera: shared memory and descriptors. One answer for `add`, for `shm`, and for a camera that starts; and
 * the list of those that wait for some.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/control/control.h"
#include "daemon/segments/shm_instance.h"

/* ---- counting ---- */

void fleet_count_size(struct fleet *fleet, struct camera *camera)
{
    if (camera->is_counted) {
        budget_remove(&fleet->sizes, camera->counted_size);
        fleet->counted--;
    }
    camera->is_counted = camera->enabled && !camera->leaving && !camera->bad_file;
    if (!camera->is_counted)
        return;
    camera_size(camera, &camera->counted_size.width, &camera->counted_size.height);
    budget_add(&fleet->sizes, camera->counted_size);
    fleet->counted++;
}

static void compute(const struct fleet *fleet, uint64_t total_bytes, const struct budget_sum *sizes,
                    struct budget *budget)
{
    const struct config *config = fleet->services->config;
    budget_compute(budget, total_bytes, config->shm_reserve_mb, (uint32_t)config->slots_max, sizes);
}

void fleet_budget(const struct fleet *fleet, struct budget *budget)
{
    uint64_t total = 0, free_bytes = 0;
    shm_instance_space(&total, &free_bytes);
    compute(fleet, total, &fleet->sizes, budget);
}

/* ---- what there is for one camera ---- */

/* Of requests and answers. */
static uint64_t detection_bytes(const struct fleet *fleet, const struct config_camera *config)
{
    const struct config_detector *detector =
        config ? config_detector_find(fleet->services->config, config->detector) : NULL;
    if (!detector || !config_detector_has_process(detector))
        return 0;
    return budget_detection_bytes((uint32_t)detector->input_width, (uint32_t)detector->input_height,
                                  (uint64_t)sysconf(_SC_PAGESIZE));
}

/* For one camera beside so many that have theirs. What would be enough is for all that are to run. */
static void look_at_descriptors(const struct fleet *fleet, size_t cameras, struct fleet_room *room)
{
    const size_t all = fleet->counted > cameras ? fleet->counted : cameras + 1;
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    getrlimit(RLIMIT_NOFILE, &limit);
    room->descriptors_limit = limit.rlim_cur;
    budget_descriptors(&room->descriptors, limit.rlim_cur, CONTROL_CLIENTS_MAX, cameras,
                       fleet->detector_count);
    room->descriptors_enough = budget_descriptors_enough(CONTROL_CLIENTS_MAX, all, fleet->detector_count);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* room has sizes, sums and what is free. */
static void fit(const struct fleet *fleet, uint64_t other_bytes, struct fleet_room *room)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const uint32_t width = room->size.width, height = room->size.height;
    const uint64_t free_bytes = room->free_bytes > other_bytes ? room->free_bytes - other_bytes : 0;
    const uint32_t wish = smaller(room->budget.slots, room->descriptors.slots_max);
    room->needed_bytes = budget_camera_bytes(width, height, CAMD_SLOTS_MIN, page) + other_bytes;
    room->slots = budget_fit(width, height, wish, free_bytes, fleet->services->config->shm_reserve_mb, page);
    if (room->descriptors.missing > 0)
        room->slots = 0;
}

static struct budget_size known_or_usual(struct budget_size size)
{
    return size.width > 0 ? size : (struct budget_size){BUDGET_USUAL_WIDTH, BUDGET_USUAL_HEIGHT};
}

int fleet_room_for_new(const struct fleet *fleet, const struct config_camera *config, struct fleet_room *room)
{
    struct budget_sum sizes = fleet->sizes;
    *room = (struct fleet_room){0};
    int error = shm_instance_space(&room->total_bytes, &room->free_bytes);
    if (error < 0)
        return error;
    if (config)
        room->size = (struct budget_size){(uint32_t)config->width, (uint32_t)config->height};
    room->size = known_or_usual(room->size);
    budget_add(&sizes, room->size);
    compute(fleet, room->total_bytes, &sizes, &room->budget);
    look_at_descriptors(fleet, fleet->with_descriptors, room);
    fit(fleet, detection_bytes(fleet, config), room);
    return 0;
}

int fleet_room_for(const struct camera *camera, struct fleet_room *room)
{
    const struct fleet *fleet = camera->fleet;
    *room = (struct fleet_room){0};
    int error = shm_instance_space(&room->total_bytes, &room->free_bytes);
    if (error < 0)
        return error;
    if (camera->store)
        room->free_bytes += shm_store_bytes(camera->store);
    camera_size(camera, &room->size.width, &room->size.height);
    room->size = known_or_usual(room->size);
    compute(fleet, room->total_bytes, &fleet->sizes, &room->budget);
    look_at_descriptors(fleet, fleet->with_descriptors - camera->has_descriptors, room);
    fit(fleet, detection_bytes(fleet, &camera->config), room);
    return 0;
}

void fleet_room_explain(const struct fleet_room *room, char *problem, size_t problem_size, char *hint,
                        size_t hint_size)
{
    const double mb = 1024.0 * 1024.0;
    if (room->descriptors.missing > 0) {
        snprintf(problem, problem_size,
                 "a camera needs %d descriptors, of which camd is %llu short: it may open %llu files",
                 BUDGET_CAMERA_DESCRIPTORS, (unsigned long long)room->descriptors.missing,
                 (unsigned long long)room->descriptors_limit);
        snprintf(
            hint, hint_size,
            "raise the limit of open files to %llu or more (LimitNOFILE= in camd.service, ulimit -n in /etc/default/camd) and restart camd, or remove a camera",
            (unsigned long long)room->descriptors_enough);
        return;
    }
    snprintf(problem, problem_size,
             "%ux%u needs %.1f MB of /dev/shm for %d slots, and %.1f MB of %.1f MB are free",
             room->size.width, room->size.height, (double)room->needed_bytes / mb, CAMD_SLOTS_MIN,
             (double)room->free_bytes / mb, (double)room->total_bytes / mb);
    snprintf(
        hint, hint_size,
        "make /dev/shm larger (mount -o remount,size=...), or the pictures smaller (width, height), or remove a camera; camctl shm explains");
}

/* ---- descriptors ---- */

static bool descriptors_are_left(const struct fleet *fleet)
{
    struct fleet_room room;
    look_at_descriptors(fleet, fleet->with_descriptors, &room);
    return room.descriptors.missing == 0;
}

bool fleet_claim_descriptors(struct camera *camera)
{
    struct fleet *fleet = camera->fleet;
    if (camera->has_descriptors)
        return true;
    if (!descriptors_are_left(fleet))
        return false;
    camera->has_descriptors = true;
    fleet->with_descriptors++;
    return true;
}

void fleet_return_descriptors(struct camera *camera)
{
    if (!camera->has_descriptors)
        return;
    camera->has_descriptors = false;
    camera->fleet->with_descriptors--;
    fleet_room_freed(camera->fleet);
}

/* ---- those that wait ---- */

void fleet_wait_for_room(struct camera *camera)
{
    if (camera->waits_for_room)
        return;
    camera->waits_for_room = true;
    TAILQ_INSERT_TAIL(&camera->fleet->waiting, camera, in_waiting);
}

void fleet_stop_waiting(struct camera *camera)
{
    if (!camera->waits_for_room)
        return;
    camera->waits_for_room = false;
    TAILQ_REMOVE(&camera->fleet->waiting, camera, in_waiting);
}

/* Those that still find none are on the list again when they have tried. */
void fleet_room_freed(struct fleet *fleet)
{
    struct camera_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
    struct camera *camera;
    if (fleet->stopping)
        return;
    TAILQ_CONCAT(&waiting, &fleet->waiting, in_waiting);
    while ((camera = TAILQ_FIRST(&waiting))) {
        TAILQ_REMOVE(&waiting, camera, in_waiting);
        camera->waits_for_room = false;
        if (!camera->has_descriptors && !descriptors_are_left(fleet))
            fleet_wait_for_room(camera);
        else if (camera->workers[WORKER_CAPTURE].automaton.state == AUTOMATON_BACKOFF)
            camera_kick(camera);
    }
}
