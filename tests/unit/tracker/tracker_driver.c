#include "tracker_driver.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "camd/worker.h"

static _Noreturn void give_up(const struct driver *driver, const char *what)
{
    char text[4096];
    fprintf(stderr, "tracker driver: %s (errno %d: %s)\n", what, errno, strerror(errno));
    ssize_t length = pread(driver->log, text, sizeof(text), 0);
    if (length > 0)
        fwrite(text, 1, (size_t)length, stderr);
    abort();
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void fds_clear(struct camd_segment_fds *fds)
{
    *fds = (struct camd_segment_fds){.info = -1, .ctl = -1, .result = -1, .in = -1, .out = -1};
    for (size_t i = 0; i < CAMD_SLOTS_MAX; i++)
        fds->frames[i] = -1;
}

void driver_init(struct driver *driver)
{
    *driver = (struct driver){.pid = -1, .channel = -1, .frame_event = -1, .space_event = -1};
    fds_clear(&driver->fds);
    driver->log = memfd_create("log", MFD_CLOEXEC);
    if (driver->log < 0)
        give_up(driver, "no file for the log");
}

static void drop_segments(struct driver *driver)
{
    if (driver->has_segments) {
        camd_segments_unmap(&driver->segments);
        munmap(driver->info, sizeof(*driver->info));
        munmap(driver->predecessor, CAMD_BLOCK_BYTES);
    }
    driver->has_segments = false;
    sys_close(&driver->fds.info);
    sys_close(&driver->fds.ctl);
    sys_close(&driver->fds.result);
    for (uint32_t i = 0; i < driver->fds.frame_count; i++)
        sys_close(&driver->fds.frames[i]);
    fds_clear(&driver->fds);
    sys_close(&driver->frame_event);
    sys_close(&driver->space_event);
}

void driver_fini(struct driver *driver)
{
    if (driver->pid > 0) {
        kill(driver->pid, SIGKILL);
        driver_wait(driver);
    }
    drop_segments(driver);
    sys_close(&driver->channel);
    sys_close(&driver->log);
}

/* ---- messages ---- */

static void send_message(struct driver *driver, json_t *message, const int *fds, size_t fd_count)
{
    char *text = json_dumps(message, JSON_COMPACT);
    if (!text || camd_channel_send(driver->channel, text, strlen(text), fds, fd_count, 0) < 0)
        give_up(driver, "a message cannot be sent");
    free(text);
    json_decref(message);
}

void driver_send(struct driver *driver, json_t *message)
{
    send_message(driver, message, NULL, 0);
}

void driver_close_channel(struct driver *driver)
{
    sys_close(&driver->channel);
}

void driver_start(struct driver *driver, const char *program, json_t *config)
{
    int pair[2];
    sys_close(&driver->channel);
    if (sys_socketpair(SOCK_SEQPACKET, pair) < 0)
        give_up(driver, "no channel");
    const struct sys_spawn spawn = {
        .path = program,
        .argv = (char *[]){(char *)program, NULL},
        .environment = environ,
        .fds = (int[]){-1, driver->log, driver->log, pair[1]},
        .fd_count = 4,
    };
    driver->pid = sys_spawn(&spawn);
    if (driver->pid < 0)
        give_up(driver, "the program cannot be started");
    sys_close(&pair[1]);
    driver->channel = pair[0];
    driver_send(driver, json_pack("{s:s, s:[i,i], s:s, s:s, s:o, s:s}", "type", "hello", "abi",
                                  CAMD_ABI_MAJOR, CAMD_ABI_MINOR, "camera", "front", "worker", "tracker",
                                  "config", config, "log_level", "debug"));
}

static void wait_readable(const struct driver *driver, int fd, const char *what)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int result;
    do
        result = poll(&poll_fd, 1, DRIVER_WAIT_MS);
    while (result < 0 && errno == EINTR);
    if (result <= 0)
        give_up(driver, what);
}

json_t *driver_receive(struct driver *driver)
{
    static char text[CAMD_MESSAGE_BYTES + 1];
    int fds[4];
    size_t fd_count = 0;
    wait_readable(driver, driver->channel, "no message came");
    ssize_t length = camd_channel_receive(driver->channel, text, sizeof(text), fds, 4, &fd_count, 0);
    if (length <= 0)
        return NULL;
    json_t *message = json_loads(text, 0, NULL);
    if (!message)
        give_up(driver, "the tracker sent what is not JSON");
    return message;
}

json_t *driver_expect(struct driver *driver, const char *type)
{
    for (;;) {
        json_t *message = driver_receive(driver);
        if (!message)
            give_up(driver, type);
        if (strcmp(json_string_value(json_object_get(message, "type")), type) == 0)
            return message;
        json_decref(message);
    }
}

/* ---- segments ---- */

static int make_segment(const struct driver *driver, const char *name, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        give_up(driver, "no segment");
    return fd;
}

static void *map_writable(const struct driver *driver, int fd, off_t offset, size_t size)
{
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    if (mapped == MAP_FAILED)
        give_up(driver, "a segment cannot be mapped");
    return mapped;
}

