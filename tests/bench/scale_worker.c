/*
 * The least that a worker can be (camd-worker(7)): greets its `hello` and its `frames`, says ready, waits for `stop` or
 * for the end of its channel. For camd and for the bare loop alike. A parent that has no channel sets SCALE_ALONE. With
 * SCALE_TELLS (for the benchmark of subscribers) a tracker tells of motion as often as the board says; without, it sleeps
 * until there is a message.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "scale_board.h"

enum { CHANNEL = 3, MESSAGE_BYTES = 65536, FDS_MAX = 253 };

static struct scale_board *map_board(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);
    if (length < 0)
        return NULL;
    path[length] = '\0';
    strcpy(strrchr(path, '/') + 1, "board");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *board =
        mmap(NULL, sizeof(struct scale_board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    return board == MAP_FAILED ? NULL : board;
}

/* One message; its descriptors are closed. False at the end of the channel. */
static bool receive(char *text, size_t size)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control;
    struct iovec part = {text, size - 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t length = recvmsg(CHANNEL, &message, 0);
    if (length <= 0)
        return false;
    text[length] = '\0';
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        for (size_t at = 0; at + CMSG_LEN(0) < header->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + at, sizeof(fd));
            close(fd);
        }
    }
    return true;
}

/* Waits for a message. Meanwhile one that tells says that motion begins and ends, as often as the board says. */
static void await_message(struct scale_board *board, bool tells)
{
    static const char *const told[] = {
        "{\"type\":\"event\",\"event\":\"motion\",\"active\":false,\"frame_id\":1,\"boxes\":[]}",
        "{\"type\":\"event\",\"event\":\"motion\",\"active\":true,\"frame_id\":1,\"boxes\":[[10,10,30,30]]}"};
    static unsigned turn;
    struct pollfd channel = {CHANNEL, POLLIN, 0};
    for (;;) {
        const uint64_t rate = tells ? atomic_load(&board->events_a_second) : 0;
        const int timeout_ms = !tells ? -1 : rate ? (int)(1000 / rate) : 100;
        if (poll(&channel, 1, timeout_ms) != 0)
            return;
        if (rate && send(CHANNEL, told[turn % 2], strlen(told[turn % 2]), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
            turn++;
    }
}

int main(void)
{
    static const char ready[] = "{\"type\":\"ready\"}";
    static char text[MESSAGE_BYTES];
    bool tells = false;
    struct scale_board *board = map_board();
    if (!board)
        return 1;
    atomic_store(&board->started_ns, now_ns());
    atomic_store(&board->pids[atomic_fetch_add(&board->started, 1) % SCALE_PIDS], (uint32_t)getpid());
    while (getenv("SCALE_ALONE"))
        pause();
    for (await_message(board, tells); receive(text, sizeof(text)); await_message(board, tells)) {
        if (strstr(text, "\"stop\""))
            return 0;
        tells = tells || (getenv("SCALE_TELLS") && strstr(text, "\"worker\":\"tracker\""));
        if (!strstr(text, "\"frames\""))
            continue;
        if (send(CHANNEL, ready, sizeof(ready) - 1, MSG_NOSIGNAL) < 0)
            return 1;
        atomic_store(&board->ready_ns, now_ns());
        atomic_fetch_add(&board->ready, 1);
    }
    return 0;
}
