#include "misbehave.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "camd/worker.h"

enum {
    USUAL_WIDTH = 640,
    USUAL_HEIGHT = 480,
    USUAL_FPS = 10,
    LUMA_BASE = 16,
    LUMA_RANGE = 200,
    CHROMA_GREY = 128,
};

static volatile sig_atomic_t term_came;

static void on_term(int number)
{
    (void)number;
    term_came = 1;
}

/* ---- messages to camd ---- */

/* Not camd_channel_send, which keeps to the limits. */
void misbehave_send(struct misbehave *worker, const char *text, size_t length, const int *fds,
                    size_t fd_count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MISBEHAVE_FDS_MAX * sizeof(int))] = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)text, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd_count > 0) {
        struct cmsghdr *header = (struct cmsghdr *)control;
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    }
    if (worker->channel >= 0)
        (void)sendmsg(worker->channel, &message, MSG_NOSIGNAL);
}

void misbehave_send_type(struct misbehave *worker, const char *type)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "{\"type\": \"%s\"}", type);
    misbehave_send(worker, text, (size_t)length, NULL, 0);
}

void misbehave_send_stream(struct misbehave *worker)
{
    char text[256];
    int length = snprintf(
        text, sizeof(text),
        "{\"type\": \"stream\", \"codec\": \"misbehave\", \"width\": %u, \"height\": %u, \"fps\": %u, \"pixel_format\": \"yuv420p\"}",
        worker->width, worker->height, worker->fps);
    misbehave_send(worker, text, (size_t)length, NULL, 0);
}

static void send_ready(struct misbehave *worker)
{
    if (worker->ready_sent)
        return;
    worker->ready_sent = true;
    misbehave_send_type(worker, "ready");
    misbehave_reach(worker, MOMENT_READY);
}

/* ---- frames ---- */

static void signal_event(int event)
{
    const uint64_t one = 1;
    if (event >= 0 && write(event, &one, sizeof(one)) < 0 && errno != EAGAIN)
        perror("eventfd");
}

static void capture_frame(struct misbehave *worker)
{
    struct camd_segments *segments = &worker->segments;
    size_t luma = (size_t)segments->width * segments->height;
    struct camd_frame_times times = {.arrival_ns = clock_monotonic_ns(), .wall_ns = clock_wall_ns()};
    uint32_t slot;
    uint8_t *pixels;
    bool queued;
    if (camd_capture_slot_open(segments, &slot, &pixels) < 0)
        return;
    uint64_t id = __atomic_load_n(&segments->capture->next_frame_id, __ATOMIC_RELAXED);

    times.stream_time_ns = (int64_t)worker->frames * CLOCK_NS_PER_S / worker->fps;
    memset(pixels, (int)(LUMA_BASE + id % LUMA_RANGE), luma);
    memset(pixels + luma, CHROMA_GREY, segments->frame_bytes - luma);
    camd_capture_publish(segments, slot, &times, &queued);
    if (queued)
        signal_event(worker->frame_event);
    worker->frames++;
    worker_rate_update(&worker->rate, times.arrival_ns);
    __atomic_store_n(&segments->capture->camera_fps_milli,
                     (uint32_t)(worker_rate_value(&worker->rate, times.arrival_ns) * 1000), __ATOMIC_RELAXED);
    send_ready(worker);
}

static void track_frame(struct misbehave *worker)
{
    struct camd_segments *segments = &worker->segments;
    struct camd_frame frame;
    if (camd_tracker_take(segments, &frame) < 0)
        return;
    signal_event(worker->space_event);
    struct camd_result *result = camd_result_begin(segments);

    if (result) {
        result->flags = 0;
        result->frame_id = frame.frame_id;
        result->arrival_ns = frame.arrival_ns;
        result->wall_ns = frame.wall_ns;
        result->done_ns = clock_monotonic_ns();
        result->epoch = frame.epoch;
        result->slot = frame.slot;
        result->object_count = result->motion_count = result->region_count = 0;
        camd_result_publish(segments, result);
    }
    int64_t now_ns = clock_monotonic_ns();

    camd_tracker_release(segments, &frame);
    camd_tracker_progress(segments, now_ns);
    worker->frames++;
    worker_rate_update(&worker->rate, now_ns);
    __atomic_store_n(&segments->tracker->process_fps_milli,
                     (uint32_t)(worker_rate_value(&worker->rate, now_ns) * 1000), __ATOMIC_RELAXED);
}

