/* session.h - one run of capture: from opening the source to its end, a stop, or a failure */
#ifndef CAMD_CAPTURE_SESSION_H
#define CAMD_CAPTURE_SESSION_H

#include "capture/capture_settings.h"
#include "capture/failure.h"
#include "runtime/runtime.h"

enum session_end {
    SESSION_STOPPED, /* told to stop */
    SESSION_ENDED,   /* the end of a file that does not loop */
    SESSION_FAILED,  /* failure says why */
    SESSION_BROKEN,  /* failed, and camd was told why already */
};

/* settings may be changed by a `config` message meanwhile; failure is filled in for SESSION_FAILED only. */
enum session_end session_run(struct worker *worker, struct settings *settings, struct failure *failure);

#endif
