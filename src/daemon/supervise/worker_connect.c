#include "daemon/supervise/worker_connect.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "base/json.h"
#include "base/sys.h"
#include "daemon/supervise/worker_process.h"

/*
 * Datagrams go from the port at which the worker waits for those of its peer; only for as long as that is needed are
 * there two.
 */
static int bind_beside(int fd, int family, uint16_t port)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const int shared = 1, own = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &shared, sizeof(shared));
    const int error = family == AF_INET ? sys_bind(fd, (const struct sockaddr *)&any, sizeof(any))
                                        : sys_bind(fd, (const struct sockaddr *)&any6, sizeof(any6));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &own, sizeof(own));
    return error;
}

/* 0 or -EINPROGRESS, with *fd; or -errno. */
static int open_connection(const struct sockaddr_storage *address, bool datagram, uint16_t from_port, int *fd)
{
    const int family = address->ss_family;
    *fd = sys_socket(family, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    int error = *fd < 0 ? *fd : 0;
    if (error == 0 && datagram)
        error = bind_beside(*fd, family, from_port);
    if (error == 0)
        error = sys_connect(*fd, (const struct sockaddr *)address,
                            family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    if (error < 0 && error != -EINPROGRESS)
        sys_close(fd);
    return error;
}

static void answer(struct worker_process *worker, const json_t *message, int error, int fd)
{
    json_t *object = json_pack("{s:s, s:I, s:i}", "type", "connected", "id",
                               (json_int_t)json_member_int(message, "id", 0), "error", -error);
    if (object && fd >= 0)
        json_object_set_new(object, "fds", json_pack("[s]", "socket"));
    worker_send_message(worker, object, &fd, fd >= 0 ? 1 : 0);
}

/* Those below are for services of the machine, and camd may bind them; 0 is any. */
static bool is_anybodys(int64_t port)
{
    return port == 0 || (port >= IPPORT_RESERVED && port <= UINT16_MAX);
}

/* What it has not read yet the kernel counts on our side. */
static bool has_read_all(const struct worker_channel *channel)
{
    int bytes = 0;
    return ioctl(channel->watcher.fd, SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

static bool has_room(struct worker_channel *channel)
{
    if (has_read_all(channel))
        channel->sockets = 0;
    return channel->sockets < WORKER_CHANNEL_SOCKETS;
}

int worker_connect(struct worker_process *worker, const json_t *message)
{
    struct sockaddr_storage address;
    const int64_t from_port = json_member_int(message, "from_port", -1);
    const bool datagram = from_port >= 0;
    int fd = -1;
    int error = worker_peers_read_address(message, &address);
    if (error == 0 && datagram && !is_anybodys(from_port))
        error = -EINVAL;
    if (error == 0 && !worker_peers_have(&worker->sandbox.peers, &address, datagram))
        error = -EACCES;
    if (error == 0 && !has_room(&worker->channel))
        error = -EBUSY;
    const int fault = error == -EACCES || error == -EBUSY ? error : 0; /* its own, and not the network's */
    if (error == 0)
        error = open_connection(&address, datagram, (uint16_t)from_port, &fd);
    worker->channel.sockets += fd >= 0;
    answer(worker, message, error, fd);
    sys_close(&fd);
    return fault;
}
