#include "daemon/segments/shm_watch.h"

#include <errno.h>
#include <ev.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/log.h"
#include "base/sys.h"
#include "daemon/segments/shm_store.h"

enum {
    READ_BYTES = 16384, /* a loop turn; what is more waits for the next one. The kernel's queue is bounded. */
    ROOM_STEP = 16,     /* cameras by which the list grows */
};

struct camera_name {
    char text[CAMD_NAME_MAX + 1];
};

struct shm_watch {
    struct ev_loop *loop;
    shm_watch_callback *callback;
    void *context;
    char prefix[SHM_STORE_PREFIX_MAX + 1];
    struct camera_name *cameras; /* registered, in any order */
    size_t count, room;
    int fd; /* -1: not watching */
    ev_io readable;
};

/* ---- registered cameras ---- */

/* Its place in the list; count when it is not there. */
static size_t camera_index(const struct shm_watch *watch, const char *camera)
{
    size_t i = 0;

    while (i < watch->count && strcmp(watch->cameras[i].text, camera) != 0)
        i++;
    return i;
}

static int camera_add(struct shm_watch *watch, const char *camera)
{
    if (camera_index(watch, camera) < watch->count)
        return 0;
    if (watch->count == watch->room) {
        struct camera_name *larger = reallocarray(watch->cameras, watch->room + ROOM_STEP, sizeof(*larger));

        if (!larger)
            return -ENOMEM;
        watch->cameras = larger;
        watch->room += ROOM_STEP;
    }
    snprintf(watch->cameras[watch->count].text, sizeof(watch->cameras[0].text), "%s", camera);
    watch->count++;
    return 0;
}

/* The callback may change the list: entries only ever move to a lower place, so going down passes over none. */
static void tell_all(struct shm_watch *watch)
{
    for (size_t i = watch->count; i-- > 0;) {
        if (i >= watch->count)
            continue;
        struct camera_name camera = watch->cameras[i];

        watch->callback(watch->context, camera.text);
    }
}

/* One event of the kernel's; last is the camera told before, and becomes the one told now. */
static void tell(struct shm_watch *watch, const struct inotify_event *event, struct camera_name *last)
{
    struct camera_name camera;

    if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED)) {
        last->text[0] = '\0';
        tell_all(watch);
        return;
    }
    if (event->len == 0 || !shm_store_parse_name(watch->prefix, event->name, camera.text) ||
        strcmp(camera.text, last->text) == 0)
        return;
    *last = camera;
    if (camera_index(watch, camera.text) < watch->count)
        watch->callback(watch->context, camera.text);
}

/* ---- the watch ---- */

static void watch_stop(struct shm_watch *watch)
{
    if (watch->fd < 0)
        return;
    ev_io_stop(watch->loop, &watch->readable);
    sys_close(&watch->fd);
}

static int watch_open(void)
{
    /* a name can also go by another file being moved onto it */
    const uint32_t mask = IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
    int fd = sys_inotify(IN_NONBLOCK);

    if (fd >= 0 && inotify_add_watch(fd, SHM_STORE_DIRECTORY, mask) < 0) {
        int result = -errno;

        sys_close(&fd);
        return result;
    }
    return fd;
}

static void watch_start(struct shm_watch *watch)
{
    int fd = watch_open();

    if (fd < 0) {
        log_warning(
            NULL,
            SHM_STORE_DIRECTORY
            " can't be watched: %s; segments that others remove go unnoticed (see fs.inotify.max_user_instances and the limit of open files)",
            strerror(-fd));
        return;
    }
    watch->fd = fd;
    ev_io_set(&watch->readable, fd, EV_READ);
    ev_io_start(watch->loop, &watch->readable);
}

static void watch_read(struct ev_loop *loop, ev_io *readable, int events)
{
    struct shm_watch *watch = readable->data;
    _Alignas(struct inotify_event) char buffer[READ_BYTES];
    struct camera_name last = {""};
    bool lost = (events & EV_ERROR) != 0;

    (void)loop;
    ssize_t length = sys_read(watch->fd, buffer, sizeof(buffer)); /* -EAGAIN, -EINTR: libev asks again */

    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(buffer + at);

        at += (ssize_t)(sizeof(*event) + event->len);
        lost = lost || (event->mask & IN_IGNORED);
        tell(watch, event, &last);
    }
    if (!lost)
        return;
    watch_stop(watch); /* the directory was unmounted: from now on the one below it counts */
    if (watch->count > 0)
        watch_start(watch);
}

int shm_watch_new(struct shm_watch **watch, struct ev_loop *loop, const char *prefix,
                  shm_watch_callback *callback, void *context)
{
    if (strlen(prefix) > SHM_STORE_PREFIX_MAX)
        return -ENAMETOOLONG;
    struct shm_watch *created = calloc(1, sizeof(*created));

    if (!created)
        return -ENOMEM;
    created->loop = loop;
    created->callback = callback;
    created->context = context;
    snprintf(created->prefix, sizeof(created->prefix), "%s", prefix);
    created->fd = -1;
    ev_init(&created->readable, watch_read);
    created->readable.data = created;
    *watch = created;
    return 0;
}

void shm_watch_free(struct shm_watch *watch)
{
    if (!watch)
        return;
    watch_stop(watch);
    free(watch->cameras);
    free(watch);
}

void shm_watch_register(struct shm_watch *watch, const char *camera)
{
    int result = camera_add(watch, camera);

    if (result < 0)
        log_warning(camera, "its segments can't be watched: %s; if others remove them it goes unnoticed",
                    strerror(-result));
    else if (watch->fd < 0)
        watch_start(watch);
}

void shm_watch_unregister(struct shm_watch *watch, const char *camera)
{
    size_t index = camera_index(watch, camera);

    if (index == watch->count)
        return;
    watch->count--;
    watch->cameras[index] = watch->cameras[watch->count];
    if (watch->count == 0)
        watch_stop(watch);
}
