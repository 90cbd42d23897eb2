/*
 * worker_peers.h - whom camd connects a worker with
 *
 * The worker says so before it has parsed anything that comes from outside (camd-worker(7), message `sandbox`), and
 * can't take it back: what it is when it asks for a connection nobody knows.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_PEERS_H
#define CAMD_DAEMON_SUPERVISE_WORKER_PEERS_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { WORKER_PEERS_MAX = 64 };

/* Zero-initialised: nobody. */
struct worker_peers {
    struct sockaddr_storage *list; /* Internet addresses with their TCP ports; owned */
    size_t count;
};

/* Of an array of {address, scope, port}. 0, or -EINVAL or -ENOMEM, and peers is as it was. */
int worker_peers_read(struct worker_peers *peers, const json_t *array);
/* The same back, a new array. */
json_t *worker_peers_write(const struct worker_peers *peers);
void worker_peers_clear(struct worker_peers *peers);

/* One of them by itself, as in such an array. 0 or -EINVAL. */
int worker_peers_read_address(const json_t *object, struct sockaddr_storage *address);
/* Whether that is one of them; for datagrams with whatever port. */
bool worker_peers_have(const struct worker_peers *peers, const struct sockaddr_storage *address,
                       bool datagram);

#endif
