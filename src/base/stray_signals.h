/* stray_signals.h - signals that mean nothing to the process that gets them, and would end it without a word */
#ifndef CAMD_BASE_STRAY_SIGNALS_H
#define CAMD_BASE_STRAY_SIGNALS_H

#include <signal.h>
#include <sys/signalfd.h>

enum { STRAY_SIGNAL_BYTES = 160 };

/*
 * For camd, its parent with --respawn, camd-web and camd-mqtt: adds those that mean nothing to any of them. Those of faults
 * (SIGABRT, SIGXCPU) are not among them, nor SIGALRM, which an upgrade of camd needs for its way back.
 */
void stray_signals_add(sigset_t *mask);

/* What the log says of one, with its sender; program: that does nothing at it. Returns text. */
const char *stray_signals_words(const char *program, const struct signalfd_siginfo *info,
                                char text[static STRAY_SIGNAL_BYTES]);

/*
 * For the programs that camd starts: ignores those that are meant for camd (SIGHUP, SIGUSR1) or are taken to be
 * (SIGUSR2). They come when somebody sends them to all whose names begin with camd, as pkill does.
 */
void stray_signals_ignore(void);

#endif
