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

/*
 * The best pictures of a camera's objects. They are read and not mapped, and sized by what camd says of them, so that a
 * tracker that truncates the segment, or fills it with nonsense, can harm nobody who looks.
 */
struct camd_best_reader {
    int fd;
    uint32_t count; /* entries */
    uint32_t bytes; /* of the longest JPEG */
    uint32_t width; /* of the frames that pictures are parts of */
    uint32_t height;
};

/* As camd_client_attach; -ENODATA: the camera keeps none. Close with camd_best_close. */
CAMD_API int camd_best_open(struct camd_best_reader *reader, const char *prefix, const char *camera);
/*
 * The same of descriptors of info and best. best stays open for the reader, whose it is after success; info can be closed.
 * -EPROTO, -EBADMSG as camd_segments_map; -ENODATA: info says that there are none.
 */
CAMD_API int camd_best_attach(struct camd_best_reader *reader, int info, int best);
CAMD_API void camd_best_close(struct camd_best_reader *reader);
/* The heads of the entries that are whole now, most of them at most, in any order. Returns how many. */
CAMD_API uint32_t camd_best_list(const struct camd_best_reader *reader, struct camd_best *heads,
                                 uint32_t most);
/*
 * An object's picture: its head, and the JPEG in jpeg, which has room for reader->bytes; head->jpeg_bytes are its own. The
 * numbers in the head are possible ones: boxes within the frame, a JPEG no larger than its view; what is in the JPEG is for its decoder to say. On failure jpeg may hold
 * anything. -ENOENT: there is none (any more); -EAGAIN: something is being written all the time, try again in a moment; -EBADMSG: the segment
 * was truncated, or the tracker wrote what cannot be.
 */
CAMD_API int camd_best_find(const struct camd_best_reader *reader, uint64_t object_id, struct camd_best *head,
                            void *jpeg);

#ifdef __cplusplus
}
#endif

#endif
