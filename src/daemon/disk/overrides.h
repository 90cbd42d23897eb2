/*
 * overrides.h - what `enable` and `disable` said, and who said so, kept over restarts
 *
 * A small JSON file in state_dir: {"NAME": {"enabled": true|false, "uid": USER, "time": UNIX TIME}, …}, or just true or
 * false where it is not known who. It wins over the configuration's `enabled`. It is written durably without blocking the
 * loop (persist.h). A file that can't be used is set aside, which is logged, and cameras start as the configuration has it;
 * so they do when it can't be read, but then it stays: it is read by a reload and before the next change is written, or
 * nothing is.
 *
 * What is said of a camera that is not in the configuration any more is kept for some time, as its region grid is:
 * with "absent_since": UNIX TIME. A camera of that name that comes later is another one.
 */
#ifndef CAMD_DAEMON_DISK_OVERRIDES_H
#define CAMD_DAEMON_DISK_OVERRIDES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct overrides;
struct persist;

/* 0 or -errno. state_dir is copied. */
int overrides_new(struct overrides **overrides, const char *state_dir, struct persist *persist);
/* What is being written is not called back. */
void overrides_free(struct overrides *overrides);

/* The file's path, for messages. */
const char *overrides_path(const struct overrides *overrides);

/* Why what was said does not count, or will not last, or NULL while it does (or will, as far as is known). */
const char *overrides_problem(const struct overrides *overrides);

bool overrides_enabled(const struct overrides *overrides, const char *camera, bool configured);

/* Whether a camd that starts now would find it so, too, by what is on the disk, as far as is known. */
bool overrides_lasts(const struct overrides *overrides, const char *camera, bool configured);

/* Who said so, and when. */
struct overrides_asked {
    uid_t uid;
    int64_t time_s;
};

/* False: nothing was said of it, or nobody knows by whom. */
bool overrides_asked(const struct overrides *overrides, const char *camera, struct overrides_asked *asked);

/* All that is said of it, for overrides_restore: a new reference, or NULL: nothing is. */
json_t *overrides_said(const struct overrides *overrides, const char *camera);

/*
 * From the loop, never from within a function of this file: it is on the disk (0), or it is not and will not last
 * (-errno; -ETIMEDOUT: the disk did not answer, so nobody knows).
 */
typedef void overrides_done(void *context, int error);

/*
 * Each changes what overrides_enabled says at once. 1: done will be called; 0: there is nothing to write; -errno: it
 * is not going to the disk, and will not last. done may be NULL. asked may be, too; who said first what was said
 * before stays.
 */
int overrides_set(struct overrides *overrides, const char *camera, bool enabled,
                  const struct overrides_asked *asked, overrides_done *done, void *context);
/* The camera is gone for good, or another one of its name has come. */
int overrides_forget(struct overrides *overrides, const char *camera, overrides_done *done, void *context);
/* What was said of it before, or that nothing was (NULL), is said again. */
int overrides_restore(struct overrides *overrides, const char *camera, json_t *said, overrides_done *done,
                      void *context);
/* What is said of one camera, and by whom, is said of the other one, too, in place of what was; or nothing is. */
int overrides_copy(struct overrides *overrides, const char *from, const char *to, overrides_done *done,
                   void *context);

/*
 * The configuration is good, and its cameras are about to be added: reads what could not be read before, forgets what has been
 * without a camera for keep_s, and notes what is without one now. now_s: the wall clock.
 */
void overrides_look(struct overrides *overrides, int64_t keep_s, int64_t now_s,
                    bool (*is_wanted)(void *context, const char *camera), void *context);

/* camd is about to stop: what could not be written before is tried once more. */
void overrides_finish(struct overrides *overrides);

/* For an upgrade, when nothing is being written: what was said, what of it is on the disk, and why not all; and back. 0 or -errno. */
json_t *overrides_hand_over(const struct overrides *overrides);
int overrides_take_over(struct overrides *overrides, const json_t *record);

#endif
