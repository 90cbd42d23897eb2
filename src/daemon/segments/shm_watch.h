/*
 * shm_watch.h - notices that somebody removed a segment's name, moved it, or put another file there
 *
 * An inotify watch on each of our own files, so that nobody else's files in /dev/shm wake camd. What is told is that
 * something happened to a file; whether it matters is for the owner to see (shm_store_intact).
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_WATCH_H
#define CAMD_DAEMON_SEGMENTS_SHM_WATCH_H

struct ev_loop;
struct shm_watch;

/*
 * owner is that of a file to which something happened; NULL: so much did that it may have been any of them. One owner may
 * be told many times in a row, so the callback had better only note what there is to look at; but however much happens,
 * the loop is woken for it at most ten times a second. The callback may add and remove files, but not free the watch.
 */
typedef void shm_watch_callback(void *context, void *owner);

/* 0 or -ENOMEM. It has one descriptor, whatever it watches. */
int shm_watch_new(struct shm_watch **watch, struct ev_loop *loop, shm_watch_callback *callback,
                  void *context);
/* NULL is fine. */
void shm_watch_free(struct shm_watch *watch);
/*
 * Nothing is told any more, and nothing watched: all files are about to go. Once the kernel has begun to forget watches, closing
 * waits until it is done with them, 20 ms; before that it takes 2.
 */
void shm_watch_end(struct shm_watch *watch);

/*
 * The number of the watched file (a path), for shm_watch_remove; or -1: it can't be watched (no inotify instance or
 * watch left, no memory), which is logged once, and harms nobody: what happens to it is seen when a worker starts. A
 * watch that is NULL watches nothing.
 */
int shm_watch_add(struct shm_watch *watch, const char *path, void *owner);
/* -1 and one that is not watched any more are fine. */
void shm_watch_remove(struct shm_watch *watch, int number);

#endif
