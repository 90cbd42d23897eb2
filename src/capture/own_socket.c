#include "capture/own_socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

enum { DESCRIPTORS_MAX = 1024 };

static bool is_connection(int fd)
{
    int domain, type;
    struct sockaddr_storage peer;
    socklen_t domain_length = sizeof domain, type_length = sizeof type, peer_length = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) == 0 &&
           (domain == AF_INET || domain == AF_INET6) &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) == 0 && type == SOCK_STREAM &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_length) == 0;
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

bool own_socket_is_silent(int fd, int64_t pause_ns)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    const int64_t pause_ms = pause_ns / 1000000;

    return poll(&wait, 1, (int)pause_ms) == 0;
}
