#include "daemon/host/name_watch.h"

#include <errno.h>
#include <ev.h>
#include <libgen.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/timer.h"
#include "daemon/host/file_watch.h"

#define MOMENT_S 0.2

enum { WATCHED_MAX = 2 * NAME_WATCH_MAX + 2 }; /* the files and their directories, one more, and one alone */

struct name_watch {
    struct ev_loop *loop;
    struct file_watch *files;
    name_watch_changed *changed;
    void *context;
    int numbers[WATCHED_MAX]; /* there */
    size_t count;
    ev_timer moment;
};

static void forget_all(struct name_watch *watch)
{
    ev_timer_stop(watch->loop, &watch->moment);
    while (watch->count > 0)
        file_watch_remove(watch->files, watch->numbers[--watch->count]);
}

void name_watch_touched(struct name_watch *watch)
{
    if (!ev_is_active(&watch->moment) && watch->count > 0)
        timer_start_s(watch->loop, &watch->moment, MOMENT_S);
}

static void moment_passed(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct name_watch *watch = timer->data;
    (void)loop;
    (void)events;
    forget_all(watch);
    watch->changed(watch->context);
}

static void add(struct name_watch *watch, const char *path)
{
    watch->numbers[watch->count++] = file_watch_add(watch->files, path, watch);
}

/* Where the path of a directory is a link, "/." is the directory itself. */
static void add_whole_directory(struct name_watch *watch, const char *path)
{
    char *directory = text_format("%s/.", path);
    if (directory)
        watch->numbers[watch->count++] = file_watch_add_directory(watch->files, directory, watch);
    free(directory);
}

static void add_directory_of(struct name_watch *watch, const char *path)
{
    char *copy = text_format("%s", path);
    char *directory = copy ? text_format("%s/.", dirname(copy)) : NULL;
    if (directory)
        add(watch, directory);
    free(directory);
    free(copy);
}

void name_watch_set(struct name_watch *watch, const char *const *paths, size_t count, const char *directory,
                    const char *alone)
{
    forget_all(watch);
    for (size_t i = 0; i < count && i < NAME_WATCH_MAX; i++) {
        add(watch, paths[i]);
        add_directory_of(watch, paths[i]);
    }
    add_whole_directory(watch, directory);
    if (alone)
        add(watch, alone);
}

int name_watch_new(struct name_watch **result, struct ev_loop *loop, struct file_watch *files,
                   name_watch_changed *changed, void *context)
{
    struct name_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    watch->loop = loop;
    watch->files = files;
    watch->changed = changed;
    watch->context = context;
    ev_init(&watch->moment, moment_passed);
    watch->moment.data = watch;
    *result = watch;
    return 0;
}

void name_watch_free(struct name_watch *watch)
{
    if (!watch)
        return;
    forget_all(watch);
    free(watch);
}
