#include "daemon/host/name_watch.h"

#include <errno.h>
#include <ev.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/sys.h"

#define MOMENT_S 0.2

struct name_watch {
    struct ev_loop *loop;
    name_watch_changed *changed;
    void *context;
    ev_io readable; /* fd -1: nothing is watched */
    ev_timer moment;
};

static void stop(struct name_watch *watch)
{
    ev_timer_stop(watch->loop, &watch->moment);
    ev_io_stop(watch->loop, &watch->readable);
    sys_close(&watch->readable.fd);
}

/* What it was does not matter: the owner looks at all of them. */
static void something_came(struct ev_loop *loop, ev_io *io, int events)
{
    struct name_watch *watch = io->data;
    (void)events;
    ev_io_stop(loop, io);
    ev_now_update(loop);
    ev_timer_set(&watch->moment, MOMENT_S, 0.0);
    ev_timer_start(loop, &watch->moment);
}

static void moment_passed(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct name_watch *watch = timer->data;
    (void)loop;
    (void)events;
    stop(watch);
    watch->changed(watch->context);
}

/* An unlinked file that is still open says so by its count of links: IN_ATTRIB. */
static int add(int fd, const char *path)
{
    char *copy = strdup(path);
    int error = copy == NULL ? -ENOMEM : 0;
    if (error == 0 &&
        inotify_add_watch(fd, path, IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW) < 0)
        error = -errno;
    if ((error == 0 || error == -ENOENT) &&
        inotify_add_watch(fd, dirname(copy), IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR) < 0)
        error = -errno;
    free(copy);
    return error == -ENOENT || error == -ENOTDIR ? 0 : error;
}

int name_watch_set(struct name_watch *watch, const char *const *paths, size_t count)
{
    stop(watch);
    int fd = sys_inotify(IN_NONBLOCK);
    int error = fd < 0 ? fd : 0;
    for (size_t i = 0; i < count && error == 0; i++)
        error = add(fd, paths[i]);
    if (error < 0) {
        sys_close(&fd);
        return error;
    }
    ev_io_set(&watch->readable, fd, EV_READ);
    ev_io_start(watch->loop, &watch->readable);
    return 0;
}

int name_watch_new(struct name_watch **result, struct ev_loop *loop, name_watch_changed *changed,
                   void *context)
{
    struct name_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return -ENOMEM;
    watch->loop = loop;
    watch->changed = changed;
    watch->context = context;
    ev_init(&watch->readable, something_came);
    watch->readable.fd = -1;
    watch->readable.data = watch;
    ev_init(&watch->moment, moment_passed);
    watch->moment.data = watch;
    *result = watch;
    return 0;
}

void name_watch_free(struct name_watch *watch)
{
    if (watch == NULL)
        return;
    stop(watch);
    free(watch);
}
