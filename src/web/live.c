#include "web/live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    LOOK_MS = 40,     /* how often new frames are looked for, while there are viewers */
    STUCK_MS = 30000, /* who takes longer for one picture is gone */
    HEAD_BYTES = 320, /* what comes before a picture */
    WIDTH_STANDARD = 640,
    NAMES_BYTES = LIVE_CAMERAS_MAX * (CAMD_NAME_MAX + 1),
};

/* The end of a part begins the next one, so that a browser shows a picture at once. */
#define BOUNDARY "camd-frame"
#define BEGIN    "--" BOUNDARY "\r\n"
#define END      "\r\n--" BOUNDARY "\r\n"

static const char type[] = "multipart/x-mixed-replace; boundary=" BOUNDARY;

struct live_watch {
    struct web_camera *camera; /* held */
    uint64_t sent_id;
    int64_t due_ms;
};

struct live_viewer {
    struct live *live;
    struct http_request *request;
    size_t step;
    int64_t interval_ms;
    struct picture_jpeg *jpeg; /* that is being sent, between head and END */
    char head[HEAD_BYTES];
    size_t head_length, sent; /* sent: of the three together */
    int64_t begun_ms;
    TAILQ_ENTRY(live_viewer) links;
    size_t next, count; /* whose turn it is */
    struct live_watch watches[];
};

/* ---- what is due ---- */

static bool is_due(const struct live_watch *watch, int64_t now_ms)
{
    return !watch->camera->gone && now_ms + LOOK_MS / 2 >= watch->due_ms &&
           watch->camera->view.newest_id != 0 && watch->camera->view.newest_id != watch->sent_id;
}

static void begin_part(struct live_viewer *viewer, struct live_watch *watch, struct picture_jpeg *jpeg,
                       int64_t now_ms)
{
    viewer->jpeg = jpeg;
    viewer->sent = 0;
    viewer->begun_ms = now_ms;
    viewer->head_length = (size_t)snprintf(
        viewer->head, sizeof(viewer->head),
        "Content-Type: image/jpeg\r\nContent-Length: %zu\r\nX-Camera: %s\r\nX-Frame: %" PRIu64
        "\r\nX-Time: %" PRId64 "\r\nX-Size: %" PRIu32 "x%" PRIu32 "\r\n\r\n",
        jpeg->bytes, watch->camera->name, jpeg->frame_id, jpeg->wall_ns / CLOCK_NS_PER_MS, jpeg->width,
        jpeg->height);
    watch->sent_id = jpeg->frame_id;
    watch->due_ms += viewer->interval_ms;
    if (watch->due_ms < now_ms)
        watch->due_ms = now_ms;
}

/* The cameras in turn, so that a slow viewer sees something of all. False: none has anything new. */
static bool find_part(struct live_viewer *viewer, int64_t now_ms)
{
    for (size_t tried = 0; tried < viewer->count; tried++) {
        struct live_watch *watch = &viewer->watches[viewer->next];
        struct picture_jpeg *jpeg = NULL;
        viewer->next = (viewer->next + 1) % viewer->count;
        if (is_due(watch, now_ms) &&
            camera_view_jpeg(&watch->camera->view, viewer->step, viewer->live->quality, now_ms, &jpeg) == 0) {
            begin_part(viewer, watch, jpeg, now_ms);
            return true;
        }
    }
    return false;
}

/* Copies what of a piece, which begins at *from in the part, has not been sent. */
static size_t copy_piece(const struct live_viewer *viewer, size_t *from, const void *piece, size_t length,
                         char *buffer, size_t room)
{
    const size_t begin = *from;
    *from += length;
    if (viewer->sent >= *from)
        return 0;
    const size_t done = viewer->sent > begin ? viewer->sent - begin : 0, left = length - done;
    const size_t taken = left < room ? left : room;
    memcpy(buffer, (const char *)piece + done, taken);
    return taken;
}

static size_t copy_part(struct live_viewer *viewer, char *buffer, size_t room)
{
    const struct {
        const void *bytes;
        size_t length;
    } pieces[] = {
        {viewer->head, viewer->head_length},
        {viewer->jpeg->data, viewer->jpeg->bytes},
        {END, sizeof(END) - 1},
    };
    size_t from = 0, length = 0;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        const size_t taken =
            copy_piece(viewer, &from, pieces[i].bytes, pieces[i].length, buffer + length, room - length);
        viewer->sent += taken;
        length += taken;
    }
    if (viewer->sent == from) {
        picture_jpeg_release(viewer->jpeg);
        viewer->jpeg = NULL;
    }
    return length;
}

static ssize_t take(void *kept, char *buffer, size_t room)
{
    struct live_viewer *viewer = kept;
    const int64_t now_ms = clock_monotonic_ms();
    if (viewer->begun_ms == 0) {
        viewer->begun_ms = now_ms;
        memcpy(buffer, BEGIN, sizeof(BEGIN) - 1);
        return sizeof(BEGIN) - 1;
    }
    if (!viewer->jpeg && !find_part(viewer, now_ms))
        return 0;
    return now_ms - viewer->begun_ms > STUCK_MS ? HTTP_STREAM_END : (ssize_t)copy_part(viewer, buffer, room);
}

/* ---- looking for frames ---- */

