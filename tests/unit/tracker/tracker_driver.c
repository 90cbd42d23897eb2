#include "tracker_driver.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void driver_init(struct driver *driver)
{
    *driver = (struct driver){.frame_event = -1, .space_event = -1, .fds = worker_host_no_fds()};
    worker_host_init(&driver->host);
}

static void drop_segments(struct driver *driver)
{
    if (driver->has_segments) {
        camd_segments_unmap(&driver->segments);
        munmap(driver->info, sizeof(*driver->info));
        munmap(driver->predecessor, CAMD_BLOCK_BYTES);
    }
    driver->has_segments = false;
    worker_host_close_fds(&driver->fds);
    sys_close(&driver->frame_event);
    sys_close(&driver->space_event);
}

void driver_fini(struct driver *driver)
{
    worker_host_fini(&driver->host);
    drop_segments(driver);
}

/* ---- messages ---- */

void driver_send(struct driver *driver, json_t *message)
{
    worker_host_send(&driver->host, message, NULL, 0);
}

void driver_close_channel(struct driver *driver)
{
    sys_close(&driver->host.channel);
}

void driver_start(struct driver *driver, const char *program, json_t *config)
{
    worker_host_start(&driver->host, program, "tracker", config);
}

json_t *driver_receive(struct driver *driver)
{
    for (;;) {
        bool ended;
        json_t *message = worker_host_try_receive(&driver->host, &ended);
        if (message || ended)
            return message;
        worker_host_await(&driver->host, driver->host.channel, -1, "no message came");
    }
}

json_t *driver_expect(struct driver *driver, const char *type)
{
    for (;;) {
        json_t *message = driver_receive(driver);
        if (!message)
            worker_host_give_up(&driver->host, type);
        if (strcmp(json_string_value(json_object_get(message, "type")), type) == 0)
            return message;
        json_decref(message);
    }
}

/* ---- segments ---- */

static void *map_writable(const struct driver *driver, int fd, off_t offset, size_t size)
{
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    if (mapped == MAP_FAILED)
        worker_host_give_up(&driver->host, "a segment cannot be mapped");
    return mapped;
}

void driver_make_segments(struct driver *driver, uint32_t width, uint32_t height)
{
    static uint64_t generation;
    drop_segments(driver);
    driver->fds.info = worker_host_make_segment(&driver->host, "info", sizeof(struct camd_info));
    driver->fds.ctl = worker_host_make_segment(&driver->host, "ctl", CAMD_CTL_BYTES);
    driver->fds.result = worker_host_make_segment(&driver->host, "result", sizeof(struct camd_result_ring));
    for (uint32_t i = 0; i < DRIVER_SLOTS; i++)
        driver->fds.frames[i] =
            worker_host_make_segment(&driver->host, "frame", (size_t)width * height * 3 / 2);
    driver->fds.frame_count = DRIVER_SLOTS;
    driver->info = map_writable(driver, driver->fds.info, 0, sizeof(*driver->info));
    driver->predecessor = map_writable(driver, driver->fds.ctl, CAMD_BLOCK_TRACKER, CAMD_BLOCK_BYTES);
    *driver->info = worker_host_info(width, height, DRIVER_SLOTS, ++generation);
    driver->frame_event = sys_eventfd(0, EFD_NONBLOCK);
    driver->space_event = sys_eventfd(0, EFD_NONBLOCK);
    if (camd_segments_map(&driver->segments, &driver->fds, CAMD_ROLE_CAPTURE) < 0)
        worker_host_give_up(&driver->host, "the segments cannot be mapped");
    driver->has_segments = true;
    camd_capture_begin(&driver->segments, 1);
}

void driver_send_frames(struct driver *driver)
{
    worker_host_send_frames(&driver->host, &driver->segments, &driver->fds, driver->frame_event,
                            driver->space_event, 1);
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
        worker_host_give_up(&driver->host, "no slot is free");
    draw(pixels, segments->width, segments->height, level, box);
    uint64_t frame_id = camd_capture_publish(segments, slot, &times, &is_queued);
    if (is_queued && write(driver->frame_event, &one, sizeof(one)) < 0)
        worker_host_give_up(&driver->host, "the event cannot be signalled");
    if (queued)
        *queued = is_queued;
    return frame_id;
}

struct camd_result driver_result(struct driver *driver, uint64_t frame_id)
{
    struct camd_result result;
    while (camd_result_of_frame(&driver->segments, frame_id, &result) < 0) {
        uint64_t count;
        worker_host_await(&driver->host, driver->space_event, -1, "no result came");
        if (read(driver->space_event, &count, sizeof(count)) < 0 && errno != EAGAIN)
            worker_host_give_up(&driver->host, "the event cannot be read");
    }
    return result;
}

/* ---- the end ---- */

int driver_wait(struct driver *driver)
{
    return worker_host_wait(&driver->host);
}

char *driver_log(struct driver *driver)
{
    return worker_host_log(&driver->host);
}
