/* segment_info.h - info before it is mapped, for this room */
#ifndef CAMD_LIBCAMD_SEGMENT_INFO_H
#define CAMD_LIBCAMD_SEGMENT_INFO_H

#include "camd/shm.h"

/*
 * The fixed part of info, up to ptz, read and not mapped, so that nothing is believed before it is checked. 0; -EBADMSG: it is
 * too short; -EPROTO: it is of another ABI, or none; other -errno.
 */
int segment_read_info(int fd, struct camd_info *info);

#endif
