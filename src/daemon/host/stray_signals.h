/* stray_signals.h - signals that mean nothing to camd, and would end it without a word */
#ifndef CAMD_DAEMON_HOST_STRAY_SIGNALS_H
#define CAMD_DAEMON_HOST_STRAY_SIGNALS_H

#include <signal.h>

/* Adds them. Those of faults (SIGABRT, SIGXCPU) are not among them, nor SIGALRM, which an upgrade needs for its way back. */
void stray_signals_add(sigset_t *mask);

#endif
