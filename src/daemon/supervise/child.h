/*
 * child.h - the one way in which the daemon starts a program, and sees what becomes of it
 *
 * Workers, the helpers that wait for the disk, and the programs of on_event all go this way: posix_spawn of camd-exec,
 * which becomes the program (exec_main.c). So starting never waits for the program's file, which may be on a file
 * system that does not answer; until it is executed, child_is_executing says so. A child has the descriptors that it is
 * given and no others, no signal blocked, every disposition the default, the environment and the limits that
 * camd-worker(7) promises, and a session and process group of its own; it dies when camd does.
 *
 * Each watcher is stopped and its descriptor closed in one function. Signals go to a process that is known to be ours:
 * by its pidfd, or to the group whose number our unreaped child pins. When the child exits its group is killed, what
 * it wrote is read to the end, it is reaped, and then its end is told.
 */
#ifndef CAMD_DAEMON_SUPERVISE_CHILD_H
#define CAMD_DAEMON_SUPERVISE_CHILD_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/supervise/exec_plan.h"

struct launcher;
struct log_pipe;

enum child_end_kind { CHILD_EXITED, CHILD_SIGNALLED, CHILD_NOT_EXECUTED };

struct child_end {
    enum child_end_kind kind;
    int code;              /* exit status, number of the signal, or -errno of CHILD_NOT_EXECUTED */
    enum exec_stage stage; /* of CHILD_NOT_EXECUTED: what failed */
};

/* From the loop, when the child is gone; the child may be started again from there. */
typedef void child_ended(void *context, const struct child_end *end);

/* All is the caller's, and needed only while child_start runs; so is *channel, which does not block. */
struct child_program {
    const char *path;
    char *const *argv;      /* argv[0] is the name that it has in ps */
    char *const *variables; /* of its environment, NAME=VALUE, beside those that all have; NULL: none */
    const char *user;       /* NULL: as camd */
    bool gains_nothing;     /* not even by executing a setuid program */
    bool goes_first;        /* when memory is short, rather than camd */
    int input;              /* its 0; -1: /dev/null */
    int output;             /* its 1, when the child has no log pipe; -1: /dev/null */
    int *channel; /* NULL: none; else its 3 is one end of a socket pair, and *channel becomes the other */
};

struct child {
    struct launcher *launcher;
    struct log_pipe *log_pipe; /* reads its 1 and 2; NULL: none */
    child_ended *ended;
    void *context;

    pid_t pid;            /* 0: none */
    char *path, *user;    /* of the program that was started last */
    ev_io exit_watcher;   /* the pidfd */
    ev_io report_watcher; /* of camd-exec, until the program is executed */
    bool has_report;
    struct exec_report report;
};

/* launcher and log_pipe stay the caller's. */
void child_init(struct child *child, struct launcher *launcher, struct log_pipe *log_pipe, child_ended *ended,
                void *context);
/* 0: ended will be called. -errno: it did not start, *failure says why, and ended is not called. */
int child_start(struct child *child, const struct child_program *program, struct child_end *failure);
bool child_is_running(const struct child *child);
/* True from child_start until the program's file was opened and executed. */
bool child_is_executing(const struct child *child);
/* True while it stands still since a signal has stopped it: kill -STOP, say. */
bool child_is_stopped(const struct child *child);
/* 0 or -errno; -ESRCH: it is gone. */
int child_signal(const struct child *child, int signal_number);
/* SIGKILL for all of its group. ended comes when it is gone; of one that hangs in the kernel, never perhaps. */
void child_kill(const struct child *child);
/* One that runs is killed; ended is not called any more. */
void child_fini(struct child *child);

/* For an upgrade: one that runs; and the same in the next program, after child_init. 0 or -errno. Its log is not in it. */
json_t *child_hand_over(const struct child *child);
int child_take_over(struct child *child, const json_t *record);

/* ---- child_end.c: how it ended ---- */

/* Of a program whose exit status is an errno: 0 or -errno; -EOWNERDEAD when a signal ended it. */
int child_end_error(const struct child_end *end);
/*
 * True when it could not begin: it was not executed, though nothing was short; or a shell or the dynamic loader, by its
 * exit status, says that a program or a library is missing.
 */
bool child_end_is_broken(const struct child_end *end);
/*
 * What became of the program that was started last: "exited with status 1", "was killed by signal 9 (Killed)", "cannot
 * execute PATH: No such file or directory".
 */
void child_explain(const struct child *child, const struct child_end *end, char *text, size_t size);
/* Of one that was killed, and by nobody that is known. */
#define CHILD_KILLED_HINT                                                                                    \
    "unless somebody ended it, memory may have been short: the kernel's log (dmesg) says so then"
/* What the administrator can do about such an end; NULL: nothing that is known here. */
const char *child_hint(const struct child_end *end);

#endif
