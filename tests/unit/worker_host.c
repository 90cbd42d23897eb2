#include "worker_host.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "camd/worker.h"

void worker_host_init(struct worker_host *host)
{
    *host = (struct worker_host){.pid = -1, .channel = -1, .log = memfd_create("log", MFD_CLOEXEC)};
    if (host->log < 0)
        worker_host_give_up(host, "no file for the log");
}

void worker_host_fini(struct worker_host *host)
{
    if (host->pid > 0) {
        kill(host->pid, SIGKILL);
        worker_host_wait(host);
    }
    sys_close(&host->channel);
    sys_close(&host->log);
}

static char *read_log(const struct worker_host *host)
{
    struct stat status;
    if (fstat(host->log, &status) < 0)
        return NULL;
    char *text = calloc(1, (size_t)status.st_size + 1);
    if (text && pread(host->log, text, (size_t)status.st_size, 0) == status.st_size)
        return text;
    free(text);
    return NULL;
}

void worker_host_give_up(const struct worker_host *host, const char *what)
{
    fprintf(stderr, "worker host: %s (errno %d: %s)\n", what, errno, strerror(errno));
    char *log = read_log(host);
    fputs(log ? log : "its log cannot be read\n", stderr);
    abort();
}

char *worker_host_log(const struct worker_host *host)
{
    char *text = read_log(host);
    if (!text)
        worker_host_give_up(host, "the log cannot be read");
    return text;
}

void worker_host_start(struct worker_host *host, const char *program, const char *kind, json_t *config)
{
    int pair[2];
    sys_close(&host->channel);
    if (sys_socketpair(SOCK_SEQPACKET, pair) < 0)
        worker_host_give_up(host, "no channel");
    const struct sys_spawn spawn = {
        .path = program,
        .argv = (char *[]){(char *)program, NULL},
        .environment = environ,
        .fds = (int[]){-1, host->log, host->log, pair[1]},
        .fd_count = 4,
    };
    host->pid = sys_spawn(&spawn);
    if (host->pid < 0)
        worker_host_give_up(host, "the program cannot be started");
    sys_close(&pair[1]);
    host->channel = pair[0];
    json_t *hello =
        json_pack("{s:s, s:[i,i], s:s, s:s, s:o, s:s}", "type", "hello", "abi", CAMD_ABI_MAJOR,
                  CAMD_ABI_MINOR, "camera", "front", "worker", kind, "config", config, "log_level", "debug");
    worker_host_send(host, hello, NULL, 0);
}

int worker_host_wait(struct worker_host *host)
{
    int status;
    int pidfd = pidfd_open(host->pid, 0);
    worker_host_await(host, pidfd, -1, "the worker does not end");
    if (waitpid(host->pid, &status, 0) != host->pid)
        worker_host_give_up(host, "waitpid failed");
    sys_close(&pidfd);
    host->pid = -1;
    return status;
}

/* ---- messages ---- */

void worker_host_send(const struct worker_host *host, json_t *message, const int *fds, size_t fd_count)
{
    char *text = json_dumps(message, JSON_COMPACT);
    if (!text || camd_channel_send(host->channel, text, strlen(text), fds, fd_count, 0) < 0)
        worker_host_give_up(host, "a message cannot be sent");
    free(text);
    json_decref(message);
}

json_t *worker_host_try_receive(const struct worker_host *host, bool *ended)
{
    static char text[CAMD_MESSAGE_BYTES + 1];
    int fds[4];
    size_t fd_count = 0;
    *ended = false;
    const ssize_t length =
        camd_channel_receive(host->channel, text, sizeof(text), fds, 4, &fd_count, MSG_DONTWAIT);
    if (length == -EAGAIN || length == -EINTR)
        return NULL;
    if (length <= 0) {
        *ended = true;
        return NULL;
    }
    json_t *message = json_loads(text, 0, NULL);
    if (!message)
        worker_host_give_up(host, "the worker sent what is not JSON");
    return message;
}

void worker_host_await(const struct worker_host *host, int fd, int other, const char *what)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    int result;
    do
        result = poll(fds, 2, WORKER_HOST_WAIT_MS);
    while (result < 0 && errno == EINTR);
    if (result <= 0)
        worker_host_give_up(host, what);
}

/* ---- segments ---- */

int worker_host_make_segment(const struct worker_host *host, const char *name, size_t size)
{
    const int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        worker_host_give_up(host, "no segment");
    return fd;
}

struct camd_info worker_host_info(uint32_t width, uint32_t height, uint32_t slots, uint64_t generation)
{
    return (struct camd_info){
        .magic = CAMD_INFO_MAGIC,
        .abi_major = CAMD_ABI_MAJOR,
        .abi_minor = CAMD_ABI_MINOR,
        .state = CAMD_SEGMENTS_LIVE,
        .generation = generation,
        .width = width,
        .height = height,
        .slots = slots,
        .frame_bytes = width * height * 3 / 2,
        .camera = "front",
    };
}

struct camd_segment_fds worker_host_no_fds(void)
{
    struct camd_segment_fds fds = {.info = -1, .ctl = -1, .result = -1, .in = -1, .out = -1};
    for (size_t i = 0; i < CAMD_SLOTS_MAX; i++)
        fds.frames[i] = -1;
    return fds;
}

void worker_host_close_fds(struct camd_segment_fds *fds)
{
    sys_close(&fds->info);
    sys_close(&fds->ctl);
    sys_close(&fds->result);
    for (uint32_t i = 0; i < fds->frame_count; i++)
        sys_close(&fds->frames[i]);
    *fds = worker_host_no_fds();
}

void worker_host_send_frames(const struct worker_host *host, const struct camd_segments *segments,
                             const struct camd_segment_fds *fds, int frame_event, int space_event,
                             uint64_t first_frame_id)
{
    const struct {
        const char *name;
        int fd;
    } others[] = {{"info", fds->info},
                  {"ctl", fds->ctl},
                  {"result", fds->result},
                  {"frame_event", frame_event},
                  {"space_event", space_event}};
    int sent[sizeof(others) / sizeof(others[0]) + CAMD_SLOTS_MAX];
    size_t count = 0;
    json_t *names = json_array();
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i].fd < 0)
            continue;
        sent[count++] = others[i].fd;
        json_array_append_new(names, json_string(others[i].name));
    }
    for (uint32_t i = 0; i < fds->frame_count; i++) {
        sent[count++] = fds->frames[i];
        json_array_append_new(names, json_sprintf("frame%u", i));
    }
    json_t *message =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:o}", "type", "frames", "width", (int)segments->width,
                  "height", (int)segments->height, "slots", (int)segments->slots, "frame_bytes",
                  (int)segments->frame_bytes, "generation", (json_int_t)segments->generation,
                  "first_frame_id", (json_int_t)first_frame_id, "fds", names);
    worker_host_send(host, message, sent, count);
}
