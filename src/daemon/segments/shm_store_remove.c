/* Removing a camera's segments, piece by piece. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "daemon/host/file_watch.h"
#include "daemon/segments/shm_file.h"
#include "daemon/segments/shm_store_private.h"

/* True when nobody else has the file open or mapped: only then a write lease is given (fcntl(2)). */
static bool is_ours_alone(int fd)
{
    /* the signal that would tell that somebody opens it would end us, were it not one that nobody hears */
    if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
        return false;
    return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

/* True when the name still leads to the file that was made, whatever its size is by now. */
static bool has_its_name(const struct shm_store *store, size_t index, const char *name)
{
    char path[SHM_PATH_BYTES];
    struct stat status;
    snprintf(path, sizeof(path), "%s%s", SHM_DIRECTORY, name);
    return store->segments[index].inode != 0 && lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_dev == store->device && status.st_ino == store->segments[index].inode;
}

/*
 * The name goes. The pages of a file go when its last name, descriptor and mapping do, all in one system call, of us or
 * of whoever was the last. When that is us and they are many, they are taken from the file first, piece by piece: nobody
 * can see that. fd is given away; -1: they are few.
 */
static void remove_name(struct shm_store *store, const char *name, int fd, uint64_t bytes)
{
    int result = sys_shm_unlink(name);
    if (result < 0)
        log_warning(store->camera, "%s%s cannot be removed: %s; remove it by hand", SHM_DIRECTORY, name,
                    strerror(-result));
    if (fd >= 0 && result == 0 && is_ours_alone(fd)) {
        store->piece_fd = fd;
        store->piece_end = bytes;
    } else {
        sys_close(&fd);
    }
}

static void segment_remove(struct shm_store *store, size_t index)
{
    char name[SHM_NAME_BYTES];
    const uint64_t bytes = segment_bytes(store, index);
    file_watch_remove(store->watch, store->segments[index].watch);
    segment_name(store, index, name);
    if (!has_its_name(store, index, name))
        return;
    remove_name(store, name, bytes > SHM_STORE_PIECE_BYTES ? segment_open(store, index, O_RDWR) : -1, bytes);
}

static void shrink(struct shm_store *store)
{
    enum { SHRINK_BYTES = 2 * SHM_STORE_PIECE_BYTES }; /* taking pages takes half the time of giving them */

    store->piece_end = store->piece_end > SHRINK_BYTES ? store->piece_end - SHRINK_BYTES : 0;
    if (ftruncate(store->piece_fd, (off_t)store->piece_end) < 0 || store->piece_end == 0)
        sys_close(&store->piece_fd);
}

/* The segment that was being made has a part of its pages. */
static void abandon_piece(struct shm_store *store)
{
    const size_t index = store_next_index(store);
    char name[SHM_NAME_BYTES];
    int fd = store->piece_fd;
    if (fd < 0)
        return;
    store->piece_fd = -1;
    segment_name(store, index, name);
    if (has_its_name(store, index, name))
        remove_name(store, name, fd, store->piece_end);
    else
        sys_close(&fd);
    store->segments[index].inode = 0;
}

static void begin_removal(struct shm_store *store)
{
    if (store->is_going)
        return;
    store->is_going = true;
    if (store_is_complete(store))
        (void)shm_file_mark_gone(store->info_fd);
    sys_close(&store->info_fd);
    sys_close(&store->ctl_fd);
    abandon_piece(store);
}

int shm_store_remove_step(struct shm_store *store)
{
    begin_removal(store);
    if (store->piece_fd >= 0)
        shrink(store);
    else if (store->looked_at < store->segment_count)
        segment_remove(store, store->looked_at++);
    return store->looked_at == store->segment_count && store->piece_fd < 0;
}

void shm_store_free(struct shm_store *store)
{
    if (!store)
        return;
    while (shm_store_remove_step(store) == 0)
        ;
    free(store->labels);
    free(store);
}

static int remove_piece(void *context)
{
    return shm_store_remove_step(context);
}

static void removal_done(void *context, int result)
{
    struct shm_store *store = context;
    void (*removed)(void *context) = store->removed;
    void *removed_context = store->removed_context;

    (void)result;
    shm_store_free(store);
    removed(removed_context);
}

void shm_store_discard(struct shm_store *store, struct shm_work *work, void (*removed)(void *context),
                       void *context)
{
    begin_removal(store);
    store->removal = (struct shm_task){
        .kind = SHM_WORK_REMOVE, .piece = remove_piece, .done = removal_done, .context = store};
    store->removed = removed;
    store->removed_context = context;
    shm_work_add(work, &store->removal);
}
