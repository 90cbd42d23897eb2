/*
 * What there is for a camera: shared memory, memory of its own, and descriptors. One answer for `add`, for `shm`, and for
 * a camera that starts; and the list of those that wait for some.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/control/control.h"

/* ---- counting ---- */

static uint64_t best_bytes(const struct config_camera *config)
{
    return budget_best_bytes((uint32_t)config->best_pictures, (uint32_t)config->best_max_kb,
                             (uint64_t)sysconf(_SC_PAGESIZE));
}

void fleet_count_size(struct fleet *fleet, struct camera *camera)
{
    if (camera->is_counted) {
        budget_remove(&fleet->sizes, camera->counted_size);
        budget_remove_best(&fleet->sizes, camera->counted_best);
        fleet->counted--;
    }
    camera->is_counted = camera->enabled && !camera->leaving && !camera->bad_file;
    if (!camera->is_counted)
        return;
    camera_size(camera, &camera->counted_size.width, &camera->counted_size.height);
    camera->counted_best = best_bytes(&camera->config);
    budget_add(&fleet->sizes, camera->counted_size);
    budget_add_best(&fleet->sizes, camera->counted_best);
    fleet->counted++;
}

/* ---- memory ---- */

enum { MEMORY_VALID_MS = 1000 }; /* looking takes up to 0.2 ms, and status asks for every camera */

void fleet_look_at_memory(struct fleet *fleet)
{
    memory_look(&fleet->memory, "");
    fleet->memory_ms = clock_monotonic_ms();
}

static const struct memory *recent_memory(struct fleet *fleet)
{
    if (fleet->memory_ms == 0 || clock_monotonic_ms() - fleet->memory_ms >= MEMORY_VALID_MS)
        fleet_look_at_memory(fleet);
    return &fleet->memory;
}

