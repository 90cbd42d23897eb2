#include "daemon/supervise/survivors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/supervise/environment.h"

enum {
    ENVIRON_BYTES = 65536, /* camd's mark comes early in what it gives; who adds more than this hides it */
    COMMAND_BYTES = 160,
    ANCESTORS_MAX = 64,
    ROUNDS_MAX = 8, /* one that is killed may just have started another */
    LOGGED_MAX = 10,
};

struct survivors {
    const char *mark; /* "NAME=VALUE" */
    pid_t ancestors[ANCESTORS_MAX];
    size_t ancestor_count;
    struct pollfd dying[SURVIVORS_MAX]; /* their pidfds */
    pid_t pids[SURVIVORS_MAX];
    size_t count;
};

/* ---- looking at a process ---- */

/*
 * As much of a file of /proc/PID as fits, with a NUL behind it; its length, 0: it can't be read. Not through sys.h, where
 * tests fail each call in turn: how many processes there are is the machine's business.
 */
static ssize_t read_proc(pid_t pid, const char *file, char *buffer, size_t size)
{
    char path[64];
    size_t length = 0;
    ssize_t got;
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while ((got = read(fd, buffer + length, size - 1 - length)) > 0)
        length += (size_t)got;
    sys_close(&fd);
    buffer[length] = '\0';
    return (ssize_t)length;
}

/* The environment is a sequence of strings. */
static bool has_mark(pid_t pid, const char *mark)
{
    static char text[ENVIRON_BYTES];
    const ssize_t length = read_proc(pid, "environ", text, sizeof(text));
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(text + at) + 1) {
        if (strcmp(text + at, mark) == 0)
            return true;
    }
    return false;
}

/* 0: it has none, or there is no such process. */
static pid_t parent_of(pid_t pid)
{
    char text[512];
    int64_t parent;
    if (read_proc(pid, "stat", text, sizeof(text)) <= 0)
        return 0;
    /* "PID (NAME) STATE PARENT ...", and the name may have anything in it */
    char *at = strrchr(text, ')');
    if (!at || strlen(at) < 5)
        return 0;
    at += 4;
    at[strcspn(at, " ")] = '\0';
    return text_to_int(at, &parent) ? (pid_t)parent : 0;
}

static void note_ancestors(struct survivors *survivors)
{
    pid_t pid = getpid();
    while (pid > 0 && survivors->ancestor_count < ANCESTORS_MAX) {
        survivors->ancestors[survivors->ancestor_count++] = pid;
        pid = parent_of(pid);
    }
}

static bool is_ancestor(const struct survivors *survivors, pid_t pid)
{
    for (size_t i = 0; i < survivors->ancestor_count; i++) {
        if (survivors->ancestors[i] == pid)
            return true;
    }
    return false;
}

/* The beginning of its arguments, without secrets: the caller's to free. */
static char *command_of(pid_t pid)
{
    char text[COMMAND_BYTES];
    const ssize_t length = read_proc(pid, "cmdline", text, sizeof(text));
    for (ssize_t i = 0; i < length - 1; i++) {
        if (text[i] == '\0')
            text[i] = ' ';
    }
    return length > 0 ? secret_redact(text) : strdup("a process");
}

/* ---- ending them ---- */

static void say(pid_t pid, const char *who)
{
    char *command = command_of(pid);
    log_warning(NULL, "process %d (%s), which %s has left running, is killed", (int)pid,
                command ? command : "out of memory", who);
    free(command);
}

/* Once there is a pidfd, the number can't come to mean another process. */
static void kill_one(struct survivors *survivors, pid_t pid, const char *who, int *logged)
{
    int pidfd = survivors->count < SURVIVORS_MAX ? sys_pidfd_open(pid) : -EMFILE;
    if (pidfd < 0)
        return;
    if (!has_mark(pid, survivors->mark) || parent_of(pid) == getpid()) {
        sys_close(&pidfd);
        return;
    }
    if ((*logged)++ < LOGGED_MAX)
        say(pid, who);
    sys_pidfd_signal(pidfd, SIGKILL);
    survivors->pids[survivors->count] = pid;
    survivors->dying[survivors->count++] = (struct pollfd){.fd = pidfd, .events = POLLIN};
}

/* All that there are now. 0 or -errno. */
static int kill_all(struct survivors *survivors, const char *who, int *logged)
{
    DIR *directory = opendir("/proc");
    if (!directory)
        return -errno;
    survivors->count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        int64_t pid;
        if (text_to_int(entry->d_name, &pid) && pid > 0 && !is_ancestor(survivors, (pid_t)pid) &&
            has_mark((pid_t)pid, survivors->mark))
            kill_one(survivors, (pid_t)pid, who, logged);
    }
    closedir(directory);
    return 0;
}

/* Waits for those that were killed. True when all are gone. */
static bool wait_for_all(struct survivors *survivors, int64_t until_ms)
{
    bool are_gone = true;
    for (size_t i = 0; i < survivors->count; i++) {
        const int64_t left_ms = until_ms - clock_monotonic_ms();
        if (poll(&survivors->dying[i], 1, left_ms > 0 ? (int)left_ms : 0) == 0) {
            are_gone = false;
            log_error(NULL,
                      "process %d hangs in the kernel and can't be killed: look at its driver or file system",
                      (int)survivors->pids[i]);
        }
        sys_close(&survivors->dying[i].fd);
    }
    return are_gone;
}

void survivors_end(const char *instance, const char *who, int wait_ms)
{
    const int64_t until_ms = clock_monotonic_ms() + wait_ms;
    char *mark = text_format(ENVIRONMENT_INSTANCE "=%s", instance);
    struct survivors *survivors = mark ? calloc(1, sizeof(*survivors)) : NULL;
    int error = survivors ? 0 : -ENOMEM, logged = 0;
    if (survivors) {
        survivors->mark = mark;
        note_ancestors(survivors);
    }
    for (int round = 0; error == 0 && round < ROUNDS_MAX; round++) {
        error = kill_all(survivors, who, &logged);
        if (error < 0 || survivors->count == 0 || !wait_for_all(survivors, until_ms))
            break;
    }
    if (error < 0)
        log_warning(NULL, "cannot look for processes that %s has left running: %s", who, strerror(-error));
    if (logged > LOGGED_MAX)
        log_warning(NULL, "and %d more", logged - LOGGED_MAX);
    free(survivors);
    free(mark);
}
