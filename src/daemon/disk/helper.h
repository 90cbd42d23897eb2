/*
 * helper.h - a short-lived process that waits for the disk in place of the daemon, and how it ended
 *
 * Its end is seen through its pidfd; when there is no descriptor for one, it is looked for now and then.
 */
#ifndef CAMD_DAEMON_DISK_HELPER_H
#define CAMD_DAEMON_DISK_HELPER_H

#include <ev.h>
#include <sys/types.h>

struct sys_spawn;

/* From the loop. error: 0 for exit status 0, else -status; -EIO: a signal ended it. May start the helper again. */
typedef void helper_ended(void *context, int error);

struct helper {
    struct ev_loop *loop;
    pid_t pid; /* 0: none */
    ev_io exit;
    ev_timer poll;
    helper_ended *ended;
    void *context;
};

void helper_init(struct helper *helper, struct ev_loop *loop, helper_ended *ended, void *context);
/* Only while it does not run. 0: ended will be called; or -errno, told in the log. */
int helper_start(struct helper *helper, const struct sys_spawn *spawn);
/* ended is called when it is gone: for one that hangs in the kernel that may be never. */
void helper_kill(struct helper *helper);
/* ended is not called any more; a process that runs is left to finish what it does. */
void helper_forget(struct helper *helper);

#endif
