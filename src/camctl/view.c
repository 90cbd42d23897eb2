/* view.c - a camera's pictures, one after the other, out of shared memory */
#include "camctl/view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "camd/client.h"
#include "picture/overlay.h"

enum {
    REPLACED_CHECK_MS = 250, /* how often to look, while waiting, whether the segments were replaced */
    REPLACED_PAUSE_MS = 10,
    RESULT_AGE_MS = 1000, /* at most between a frame and another one whose boxes are drawn on it */
    SEEN_AGE_MS = 3000,   /* at most, of a frame that is taken because it has boxes */
    SEEN_WAIT_MS = 1000,
    SEEN_PAUSE_MS = 5,
};

enum status view_failure(struct command *command, const struct view *view, int problem)
{
    const char *camera = view->camera;
    switch (problem) {
    case -EACCES:
    case -EPERM:
        return status_fail(&command->error, "denied",
                           "be root, camd's user, or in the group that camd is told of",
                           "%s: you may not read its pictures", camera);
    case -EPROTO:
        return status_fail(&command->error, "failed", "install camctl and camd of the same version",
                           "%s: its segments are of another version", camera);
    case -ENOENT:
    case -ESTALE:
        return status_fail(&command->error, "failed", "camctl status shows why; --timeout waits longer",
                           "%s: no picture came in time", camera);
    default:
        return status_fail(&command->error, "failed", NULL, "%s: its segments cannot be read: %s", camera,
                           strerror(-problem));
    }
}

/* Waits for a whole frame, newer than the last, and copies it. 0, -ETIMEDOUT, or -ESTALE: the segments were replaced. */
static int copy_frame(struct view *view, int64_t deadline_ns)
{
    const struct camd_segments *segments = &view->segments;
    struct camd_frame frame;
    for (;;) {
        /* before looking, so that no frame is slept through */
        uint32_t published = camd_frame_published(segments);
        int64_t left_ns = deadline_ns - clock_monotonic_ns();
        if (camd_frame_copy(segments, view->picture.pixels, &frame) == 0 &&
            frame.frame_id != view->frame.frame_id) {
            view->frame = frame;
            return 0;
        }
        if (left_ns <= 0)
            return -ETIMEDOUT;
        if (camd_segments_gone(segments))
            return -ESTALE;
        if (left_ns > REPLACED_CHECK_MS * CLOCK_NS_PER_MS)
            left_ns = REPLACED_CHECK_MS * CLOCK_NS_PER_MS;
        camd_frame_wait(segments, published, left_ns);
    }
}

/* Room for a result, kept. */
static int ensure_result(struct view *view)
{
    if (!view->result)
        view->result = malloc(sizeof(*view->result));
    return view->result ? 0 : -ENOMEM;
}

static bool find_result(struct view *view)
{
    if (ensure_result(view) < 0)
        return false;
    if (camd_result_of_frame(&view->segments, view->frame.frame_id, view->result) == 0)
        return true;
    return camd_result_newest(&view->segments, view->result) == 0 &&
           llabs(view->result->arrival_ns - view->frame.arrival_ns) <= RESULT_AGE_MS * CLOCK_NS_PER_MS;
}

/*
 * The newest result whose frame is still in a slot: that frame, with it. -EAGAIN: the frame is gone already, the
 * next one may not be; another error: there is no use in waiting.
 */
static int copy_seen_frame(struct view *view)
{
    const struct camd_segments *segments = &view->segments;
    int found = ensure_result(view);
    view->has_result = false;
    if (found == 0 && camd_result_newest(segments, view->result) < 0)
        found = -ENOENT;
    if (found == 0 && clock_monotonic_ns() - view->result->arrival_ns > SEEN_AGE_MS * CLOCK_NS_PER_MS)
        found = -ESTALE;
    if (found == 0 &&
        camd_frame_copy_of(segments, view->result->frame_id, view->picture.pixels, &view->frame) < 0)
        found = -EAGAIN;
    view->has_result = found == 0;
    return found;
}

static void detach(struct view *view)
{
    if (view->attached)
        camd_segments_unmap(&view->segments);
    view->attached = false;
}

static int attach(struct view *view)
{
    int result = camd_client_attach(&view->segments, view->prefix, view->camera);
    if (result < 0)
        return result;
    view->attached = true;
    uint8_t *pixels = realloc(view->picture.pixels, view->segments.frame_bytes);
    if (!pixels) {
        detach(view);
        return -ENOMEM;
    }
    view->picture = (struct picture){view->segments.width, view->segments.height, pixels};
    return 0;
}

int view_next(struct view *view, int64_t deadline_ns, bool with_result)
{
    for (;;) {
        int result = view->attached ? 0 : attach(view);
        if (result == 0)
            result = copy_frame(view, deadline_ns);
        if (result == 0) {
            view->has_result = with_result && find_result(view);
            return 0;
        }
        if (result == -ESTALE)
            detach(view);
        if (result == -ETIMEDOUT)
            return -ENOENT;
        if (result != -ESTALE || clock_monotonic_ns() >= deadline_ns)
            return result;
        poll(NULL, 0, REPLACED_PAUSE_MS); /* the new ones are being made */
    }
}

int view_next_seen(struct view *view, int64_t deadline_ns)
{
    int64_t until_ns = clock_monotonic_ns() + SEEN_WAIT_MS * CLOCK_NS_PER_MS;
    int result = view->attached ? 0 : attach(view);
    while (result == 0) {
        result = copy_seen_frame(view);
        if (result == 0)
            return 0;
        if (result == -EAGAIN && clock_monotonic_ns() < until_ns && clock_monotonic_ns() < deadline_ns)
            result = poll(NULL, 0, SEEN_PAUSE_MS);
    }
    return view_next(view, deadline_ns, true);
}

int view_of_frame(struct view *view, uint64_t frame_id, bool with_result)
{
    int result = view->attached ? 0 : attach(view);
    view->has_result = false;
    if (result == 0 && camd_frame_copy_of(&view->segments, frame_id, view->picture.pixels, &view->frame) < 0)
        result = -ENODATA;
    if (result == 0 && with_result)
        result = ensure_result(view);
    if (result == 0 && with_result)
        view->has_result = camd_result_of_frame(&view->segments, frame_id, view->result) == 0;
    return result;
}

uint32_t view_draw_boxes(const struct view *view, struct picture *picture)
{
    const struct camd_info *info = view->segments.info;
    if (!view->attached || !view->has_result)
        return 0;
    struct camd_result result = *view->result;
    overlay_scale(&result, view->picture.width, view->picture.height, picture->width, picture->height);
    return overlay_draw(picture, &result, info->labels, info->label_count, OVERLAY_MOTION | OVERLAY_OBJECTS);
}

void view_fini(struct view *view)
{
    free(view->result);
    view->result = NULL;
    detach(view);
    free(view->picture.pixels);
    view->picture.pixels = NULL;
}