void driver_make_segments(struct driver *driver, uint32_t width, uint32_t height)
{
    static uint64_t generation;
    drop_segments(driver);
    driver->fds.info = make_segment(driver, "info", sizeof(struct camd_info));
    driver->fds.ctl = make_segment(driver, "ctl", CAMD_CTL_BYTES);
    driver->fds.result = make_segment(driver, "result", sizeof(struct camd_result_ring));
    for (uint32_t i = 0; i < DRIVER_SLOTS; i++)
        driver->fds.frames[i] = make_segment(driver, "frame", (size_t)width * height * 3 / 2);
    driver->fds.frame_count = DRIVER_SLOTS;
    driver->info = map_writable(driver, driver->fds.info, 0, sizeof(*driver->info));
    driver->predecessor = map_writable(driver, driver->fds.ctl, CAMD_BLOCK_TRACKER, CAMD_BLOCK_BYTES);
    *driver->info = (struct camd_info){
        .magic = CAMD_INFO_MAGIC,
        .abi_major = CAMD_ABI_MAJOR,
        .abi_minor = CAMD_ABI_MINOR,
        .state = CAMD_SEGMENTS_LIVE,
        .generation = ++generation,
        .width = width,
        .height = height,
        .slots = DRIVER_SLOTS,
        .frame_bytes = width * height * 3 / 2,
        .camera = "front",
    };
    driver->frame_event = sys_eventfd(0, EFD_NONBLOCK);
    driver->space_event = sys_eventfd(0, EFD_NONBLOCK);
    if (camd_segments_map(&driver->segments, &driver->fds, CAMD_ROLE_CAPTURE) < 0)
        give_up(driver, "the segments cannot be mapped");
    driver->has_segments = true;
    camd_capture_begin(&driver->segments, 1);
}

void driver_send_frames(struct driver *driver)
{
    enum { OTHERS = 5 };
    const struct camd_segments *segments = &driver->segments;
    int fds[OTHERS + DRIVER_SLOTS] = {driver->fds.info, driver->fds.ctl, driver->fds.result,
                                      driver->frame_event, driver->space_event};
    json_t *names = json_pack("[s,s,s,s,s]", "info", "ctl", "result", "frame_event", "space_event");
    for (int i = 0; i < DRIVER_SLOTS; i++) {
        fds[OTHERS + i] = driver->fds.frames[i];
        json_array_append_new(names, json_sprintf("frame%d", i));
    }
    json_t *message = json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:o}", "type", "frames", "width", (int)segments->width, "height",
        (int)segments->height, "slots", (int)segments->slots, "frame_bytes", (int)segments->frame_bytes,
        "generation", (json_int_t)segments->generation, "first_frame_id", (json_int_t)1, "fds", names);
    send_message(driver, message, fds, OTHERS + DRIVER_SLOTS);
}

void driver_set_ptz(struct driver *driver, bool moving)
{
    struct camd_ptz *ptz = &driver->info->ptz;
    camd_sequence_write_begin(&ptz->sequence);
    ptz->moving = moving;
    ptz->changed_ns = now_ns(CLOCK_MONOTONIC);
    camd_sequence_write_end(&ptz->sequence);
}

/* ---- frames ---- */

/* Stripes of its own, which light does not have. */
enum { STRIPE_ROWS = 8, STRIPE_LEVEL = 30 };

static void draw(uint8_t *luma, uint32_t width, uint32_t height, uint8_t level, const struct driver_box *box)
{
    memset(luma, level, (size_t)width * height);
    for (uint32_t y = box->y; box->width > 0 && y < box->y + box->height; y++)
        memset(luma + (size_t)y * width + box->x,
               box->is_striped && y / STRIPE_ROWS % 2 ? STRIPE_LEVEL : box->level, box->width);
}

uint64_t driver_publish(struct driver *driver, uint8_t level, const struct driver_box *box, bool *queued)
{
    struct camd_segments *segments = &driver->segments;
    const struct camd_frame_times times = {.stream_time_ns = driver->stream_time_ns,
                                           .arrival_ns = now_ns(CLOCK_MONOTONIC),
                                           .wall_ns = now_ns(CLOCK_REALTIME)};
    const uint64_t one = 1;
    uint32_t slot;
    uint8_t *pixels;
    bool is_queued;
    driver->stream_time_ns += DRIVER_FRAME_NS;
    if (camd_capture_slot_open(segments, &slot, &pixels) < 0)
        give_up(driver, "no slot is free");
    draw(pixels, segments->width, segments->height, level, box);
    uint64_t frame_id = camd_capture_publish(segments, slot, &times, &is_queued);
    if (is_queued && write(driver->frame_event, &one, sizeof(one)) < 0)
        give_up(driver, "the event cannot be signalled");
    if (queued)
        *queued = is_queued;
    return frame_id;
}

struct camd_result driver_result(struct driver *driver, uint64_t frame_id)
{
    struct camd_result result;
    while (camd_result_of_frame(&driver->segments, frame_id, &result) < 0) {
        uint64_t count;
        wait_readable(driver, driver->space_event, "no result came");
        if (read(driver->space_event, &count, sizeof(count)) < 0 && errno != EAGAIN)
            give_up(driver, "the event cannot be read");
    }
    return result;
}

/* ---- the end ---- */

int driver_wait(struct driver *driver)
{
    int status;
    int pidfd = pidfd_open(driver->pid, 0);
    wait_readable(driver, pidfd, "the tracker does not end");
    if (waitpid(driver->pid, &status, 0) != driver->pid)
        give_up(driver, "waitpid failed");
    sys_close(&pidfd);
    driver->pid = -1;
    return status;
}

char *driver_log(struct driver *driver)
{
    off_t size = lseek(driver->log, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    if (!text || pread(driver->log, text, (size_t)size, 0) != size)
        give_up(driver, "the log cannot be read");
    return text;
}