/* ---- messages from camd ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void forget_segments(struct misbehave *worker)
{
    int *const parts[] = {&worker->fds.info, &worker->fds.ctl,     &worker->fds.result, &worker->fds.in,
                          &worker->fds.out,  &worker->frame_event, &worker->space_event};
    if (worker->has_segments)
        camd_segments_unmap(&worker->segments);
    worker->has_segments = false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        close_fd(parts[i]);
    for (uint32_t slot = 0; slot < CAMD_SLOTS_MAX; slot++)
        close_fd(&worker->fds.frames[slot]);
    worker->fds.frame_count = 0;
}

/* Takes over one descriptor; one of an unknown name is closed. */
static void take_descriptor(struct misbehave *worker, const char *name, int fd)
{
    struct {
        const char *name;
        int *place;
    } places[] = {
        {"info", &worker->fds.info},
        {"ctl", &worker->fds.ctl},
        {"result", &worker->fds.result},
        {"in", &worker->fds.in},
        {"out", &worker->fds.out},
        {"frame_event", &worker->frame_event},
        {"space_event", &worker->space_event},
    };
    unsigned int slot;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(name, places[i].name) == 0) {
            *places[i].place = fd;
            return;
        }
    }
    if (strncmp(name, "frame", 5) == 0 && sscanf(name + 5, "%2u", &slot) == 1 && slot < CAMD_SLOTS_MAX) {
        worker->fds.frames[slot] = fd;
        if (slot >= worker->fds.frame_count)
            worker->fds.frame_count = slot + 1;
        return;
    }
    close(fd);
}

static void handle_frames(struct misbehave *worker, const json_t *message, const int *fds, size_t fd_count)
{
    const json_t *names = json_object_get(message, "fds");
    forget_segments(worker);
    for (size_t i = 0; i < fd_count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        take_descriptor(worker, name ? name : "", fds[i]);
    }
    int result = camd_segments_map(&worker->segments, &worker->fds,
                                   worker->is_tracker ? CAMD_ROLE_TRACKER : CAMD_ROLE_CAPTURE);

    if (result < 0) {
        fprintf(stderr, "<3>misbehave: the segments cannot be mapped: %s\n", strerror(-result));
        exit(1);
    }
    worker->has_segments = true;
    worker->ready_sent = false;
    worker->first_frame_id = (uint64_t)json_integer_value(json_object_get(message, "first_frame_id"));
    if (worker->is_tracker)
        camd_tracker_begin(&worker->segments);
    else
        camd_capture_begin(&worker->segments, worker->first_frame_id);
    misbehave_reach(worker, MOMENT_FRAMES);
    if (worker->is_tracker && !worker->never_ready)
        send_ready(worker);
}

/* A message, or NULL when there is none; ends the process at the end of the channel. flags: of recvmsg. */
static json_t *receive(struct misbehave *worker, int *fds, size_t *fd_count, int flags)
{
    static char text[CAMD_MESSAGE_BYTES + 1];
    json_error_t error;
    ssize_t length =
        camd_channel_receive(worker->channel, text, sizeof(text), fds, CAMD_MESSAGE_FDS, fd_count, flags);
    if (length == 0 || length == -ECONNRESET)
        _exit(0);
    if (length < 0)
        return NULL;
    json_t *message = json_loadb(text, (size_t)length, 0, &error);

    if (!message) {
        fprintf(stderr, "<3>misbehave: camd sent what is no JSON: %s\n", error.text);
        exit(1);
    }
    return message;
}

