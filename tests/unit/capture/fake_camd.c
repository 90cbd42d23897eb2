#include "fake_camd.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/sys.h"

void fake_camd_init(struct fake_camd *fake)
{
    *fake = (struct fake_camd){.frame_event = -1, .space_event = -1, .fds = worker_host_no_fds()};
    worker_host_init(&fake->host);
}

static void segments_drop(struct fake_camd *fake)
{
    if (fake->has_segments)
        camd_segments_unmap(&fake->segments);
    fake->has_segments = false;
    worker_host_close_fds(&fake->fds);
    sys_close(&fake->frame_event);
    sys_close(&fake->space_event);
}

void fake_camd_fini(struct fake_camd *fake)
{
    worker_host_fini(&fake->host);
    segments_drop(fake);
    json_decref(fake->error);
}

void fake_camd_start(struct fake_camd *fake, const char *program, json_t *config)
{
    fake->is_ready = fake->has_ended = false;
    fake->streams = 0;
    json_decref(fake->error);
    fake->error = NULL;
    worker_host_start(&fake->host, program, "capture", config);
}

void fake_camd_give_frames(struct fake_camd *fake, uint32_t width, uint32_t height, uint64_t first_frame_id)
{
    const struct camd_info info = worker_host_info(width, height, FAKE_CAMD_SLOTS, ++fake->generation);
    segments_drop(fake);
    fake->fds.info = worker_host_make_segment(&fake->host, "info", sizeof(info));
    fake->fds.ctl = worker_host_make_segment(&fake->host, "ctl", CAMD_CTL_BYTES);
    for (uint32_t i = 0; i < FAKE_CAMD_SLOTS; i++)
        fake->fds.frames[i] = worker_host_make_segment(&fake->host, "frame", info.frame_bytes);
    fake->fds.frame_count = FAKE_CAMD_SLOTS;
    if (pwrite(fake->fds.info, &info, sizeof(info), 0) != sizeof(info))
        worker_host_give_up(&fake->host, "info cannot be written");
    fake->frame_event = sys_eventfd(0, EFD_NONBLOCK);
    fake->space_event = sys_eventfd(0, EFD_NONBLOCK);
    if (camd_segments_map(&fake->segments, &fake->fds, CAMD_ROLE_TRACKER) < 0)
        worker_host_give_up(&fake->host, "the segments cannot be mapped");
    fake->has_segments = true;
    camd_tracker_begin(&fake->segments);
    fake_camd_send_frames(fake, first_frame_id);
}

void fake_camd_send(struct fake_camd *fake, json_t *message)
{
    worker_host_send(&fake->host, message, NULL, 0);
}

void fake_camd_send_frames(struct fake_camd *fake, uint64_t first_frame_id)
{
    worker_host_send_frames(&fake->host, &fake->segments, &fake->fds, fake->frame_event, fake->space_event,
                            first_frame_id);
}

/* ---- waiting ---- */

static void message_note(struct fake_camd *fake, json_t *message)
{
    const char *type = json_string_value(json_object_get(message, "type"));
    fake->is_ready = fake->is_ready || strcmp(type, "ready") == 0;
    fake->has_ended = fake->has_ended || strcmp(type, "ended") == 0;
    fake->streams += strcmp(type, "stream") == 0;
    if (strcmp(type, "error") == 0) {
        json_decref(fake->error);
        fake->error = json_incref(message);
    }
}

/* NULL and *ended, or NULL when there is nothing now. */
static json_t *message_receive(struct fake_camd *fake, bool *ended)
{
    json_t *message = worker_host_try_receive(&fake->host, ended);
    if (message)
        message_note(fake, message);
    return message;
}

/* The next message, NULL at the end of the channel; the caller's reference. */
static json_t *receive(struct fake_camd *fake)
{
    for (;;) {
        bool ended;
        json_t *message = message_receive(fake, &ended);
        if (message || ended)
            return message;
        worker_host_await(&fake->host, fake->host.channel, -1, "no message came");
    }
}

json_t *fake_camd_expect(struct fake_camd *fake, const char *type)
{
    for (;;) {
        json_t *message = receive(fake);
        if (!message)
            worker_host_give_up(&fake->host, type);
        if (strcmp(json_string_value(json_object_get(message, "type")), type) == 0)
            return message;
        json_decref(message);
    }
}

bool fake_camd_take(struct fake_camd *fake, struct camd_frame *frame)
{
    for (;;) {
        uint64_t count;
        bool ended = false;
        if (camd_tracker_take(&fake->segments, frame) == 0)
            return true;
        json_t *message = message_receive(fake, &ended);
        json_decref(message);
        if (ended) /* the last frames may have been queued between the two looks */
            return camd_tracker_take(&fake->segments, frame) == 0;
        if (!message)
            worker_host_await(&fake->host, fake->host.channel, fake->frame_event, "no frame came");
        if (read(fake->frame_event, &count, sizeof(count)) < 0 && errno != EAGAIN)
            worker_host_give_up(&fake->host, "the event cannot be read");
    }
}

bool fake_camd_release(struct fake_camd *fake, const struct camd_frame *frame)
{
    const uint64_t one = 1;
    bool whole = camd_tracker_release(&fake->segments, frame);
    if (write(fake->space_event, &one, sizeof(one)) < 0)
        worker_host_give_up(&fake->host, "the event cannot be signalled");
    return whole;
}

int fake_camd_wait(struct fake_camd *fake)
{
    return worker_host_wait(&fake->host);
}

char *fake_camd_log(struct fake_camd *fake)
{
    return worker_host_log(&fake->host);
}
