/* child_end.c - what became of a child, as an errno and in words. Pure. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"

/* By what shells, the dynamic loader and env(1) end in place of a program. */
enum {
    STATUS_NOT_EXECUTABLE = 126,
    STATUS_NOT_FOUND = 127,
    STATUS_SIGNAL = 128, /* and a signal's number: what a shell ran was ended by that */
    SIGNAL_LAST = 31,    /* of those that have a meaning of their own */
};

static const char *const stage_words[] = {
#define X(id, words) words,
    EXEC_STAGES(X)
#undef X
};
_Static_assert(sizeof(stage_words) / sizeof(stage_words[0]) == EXEC_STAGE_COUNT, "every stage has its words");

int child_end_error(const struct child_end *end)
{
    if (end->kind == CHILD_NOT_EXECUTED)
        return end->code;
    return end->kind == CHILD_SIGNALLED ? -EOWNERDEAD : -end->code;
}

/* What can be done about an errno or a signal. */
struct hint {
    int number;
    const char *text;
};

/* NULL: nothing that is known here. */
static const char *find_hint(const struct hint *hints, size_t count, int number)
{
    for (size_t i = 0; i < count; i++) {
        if (hints[i].number == number)
            return hints[i].text;
    }
    return NULL;
}

/* What the machine may be short of, whatever is being done. */
static const struct hint shortages[] = {
    {EMFILE,
     "camd may not open more files: raise its limit, LimitNOFILE= in camd.service or ulimit -n in /etc/default/camd"},
    {ENFILE, "the machine may not open more files: raise fs.file-max with sysctl"},
    {EAGAIN,
     "camd may not start more processes: raise its limit, TasksMax= in camd.service or ulimit -u in /etc/default/camd"},
    {ENOMEM, "the machine is short of memory"},
};

static const char *shortage(int error)
{
    return find_hint(shortages, sizeof(shortages) / sizeof(shortages[0]), error);
}

bool child_end_is_shortage(const struct child_end *end)
{
    return end->kind == CHILD_NOT_EXECUTED && shortage(-end->code);
}

static void explain_start(const struct child *child, const struct child_end *end, char *text, size_t size)
{
    const char *path = child->path ? child->path : "a program", *why = strerror(-end->code);
    if (end->stage == EXEC_STAGE_ACCOUNT && end->code == -ENOENT)
        snprintf(text, size, "%s %s: there is no user %s", stage_words[end->stage], path, child->user);
    else if (end->stage != EXEC_STAGE_LAUNCH)
        snprintf(text, size, "%s %s: %s", stage_words[end->stage], path, why);
    else if (shortage(-end->code))
        snprintf(text, size, "%s %s: %s", stage_words[EXEC_STAGE_PREPARE], path, why);
    else
        snprintf(text, size, "%s %s, which is to start %s: %s", stage_words[EXEC_STAGE_PROGRAM],
                 child->launcher->program, path, why);
}

bool child_end_is_broken(const struct child_end *end)
{
    if (end->kind == CHILD_EXITED)
        return end->code == STATUS_NOT_EXECUTABLE || end->code == STATUS_NOT_FOUND;
    return end->kind == CHILD_NOT_EXECUTED && !child_end_is_shortage(end);
}

/* The signal that ended it, or what it ran; 0: none. */
static int signal_of(const struct child_end *end)
{
    if (end->kind == CHILD_SIGNALLED)
        return end->code;
    const int number = end->kind == CHILD_EXITED ? end->code - STATUS_SIGNAL : 0;
    return number > 0 && number <= SIGNAL_LAST ? number : 0;
}

void child_explain(const struct child *child, const struct child_end *end, char *text, size_t size)
{
    const int number = signal_of(end);
    if (end->kind == CHILD_NOT_EXECUTED)
        explain_start(child, end, text, size);
    else if (end->kind == CHILD_SIGNALLED)
        snprintf(text, size, "was killed by signal %d (%s)", number, strsignal(number));
    else if (number > 0)
        snprintf(text, size, "exited with status %d (128 + signal %d, %s)", end->code, number,
                 strsignal(number));
    else
        snprintf(text, size, "exited with status %d", end->code);
}

/* ---- what can be done ---- */

static const char fault[] =
    "a fault of the program or of a library that it uses: its last words in the log and a core dump (coredumpctl) say more";

static const struct hint signals[] = {
    {SIGSYS,
     "a sandbox forbids a system call that it, or a library that it uses, needs: the kernel's log (dmesg) has its number, and SANDBOX in camd(8) says what can be done"},
    {SIGBUS,
     "what it has mapped is gone: a file was cut off or removed from /dev/shm, or the disk of a file has a fault (dmesg says so)"},
    {SIGILL,
     "this machine's processor lacks an instruction that it, or a library that it uses, was built for: install another build"},
    {SIGKILL, CHILD_KILLED_HINT},
    {SIGTERM, "it was asked to stop, and not by camd: somebody has ended it"},
    {SIGXCPU,
     "it may not use more of the processor's time: raise the limit, LimitCPU= in camd.service or ulimit -t in /etc/default/camd"},
    {SIGXFSZ, LIMITS_FILE_SIZE_HINT},
    {SIGSEGV, fault},
    {SIGABRT, fault},
    {SIGFPE, fault},
};

static const char *signal_hint(int number)
{
    return find_hint(signals, sizeof(signals) / sizeof(signals[0]), number);
}

static const char *status_hint(const struct child_end *end)
{
    if (end->code == STATUS_NOT_EXECUTABLE)
        return "something that it runs cannot be executed: look at that file's mode and at the interpreter in its first line; its last words in the log name it";
    if (end->code == STATUS_NOT_FOUND)
        return "a library or another program that it needs is not installed: its last words in the log name it, or ldd does";
    return signal_hint(signal_of(end));
}

static const char *start_hint(const struct child_end *end)
{
    const char *hint = shortage(-end->code);
    if (hint)
        return hint;
    if (end->stage == EXEC_STAGE_LAUNCH)
        return "camd-exec is a part of camd: is camd installed as a whole?";
    return end->stage == EXEC_STAGE_PLAN ? "camd-exec is of another version than camd: restart camd" : NULL;
}

const char *child_hint(const struct child_end *end)
{
    return end->kind == CHILD_NOT_EXECUTED ? start_hint(end) : status_hint(end);
}
