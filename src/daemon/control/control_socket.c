#include "daemon/control/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error_hint.h"
#include "base/lockfile.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

enum {
    CONTROL_SOCKET_BACKLOG = 256, /* who comes when it is full, and does not wait, is refused by the kernel */
    CONTROL_GROUPS_USUAL = 64,    /* supplementary groups looked at without allocating */
};

void control_socket_init(struct control_socket *listener)
{
    *listener = (struct control_socket){.fd = -1, .path = NULL, .device = 0, .inode = 0};
}

static int socket_address(struct sockaddr_un *address, const char *path)
{
    const size_t length = strlen(path);
    if (length >= sizeof(address->sun_path)) {
        log_error(
            NULL,
            "control socket %s: the path has %zu characters, sockets can have %zu; choose a shorter run_dir",
            path, length, sizeof(address->sun_path) - 1);
        return -ENAMETOOLONG;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

/*
 * A camd greets whoever connects. One that was killed may have left a child half-way to its program, which has the socket
 * open for some ms more and greets nobody; one that lives may be busy.
 */
static bool is_answered(int probe, int patience_ms)
{
    struct pollfd greeting = {.fd = probe, .events = POLLIN};
    char byte;
    return poll(&greeting, 1, patience_ms) <= 0 || sys_read(probe, &byte, 1) > 0;
}

/* 0: nothing is at path now. A socket is stale when nobody listens behind it, which only connecting tells. */
static int socket_clear_stale(const char *path, const struct sockaddr_un *address, int patience_ms)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode)) {
        log_error(NULL, "control socket %s: there is another file that is not a socket; move it away", path);
        return -EEXIST;
    }
    int probe = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return probe;
    int error = sys_connect(probe, (const struct sockaddr *)address, sizeof(*address));
    if (error == 0 && !is_answered(probe, patience_ms))
        error = -ECONNREFUSED;
    sys_close(&probe);
    if (error == 0 || error == -EAGAIN) { /* EAGAIN: it lives, with a full backlog */
        log_error(
            NULL,
            "control socket %s: another daemon answers there; stop it (camctl -s %s shutdown) or give this one another run_dir",
            path, path);
        return -EADDRINUSE;
    }
    if (error != -ECONNREFUSED)
        return error;
    log_notice(NULL, "control socket %s: replacing what a killed daemon left", path);
    return sys_unlink(path);
}

/*
 * Linux makes the name with the mode of the descriptor (less umask), so it is nobody else's from the
 * beginning; it is opened to the group once it belongs to it.
 */
static int socket_bind(struct control_socket *listener, const struct sockaddr_un *address, gid_t group)
{
    int error = sys_fchmod(listener->fd, 0600);
    if (error == 0)
        error = sys_bind(listener->fd, (const struct sockaddr *)address, sizeof(*address));
    if (error < 0)
        return error;
    struct stat status;
    if (lstat(listener->path, &status) < 0) {
        error = -errno;
        unlink(listener->path);
        return error;
    }
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    if (group != (gid_t)-1 &&
        (lchown(listener->path, (uid_t)-1, group) < 0 || chmod(listener->path, 0660) < 0)) {
        error = -errno;
        log_error(NULL, "control socket %s: cannot give it to group %u: %s; run camd as root or as a member",
                  listener->path, (unsigned int)group, strerror(-error));
        return error;
    }
    return sys_listen(listener->fd, CONTROL_SOCKET_BACKLOG);
}

/* Checking what is there and replacing it must not interleave with another camd that does the same. */
static int socket_replace(struct control_socket *listener, const struct sockaddr_un *address, gid_t group,
                          int patience_ms)
{
    char *lock_path = text_format("%s.lock", listener->path);
    if (!lock_path)
        return -ENOMEM;
    int lock = -1;
    int error = lockfile_take(lock_path, O_RDWR | O_CREAT, 0600, &lock);
    if (error == -EWOULDBLOCK) {
        log_error(NULL, "control socket %s: another daemon is just starting there", listener->path);
        error = -EADDRINUSE;
    }
    if (error == 0)
        error = socket_clear_stale(listener->path, address, patience_ms);
    if (error == 0)
        error = socket_bind(listener, address, group);
    if (lock >= 0) {
        unlink(lock_path);
        sys_close(&lock);
    }
    free(lock_path);
    return error;
}

int control_socket_listen(struct control_socket *listener, const char *path, gid_t group, int patience_ms)
{
    struct sockaddr_un address;
    int error = socket_address(&address, path);
    if (error < 0)
        return error;
    struct control_socket made;
    control_socket_init(&made);
    made.path = strdup(path);
    if (!made.path)
        return -ENOMEM;
    made.fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    error = made.fd < 0 ? made.fd : socket_replace(&made, &address, group, patience_ms);
    if (error < 0) {
        char words[ERROR_WORDS_BYTES];
        if (error != -EADDRINUSE && error != -EEXIST)
            log_error(NULL, "control socket %s cannot be made: %s", path,
                      error_words_of_path(error, path, words));
        control_socket_fini(&made);
        return error;
    }
    *listener = made;
    return 0;
}

/* The name may be gone, or somebody else's: then it is made again as soon as that is noticed. */
int control_socket_take_over(struct control_socket *listener, const char *path, int fd)
{
    struct sockaddr_un address;
    socklen_t length = sizeof(address);
    struct stat status;
    control_socket_init(listener);
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return -errno;
    listener->path = strdup(path);
    if (!listener->path)
        return -ENOMEM;
    listener->fd = fd;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) {
        listener->device = status.st_dev;
        listener->inode = status.st_ino;
    }
    return 0;
}

bool control_socket_is_there(const struct control_socket *listener)
{
    struct stat status;
    return listener->path && listener->inode != 0 && lstat(listener->path, &status) == 0 &&
           status.st_dev == listener->device && status.st_ino == listener->inode;
}

void control_socket_fini(struct control_socket *listener)
{
    if (control_socket_is_there(listener))
        unlink(listener->path);
    sys_close(&listener->fd);
    free(listener->path);
    control_socket_init(listener);
}

struct control_access control_access_decide(uid_t uid, gid_t gid, const gid_t *groups, size_t count,
                                            uid_t owner, gid_t group)
{
    const bool change = uid == 0 || uid == owner;
    bool member = group != (gid_t)-1 && gid == group;
    for (size_t i = 0; i < count && group != (gid_t)-1; i++)
        member = member || groups[i] == group;
    return (struct control_access){.uid = uid, .may_read = change || member, .may_change = change};
}

int control_access_of_peer(int fd, gid_t group, struct control_access *access)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return -errno;

    gid_t usual[CONTROL_GROUPS_USUAL];
    gid_t *groups = usual;
    length = sizeof(usual);
    int result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
    if (result < 0 && errno == ERANGE) { /* length says how much there is; at most NGROUPS_MAX, 256 KiB */
        groups = malloc(length);
        if (!groups)
            return -ENOMEM;
        result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
    }
    const size_t count = result < 0 ? 0 : length / sizeof(gid_t); /* no answer: the primary group must do */
    *access = control_access_decide(peer.uid, peer.gid, groups, count, geteuid(), group);
    if (groups != usual)
        free(groups);
    return 0;
}
