#include "fake_camd.h"

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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "camd/worker.h"

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "fake camd: %s (errno %d: %s)\n", what, errno, strerror(errno));
    abort();
}

static void segment_fds_clear(struct camd_segment_fds *fds)
{
    *fds = (struct camd_segment_fds){.info = -1, .ctl = -1, .result = -1, .in = -1, .out = -1};
    for (size_t i = 0; i < CAMD_SLOTS_MAX; i++)
        fds->frames[i] = -1;
}

void fake_camd_init(struct fake_camd *fake)
{
    *fake = (struct fake_camd){.pid = -1, .channel = -1, .frame_event = -1, .space_event = -1};
    segment_fds_clear(&fake->fds);
    fake->log = memfd_create("log", MFD_CLOEXEC);
    if (fake->log < 0)
        give_up("no file for the log");
}

static void segments_drop(struct fake_camd *fake)
{
    if (fake->has_segments)
        camd_segments_unmap(&fake->segments);
    fake->has_segments = false;
    sys_close(&fake->fds.info);
    sys_close(&fake->fds.ctl);
    for (uint32_t i = 0; i < fake->fds.frame_count; i++)
        sys_close(&fake->fds.frames[i]);
    segment_fds_clear(&fake->fds);
    sys_close(&fake->frame_event);
    sys_close(&fake->space_event);
}

void fake_camd_fini(struct fake_camd *fake)
{
    if (fake->pid > 0) {
        kill(fake->pid, SIGKILL);
        fake_camd_wait(fake);
    }
    segments_drop(fake);
    json_decref(fake->error);
    sys_close(&fake->channel);
    sys_close(&fake->log);
}

void fake_camd_start(struct fake_camd *fake, const char *program, json_t *config)
{
    int pair[2];

    sys_close(&fake->channel);
    if (sys_socketpair(SOCK_SEQPACKET, pair) < 0)
        give_up("no channel");
    const struct sys_spawn spawn = {
        .path = program,
        .argv = (char *[]){(char *)program, NULL},
        .environment = environ,
        .fds = (int[]){-1, fake->log, fake->log, pair[1]},
        .fd_count = 4,
    };
    fake->pid = sys_spawn(&spawn);
    if (fake->pid < 0)
        give_up("the program cannot be started");
    sys_close(&pair[1]);
    fake->channel = pair[0];
    fake->is_ready = fake->has_ended = false;
    fake->streams = 0;
    json_decref(fake->error);
    fake->error = NULL;
    fake_camd_send(fake, json_pack("{s:s, s:[i,i], s:s, s:s, s:o, s:s}", "type", "hello", "abi",
                                   CAMD_ABI_MAJOR, CAMD_ABI_MINOR, "camera", "front", "worker", "capture",
                                   "config", config, "log_level", "debug"));
}

static int segment_make(const char *name, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        give_up("no segment");
    return fd;
}

static void info_write(struct fake_camd *fake, uint32_t width, uint32_t height)
{
    const struct camd_info info = {
        .magic = CAMD_INFO_MAGIC,
        .abi_major = CAMD_ABI_MAJOR,
        .abi_minor = CAMD_ABI_MINOR,
        .state = CAMD_SEGMENTS_LIVE,
        .generation = ++fake->generation,
        .width = width,
        .height = height,
        .slots = FAKE_CAMD_SLOTS,
        .frame_bytes = width * height * 3 / 2,
        .camera = "front",
    };
    if (pwrite(fake->fds.info, &info, sizeof(info), 0) != sizeof(info))
        give_up("info cannot be written");
}

void fake_camd_give_frames(struct fake_camd *fake, uint32_t width, uint32_t height, uint64_t first_frame_id)
{
    segments_drop(fake);
    fake->fds.info = segment_make("info", sizeof(struct camd_info));
    fake->fds.ctl = segment_make("ctl", CAMD_CTL_BYTES);
    for (uint32_t i = 0; i < FAKE_CAMD_SLOTS; i++)
        fake->fds.frames[i] = segment_make("frame", (size_t)width * height * 3 / 2);
    fake->fds.frame_count = FAKE_CAMD_SLOTS;
    info_write(fake, width, height);
    fake->frame_event = sys_eventfd(0, EFD_NONBLOCK);
    fake->space_event = sys_eventfd(0, EFD_NONBLOCK);
    if (camd_segments_map(&fake->segments, &fake->fds, CAMD_ROLE_TRACKER) < 0)
        give_up("the segments cannot be mapped");
    fake->has_segments = true;
    camd_tracker_begin(&fake->segments);
    fake_camd_send_frames(fake, first_frame_id);
}

