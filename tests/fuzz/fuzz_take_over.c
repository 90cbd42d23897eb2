/*
 * fuzz_take_over.c - what a program hands over of its cameras, their segments, overrides and region grids, as the next one
 * reads it
 *
 * The input is a record, for a configuration with three cameras and a detector. A fleet is put together of it, and freed
 * whether it was accepted or not; one that was accepted is handed over again, which is accepted, too. Processes and
 * descriptors are left out: they would be this process's. In the place of a camera's info segment there is a file
 * that says what the record says of it.
 */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "camd/shm.h"
#include "config/config.h"
#include "daemon/camera/fleet.h"
#include "daemon/camera/services.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/events/events.h"
#include "daemon/grids/grids.h"
#include "daemon/handoff/handoff_record.h"
#include "daemon/host/file_watch.h"
#include "daemon/log/log_pool.h"
#include "daemon/segments/shm_work.h"
#include "daemon/supervise/launcher.h"
#include "fuzz.h"

enum { NO_DESCRIPTOR = 1000, CAMERAS = 3 };
static const char *const cameras[CAMERAS] = {"front", "back", "down"};

static struct ev_loop *loop;
static struct launcher *launcher;
static struct config *config;

/* Each process has names of its own in /dev/shm. */
static void load_config(void)
{
    struct config_problems problems = {.count = 0};
    char path[64];
    int fd = sys_memfd("camd.ini");
    FILE *out = fdopen(fd, "w");
    check(out);
    fprintf(
        out,
        "[camd]\nshm_prefix = camdfuzz-%d.\n[camera front]\ninput = lavfi:testsrc2\n"
        "[camera back]\ninput = lavfi:testsrc2\ndetector = hog\n[camera down]\ninput = rtsp://192.0.2.7/\n"
        "[detector hog]\nbackend = opencv-hog\n",
        (int)getpid());
    fflush(out);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    check(config_load(path, &config, &problems) == 0);
    fclose(out);
}

static void remove_stand_ins(void)
{
    char name[128];
    for (int i = 0; i < CAMERAS; i++) {
        snprintf(name, sizeof(name), "/%s%s.info", config->shm_prefix, cameras[i]);
        shm_unlink(name);
    }
}

static void begin(void)
{
    if (loop)
        return;
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    loop = ev_loop_new(EVBACKEND_EPOLL);
    check(loop && launcher_new(&launcher, loop, "/nonexistent", NULL) == 0);
    load_config();
    atexit(remove_stand_ins);
}

/* ---- what is left out of a record, and put in ---- */

/* However deep: nothing may be a process or a descriptor of this one. */
static void take_processes_out(json_t *value)
{
    static const char *const watchers[] = {"exit_watcher.fd", "report_watcher.fd", "watcher.fd"};
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_object(value) && json_object_get(value, "pid"))
        json_object_set_new(value, "pid", json_integer(0));
    for (i = 0; i < sizeof(watchers) / sizeof(watchers[0]); i++)
        if (json_is_object(value) && json_object_get(value, watchers[i]))
            json_object_set_new(value, watchers[i], json_null());
    json_object_foreach(value, name, member) {
        take_processes_out(member);
    }
    json_array_foreach(value, i, member) {
        take_processes_out(member);
    }
}

/* By the names of this process; the same object otherwise. */
static json_t *rename_inodes(const json_t *inodes, const char *camera)
{
    json_t *renamed = json_object(), *inode;
    const char *name;
    json_members_foreach(inodes, name, inode) {
        char own[256];
        const char *part = strrchr(name, '.');
        snprintf(own, sizeof(own), "/%s%s%s", config->shm_prefix, camera, part ? part : "");
        json_object_set(renamed, own, inode);
    }
    return renamed;
}

