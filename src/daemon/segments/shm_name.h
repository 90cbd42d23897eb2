/*
 * shm_name.h - the names of an instance's files in /dev/shm: <prefix><camera>.<part>
 *
 * Nothing here touches a file.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_NAME_H
#define CAMD_DAEMON_SEGMENTS_SHM_NAME_H

#include <stdbool.h>

#include "camd/shm.h"

#define SHM_DIRECTORY "/dev/shm" /* where glibc's shm_open looks */

enum {
    SHM_PREFIX_MAX = 64, /* bytes of a prefix, so that every name fits in NAME_MAX */
    SHM_PART_BYTES = 16, /* "info" and the like, with the NUL */
    /* of a name for shm_open, with the slash and the NUL */
    SHM_NAME_BYTES = 1 + SHM_PREFIX_MAX + CAMD_NAME_MAX + 1 + SHM_PART_BYTES,
    SHM_PATH_BYTES = sizeof(SHM_DIRECTORY) + SHM_NAME_BYTES,
};

/*
 * The parts of which a camera's segments are made, in the order of their descriptors in messages. Of frames there are
 * several, with their number behind the word. X(identifier, word)
 */
#define SHM_PARTS(X)                                                                                         \
    X(INFO, "info")                                                                                          \
    X(CTL, "ctl")                                                                                            \
    X(RESULT, "result")                                                                                      \
    X(FRAME, "frame")                                                                                        \
    X(IN, "in")                                                                                              \
    X(OUT, "out")                                                                                            \
    X(BEST, "best")

enum shm_part {
#define X(id, word) SHM_PART_##id,
    SHM_PARTS(X)
#undef X
        SHM_PART_COUNT
};

const char *shm_part_word(enum shm_part part);

/* True when names with it are no longer than names can be, and stay in /dev/shm. */
bool shm_prefix_is_usable(const char *prefix);
/*
 * True when name (without a slash) is <prefix><camera>.<part>: part is info, ctl, result, in, out, best or frameN,
 * N from 0 to CAMD_SLOTS_MAX - 1 without leading zeros. camera gets the name's part (may be NULL).
 */
bool shm_name_parse(const char *prefix, const char *name, char camera[CAMD_NAME_MAX + 1]);

#endif