/* A camera that was removed may have been added again: its pictures are what the viewer asked for. */
static void follow(const struct live *live, struct live_watch *watch)
{
    struct web_camera *again = camera_list_find(live->cameras, watch->camera->name);
    if (!again)
        return;
    web_camera_release(watch->camera);
    *watch = (struct live_watch){.camera = web_camera_hold(again)};
}

static bool look_at(struct live_viewer *viewer, int64_t now_ms)
{
    bool due = false;
    for (size_t i = 0; i < viewer->count; i++) {
        struct live_watch *watch = &viewer->watches[i];
        if (watch->camera->gone)
            follow(viewer->live, watch);
        if (!watch->camera->gone && watch->camera->view.used_ms != now_ms)
            camera_view_look(&watch->camera->view, now_ms);
        due = due || is_due(watch, now_ms);
    }
    return due;
}

static void look(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct live *live = timer->data;
    struct live_viewer *viewer;
    const int64_t now_ms = clock_monotonic_ms();
    (void)loop;
    (void)events;
    TAILQ_FOREACH(viewer, &live->viewers, links) {
        if (look_at(viewer, now_ms))
            http_request_wake(viewer->request);
    }
}

void live_init(struct live *live, struct ev_loop *loop, const struct camera_list *cameras, unsigned int most,
               double fps, int quality)
{
    *live = (struct live){.loop = loop, .cameras = cameras, .most = most, .fps = fps, .quality = quality};
    TAILQ_INIT(&live->viewers);
    ev_timer_init(&live->look, look, LOOK_MS / 1000., LOOK_MS / 1000.);
    live->look.data = live;
}

/* ---- viewers ---- */

static void end_viewer(void *kept)
{
    struct live_viewer *viewer = kept;
    struct live *live = viewer->live;
    TAILQ_REMOVE(&live->viewers, viewer, links);
    if (--live->count == 0)
        ev_timer_stop(live->loop, &live->look);
    for (size_t i = 0; i < viewer->count; i++)
        web_camera_release(viewer->watches[i].camera);
    picture_jpeg_release(viewer->jpeg);
    free(viewer);
}

static size_t width_step(const struct http_request *request)
{
    const char *text = http_request_parameter(request, "width");
    int64_t width;
    if (!text || !text_to_int(text, &width) || width < 1)
        width = WIDTH_STANDARD;
    return picture_width_step(width < UINT32_MAX ? (uint32_t)width : UINT32_MAX);
}

static int64_t interval_ms(const struct http_request *request, double most)
{
    const char *text = http_request_parameter(request, "fps");
    double fps;
    if (!text || !text_to_double(text, &fps) || fps > most)
        fps = most;
    return (int64_t)(1000 / (fps < 0.1 ? 0.1 : fps));
}

static bool has_watch(const struct live_viewer *viewer, const struct web_camera *camera)
{
    for (size_t i = 0; i < viewer->count; i++) {
        if (viewer->watches[i].camera == camera)
            return true;
    }
    return false;
}

static void add_watches(struct live_viewer *viewer, const char *names)
{
    char list[NAMES_BYTES], *rest = list;
    const char *name;
    snprintf(list, sizeof(list), "%s", names);
    while ((name = strsep(&rest, ",")) && viewer->count < LIVE_CAMERAS_MAX) {
        struct web_camera *camera = camera_list_find(viewer->live->cameras, name);
        if (camera && !has_watch(viewer, camera))
            viewer->watches[viewer->count++].camera = web_camera_hold(camera);
    }
}

static struct live_viewer *new_viewer(struct live *live, struct http_request *request, const char *names)
{
    struct live_viewer *viewer = calloc(1, sizeof(*viewer) + LIVE_CAMERAS_MAX * sizeof(viewer->watches[0]));
    if (!viewer)
        return NULL;
    viewer->live = live;
    viewer->request = request;
    viewer->step = width_step(request);
    viewer->interval_ms = interval_ms(request, live->fps);
    add_watches(viewer, names);
    TAILQ_INSERT_TAIL(&live->viewers, viewer, links);
    if (live->count++ == 0)
        ev_timer_again(live->loop, &live->look);
    return viewer;
}

void live_open(struct live *live, struct http_request *request, const char *names)
{
    struct live_viewer *viewer = live->count < live->most ? new_viewer(live, request, names) : NULL;
    if (!viewer) {
        http_answer_busy(request, "All places for viewers are taken; try again in a moment.");
        return;
    }
    http_request_keep(request, viewer, end_viewer);
    if (viewer->count == 0)
        http_answer_text(request, 404, "There is no such camera.");
    else
        http_answer_stream(request, type, take);
}

/* ---- one picture ---- */

void live_answer_picture(struct live *live, struct http_request *request, const char *name)
{
    struct web_camera *camera = camera_list_find(live->cameras, name);
    struct picture_jpeg *jpeg = NULL;
    if (!camera) {
        http_answer_text(request, 404, "There is no such camera.");
        return;
    }
    const int result =
        camera_view_jpeg(&camera->view, width_step(request), live->quality, clock_monotonic_ms(), &jpeg);
    if (result < 0) {
        http_answer_busy(request, "The camera has no picture now.");
        return;
    }
    const struct http_answer answer = {
        .status = 200, .type = "image/jpeg", .body = jpeg->data, .bytes = jpeg->bytes};
    http_answer(request, &answer);
    picture_jpeg_release(jpeg);
}
