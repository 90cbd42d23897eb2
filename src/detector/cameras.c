#include "detector/cameras.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "runtime/runtime.h"
#include "tracker/tensor.h"

int cameras_init(struct cameras *cameras)
{
    struct cameras made = {.poll = epoll_create1(EPOLL_CLOEXEC)};
    if (made.poll < 0)
        return -errno;
    made.list = calloc(CAMERAS_MAX, sizeof(*made.list));
    made.waiting = calloc(CAMERAS_MAX, sizeof(*made.waiting));
    if (!made.list || !made.waiting) {
        cameras_fini(&made);
        return -ENOMEM;
    }
    *cameras = made;
    return 0;
}

void cameras_fini(struct cameras *cameras)
{
    for (uint32_t i = 0; i < cameras->count; i++)
        served_fini(&cameras->list[i]);
    free(cameras->list);
    free(cameras->waiting);
    free(cameras->tensor);
    sys_close(&cameras->poll);
    memset(cameras, 0, sizeof(*cameras));
    cameras->poll = -1;
}

/* ---- cameras come and go ---- */

/* count when there is none. */
static uint32_t find(const struct cameras *cameras, const char *camera)
{
    uint32_t i = 0;
    while (i < cameras->count && strcmp(cameras->list[i].camera, camera) != 0)
        i++;
    return i;
}

static int reserve_tensor(struct cameras *cameras, size_t bytes)
{
    if (bytes <= cameras->tensor_bytes)
        return 0;
    uint8_t *tensor = realloc(cameras->tensor, bytes);
    if (!tensor)
        return -ENOMEM;
    cameras->tensor = tensor;
    cameras->tensor_bytes = bytes;
    return 0;
}

/* The wake-up of a served camera; closing the descriptor is not enough to end it when the tracker has the same event. */
static int watch(struct cameras *cameras, int event)
{
    struct epoll_event interest = {.events = EPOLLIN};
    return epoll_ctl(cameras->poll, EPOLL_CTL_ADD, event, &interest) < 0 ? -errno : 0;
}

static void end(struct cameras *cameras, struct served *served)
{
    (void)epoll_ctl(cameras->poll, EPOLL_CTL_DEL, served->fds.request_event, NULL);
    served_fini(served);
}

int cameras_attach(struct cameras *cameras, const char *camera, uint32_t width, uint32_t height,
                   const struct served_fds *fds)
{
    struct served served;
    const uint32_t place = find(cameras, camera);
    if (place == CAMERAS_MAX)
        return -ENOSPC;
    int result = served_init(&served, camera, width, height, fds);
    if (result < 0)
        return result;
    result = reserve_tensor(cameras, (size_t)width * height * 3);
    if (result == 0)
        result = watch(cameras, fds->request_event);
    if (result < 0) {
        served.fds = (struct served_fds){-1, -1, -1, -1, -1}; /* they stay the caller's */
        served_fini(&served);
        return result;
    }
    if (place < cameras->count)
        end(cameras, &cameras->list[place]);
    else
        cameras->count++;
    cameras->list[place] = served;
    return 0;
}

int cameras_detach(struct cameras *cameras, const char *camera)
{
    const uint32_t place = find(cameras, camera);
    if (place == cameras->count)
        return -ENOENT;
    end(cameras, &cameras->list[place]);
    cameras->count--;
    memmove(&cameras->list[place], &cameras->list[place + 1],
            (cameras->count - place) * sizeof(cameras->list[0]));
    turns_remove(&cameras->turns, place);
    return 0;
}

/* ---- requests ---- */

void cameras_clear(struct cameras *cameras)
{
    for (uint32_t i = 0; i < cameras->count; i++)
        worker_event_clear(cameras->list[i].fds.request_event);
}

/* A failure that goes on is said once, and so is its end. */
static void report(struct served *served, int status, const char *problem)
{
    const bool is_failing = status < 0;
    if (is_failing && !served->is_failing)
        log_error(served->camera, "detector: a request was answered with an error (%s): %s",
                  strerror(-status), problem);
    else if (!is_failing && served->is_failing)
        log_notice(served->camera, "detector: requests are answered again");
    served->is_failing = is_failing;
}

static int detect(const struct cameras *cameras, const struct cameras_engine *engine,
                  const struct served *served, const struct served_request *request,
                  struct detector_rows *rows, char problem[DETECTOR_PROBLEM_BYTES])
{
    const struct tensor_size content =
        tensor_content(request->region_width, request->region_height, served->width, served->height);
    const struct detector_picture picture = {
        .pixels = cameras->tensor,
        .width = served->width,
        .height = served->height,
        .content_width = content.width,
        .content_height = content.height,
    };
    return engine->backend->detect(engine->detector, &picture, rows, problem);
}

/* Without a request: the entry was given up between two looks. */
static void serve_one(struct cameras *cameras, const struct cameras_engine *engine, const struct turn *turn)
{
    struct served *served = &cameras->list[turn->camera];
    struct served_request request;
    struct detector_rows rows;
    char problem[DETECTOR_PROBLEM_BYTES] =
        "the tracker's request does not fit its segments; camd and the tracker have to be of the same version";
    const int64_t begun_ns = clock_monotonic_ns();
    int status = served_read(served, turn->entry, &request, cameras->tensor);
    if (status == -ESTALE)
        return;
    served_begin(served, begun_ns);
    if (status == 0)
        status = detect(cameras, engine, served, &request, &rows, problem);
    served_answer(served, &request, status, &rows, begun_ns, clock_monotonic_ns());
    report(served, status, problem);
}

bool cameras_serve(struct cameras *cameras, const struct cameras_engine *engine)
{
    struct turn turn;
    for (uint32_t i = 0; i < cameras->count; i++)
        served_look(&cameras->list[i], &cameras->waiting[i]);
    if (!turns_take(&cameras->turns, cameras->waiting, cameras->count, &turn))
        return false;
    serve_one(cameras, engine, &turn);
    return true;
}
