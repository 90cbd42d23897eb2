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
    CHILDREN_BYTES = 65536,
    ARGUMENTS_BYTES = 8192,
    COMMAND_BYTES = 160, /* of them, in the log */
    ANCESTORS_MAX = 64,
    ROUNDS_MAX = 8,
    LOGGED_MAX = 10,
};

struct survivors {
    const char *mark; /* "NAME=VALUE" */
    pid_t ancestors[ANCESTORS_MAX];
    size_t ancestor_count;
    struct pollfd dying[SURVIVORS_MAX]; /* their pidfds */
    pid_t pids[SURVIVORS_MAX];
    size_t count;
    const char *who; /* left them running */
    int logged;
};

/* Kills those that have the mark among the processes that it looks at. 0, or -errno: it could not look. */
typedef int survivors_look(struct survivors *survivors);

/* ---- looking at a process ---- */

/*
 * As much of a file of /proc as fits, with a NUL behind it; its length, or -errno. Not through sys.h, where tests fail each
 * call in turn: how many processes there are is the machine's business.
 */
static ssize_t read_file(const char *path, char *buffer, size_t size)
{
    size_t length = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    while ((got = read(fd, buffer + length, size - 1 - length)) > 0)
        length += (size_t)got;
    sys_close(&fd);
    buffer[length] = '\0';
    return (ssize_t)length;
}

static ssize_t read_proc(pid_t pid, const char *file, char *buffer, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    return read_file(path, buffer, size);
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

/* The beginning of its arguments, without secrets, which are seen only where a URL is whole: the caller's to free. */
static char *command_of(pid_t pid)
{
    char text[ARGUMENTS_BYTES];
    const ssize_t length = read_proc(pid, "cmdline", text, sizeof(text));
    for (ssize_t i = 0; i < length - 1; i++) {
        if (text[i] == '\0')
            text[i] = ' ';
    }
    char *shown = length > 0 ? secret_redact(text) : strdup("a process");
    if (shown && strlen(shown) > COMMAND_BYTES)
        shown[COMMAND_BYTES] = '\0';
    return shown;
}

/* ---- ending them ---- */

static void say(pid_t pid, const char *who)
{
    char *command = command_of(pid);
    log_warning(NULL, "process %d (%s), which %s has left running, is killed", (int)pid,
                command ? command : "memory is short", who);
    free(command);
}

/* Once there is a pidfd, the number can't come to mean another process. */
static void kill_one(struct survivors *survivors, pid_t pid)
{
    int pidfd = survivors->count < SURVIVORS_MAX ? sys_pidfd_open(pid) : -EMFILE;
    if (pidfd < 0)
        return;
    if (!has_mark(pid, survivors->mark) || parent_of(pid) == getpid()) {
        sys_close(&pidfd);
        return;
    }
    if (survivors->logged++ < LOGGED_MAX)
        say(pid, survivors->who);
    sys_pidfd_signal(pidfd, SIGKILL);
    survivors->pids[survivors->count] = pid;
    survivors->dying[survivors->count++] = (struct pollfd){.fd = pidfd, .events = POLLIN};
}

static void look_at_one(struct survivors *survivors, pid_t pid)
{
    if (pid > 0 && !is_ancestor(survivors, pid) && has_mark(pid, survivors->mark))
        kill_one(survivors, pid);
}

/* All that there are now. */
static int look_at_all(struct survivors *survivors)
{
    DIR *directory = opendir("/proc");
    if (!directory)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        int64_t pid;
        if (text_to_int(entry->d_name, &pid))
            look_at_one(survivors, (pid_t)pid);
    }
    closedir(directory);
    return 0;
}

/* Those of its first thread, to which the kernel gives orphans: "PID PID ...". A kernel can be built without this file. */
static int look_at_children(struct survivors *survivors, pid_t parent)
{
    static char text[CHILDREN_BYTES];
    char file[48];
    snprintf(file, sizeof(file), "task/%d/children", (int)parent);
    const ssize_t length = read_proc(parent, file, text, sizeof(text));
    if (length < 0 || length == sizeof(text) - 1)
        return length < 0 ? (int)length : -EFBIG;
    for (char *at = text, *next; (next = strchr(at, ' ')); at = next + 1) {
        int64_t child;
        *next = '\0';
        if (text_to_int(at, &child))
            look_at_one(survivors, (pid_t)child);
    }
    return 0;
}

/* Whoever loses its parent becomes a child of one of its ancestors: of this process, or of what this one descends from. */
static int look_at_orphans(struct survivors *survivors)
{
    int error = 0;
    for (size_t i = 1; i < survivors->ancestor_count && error == 0; i++)
        error = look_at_children(survivors, survivors->ancestors[i]);
    if (error == 0)
        return 0;
    /* the kernel does not tell, or an ancestor has just ended */
    return look_at_all(survivors);
}

/* Waits for those that were killed. True when all are gone. */
static bool wait_for_all(struct survivors *survivors, int64_t until_ms)
{
    bool are_gone = true;
    for (size_t i = 0; i < survivors->count; i++) {
        const int64_t left_ms = until_ms - clock_monotonic_ms();
        if (poll(&survivors->dying[i], 1, left_ms > 0 ? (int)left_ms : 0) == 0) {
            are_gone = false;
            log_error(
                NULL,
                "process %d hangs in the kernel and cannot be killed: look at its driver or file system",
                (int)survivors->pids[i]);
        }
        sys_close(&survivors->dying[i].fd);
    }
    return are_gone;
}

/* More than once, since one that is killed may just have started another, and its children have another parent then. */
static int look_until_none(struct survivors *survivors, survivors_look *look, int wait_ms)
{
    const int64_t until_ms = clock_monotonic_ms() + wait_ms;
    int error = 0;
    note_ancestors(survivors);
    for (int round = 0; error == 0 && round < ROUNDS_MAX; round++) {
        survivors->count = 0;
        error = look(survivors);
        if (survivors->count == 0 || !wait_for_all(survivors, until_ms))
            break;
    }
    return error;
}

static void end_all(const char *instance, const char *who, int wait_ms, survivors_look *look)
{
    char *mark = text_format(ENVIRONMENT_INSTANCE "=%s", instance);
    struct survivors *survivors = mark ? calloc(1, sizeof(*survivors)) : NULL;
    int error = -ENOMEM;
    if (survivors) {
        survivors->mark = mark;
        survivors->who = who;
        error = look_until_none(survivors, look, wait_ms);
    }
    if (error < 0)
        log_warning(NULL, "cannot look for processes that %s has left running: %s", who, strerror(-error));
    if (survivors && survivors->logged > LOGGED_MAX)
        log_warning(NULL, "and %d more", survivors->logged - LOGGED_MAX);
    free(survivors);
    free(mark);
}

void survivors_end(const char *instance, const char *who, int wait_ms)
{
    end_all(instance, who, wait_ms, look_at_all);
}

void survivors_end_orphans(const char *instance, const char *who, int wait_ms)
{
    end_all(instance, who, wait_ms, look_at_orphans);
}