/* A file that an info segment may be, as the record has it. */
static void stand_in(json_t *store, const char *camera)
{
    const json_t *plan = json_object_get(store, "plan");
    const struct camd_info info = {.magic = CAMD_INFO_MAGIC,
                                   .abi_major = CAMD_ABI_MAJOR,
                                   .generation = (uint64_t)json_member_int(store, "generation", 0),
                                   .width = (uint32_t)json_member_int(plan, "width", 0),
                                   .height = (uint32_t)json_member_int(plan, "height", 0),
                                   .slots = (uint32_t)json_member_int(plan, "slots", 0)};
    char name[128];
    struct stat status;
    snprintf(name, sizeof(name), "/%s%s.info", config->shm_prefix, camera);
    int fd = sys_shm_open(name, O_RDWR | O_CREAT, 0600);
    check(fd >= 0 && ftruncate(fd, sizeof(info)) == 0 && fstat(fd, &status) == 0 &&
          pwrite(fd, &info, sizeof(info), 0) == (ssize_t)sizeof(info));
    sys_close(&fd);
    json_object_set_new(store, "inodes", rename_inodes(json_object_get(store, "inodes"), camera));
    json_object_set_new(store, "device", json_integer((json_int_t)status.st_dev));
    if (json_object_get(json_object_get(store, "inodes"), name))
        json_object_set_new(json_object_get(store, "inodes"), name, json_integer((json_int_t)status.st_ino));
}

static void put_stand_ins(const json_t *record)
{
    json_t *camera;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(record, "fleet"), "cameras"), i, camera) {
        json_t *store = json_object_get(camera, "store");
        const char *name = json_member_string(camera, "name", "");
        for (int k = 0; json_is_object(store) && k < CAMERAS; k++)
            if (strcmp(cameras[k], name) == 0)
                stand_in(store, name);
    }
}

/* ---- the rooms ---- */

struct rooms {
    struct services services;
    struct fleet *fleet;
};

static void make_rooms(struct rooms *rooms)
{
    static const struct fleet_listener nobody = {0};
    struct services *services = &rooms->services;
    *rooms = (struct rooms){
        .services = {.loop = loop, .config = config, .launcher = launcher, .group = (gid_t)-1}};
    check(events_new(&services->events, 1, NULL, NULL) == 0 &&
          log_pool_new(&services->log_pool, LOG_POOL_BYTES, NULL, NULL) == 0 &&
          shm_work_new(&services->shm_work, loop) == 0 &&
          persist_new(&services->persist, launcher, "/nonexistent") == 0 &&
          overrides_new(&services->overrides, "/nonexistent", services->persist) == 0 &&
          fleet_new(&rooms->fleet, services, &nobody) == 0);
    const struct grids_owner owner = fleet_grids_owner(rooms->fleet);
    check(grids_new(&services->grids, launcher, "/nonexistent", "/nonexistent", &owner) == 0);
}

static void free_rooms(struct rooms *rooms)
{
    struct services *services = &rooms->services;
    shm_work_free(services->shm_work);
    services->shm_work = NULL;
    fleet_free(rooms->fleet);
    grids_free(services->grids);
    overrides_free(services->overrides);
    persist_free(services->persist);
    events_free(services->events);
    log_pool_free(services->log_pool);
}

static int take_over(struct rooms *rooms, const json_t *record)
{
    int error = overrides_take_over(rooms->services.overrides, json_object_get(record, "overrides"));
    if (error == 0)
        error = grids_take_over(rooms->services.grids, json_object_get(record, "grids"));
    return error == 0 ? fleet_take_over(rooms->fleet, json_object_get(record, "fleet")) : error;
}

static json_t *hand_over(const struct rooms *rooms)
{
    json_t *record =
        json_pack("{s:o, s:o, s:o}", "overrides", overrides_hand_over(rooms->services.overrides), "grids",
                  grids_hand_over(rooms->services.grids), "fleet", fleet_hand_over(rooms->fleet));
    check(record);
    handoff_record_replace_fds(record, NO_DESCRIPTOR);
    take_processes_out(record);
    return record;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rooms rooms, again;
    json_t *record = NULL;
    begin();
    if (handoff_record_parse((const char *)data, size, &record) < 0)
        return 0;
    handoff_record_replace_fds(record, NO_DESCRIPTOR);
    take_processes_out(record);
    put_stand_ins(record);
    make_rooms(&rooms);
    if (take_over(&rooms, record) == 0) {
        json_t *next = hand_over(&rooms);
        put_stand_ins(next);
        make_rooms(&again);
        check(take_over(&again, next) == 0);
        free_rooms(&again);
        json_decref(next);
    }
    free_rooms(&rooms);
    json_decref(record);
    return 0;
}