static void message_send(struct fake_camd *fake, json_t *message, const int *fds, size_t fd_count)
{
    char *text = json_dumps(message, JSON_COMPACT);
    if (!text || camd_channel_send(fake->channel, text, strlen(text), fds, fd_count, 0) < 0)
        give_up("a message cannot be sent");
    free(text);
    json_decref(message);
}

void fake_camd_send(struct fake_camd *fake, json_t *message)
{
    message_send(fake, message, NULL, 0);
}

void fake_camd_send_frames(struct fake_camd *fake, uint64_t first_frame_id)
{
    int fds[4 + FAKE_CAMD_SLOTS] = {fake->fds.info, fake->fds.ctl, fake->frame_event, fake->space_event};
    json_t *names = json_pack("[s,s,s,s]", "info", "ctl", "frame_event", "space_event");

    for (int i = 0; i < FAKE_CAMD_SLOTS; i++) {
        fds[4 + i] = fake->fds.frames[i];
        json_array_append_new(names, json_sprintf("frame%d", i));
    }
    const struct camd_segments *segments = &fake->segments;
    json_t *message =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:o}", "type", "frames", "width", (int)segments->width,
                  "height", (int)segments->height, "slots", (int)segments->slots, "frame_bytes",
                  (int)segments->frame_bytes, "generation", (json_int_t)segments->generation,
                  "first_frame_id", (json_int_t)first_frame_id, "fds", names);
    message_send(fake, message, fds, sizeof(fds) / sizeof(fds[0]));
}

/* ---- waiting ---- */

static void wait_readable(struct fake_camd *fake, int other)
{
    struct pollfd fds[] = {{.fd = fake->channel, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    int result = poll(fds, 2, FAKE_CAMD_WAIT_MS);
    if (result == 0) {
        char *log = fake_camd_log(fake);
        fprintf(stderr, "%s", log);
        free(log);
        give_up("nothing came in time");
    }
    if (result < 0 && errno != EINTR)
        give_up("poll failed");
}

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
    static char text[CAMD_MESSAGE_BYTES + 1];
    int fds[4];
    size_t fd_count = 0;

    *ended = false;
    ssize_t length = camd_channel_receive(fake->channel, text, sizeof(text), fds, 4, &fd_count, MSG_DONTWAIT);
    if (length == -EAGAIN || length == -EINTR)
        return NULL;
    if (length <= 0) {
        *ended = true;
        return NULL;
    }
    json_t *message = json_loads(text, 0, NULL);
    if (!message)
        give_up("the worker sent what is not JSON");
    message_note(fake, message);
    return message;
}

json_t *fake_camd_receive(struct fake_camd *fake)
{
    for (;;) {
        bool ended;
        json_t *message = message_receive(fake, &ended);
        if (message || ended)
            return message;
        wait_readable(fake, -1);
    }
}

json_t *fake_camd_expect(struct fake_camd *fake, const char *type)
{
    for (;;) {
        json_t *message = fake_camd_receive(fake);
        if (!message) {
            char *log = fake_camd_log(fake);
            fprintf(stderr, "%s", log);
            free(log);
            give_up(type);
        }
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
            wait_readable(fake, fake->frame_event);
        if (read(fake->frame_event, &count, sizeof(count)) < 0 && errno != EAGAIN)
            give_up("the event cannot be read");
    }
}

bool fake_camd_release(struct fake_camd *fake, const struct camd_frame *frame)
{
    const uint64_t one = 1;
    bool whole = camd_tracker_release(&fake->segments, frame);
    if (write(fake->space_event, &one, sizeof(one)) < 0)
        give_up("the event cannot be signalled");
    return whole;
}

int fake_camd_wait(struct fake_camd *fake)
{
    int status;
    int pidfd = pidfd_open(fake->pid, 0);
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    if (poll(&poll_fd, 1, FAKE_CAMD_WAIT_MS) <= 0)
        give_up("the worker does not end");
    if (waitpid(fake->pid, &status, 0) != fake->pid)
        give_up("waitpid failed");
    sys_close(&pidfd);
    fake->pid = -1;
    return status;
}

char *fake_camd_log(struct fake_camd *fake)
{
    struct stat status;
    if (fstat(fake->log, &status) != 0)
        give_up("the log has no size");
    off_t size = status.st_size;
    char *text = calloc(1, (size_t)size + 1);
    if (!text || pread(fake->log, text, (size_t)size, 0) != size)
        give_up("the log cannot be read");
    return text;
}