/* What they take is seen in what the machine has available. */
static bool workers_are_up(const struct camera *camera)
{
    return camera->workers[WORKER_CAPTURE].automaton.state == AUTOMATON_UP &&
           camera->workers[WORKER_TRACKER].automaton.state == AUTOMATON_UP;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Returns whether it is memory that bounds the wish. */
static bool compute(const struct fleet *fleet, uint64_t total_bytes, const struct memory *memory,
                    const struct budget_sum *sizes, struct budget *budget)
{
    const struct config *config = fleet->services->config;
    const uint64_t in_memory = budget_for_segments(memory->total_bytes, sizes->workers_bytes);
    budget_compute(budget, smaller(total_bytes, in_memory), config->shm_reserve_mb,
                   (uint32_t)config->slots_max, sizes);
    return in_memory < total_bytes && budget->small;
}

void fleet_budget(struct fleet *fleet, struct budget *budget)
{
    struct shm_space shm = {0};
    shm_instance_space(&shm);
    compute(fleet, shm.total_bytes, recent_memory(fleet), &fleet->sizes, budget);
}

void fleet_count_growth(struct camera *camera)
{
    struct fleet *fleet = camera->fleet;
    fleet->growing_bytes -= camera->growing_bytes;
    camera->growing_bytes = 0;
    if (camera->store && !workers_are_up(camera))
        camera->growing_bytes =
            budget_workers_bytes(shm_store_width(camera->store), shm_store_height(camera->store));
    fleet->growing_bytes += camera->growing_bytes;
}

/* ---- what there is for one camera ---- */

/* Of requests and answers. */
static uint64_t detection_bytes(const struct fleet *fleet, const struct config_camera *config)
{
    const struct config_detector *detector = config_detector_find(fleet->services->config, config->detector);
    if (!detector || !config_detector_has_process(detector))
        return 0;
    return budget_detection_bytes((uint32_t)detector->input_width, (uint32_t)detector->input_height,
                                  (uint64_t)sysconf(_SC_PAGESIZE));
}

/* What a camera's segments take beside its slots: requests and answers, and best pictures. */
struct others {
    uint64_t bytes;
    uint32_t files;
};

static struct others count_others(const struct fleet *fleet, const struct config_camera *config)
{
    const uint64_t detection = detection_bytes(fleet, config), best = best_bytes(config);
    return (struct others){detection + best, budget_camera_files(0, detection > 0, best > 0)};
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

static uint64_t less(uint64_t number, uint64_t other)
{
    return number > other ? number - other : 0;
}

/* So many slots at most as there may be files for, of which every slot is one; 0: not even the fewest. */
static uint32_t fit_files(uint32_t slots, const struct others *others, struct fleet_room *room)
{
    const uint64_t possible = less(room->shm.free_files, others->files);
    room->needed_files = CAMD_SLOTS_MIN + others->files;
    room->files_are_short = possible < slots;
    if (possible < CAMD_SLOTS_MIN)
        return 0;
    return (uint32_t)smaller(slots, possible);
}

/* room has sizes, sums and what is free. */
static void fit(const struct fleet *fleet, struct others others, struct fleet_room *room)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const int64_t reserve_mb = fleet->services->config->shm_reserve_mb;
    const uint32_t width = room->size.width, height = room->size.height;
    const uint64_t memory_bytes = budget_for_segments(room->memory.available_bytes, room->workers_bytes);
    const uint64_t in_shm = less(room->shm.free_bytes, others.bytes),
                   in_memory = less(memory_bytes, others.bytes);
    const uint32_t by_descriptors = (uint32_t)smaller(room->budget.slots, room->descriptors.slots_max);
    const uint32_t by_files = fit_files(by_descriptors, &others, room);
    const uint32_t by_shm = by_files > 0 ? budget_fit(width, height, by_files, in_shm, reserve_mb, page) : 0;
    room->needed_bytes = budget_camera_bytes(width, height, CAMD_SLOTS_MIN, page) + others.bytes;
    room->slots = by_shm > 0 ? budget_fit(width, height, by_shm, in_memory, reserve_mb, page) : 0;
    room->memory_is_short = room->slots < by_shm || (room->memory_is_short && by_shm > 0);
    room->files_are_short = room->files_are_short && room->slots == by_files;
    if (room->descriptors.missing > 0)
        room->slots = 0;
}

/* What is free for a camera, whose own segments make room, without what others that are starting will take. */
static int look(struct fleet *fleet, const struct camera *camera, struct fleet_room *room)
{
    const uint64_t own_bytes = camera && camera->store ? shm_store_bytes(camera->store) : 0;
    const uint64_t promised_bytes = fleet->growing_bytes - (camera ? camera->growing_bytes : 0);
    *room = (struct fleet_room){0};
    int error = shm_instance_space(&room->shm);
    if (error < 0)
        return error;
    room->shm.free_bytes += own_bytes;
    if (camera && camera->store && room->shm.free_files != UINT64_MAX)
        room->shm.free_files += shm_store_files(camera->store);
    room->memory = *recent_memory(fleet);
    if (room->memory.available_bytes != MEMORY_UNKNOWN)
        room->memory.available_bytes = less(room->memory.available_bytes, promised_bytes) + own_bytes;
    return 0;
}

static struct budget_size known_or_usual(struct budget_size size)
{
    return size.width > 0 ? size : (struct budget_size){BUDGET_USUAL_WIDTH, BUDGET_USUAL_HEIGHT};
}

int fleet_room_for_new(struct fleet *fleet, const struct config_camera *config, struct fleet_room *room)
{
    struct budget_sum sizes = fleet->sizes;
    int error = look(fleet, NULL, room);
    if (error < 0)
        return error;
    if (config)
        room->size = (struct budget_size){(uint32_t)config->width, (uint32_t)config->height};
    else
        config = &fleet->services->config->defaults;
    room->size = known_or_usual(room->size);
    room->workers_bytes = budget_workers_bytes(room->size.width, room->size.height);
    budget_add(&sizes, room->size);
    budget_add_best(&sizes, best_bytes(config));
    room->memory_is_short = compute(fleet, room->shm.total_bytes, &room->memory, &sizes, &room->budget);
    look_at_descriptors(fleet, fleet->with_descriptors, room);
    fit(fleet, count_others(fleet, config), room);
    return 0;
}

int fleet_room_for(const struct camera *camera, struct fleet_room *room)
{
    struct fleet *fleet = camera->fleet;
    int error = look(fleet, camera, room);
    if (error < 0)
        return error;
    camera_size(camera, &room->size.width, &room->size.height);
    room->size = known_or_usual(room->size);
    room->workers_bytes =
        workers_are_up(camera) ? 0 : budget_workers_bytes(room->size.width, room->size.height);
    room->memory_is_short =
        compute(fleet, room->shm.total_bytes, &room->memory, &fleet->sizes, &room->budget);
    look_at_descriptors(fleet, fleet->with_descriptors - camera->has_descriptors, room);
    fit(fleet, count_others(fleet, &camera->config), room);
    return 0;
}

static void explain_memory(const struct fleet_room *room, struct explanation *explanation)
{
    const double mb = 1024.0 * 1024.0;
    const bool is_group = room->memory.is_group;
    explain_reason(
        explanation,
        "%ux%u needs %.1f MB of memory for its workers and %d slots, and %.1f MB of %s %.1f MB are left",
        room->size.width, room->size.height,
        (double)(room->needed_bytes + room->workers_bytes + BUDGET_OWN_BYTES) / mb, CAMD_SLOTS_MIN,
        (double)room->memory.available_bytes / mb, is_group ? "its control group's" : "the machine's",
        (double)room->memory.total_bytes / mb);
    explain_hint(explanation,
                 "%s, or make the pictures smaller (width, height), or remove a camera; camctl shm explains",
                 is_group ? "give camd more memory (MemoryMax= in camd.service, --memory of the container)"
                          : "end what takes the memory");
}

static void explain_files(const struct fleet_room *room, struct explanation *explanation)
{
    explain_reason(
        explanation,
        "a camera needs %llu files in /dev/shm for %d slots, and %llu more may be made there (nr_inodes)",
        (unsigned long long)room->needed_files, CAMD_SLOTS_MIN, (unsigned long long)room->shm.free_files);
    explain_hint(
        explanation,
        "let /dev/shm have more files (mount -o remount,nr_inodes=... /dev/shm; df -i /dev/shm shows how many it has), or remove a camera");
}

bool fleet_room_is_short_of_numbers(const struct fleet_room *room)
{
    return room->descriptors.missing > 0 || room->needed_files > room->shm.free_files;
}

void fleet_room_explain(const struct fleet_room *room, struct explanation *explanation)
{
    const double mb = 1024.0 * 1024.0;
    if (room->descriptors.missing > 0) {
        explain_reason(explanation,
                       "a camera needs %d descriptors, of which camd is %llu short: it may open %llu files",
                       BUDGET_CAMERA_DESCRIPTORS, (unsigned long long)room->descriptors.missing,
                       (unsigned long long)room->descriptors_limit);
        explain_hint(
            explanation,
            "raise the limit of open files to %llu or more (LimitNOFILE= in camd.service, ulimit -n in /etc/default/camd) and restart camd, or remove a camera",
            (unsigned long long)room->descriptors_enough);
        return;
    }
    if (room->needed_files > room->shm.free_files) {
        explain_files(room, explanation);
        return;
    }
    if (room->memory_is_short) {
        explain_memory(room, explanation);
        return;
    }
    explain_reason(explanation,
                   "%ux%u needs %.1f MB of /dev/shm for %d slots, and %.1f MB of %.1f MB are free",
                   room->size.width, room->size.height, (double)room->needed_bytes / mb, CAMD_SLOTS_MIN,
                   (double)room->shm.free_bytes / mb, (double)room->shm.total_bytes / mb);
    explain_hint(
        explanation,
        "make /dev/shm larger (mount -o remount,size=...), or the pictures smaller (width, height) or fewer (best_pictures), or remove a camera; camctl shm explains");
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
