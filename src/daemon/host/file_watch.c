#include "daemon/host/file_watch.h"

#include <errno.h>
#include <ev.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/timer.h"

/* In a turn of the loop; what is more waits in the queue of the kernel, which is bounded. */
enum { READ_BYTES = 16384 };

#define PAUSE_S 0.1 /* a worker may hold a segment open and touch it as often as it likes */

struct watched {
    int number;
    void *owner;
};

struct file_watch {
    struct ev_loop *loop;
    file_watch_callback *callback;
    void *context;
    int fd; /* -1: not opened yet */
    ev_io readable;
    ev_timer pause;
    void *files; /* a tree of struct watched, by number */
    bool has_complained, has_ended;
};

/* ---- the files ---- */

static int compare(const void *a, const void *b)
{
    int first = ((const struct watched *)a)->number, second = ((const struct watched *)b)->number;
    return (first > second) - (first < second);
}

static struct watched *find(const struct file_watch *watch, int number)
{
    const struct watched key = {.number = number};
    struct watched *const *found = tfind(&key, &watch->files, compare);
    return found ? *found : NULL;
}

static void forget(struct file_watch *watch, struct watched *file)
{
    tdelete(file, &watch->files, compare);
    free(file);
}

/* The kernel gives a file that is watched already, by another name of it, the number that it has. */
static int remember(struct file_watch *watch, int number, void *owner)
{
    struct watched *file = find(watch, number);
    if (file) {
        file->owner = owner;
        return 0;
    }
    file = malloc(sizeof(*file));
    if (!file)
        return -ENOMEM;
    *file = (struct watched){number, owner};
    if (tsearch(file, &watch->files, compare))
        return 0;
    free(file);
    return -ENOMEM;
}

/* ---- what happens ---- */

/* True when somebody was told. */
static bool take_event(struct file_watch *watch, const struct inotify_event *event)
{
    struct watched *file = find(watch, event->wd);
    if (file && (event->mask & IN_IGNORED)) {
        forget(watch, file); /* the file itself has gone, which was told before */
        return false;
    }
    if (!file && !(event->mask & IN_Q_OVERFLOW))
        return false; /* one that was removed meanwhile */
    watch->callback(watch->context, file ? file->owner : NULL);
    return true;
}

static void read_events(struct ev_loop *loop, ev_io *readable, int events)
{
    struct file_watch *watch = readable->data;
    _Alignas(struct inotify_event) char buffer[READ_BYTES];
    bool told = false;

    (void)events;
    ssize_t length = sys_read(watch->fd, buffer, sizeof(buffer)); /* -EAGAIN, -EINTR: libev asks again */

    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(buffer + at);
        at += (ssize_t)(sizeof(*event) + event->len);
        told = take_event(watch, event) || told;
    }
    if (!told)
        return;
    ev_io_stop(loop, &watch->readable);
    timer_start_s(loop, &watch->pause, PAUSE_S);
}

static void pause_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct file_watch *watch = timer->data;
    (void)events;
    ev_io_start(loop, &watch->readable);
}

/* ---- the watch ---- */

/* For as long as there is a watch: closing it may make the kernel wait, see the header. */
static int open_inotify(struct file_watch *watch)
{
    int fd = watch->fd >= 0 ? 0 : sys_inotify(IN_NONBLOCK);
    if (fd <= 0)
        return fd;
    watch->fd = fd;
    ev_io_set(&watch->readable, fd, EV_READ);
    ev_io_start(watch->loop, &watch->readable);
    return 0;
}

int file_watch_new(struct file_watch **watch, struct ev_loop *loop, file_watch_callback *callback,
                   void *context)
{
    struct file_watch *created = calloc(1, sizeof(*created));
    if (!created)
        return -ENOMEM;
    created->loop = loop;
    created->callback = callback;
    created->context = context;
    created->fd = -1;
    ev_init(&created->readable, read_events);
    ev_init(&created->pause, pause_over);
    created->readable.data = created->pause.data = created;
    (void)open_inotify(created); /* tried again, and complained about, when there is something to watch */
    *watch = created;
    return 0;
}

void file_watch_free(struct file_watch *watch)
{
    if (!watch)
        return;
    file_watch_end(watch);
    sys_close(&watch->fd);
    tdestroy(watch->files, free);
    free(watch);
}

static void take_from_kernel(const void *node, VISIT visit, void *context)
{
    const struct watched *const *file = node;
    const struct file_watch *watch = context;
    if (visit == postorder || visit == leaf)
        inotify_rm_watch(watch->fd, (*file)->number);
}

void file_watch_end(struct file_watch *watch)
{
    if (watch->has_ended)
        return;
    ev_io_stop(watch->loop, &watch->readable);
    ev_timer_stop(watch->loop, &watch->pause);
    twalk_r(watch->files, take_from_kernel, watch);
    watch->has_ended = true;
}

/* The number of links changes with every name that is removed, and is one of a file's attributes. */
static int add_to_kernel(struct file_watch *watch, const char *path, uint32_t more, void *owner)
{
    int result = open_inotify(watch);
    if (result < 0)
        return result;
    int number = inotify_add_watch(watch->fd, path, IN_ATTRIB | IN_MOVE_SELF | IN_DONT_FOLLOW | more);

    if (number < 0)
        return -errno;
    result = remember(watch, number, owner);
    if (result == 0)
        return number;
    inotify_rm_watch(watch->fd, number);
    return result;
}

static int add(struct file_watch *watch, const char *path, uint32_t more, void *owner)
{
    if (!watch || watch->has_ended)
        return -1;
    int number = add_to_kernel(watch, path, more, owner);

    if (number >= 0)
        return number;
    if (!watch->has_complained && number != -ENOENT && number != -ENOTDIR) {
        log_warning(
            NULL,
            "%s cannot be watched: %s; if others remove it, that is seen only when a worker starts, or at SIGHUP (see fs.inotify.max_user_watches and max_user_instances)",
            path, strerror(-number));
        watch->has_complained = true;
    }
    return -1;
}

int file_watch_add(struct file_watch *watch, const char *path, void *owner)
{
    return add(watch, path, 0, owner);
}

int file_watch_add_directory(struct file_watch *watch, const char *path, void *owner)
{
    return add(watch, path, IN_DELETE | IN_ONLYDIR, owner);
}

/* Once all has ended there is nothing to tell the kernel, and what is remembered goes as a whole. */
void file_watch_remove(struct file_watch *watch, int number)
{
    struct watched *file = watch && number >= 0 && !watch->has_ended ? find(watch, number) : NULL;
    if (!file)
        return;
    inotify_rm_watch(watch->fd, number);
    forget(watch, file);
}
