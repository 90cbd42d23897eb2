#include "capture/own_socket.h"

#include <linux/tcp.h> /* glibc's own is without that member */
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { DESCRIPTORS_MAX = 1024 };

static bool is_of_internet(int fd, int wanted_type)
{
    int domain, type;
    socklen_t domain_length = sizeof(domain), type_length = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) == 0 &&
           (domain == AF_INET || domain == AF_INET6) &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) == 0 && type == wanted_type;
}

static bool is_connection(int fd)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    return is_of_internet(fd, SOCK_STREAM) && getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

int own_socket_find(void)
{
    int found = -1;
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
        if (!is_connection(fd))
            continue;
        if (found >= 0)
            return -1;
        found = fd;
    }
    return found;
}

int64_t own_socket_bytes_read(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof(info);
    int unread = 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || ioctl(fd, FIONREAD, &unread) != 0)
        return 0;
    return (int64_t)info.tcpi_bytes_received - unread;
}

bool own_socket_is_silent(int fd, int64_t pause_ns)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    const int64_t pause_ms = pause_ns / 1000000;
    return poll(&wait, 1, (int)pause_ms) == 0;
}

void own_datagrams_find(struct own_datagrams *datagrams)
{
    datagrams->count = 0;
    for (int fd = 0; fd < DESCRIPTORS_MAX && datagrams->count < OWN_DATAGRAMS_MAX; fd++)
        if (is_of_internet(fd, SOCK_DGRAM))
            datagrams->fds[datagrams->count++] = fd;
}

void own_datagrams_forget_errors(const struct own_datagrams *datagrams)
{
    for (size_t i = 0; i < datagrams->count; i++) {
        int error;
        socklen_t length = sizeof(error);
        (void)getsockopt(datagrams->fds[i], SOL_SOCKET, SO_ERROR, &error, &length); /* which takes it */
    }
}
