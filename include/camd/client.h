/*
 * camd/client.h - looking at a camera's pictures from outside
 *
 * Maps a running camera's segments read-only by name; see camd/segment.h for reading frames and results. The
 * caller needs read permission on them: root, camd's user, or the configured group.
 */
#ifndef CAMD_CLIENT_H
#define CAMD_CLIENT_H

#include "camd/api.h"
#include "camd/segment.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Maps the segments of a camera. prefix: the instance's, "camd." by default (NULL). -ENOENT: no such camera
 * or no frames yet; -EACCES; -EPROTO: another ABI; -ESTALE: replaced while we looked, try again. Unmap with
 * camd_segments_unmap. When camd_segments_gone, unmap and attach again.
 */
CAMD_API int camd_client_attach(struct camd_segments *segments, const char *prefix, const char *camera);

#ifdef __cplusplus
}
#endif

#endif
