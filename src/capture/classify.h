/*
 * classify.h - what kind of failure a libav error is, and what the administrator can do about it
 *
 * Pure: a table from error codes (negative, libav's AVERROR values, which include -errno) to classes and
 * hints.
 */
#ifndef CAMD_CAPTURE_CLASSIFY_H
#define CAMD_CAPTURE_CLASSIFY_H

#include <stdbool.h>

#include "camd/worker.h"

struct classification {
    enum camd_class class_;
    const char *hint; /* static */
};

/*
 * remote: the source is on the network; the same codes mean other things for files. message: FFmpeg's last
 * error line about it, or NULL. It matters for one case: a host name that can't be resolved has no code of
 * its own (libavformat reports EIO).
 */
struct classification classify_error(int error, bool remote, const char *message);

/* True when the error's own text says little ("Input/output error") and FFmpeg's line should be shown instead. */
bool classify_is_vague(int error);

#endif
