/*
 * file_watch.h - notices that somebody removed the name of one of our files, moved it, or put another file there
 *
 * An inotify watch on each of our own files, so that nobody else's files beside them wake camd. What is told is that
 * something happened to a file; whether it matters is for the owner to see.
 *
 * There is one of it, and it is closed late: the kernel keeps a watch that was removed until nobody can be looking at it
 * any more, and closing the descriptor waits for that (fsnotify_wait_marks_destroyed). A millisecond after they were
 * removed that is less than 0.1 ms, but 10 to 20 ms one time in ten: those removed after the kernel has begun with the
 * first ones wait for another grace period of SRCU, which is not expedited when it follows the one before at once. A
 * single watch is spared that, but would have to be of all of /dev/shm, where everybody's files would wake camd.
 */
#ifndef CAMD_DAEMON_HOST_FILE_WATCH_H
#define CAMD_DAEMON_HOST_FILE_WATCH_H

struct ev_loop;
struct file_watch;

/*
 * owner is that of a file to which something happened; NULL: so much did that it may have been any of them. One owner may
 * be told many times in a row, so the callback had better only note what there is to look at; but however much happens,
 * the loop is woken for it at most ten times a second. The callback may add and remove files, but not free the watch.
 */
typedef void file_watch_callback(void *context, void *owner);

/* 0 or -ENOMEM. It has one descriptor, whatever it watches. */
int file_watch_new(struct file_watch **watch, struct ev_loop *loop, file_watch_callback *callback,
                   void *context);
/*
 * Nothing is told any more, and nothing watched: all files are about to go. The kernel forgets its watches while there is
 * other work to do, which is best done before file_watch_free.
 */
void file_watch_end(struct file_watch *watch);
/* NULL is fine. */
void file_watch_free(struct file_watch *watch);

/*
 * The number of the watched file (a path), for file_watch_remove; or -1: it is not there, or can't be watched (no inotify
 * instance or watch left, no memory), which is logged once. A watch that is NULL watches nothing.
 */
int file_watch_add(struct file_watch *watch, const char *path, void *owner);
/* The same for a directory: names in it that are removed are told, too. What is made or written there is not. */
int file_watch_add_directory(struct file_watch *watch, const char *path, void *owner);
/* -1 and one that is not watched any more are fine. */
void file_watch_remove(struct file_watch *watch, int number);

#endif
