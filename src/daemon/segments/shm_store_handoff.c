/* Segments, from one program to the next: workers go on writing and reading them meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/sys.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/host/file_watch.h"
#include "daemon/segments/shm_file.h"
#include "daemon/segments/shm_store_private.h"

static const struct handoff_field fields[] = {
    HANDOFF(struct shm_store, generation),    HANDOFF(struct shm_store, first_frame_id),
    HANDOFF(struct shm_store, created_ns),    HANDOFF(struct shm_store, ptz_sequence),
    HANDOFF(struct shm_store, grid_sequence), HANDOFF_FD(struct shm_store, info_fd),
    HANDOFF_FD(struct shm_store, ctl_fd),     HANDOFF(struct shm_store, label_count),
    HANDOFF(struct shm_store, device),
};

static const struct handoff_field plan_fields[] = {
    HANDOFF(struct shm_plan, width),        HANDOFF(struct shm_plan, height),
    HANDOFF(struct shm_plan, slots),        HANDOFF(struct shm_plan, input_width),
    HANDOFF(struct shm_plan, input_height), HANDOFF(struct shm_plan, best_pictures),
    HANDOFF(struct shm_plan, best_max_kb),
};

json_t *shm_store_hand_over(const struct shm_store *store)
{
    const struct shm_plan plan = {.width = store->width,
                                  .height = store->height,
                                  .slots = store->slots,
                                  .input_width = store->input_width,
                                  .input_height = store->input_height,
                                  .best_pictures = store->best_pictures,
                                  .best_max_kb = store->best_max_kb};
    json_t *record = handoff_write(store, fields, HANDOFF_COUNT(fields)), *inodes = json_object();
    for (size_t i = 0; i < store->segment_count; i++) {
        char name[SHM_NAME_BYTES];
        segment_name(store, i, name);
        json_object_set_new(inodes, name, json_integer((json_int_t)store->segments[i].inode));
    }
    json_object_set_new(record, "plan", handoff_write(&plan, plan_fields, HANDOFF_COUNT(plan_fields)));
    json_object_set_new(record, "inodes", inodes);
    json_object_set_new(record, "abi_major", json_integer(CAMD_ABI_MAJOR));
    return record;
}

/* By their names: another program may have more parts than this one, or fewer, and then they are not ours to use. */
static int take_inodes(struct shm_store *store, const json_t *inodes)
{
    char name[SHM_NAME_BYTES];
    if (json_object_size(inodes) != store->segment_count)
        return -EPROTONOSUPPORT;
    for (size_t i = 0; i < store->segment_count; i++) {
        segment_name(store, i, name);
        store->segments[i].inode = (ino_t)json_integer_value(json_object_get(inodes, name));
        if (store->segments[i].inode == 0)
            return -EPROTONOSUPPORT;
    }
    store->created = store->segment_count;
    return 0;
}

/* What stands behind the name that workers and outsiders know. */
static int look_at_header(const struct shm_store *store)
{
    struct camd_info info;
    int fd = segment_open(store, SEGMENT_INFO, O_RDONLY);
    if (fd < 0)
        return fd;
    const ssize_t length = sys_pread(fd, &info, offsetof(struct camd_info, ptz), 0);
    sys_close(&fd);
    if (length != (ssize_t)offsetof(struct camd_info, ptz) || info.magic != CAMD_INFO_MAGIC ||
        info.abi_major != CAMD_ABI_MAJOR || info.generation != store->generation ||
        info.width != store->width || info.height != store->height || info.slots != store->slots)
        return -ESTALE;
    return 0;
}

static void watch_all(struct shm_store *store)
{
    char name[SHM_NAME_BYTES], path[SHM_PATH_BYTES];
    for (size_t i = 0; i < store->segment_count; i++) {
        segment_name(store, i, name);
        snprintf(path, sizeof(path), "%s%s", SHM_DIRECTORY, name);
        store->segments[i].watch = file_watch_add(store->watch, path, store->owner);
    }
}

/* Not shm_store_free, which would remove them: they are in use. */
static void forget(struct shm_store *store)
{
    free(store->labels);
    free(store);
}

void shm_store_leave_over(const json_t *record, const char *prefix)
{
    const char *name;
    const json_t *inode;
    json_members_foreach(json_object_get(record, "inodes"), name, inode) {
        char path[SHM_PATH_BYTES];
        struct stat status;
        snprintf(path, sizeof(path), "%s%s", SHM_DIRECTORY, name);
        if (name[0] != '/' || !shm_name_parse(prefix, name + 1, NULL) || lstat(path, &status) < 0 ||
            status.st_ino != (ino_t)json_integer_value(inode))
            continue;
        shm_file_mark_left_over(name);
        (void)sys_shm_unlink(name);
    }
}

int shm_store_take_over(struct shm_store **result, const struct shm_plan *base, const json_t *record)
{
    struct shm_plan plan = *base;
    struct shm_store *store;
    if (json_member_int(record, "abi_major", -1) != CAMD_ABI_MAJOR)
        return -EPROTONOSUPPORT;
    int error = handoff_read(json_object_get(record, "plan"), &plan, plan_fields, HANDOFF_COUNT(plan_fields));
    if (error == 0)
        error = shm_store_new(&store, &plan);
    if (error < 0)
        return error;
    error = handoff_read(record, store, fields, HANDOFF_COUNT(fields));
    if (error == 0 && (store->info_fd < 0 || store->ctl_fd < 0 || store->label_count > CAMD_LABELS_MAX))
        error = -EINVAL;
    if (error == 0)
        error = take_inodes(store, json_object_get(record, "inodes"));
    if (error == 0)
        error = look_at_header(store);
    if (error < 0) {
        forget(store);
        return error;
    }
    watch_all(store);
    *result = store;
    return 0;
}
