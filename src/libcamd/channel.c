#include "camd/worker.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union channel_control {
    char bytes[CMSG_SPACE(CAMD_MESSAGE_FDS * sizeof(int))];
    struct cmsghdr alignment;
};

static const char *const channel_stages[CAMD_STAGE_COUNT] = {
#define X(id, word) [CAMD_STAGE_##id] = word,
    CAMD_STAGES(X)
#undef X
};

static const char *const channel_classes[CAMD_CLASS_COUNT] = {
#define X(id, word) [CAMD_CLASS_##id] = word,
    CAMD_CLASSES(X)
#undef X
};

static int channel_find_word(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

const char *camd_stage_word(enum camd_stage stage)
{
    return channel_stages[stage];
}

const char *camd_class_word(enum camd_class class_)
{
    return channel_classes[class_];
}

int camd_stage_from_word(const char *word)
{
    return channel_find_word(channel_stages, CAMD_STAGE_COUNT, word);
}

int camd_class_from_word(const char *word)
{
    return channel_find_word(channel_classes, CAMD_CLASS_COUNT, word);
}

/* As sendmsg returns. */
static ssize_t channel_send_with_fds(int channel, const char *text, size_t length, const int *fds,
                                     size_t fd_count, int flags)
{
    union channel_control control;
    struct iovec piece = {.iov_base = (void *)(uintptr_t)text, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(fd_count * sizeof(int))};
    memset(&control, 0, sizeof(control));

    struct cmsghdr *const header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    return sendmsg(channel, &message, flags);
}

int camd_channel_send(int channel, const char *text, size_t length, const int *fds, size_t fd_count,
                      int flags)
{
    if (length > CAMD_MESSAGE_BYTES)
        return -EMSGSIZE;
    /* An empty message can't be told from the end of file. */
    if (length == 0 || fd_count > CAMD_MESSAGE_FDS)
        return -EINVAL;

    /* A peer that is gone is an error to report and no reason to die of SIGPIPE. A sandbox may refuse sendmsg. */
    const int quiet = flags | MSG_NOSIGNAL;
    const ssize_t sent = fd_count > 0 ? channel_send_with_fds(channel, text, length, fds, fd_count, quiet)
                                      : send(channel, text, length, quiet);

    return sent < 0 ? -errno : 0;
}

/* The descriptors of a received message. The kernel has installed no more than there was room for. */
static size_t channel_collect_fds(struct msghdr *message, int *fds)
{
    size_t count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            const size_t bytes = header->cmsg_len - CMSG_LEN(0);
            memcpy(fds + count, CMSG_DATA(header), bytes);
            count += bytes / sizeof(int);
        }
    }
    return count;
}

/* What is wrong with a received message, or 0. */
static int channel_check(const struct msghdr *message, size_t fd_count, size_t fd_room)
{
    if ((message->msg_flags & MSG_TRUNC) != 0)
        return -EMSGSIZE;
    if ((message->msg_flags & MSG_CTRUNC) != 0) {
        /* All the room was used: there were more. Else the process has no descriptor left. */
        return fd_count < fd_room ? -EMFILE : -EPROTO;
    }
    return 0;
}

ssize_t camd_channel_receive(int channel, char *text, size_t size, int *fds, size_t fd_room, size_t *fd_count,
                             int flags)
{
    if (size < 2 || fd_room > CAMD_MESSAGE_FDS)
        return -EINVAL;

    union channel_control control;
    int received[CAMD_MESSAGE_FDS];
    struct iovec piece = {.iov_base = text, .iov_len = size - 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    /* CMSG_LEN and not CMSG_SPACE: a stranger can't make us hold one descriptor more than we asked for. */
    if (fd_room > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_LEN(fd_room * sizeof(int));
    }

    ssize_t length = recvmsg(channel, &message, flags | MSG_CMSG_CLOEXEC);

    /* The other end went without having read all of ours: told once, and before what it had said itself. */
    if (length < 0 && errno == ECONNRESET)
        length = recvmsg(channel, &message, flags | MSG_CMSG_CLOEXEC);
    if (length < 0)
        return -errno;

    const size_t count = channel_collect_fds(&message, received);
    const int problem = channel_check(&message, count, fd_room);

    if (problem < 0 || length == 0) {
        for (size_t i = 0; i < count; i++)
            close(received[i]);
        return problem;
    }
    text[length] = '\0';
    if (count > 0)
        memcpy(fds, received, count * sizeof(int));
    *fd_count = count;
    return length;
}
