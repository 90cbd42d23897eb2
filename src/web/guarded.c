#include "web/guarded.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static sigjmp_buf way_back;
static volatile sig_atomic_t running;

/* One that nobody waits for is a fault of the program: it is raised again, for the default action, on return. */
static void take_fault(int number)
{
    if (running)
        siglongjmp(way_back, 1);
    signal(number, SIG_DFL);
}

int guarded_start(void)
{
    struct sigaction action = {.sa_handler = take_fault, .sa_flags = SA_NODEFER};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}

bool guarded_run(void (*work)(void *), void *argument)
{
    const bool whole = sigsetjmp(way_back, 0) == 0;
    if (whole) {
        running = 1;
        work(argument);
    }
    running = 0;
    return whole;
}
