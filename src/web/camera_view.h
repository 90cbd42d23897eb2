/*
 * camera_view.h - a camera's newest picture as a JPEG, made once for all who look
 *
 * The pictures come from the camera's segments, which are attached when somebody looks and left again soon after: while
 * they are mapped, segments that camd has removed take up memory. A JPEG is made of a frame and a width when it is first
 * asked for; who asks next gets the same one.
 */
#ifndef CAMD_WEB_CAMERA_VIEW_H
#define CAMD_WEB_CAMERA_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/client.h"
#include "web/picture_width.h"

/* Shared: whoever has one has a reference. */
struct picture_jpeg {
    unsigned int references;
    uint64_t frame_id;
    int64_t wall_ns; /* when the frame arrived */
    uint32_t width, height;
    size_t bytes;
    uint8_t *data;
};

struct picture_jpeg *picture_jpeg_hold(struct picture_jpeg *jpeg);
/* NULL is fine. */
void picture_jpeg_release(struct picture_jpeg *jpeg);

struct camera_view {
    const char *prefix, *camera; /* the owner's */
    bool attached;
    bool lost; /* a segment was truncated while it was read, and nothing was read since */
    struct camd_segments segments;
    int64_t retry_ms; /* not attached: not tried before */
    int64_t used_ms;
    uint64_t newest_id;                        /* as it was last looked; 0: no frame */
    struct picture_jpeg *made[PICTURE_WIDTHS]; /* of the last frame that was asked for at this width */
};

void camera_view_init(struct camera_view *view, const char *prefix, const char *camera);
void camera_view_fini(struct camera_view *view);

/* Looks what the newest frame is, into newest_id: cheap, to be done as often as there could be one. */
void camera_view_look(struct camera_view *view, int64_t now_ms);
/*
 * The newest frame at that width. 0 and *jpeg, a reference of the caller's; -EAGAIN: no frame yet, or none that stayed whole
 * while it was read; -ENOENT: the camera has no segments now; or another -errno.
 */
int camera_view_jpeg(struct camera_view *view, size_t step, int quality, int64_t now_ms,
                     struct picture_jpeg **jpeg);
/* Leaves the segments, and the JPEGs, when they are gone or nobody has looked for a while. True: it has left them. */
bool camera_view_leave_unused(struct camera_view *view, int64_t now_ms);

#endif
