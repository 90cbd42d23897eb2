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

/* The hint for a refused login, for who knows more to give another one. */
extern const char classify_login_hint[];

struct classification {
    enum camd_class class_;
    const char *hint; /* static */
};

/* Where the input is: the same codes mean other things, and other things can be done about them. */
enum classify_origin {
    CLASSIFY_NETWORK,
    CLASSIFY_FILE,
    CLASSIFY_DEVICE,
    CLASSIFY_CLIP, /* a file that no worker opens, but whoever runs the program */
};

enum classify_origin classify_origin_of(const char *input, bool remote);

/*
 * message: FFmpeg's last error line about it, or NULL. It has what no code has: that a host name can't be resolved
 * (libavformat reports EIO), or the camera's own answer.
 */
struct classification classify_error(int error, enum classify_origin origin, const char *message);

/*
 * Whether libavformat's -1 came of a connection that ended instead of an answer, and is no EPERM: that one is said of a
 * connection that this machine forbids.
 */
bool classify_is_hang_up(int error, enum classify_origin origin, const char *message);

/* True when the error's own text says little ("Input/output error") and FFmpeg's line should be shown instead. */
bool classify_is_vague(int error);

#endif
