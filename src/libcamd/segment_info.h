/* segment_info.h - info before it is mapped, and what follows from it, for this room */
#ifndef CAMD_LIBCAMD_SEGMENT_INFO_H
#define CAMD_LIBCAMD_SEGMENT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"

/*
 * The fixed part of info, up to ptz, read and not mapped, so that nothing is believed before it is checked. 0;
 * -EBADMSG: it is too short; -EPROTO: it is of another ABI, or none; other -errno.
 */
int segment_read_info(int fd, struct camd_info *info);
/* -EBADMSG: no best pictures can have these numbers. */
int segment_check_best(const struct camd_info *info);
/* Of so many best pictures with their heads, each of so many bytes at most. */
size_t segment_best_size(uint32_t count, uint32_t bytes);
/* Checks that fd has at least size bytes: touching a page beyond the end of the file would be a SIGBUS. */
int segment_check_size(int fd, uint64_t size);

#endif
