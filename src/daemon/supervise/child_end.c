/* child_end.c - what became of a child, as an errno and in words. Pure. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error_hint.h"
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

static void explain_start(const struct child *child, const struct child_end *end, char *text, size_t size)
{
    const char *path = child->path ? child->path : "a program", *why = strerror(-end->code);
    if (end->stage == EXEC_STAGE_ACCOUNT && end->code == -ENOENT)
        snprintf(text, size, "%s %s: there is no user %s", stage_words[end->stage], path, child->user);
    else if (end->stage != EXEC_STAGE_LAUNCH)
        snprintf(text, size, "%s %s: %s", stage_words[end->stage], path, why);
    else if (error_hint_shortage(end->code))
        snprintf(text, size, "%s %s: %s", stage_words[EXEC_STAGE_PREPARE], path, why);
    else
        snprintf(text, size, "%s %s, which is to start %s: %s", stage_words[EXEC_STAGE_PROGRAM],
                 child->launcher->program, path, why);
}

bool child_end_is_broken(const struct child_end *end)
{
    if (end->kind == CHILD_EXITED)
        return end->code == STATUS_NOT_EXECUTABLE || end->code == STATUS_NOT_FOUND;
    return end->kind == CHILD_NOT_EXECUTED && !error_hint_shortage(end->code);
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

static const struct {
    int number;
    const char *text;
} signals[] = {
    {SIGSYS,
     "a sandbox forbids a system call that it, or a library that it uses, needs: the kernel's log (dmesg) has its number, and SANDBOX in camd(8) says what can be done"},
    {SIGBUS,
     "what it has mapped is gone: a file was cut off or removed from /dev/shm, or the disk of a file has a fault (dmesg says so)"},
    {SIGILL,
     "this machine's processor lacks an instruction that it, or a library that it uses, was built for: install another build"},
    {SIGKILL, CHILD_KILLED_HINT},
    {SIGTERM, "it was asked to stop, and not by camd: somebody has ended it"},
    {SIGXCPU,
     "it may not use more of the processor's time: raise the limit, LimitCPU= of the service (systemctl edit) or ulimit -t in its file in /etc/default"},
    {SIGSEGV, fault},
    {SIGABRT, fault},
    {SIGFPE, fault},
};

static const char *signal_hint(int number)
{
    if (number == SIGXFSZ)
        return error_hint_shortage(EFBIG); /* the error that it stands for */
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (signals[i].number == number)
            return signals[i].text;
    }
    return NULL;
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
    const char *hint = error_hint_shortage(end->code);
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
