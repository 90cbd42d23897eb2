#include "daemon/handoff/handoff_fallback.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"

enum { STACK_BYTES = 65536, REASON_BYTES = 512 };

/* What a handler of signals can reach. */
static struct {
    int program, why;
    char *const *argv;
    bool is_armed;
    _Alignas(64) char stack[STACK_BYTES]; /* the usual one may be what has run out */
} way;

static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGALRM};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* Safe in a handler. */
static void go(const char *why)
{
    if (write(way.why, why, strlen(why)) < 0) {
        /* then the program of before does not know it */
    }
    syscall(SYS_execveat, way.program, "", way.argv, environ, AT_EMPTY_PATH);
}

static void fault_came(int number)
{
    static const char late[] = "it took too long to take over", crashed[] = "it crashed (signal 00)";
    char text[sizeof(crashed)];
    sigset_t set;
    memcpy(text, crashed, sizeof(text));
    text[sizeof(crashed) - 4] = (char)('0' + number / 10 % 10);
    text[sizeof(crashed) - 3] = (char)('0' + number % 10);
    alarm(0);
    sigemptyset(&set);
    sigaddset(&set, number); /* blocked here, and it would stay so */
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    go(number == SIGALRM ? late : text);
    _exit(1);
}

static void set_handlers(void (*handler)(int number), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FAULTS; i++)
        sigaction(faults[i], &action, NULL);
}

void handoff_fallback_arm(int program, int why, char *const *argv, unsigned int seconds)
{
    const stack_t stack = {.ss_sp = way.stack, .ss_size = sizeof(way.stack)};
    way.program = program;
    way.why = why;
    way.argv = argv;
    way.is_armed = true;
    sigaltstack(&stack, NULL);
    set_handlers(fault_came, SA_ONSTACK);
    alarm(seconds);
}

void handoff_fallback_disarm(void)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    alarm(0);
    set_handlers(SIG_DFL, 0);
    sigaltstack(&none, NULL);
    way.is_armed = false;
}

void handoff_fallback_go(const char *why)
{
    if (!way.is_armed)
        return;
    alarm(0);
    go(why);
}

char *handoff_fallback_reason(int why)
{
    char text[REASON_BYTES];
    const ssize_t length = sys_pread(why, text, sizeof(text) - 1, 0);
    return length > 0 ? text_format("%.*s", (int)length, text) : NULL;
}
