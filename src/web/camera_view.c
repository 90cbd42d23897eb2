#include "web/camera_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "picture/encode.h"
#include "picture/part.h"
#include "web/guarded.h"

enum {
    ATTACH_AGAIN_MS = 500, /* after it failed: a camera that starts has segments soon */
    UNUSED_MS = 5000,
    SCALE_TRIES = 4, /* frames that were overwritten while they were read */
};

/* ---- JPEGs ---- */

struct picture_jpeg *picture_jpeg_hold(struct picture_jpeg *jpeg)
{
    jpeg->references++;
    return jpeg;
}

void picture_jpeg_release(struct picture_jpeg *jpeg)
{
    if (!jpeg || --jpeg->references > 0)
        return;
    picture_jpeg_free(jpeg->data);
    free(jpeg);
}

/* ---- segments ---- */

void camera_view_init(struct camera_view *view, const char *prefix, const char *camera)
{
    *view = (struct camera_view){.prefix = prefix, .camera = camera};
}

static void leave(struct camera_view *view)
{
    if (view->attached)
        camd_segments_unmap(&view->segments);
    view->attached = false;
    view->newest_id = 0;
}

static void forget(struct camera_view *view)
{
    for (size_t i = 0; i < PICTURE_WIDTHS; i++) {
        picture_jpeg_release(view->made[i]);
        view->made[i] = NULL;
    }
}

void camera_view_fini(struct camera_view *view)
{
    leave(view);
    forget(view);
}

static void attach(struct camera_view *view, int64_t now_ms)
{
    if (now_ms < view->retry_ms)
        return;
    view->retry_ms = now_ms + ATTACH_AGAIN_MS;
    view->attached = camd_client_attach(&view->segments, view->prefix, view->camera) == 0;
}

/* camd sees it, too, and makes new ones. */
static void lose(struct camera_view *view)
{
    if (!view->lost)
        log_warning(view->camera,
                    "somebody has truncated a segment that was being read: camd makes new ones");
    view->lost = true;
    leave(view);
}

struct look {
    const struct camera_view *view;
    bool gone;
    uint64_t newest_id;
};

static void look(void *argument)
{
    struct look *state = argument;
    struct camd_frame frame;
    state->gone = camd_segments_gone(&state->view->segments);
    if (!state->gone && camd_frame_newest(&state->view->segments, &frame) == 0)
        state->newest_id = frame.frame_id;
}

void camera_view_look(struct camera_view *view, int64_t now_ms)
{
    struct look state = {.view = view};
    view->used_ms = now_ms;
    if (!view->attached)
        attach(view, now_ms);
    if (!view->attached)
        return;
    if (!guarded_run(look, &state))
        lose(view);
    else if (state.gone)
        leave(view);
    else if (state.newest_id)
        view->newest_id = state.newest_id;
}

bool camera_view_leave_unused(struct camera_view *view, int64_t now_ms)
{
    if (now_ms - view->used_ms < UNUSED_MS)
        return false;
    leave(view);
    forget(view);
    return true;
}

/* ---- pictures ---- */

struct scaling {
    const struct camera_view *view;
    struct picture to;
    struct camd_frame frame;
    int result;
};

/* Straight from the slot: what comes out is thrown away when the slot was written to meanwhile. */
static void scale(void *argument)
{
    struct scaling *state = argument;
    const struct camd_segments *segments = &state->view->segments;
    const struct camd_box whole = {0, 0, (int32_t)segments->width, (int32_t)segments->height};
    state->result = -EAGAIN;
    for (int tries = 0; tries < SCALE_TRIES && state->result != 0; tries++) {
        if (camd_frame_newest(segments, &state->frame) < 0)
            return;
        picture_part(&state->to, state->frame.pixels, segments->width, segments->height, &whole);
        if (camd_frame_whole(segments, &state->frame))
            state->result = 0;
    }
}

static int encode(struct scaling *scaled, int quality, struct picture_jpeg **jpeg)
{
    struct picture_jpeg *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    picture_to_full_range(&scaled->to);
    int result = picture_jpeg(&scaled->to, quality, &made->data, &made->bytes);
    if (result < 0) {
        free(made);
        return result;
    }
    made->references = 1;
    made->frame_id = scaled->frame.frame_id;
    made->wall_ns = scaled->frame.wall_ns;
    made->width = scaled->to.width;
    made->height = scaled->to.height;
    *jpeg = made;
    return 0;
}

static int make(struct camera_view *view, size_t step, int quality, struct picture_jpeg **jpeg)
{
    struct scaling state = {.view = view};
    uint32_t width, height;
    picture_width_scale(step, view->segments.width, view->segments.height, &width, &height);
    const int result = picture_make(&state.to, width, height);
    if (result < 0)
        return result;
    if (!guarded_run(scale, &state)) {
        lose(view);
        state.result = -ENOENT;
    }
    view->lost = view->lost && state.result != 0;
    if (state.result == 0)
        state.result = encode(&state, quality, jpeg);
    free(state.to.pixels);
    return state.result;
}

int camera_view_jpeg(struct camera_view *view, size_t step, int quality, int64_t now_ms,
                     struct picture_jpeg **jpeg)
{
    struct picture_jpeg **made = &view->made[step];
    int result = 0;
    camera_view_look(view, now_ms);
    if (!view->attached)
        return -ENOENT;
    if (view->newest_id == 0)
        return -EAGAIN;
    if (!*made || (*made)->frame_id != view->newest_id) {
        picture_jpeg_release(*made);
        *made = NULL;
        result = make(view, step, quality, made);
    }
    if (result == 0)
        *jpeg = picture_jpeg_hold(*made);
    return result;
}
