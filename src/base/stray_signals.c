#include "base/stray_signals.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Where a script takes one program for another, most often SIGUSR2. */
static const int numbers[] = {SIGUSR2,  SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
#ifdef SIGSTKFLT /* not on MIPS and SPARC */
                              SIGSTKFLT
#endif
};

void stray_signals_add(sigset_t *mask)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(mask, numbers[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        sigaddset(mask, number);
}

/* The sender can be found and mended only when it is told. */
const char *stray_signals_words(const char *program, const struct signalfd_siginfo *info,
                                char text[static STRAY_SIGNAL_BYTES])
{
    snprintf(text, STRAY_SIGNAL_BYTES, "signal %u (%s) from process %u of user %u: %s does nothing at it",
             info->ssi_signo, strsignal((int)info->ssi_signo), info->ssi_pid, info->ssi_uid, program);
    return text;
}

void stray_signals_ignore(void)
{
    static const int meant_for_camd[] = {SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof(meant_for_camd) / sizeof(meant_for_camd[0]); i++)
        signal(meant_for_camd[i], SIG_IGN);
}