static void handle_messages(struct misbehave *worker)
{
    for (;;) {
        int fds[CAMD_MESSAGE_FDS];
        size_t fd_count = 0;
        json_t *message = worker->channel < 0 ? NULL : receive(worker, fds, &fd_count, MSG_DONTWAIT);
        if (!message)
            return;
        const char *type = json_string_value(json_object_get(message, "type"));

        if (type && strcmp(type, "frames") == 0)
            handle_frames(worker, message, fds, fd_count);
        else if (type && strcmp(type, "stop") == 0)
            worker->stopping = true;
        json_decref(message);
    }
}

/* Learns from `hello` what it is and what to do, before it takes it. */
static void take_hello(struct misbehave *worker)
{
    int fds[CAMD_MESSAGE_FDS];
    size_t fd_count = 0;
    json_t *hello = receive(worker, fds, &fd_count, MSG_PEEK);
    if (!hello)
        exit(1);
    const char *kind = json_string_value(json_object_get(hello, "worker"));
    const json_t *config = json_object_get(hello, "config");
    const char *input = json_string_value(json_object_get(config, "input"));

    worker->is_tracker = kind && strcmp(kind, "tracker") == 0;
    if (misbehave_plan(worker, input ? input : "") < 0)
        exit(MISBEHAVE_USAGE);
    misbehave_reach(worker, MOMENT_START);
    json_decref(receive(worker, fds, &fd_count, 0));
    misbehave_reach(worker, MOMENT_HELLO);
    if (!worker->is_tracker && json_integer_value(json_object_get(config, "width")) == 0)
        misbehave_send_stream(worker);
    json_decref(hello);
}

/* ---- the loop ---- */

static void stop_if_told(struct misbehave *worker)
{
    if (!worker->stopping && !term_came)
        return;
    misbehave_reach(worker, MOMENT_STOP);
    if (!worker->ignore_stop)
        exit(0);
}

static void wait_until(struct misbehave *worker, int64_t deadline_ns)
{
    struct pollfd fds[] = {
        {.fd = worker->channel, .events = POLLIN},
        {.fd = worker->is_tracker && !worker->stalled ? worker->frame_event : -1, .events = POLLIN},
    };
    int64_t left_ms = (deadline_ns - clock_monotonic_ns() + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
    poll(fds, sizeof(fds) / sizeof(fds[0]), left_ms > 0 ? (int)left_ms : 0);
    if (fds[1].revents & POLLIN) {
        uint64_t count;
        if (read(worker->frame_event, &count, sizeof(count)) < 0 && errno != EAGAIN)
            perror("eventfd");
    }
}

static void work(struct misbehave *worker, bool turn_is_over)
{
    if (worker->has_segments && !worker->never_ready && !worker->stalled) {
        if (worker->is_tracker)
            track_frame(worker);
        else if (turn_is_over)
            capture_frame(worker);
    }
    if (turn_is_over)
        misbehave_turn(worker);
}

static void misbehave_init(struct misbehave *worker)
{
    *worker = (struct misbehave){
        .channel = CAMD_CHANNEL_FD,
        .width = USUAL_WIDTH,
        .height = USUAL_HEIGHT,
        .fps = USUAL_FPS,
        .fds = {.info = -1, .ctl = -1, .result = -1, .in = -1, .out = -1},
        .frame_event = -1,
        .space_event = -1,
    };
    for (uint32_t slot = 0; slot < CAMD_SLOTS_MAX; slot++)
        worker->fds.frames[slot] = -1;
}

int main(void)
{
    static struct misbehave worker;
    struct sigaction action = {.sa_handler = on_term}; /* no SA_RESTART: SIGTERM ends every wait */
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    alarm(MISBEHAVE_LIFETIME_S);
    misbehave_init(&worker);
    take_hello(&worker);

    int64_t turn_ns = clock_monotonic_ns();

    for (;;) {
        wait_until(&worker, turn_ns);
        handle_messages(&worker);
        stop_if_told(&worker);
        int64_t now_ns = clock_monotonic_ns();
        bool turn_is_over = now_ns >= turn_ns;

        work(&worker, turn_is_over);
        if (turn_is_over)
            turn_ns = now_ns + CLOCK_NS_PER_S / worker.fps;
    }
}
