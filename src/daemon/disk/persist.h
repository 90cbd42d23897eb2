/*
 * persist.h - small files that survive a power failure, without holding up the loop
 *
 * The daemon writes .NAME.camd-new beside PATH, which stays in the page cache. A helper process (camd-sync) waits for
 * the disk: it syncs the file, renames it to PATH and syncs the directory. Whoever reads PATH sees the old or the new
 * content, never a part.
 *
 * There is one job at a time for a path, in the order of the calls. Every job ends by its callback, within
 * PERSIST_DEADLINE_S of the call.
 */
#ifndef CAMD_DAEMON_DISK_PERSIST_H
#define CAMD_DAEMON_DISK_PERSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct child;
struct launcher;

enum {
    PERSIST_JOBS_MAX = 256,      /* waiting and running */
    PERSIST_RUNNING_MAX = 8,     /* helpers at once */
    PERSIST_BYTES_MAX = 1 << 20, /* of one file */
    PERSIST_DEADLINE_S = 30,     /* then the job has failed and its helper is killed */
};

struct persist;

/*
 * Called from the loop, never from within a function of this file. error: 0, or -errno of what failed;
 * -ETIMEDOUT: the disk did not answer, and which content is there after a power failure is not known;
 * -ENOPKG: camd-sync cannot be executed, and the log says why. May call persist_write and persist_remove.
 */
typedef void persist_done(void *context, int error);
/* What such an error says to an administrator, as the end of "X cannot be written: ". */
const char *persist_reason(int error);
/* What can be done about it, of a file in that directory; never NULL, and valid until the next call for that directory. */
enum persist_directory { PERSIST_STATE_DIR, PERSIST_CAMERAS_DIR, PERSIST_DIRECTORIES };
const char *persist_hint(int error, enum persist_directory directory);

/* helper: the path of camd-sync. The launcher stays the caller's. 0 or -ENOMEM. */
int persist_new(struct persist **persist, struct launcher *launcher, const char *helper);
/*
 * Forgets all jobs; their callbacks are not called, and helpers that run are killed. To lose nothing, run the loop
 * until persist_busy is false. NULL is fine.
 */
void persist_free(struct persist *persist);

/*
 * Makes data the content of path, with that mode; data is copied, done may be NULL. 0: done will be called.
 * -ENOBUFS: PERSIST_JOBS_MAX jobs wait; -EFBIG; -ENOMEM.
 */
int persist_write(struct persist *persist, const char *path, const void *data, size_t size, mode_t mode,
                  persist_done *done, void *context);
/*
 * The same for a file that other people edit, too: it keeps its owner, group and mode, and is only replaced while it is
 * still what `before` says, by fstat of when it was read. Else the job ends with -ESTALE, and with their file there.
 */
int persist_replace(struct persist *persist, const char *path, const struct stat *before, const void *data,
                    size_t size, persist_done *done, void *context);
/* Gives the file another name, in the same directory, that nothing has yet: -EEXIST. */
int persist_move(struct persist *persist, const char *path, const char *name, persist_done *done,
                 void *context);
/* Removes path; that there is none is success. */
int persist_remove(struct persist *persist, const char *path, persist_done *done, void *context);

/* True while a job's callback is still to come. */
bool persist_busy(const struct persist *persist);
/* Another deadline for jobs from now on: tests have less patience. */
void persist_set_deadline(struct persist *persist, double seconds);

/* No job is there, and no helper runs. */
bool persist_is_idle(const struct persist *persist);
/* The helper that has been waited for for longest; NULL: none runs. */
const struct child *persist_helper(const struct persist *persist);

#endif
