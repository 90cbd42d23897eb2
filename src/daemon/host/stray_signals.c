#include "daemon/host/stray_signals.h"

#include <stddef.h>

/* Where a script takes one program for another, most often SIGUSR2. */
static const int numbers[] = {SIGUSR2, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT};

void stray_signals_add(sigset_t *mask)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(mask, numbers[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        sigaddset(mask, number);
}
