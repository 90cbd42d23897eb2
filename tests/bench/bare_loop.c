/*
 * The physical limit beside camd: a loop of epoll, posix_spawn and pidfds that does nothing else. For each of N cameras
 * it allocates the same segments and starts two workers, each with a socket pair for its channel and a pipe for its log,
 * greets them, starts one again when it dies, and at SIGTERM stops and reaps all.
 *
 *     bare-loop WORKER CAMERAS SLOTS FRAME_BYTES PREFIX [MESSAGE_BYTES]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KINDS = 2, EVENTS = 64, SMALL_BYTES = 16384, NAME_BYTES = 64, MESSAGE_MAX = 65536 };

struct process {
    pid_t pid;
    int pidfd, channel, log;
};

static struct {
    const char *worker, *prefix;
    int cameras, slots, message_bytes;
    off_t frame_bytes;
    int epoll, signals;
    bool stopping;
    int alive;
    struct process *processes;
} loop;

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

/* info, ctl and result, then the frames */
static void name_of(int camera, int segment, char name[NAME_BYTES])
{
    static const char *const parts[] = {"info", "ctl", "result"};
    if (segment < 3)
        snprintf(name, NAME_BYTES, "/%sc%d.%s", loop.prefix, camera, parts[segment]);
    else
        snprintf(name, NAME_BYTES, "/%sc%d.frame%d", loop.prefix, camera, segment - 3);
}

static void make_segments(int camera)
{
    char name[NAME_BYTES];
    for (int segment = 0; segment < loop.slots + 3; segment++) {
        name_of(camera, segment, name);
        int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0640);
        check(fd >= 0, name);
        errno = posix_fallocate(fd, 0, segment < 3 ? SMALL_BYTES : loop.frame_bytes);
        check(errno == 0, name);
        close(fd);
    }
}

static void remove_segments(int camera)
{
    char name[NAME_BYTES];
    for (int segment = 0; segment < loop.slots + 3; segment++) {
        name_of(camera, segment, name);
        shm_unlink(name);
    }
}

static void watch(int fd, uint64_t what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = what};
    check(epoll_ctl(loop.epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

/* What camd says first is about that long. */
static void greet(const struct process *process)
{
    static char message[MESSAGE_MAX];
    static const char frames[] = "{\"type\":\"frames\"}";
    memset(message, ' ', (size_t)loop.message_bytes);
    check(send(process->channel, message, (size_t)loop.message_bytes, MSG_NOSIGNAL) > 0, "send");
    check(send(process->channel, frames, sizeof(frames) - 1, MSG_NOSIGNAL) > 0, "send");
}

static void start(int index)
{
    struct process *process = &loop.processes[index];
    int channel[2], log[2];
    char name[16];
    snprintf(name, sizeof(name), "c%d", index / KINDS);
    char *argv[] = {(char *)loop.worker, name, NULL}, *environment[] = {NULL};
    check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0, "socketpair");
    check(pipe2(log, O_CLOEXEC) == 0, "pipe");
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, log[1], 1);
    posix_spawn_file_actions_adddup2(&actions, log[1], 2);
    posix_spawn_file_actions_adddup2(&actions, channel[1], 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    errno = posix_spawn(&process->pid, loop.worker, &actions, &attributes, argv, environment);
    check(errno == 0, loop.worker);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    check(process->pidfd >= 0, "pidfd_open");
    process->channel = channel[0];
    process->log = log[0];
    close(channel[1]);
    close(log[1]);
    watch(process->pidfd, (uint64_t)index * 2);
    watch(process->channel, (uint64_t)index * 2 + 1);
    loop.alive++;
    greet(process);
}

static void ended(int index)
{
    struct process *process = &loop.processes[index];
    siginfo_t info;
    waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED);
    close(process->pidfd);
    close(process->channel);
    close(process->log);
    loop.alive--;
    if (!loop.stopping)
        start(index);
}

static void stop(void)
{
    loop.stopping = true;
    for (int i = 0; i < loop.cameras * KINDS; i++)
        kill(loop.processes[i].pid, SIGTERM);
}

static void take(const struct epoll_event *event)
{
    static char text[MESSAGE_MAX];
    if (event->data.u64 == UINT64_MAX) {
        struct signalfd_siginfo info;
        if (read(loop.signals, &info, sizeof(info)) > 0)
            stop();
        return;
    }
    int index = (int)(event->data.u64 / 2);
    struct process *process = &loop.processes[index];
    if (event->data.u64 % 2 == 0)
        ended(index);
    else if (recv(process->channel, text, sizeof(text), MSG_DONTWAIT) == 0)
        epoll_ctl(loop.epoll, EPOLL_CTL_DEL, process->channel, NULL);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: bare-loop WORKER CAMERAS SLOTS FRAME_BYTES PREFIX [MESSAGE_BYTES]\n");
        return 2;
    }
    loop.worker = argv[1];
    loop.cameras = atoi(argv[2]);
    loop.slots = atoi(argv[3]);
    loop.frame_bytes = atoi(argv[4]);
    loop.prefix = argv[5];
    loop.message_bytes = argc > 6 ? atoi(argv[6]) : 1500;
    loop.processes = calloc((size_t)loop.cameras * KINDS, sizeof(*loop.processes));
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    loop.signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    check(loop.processes && loop.epoll >= 0 && loop.signals >= 0, "start");
    watch(loop.signals, UINT64_MAX);
    for (int camera = 0; camera < loop.cameras; camera++) {
        make_segments(camera);
        for (int kind = 0; kind < KINDS; kind++)
            start(camera * KINDS + kind);
    }
    while (!loop.stopping || loop.alive > 0) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(loop.epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            take(&events[i]);
    }
    for (int camera = 0; camera < loop.cameras; camera++)
        remove_segments(camera);
    return 0;
}
