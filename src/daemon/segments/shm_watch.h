/*
 * shm_watch.h - notices that somebody removed the name of a camera's segment
 *
 * An inotify watch on /dev/shm. It exists only while at least one camera is registered, so that an idle
 * daemon is not woken by other programs' files; with it, every name that anybody removes there costs a look
 * at the name.
 *
 * The daemon's own removals look like all others, and are told some time later when the camera is registered
 * again by then: the callback decides by asking shm_store_intact of the segments that the camera has now, if
 * it has any.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_WATCH_H
#define CAMD_DAEMON_SEGMENTS_SHM_WATCH_H

struct ev_loop;
struct shm_watch;

/*
 * A name of a registered camera's segments was removed, or replaced by another file; or so much happened that
 * any of them may have been. Several removals in a row are told once a camera. The callback may register and
 * unregister, but not free the watch. camera is valid during the call.
 */
typedef void shm_watch_callback(void *context, const char *camera);

/* Nothing is watched yet. prefix is copied. 0, -ENAMETOOLONG or -ENOMEM. */
int shm_watch_new(struct shm_watch **watch, struct ev_loop *loop, const char *prefix,
                  shm_watch_callback *callback, void *context);
/* NULL is fine. */
void shm_watch_free(struct shm_watch *watch);

/*
 * The camera has segments, or is about to get some: registered before they are made, none goes unnoticed.
 * Twice is as once. A camera can run without being watched: when that fails (no inotify instance left, no
 * memory), it is logged and tried again with the next one.
 */
void shm_watch_register(struct shm_watch *watch, const char *camera);
/* The camera has none any more. After the last one nothing is watched. One that is not registered is fine. */
void shm_watch_unregister(struct shm_watch *watch, const char *camera);

#endif
