/*
 * view.h - a camera's pictures, one after the other, out of shared memory
 *
 * The daemon is asked once for the prefix; the pictures are copied from the segments, whole ones only. Segments that are
 * replaced meanwhile (another size, a camera that came back) are attached again.
 */
#ifndef CAMD_CAMCTL_VIEW_H
#define CAMD_CAMCTL_VIEW_H

#include <stdbool.h>

#include "camctl/command.h"
#include "camd/segment.h"
#include "picture/picture.h"

struct view {
    const char *camera, *prefix; /* the caller's */
    struct camd_segments segments;
    bool attached;
    struct picture picture;     /* of the frame; pixels are the view's */
    struct camd_frame frame;    /* frame_id 0: none yet */
    struct camd_result *result; /* of it, or of one close by; NULL until one is asked for */
    bool has_result;
};

/*
 * Waits until the deadline (monotonic) for a frame newer than view->frame and copies it, with_result with what was found in
 * it (or in one close by, when the tracker is not that far). 0, -ENOENT: none came in time; or as camd_client_attach.
 */
int view_next(struct view *view, int64_t deadline_ns, bool with_result);
/*
 * The newest frame that the tracker has looked into, with its result: with a slow detector that is not the newest one, whose
 * boxes would be those of a moment ago. When there is none, as view_next.
 */
int view_next_seen(struct view *view, int64_t deadline_ns);
/* The frame with that id, with its own result or none. -ENODATA: it is not in a slot. */
int view_of_frame(struct view *view, uint64_t frame_id, bool with_result);
/* Draws the result's boxes on the view's picture, or on a copy of another size. How many. */
uint32_t view_draw_boxes(const struct view *view, struct picture *picture);
void view_fini(struct view *view);

/* Why there are no pictures, as camctl's error. */
enum status view_failure(struct command *command, const struct view *view, int problem);

#endif
