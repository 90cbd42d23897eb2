/*
 * peers.h - whom capture of a network camera talks to: the host that the URL names, and a proxy on the way there
 *
 * Their addresses are looked up once, before anything comes from the camera, and stay what they are as long as the
 * process runs: whatever takes it over later is kept to them by camd, which is told them. A camera that gets another
 * address loses its connection, and so gets another process that looks it up again.
 */
#ifndef CAMD_CAPTURE_PEERS_H
#define CAMD_CAPTURE_PEERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "capture/capture_settings.h"

enum {
    PEERS_MAX = 2,
    PEER_NAME_BYTES = 256,
    PEER_PORTS_MAX = 3,
    PEER_ADDRESSES_MAX = 8, /* of all peers, with each port, at most 64 are told camd */
};

struct peer {
    char name[PEER_NAME_BYTES];
    uint16_t ports[PEER_PORTS_MAX]; /* TCP */
    size_t port_count;
    int error; /* of getaddrinfo, when there are no addresses */
    struct sockaddr_storage addresses[PEER_ADDRESSES_MAX];
    size_t address_count;
};

struct peers {
    struct peer list[PEERS_MAX];
    size_t count;
};

/* Their names and ports; none of an input that is not on the network. */
void peers_name(const struct settings *settings, struct peers *peers);
/* Asks for the addresses of those that have none yet, which may take its time. */
void peers_resolve(struct peers *peers);
/* Of an Internet address: as text, INET6_ADDRSTRLEN bytes, and its scope. The port, in the host's order. */
uint16_t peer_address_text(const struct sockaddr_storage *address, char *text, uint32_t *scope);
/* Whether camd connects to that address: for TCP to the peers' own ports, for datagrams to any. */
bool peers_have(const struct peers *peers, const struct sockaddr_storage *address, bool datagram);
/* For camd: each address with each port. A new array. */
json_t *peers_describe(const struct peers *peers);

#endif
