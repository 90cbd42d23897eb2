/* explanation.h - why something is not as it should be, and what can be done about it, in words for people */
#ifndef CAMD_DAEMON_CAMERA_EXPLANATION_H
#define CAMD_DAEMON_CAMERA_EXPLANATION_H

#include "daemon/supervise/worker_process.h"

/* Empty texts: there is nothing to say. */
struct explanation {
    char reason[WORKER_TEXT_BYTES], hint[WORKER_TEXT_BYTES];
};

/* printf in place of what was there; what is too long is cut. */
void explain_reason(struct explanation *explanation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void explain_hint(struct explanation *explanation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
