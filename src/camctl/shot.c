#include "camctl/shot.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/json.h"

/* ---- one frame by its number ---- */

static enum status frame_is_gone(struct command *command, const struct view *view, uint64_t frame_id)
{
    uint64_t oldest, newest;
    if (camd_frame_range(&view->segments, &oldest, &newest) < 0)
        return status_fail(&command->error, "failed", "camctl status shows why",
                           "%s: there is no frame %" PRIu64 ", nor any other", view->camera, frame_id);
    const bool is_gone = frame_id <= newest;
    return status_fail(&command->error, "failed",
                       is_gone
                           ? "more slots keep more (camctl shm); of objects camd keeps a picture: --object"
                           : "numbers are those of the camera's frames, as camctl events --json has them",
                       "%s: frame %" PRIu64 " is %s: there are the frames %" PRIu64 " to %" PRIu64,
                       view->camera, frame_id, is_gone ? "gone" : "still to come", oldest, newest);
}

static enum status take_frame(struct command *command, struct shot *shot, uint64_t frame_id)
{
    struct view *view = &shot->view;
    const bool with_boxes = shot->drawing.layers & DRAWING_BOXES;
    const int result = view_of_frame(view, frame_id, with_boxes);
    if (result == -ENODATA)
        return frame_is_gone(command, view, frame_id);
    if (result < 0)
        return view_failure(command, view, result);
    if (with_boxes && !view->has_result)
        return status_fail(&command->error, "failed", "take it without --boxes",
                           "%s: what was found in frame %" PRIu64
                           " is not kept any more: of the last 8 frames that were looked into it is",
                           view->camera, frame_id);
    return STATUS_DONE;
}

/* ---- the newest one ---- */

static int take_newest(struct shot *shot, int64_t deadline_ns)
{
    struct view *view = &shot->view;
    const bool is_first = view->frame.frame_id == 0;
    if (!(shot->drawing.layers & DRAWING_BOXES))
        return view_next(view, deadline_ns, false);
    /* what is waited for is a frame; what was found in it comes a little later */
    const int result = is_first ? 0 : view_next(view, deadline_ns, false);
    return result < 0 ? result : view_next_seen(view, deadline_ns);
}

enum status shot_take(struct command *command, struct shot *shot, int64_t wait_ns, uint64_t frame_id)
{
    struct view *view = &shot->view;
    enum status status = STATUS_DONE;
    if (!view->attached) {
        json_decref(shot->answer);
        status = command_ask_camera(command, VERB_SNAPSHOT, view->camera, &shot->answer);
        view->prefix = json_member_string(shot->answer, "prefix", NULL);
    }
    if (status == STATUS_DONE)
        status = drawing_ask(command, &shot->drawing, view->camera);
    if (status != STATUS_DONE)
        return status;
    if (frame_id > 0)
        return take_frame(command, shot, frame_id);
    const int result = take_newest(shot, clock_monotonic_ns() + wait_ns);
    return result < 0 ? view_failure(command, view, result) : STATUS_DONE;
}

void shot_draw(struct shot *shot)
{
    shot->drawn = drawing_draw(&shot->drawing, &shot->view, &shot->view.picture);
}

void shot_fini(struct shot *shot)
{
    view_fini(&shot->view);
    drawing_fini(&shot->drawing);
    json_decref(shot->answer);
    shot->answer = NULL;
}
