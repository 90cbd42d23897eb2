/*
 * name_watch.h - tells when a file or directory that camd keeps may have lost its name
 *
 * By a file_watch on the files themselves and on their directories: what others do in the directories of files wakes nobody.
 */
#ifndef CAMD_DAEMON_HOST_NAME_WATCH_H
#define CAMD_DAEMON_HOST_NAME_WATCH_H

#include <stddef.h>

struct ev_loop;
struct file_watch;
struct name_watch;

enum { NAME_WATCH_MAX = 2 }; /* paths at a time */

/*
 * From the loop, a moment after something happened, so that a directory that is being removed has gone as a whole. To be
 * followed by another name_watch_set: nothing is watched any more.
 */
typedef void name_watch_changed(void *context);

/* Watches nothing yet. 0 or -ENOMEM. files stays the caller's. */
int name_watch_new(struct name_watch **watch, struct ev_loop *loop, struct file_watch *files,
                   name_watch_changed *changed, void *context);
/* NULL is fine. */
void name_watch_free(struct name_watch *watch);

/*
 * From now on these paths, whatever is there, and the directories that they are in; and one more directory, of which it is
 * told, too, when names in it are removed: one that is held open goes without a word. And alone: a file in a directory where
 * others are at work, which is not watched; or NULL. Those that are not there are left out.
 */
void name_watch_set(struct name_watch *watch, const char *const *paths, size_t count, const char *directory,
                    const char *alone);
/* The file_watch tells that something happened to one of them: their owner there is the name_watch. */
void name_watch_touched(struct name_watch *watch);

#endif
