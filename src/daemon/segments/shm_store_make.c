/* Making a camera's segments, piece by piece. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/sys.h"
#include "daemon/host/file_watch.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_file.h"
#include "daemon/segments/shm_obstacle.h"
#include "daemon/segments/shm_store_private.h"

static int open_new(const struct shm_store *store, const char *name)
{
    int fd = sys_shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd != -EEXIST)
        return fd;
    shm_file_mark_left_over(name);
    int result = shm_obstacle_clear(store->camera, name);

    return result < 0 ? result : sys_shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
}

/* What is known of the file that has just been made. */
static int note_file(struct shm_store *store, size_t index)
{
    struct stat status;
    if (fstat(store->piece_fd, &status) < 0)
        return -errno;
    if (store->created > 0 && status.st_dev != store->device)
        return -ESTALE; /* something was mounted on /dev/shm meanwhile */
    store->device = status.st_dev;
    store->segments[index].inode = status.st_ino;
    return 0;
}

/*
 * An empty file under its name. Mode and group are ours to set, whatever the umask; the group first, so that no other one
 * ever gets the rights.
 */
static int segment_begin(struct shm_store *store, size_t index)
{
    char name[SHM_NAME_BYTES];
    segment_name(store, index, name);
    int fd = open_new(store, name);

    if (fd < 0)
        return fd;
    store->piece_fd = fd;
    store->piece_end = 0;
    int result = note_file(store, index);

    if (result < 0) {
        sys_close(&store->piece_fd);
        (void)sys_shm_unlink(name);
        return result;
    }
    if (store->group != (gid_t)-1)
        result = sys_fchown(fd, (uid_t)-1, store->group);
    return result < 0 ? result : sys_fchmod(fd, 0640);
}

/* 1: it has its size. */
static int segment_allocate(struct shm_store *store, size_t index)
{
    uint64_t left = segment_bytes(store, index) - store->piece_end;
    uint64_t piece = left < SHM_STORE_PIECE_BYTES ? left : SHM_STORE_PIECE_BYTES;
    int result = sys_fallocate(store->piece_fd, (off_t)store->piece_end, (off_t)piece);
    if (result < 0)
        return result;
    store->piece_end += piece;
    return piece == left;
}

/* The magic comes last: whoever finds it finds the rest, too. */
static int write_info(struct shm_store *store)
{
    const size_t magic_bytes = sizeof(uint64_t);
    struct camd_info info;
    store->created_ns = clock_wall_ns();
    store_info(store, &info);
    int result = shm_file_write(store->piece_fd, (const char *)&info + magic_bytes,
                                sizeof(info) - magic_bytes, (off_t)magic_bytes);

    return result < 0 ? result : shm_file_write(store->piece_fd, &info.magic, magic_bytes, 0);
}

static int write_contents(struct shm_store *store, size_t index)
{
    if (index == SEGMENT_INFO)
        return write_info(store);
    if (!store_has_detector(store) || index != store_index_in(store))
        return 0;
    uint32_t stride = budget_tensor_stride(store->input_width, store->input_height);

    return shm_file_write(store->piece_fd, &stride, sizeof(stride),
                          offsetof(struct camd_request_ring, tensor_stride));
}

/* It is whole: its descriptor is kept where camd itself needs it. */
static void segment_end(struct shm_store *store, size_t index)
{
    char name[SHM_NAME_BYTES], path[SHM_PATH_BYTES];
    segment_name(store, index, name);
    snprintf(path, sizeof(path), "%s%s", SHM_DIRECTORY, name);
    store->segments[index].watch = file_watch_add(store->watch, path, store->owner);
    store->created++;
    if (index != SEGMENT_INFO && index != SEGMENT_CTL) {
        sys_close(&store->piece_fd);
        return;
    }
    *(index == SEGMENT_INFO ? &store->info_fd : &store->ctl_fd) = store->piece_fd;
    store->piece_fd = -1;
}

int shm_store_step(struct shm_store *store)
{
    if (store_is_complete(store))
        return 1;
    size_t index = store_next_index(store);
    int result = store->piece_fd < 0 ? segment_begin(store, index) : 0;

    if (result == 0)
        result = segment_allocate(store, index);
    if (result <= 0)
        return result;
    result = write_contents(store, index);
    if (result < 0)
        return result;
    segment_end(store, index);
    if (!store_is_complete(store))
        return 0;
    free(store->labels);
    store->labels = NULL;
    return 1;
}

void shm_store_explain(const struct shm_store *store, int error, char problem[SHM_STORE_PROBLEM_BYTES])
{
    char name[SHM_NAME_BYTES], what[SHM_OBSTACLE_BYTES];
    segment_name(store, store_next_index(store), name);
    if (error == -EPERM || error == -EACCES || error == -EEXIST || error == -EBUSY)
        snprintf(problem, SHM_STORE_PROBLEM_BYTES,
                 "cannot make %s%s: %s is in its place, and cannot be removed: %s", SHM_DIRECTORY, name,
                 shm_obstacle_describe(name, what), strerror(-error));
    else
        snprintf(problem, SHM_STORE_PROBLEM_BYTES, "cannot make %s%s: %s", SHM_DIRECTORY, name,
                 strerror(-error));
}
