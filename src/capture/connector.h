/*
 * connector.h - connections by way of camd, for a process whose sandbox lets it make none
 *
 * libavformat resolves names and connects by getaddrinfo() and connect() of the C library; those of this file stand
 * before them in this program. Once connector_start was called they have camd connect, to the camera and nobody else
 * (camd-worker(7), message `connect`), and know no names but the camera's. This is what makes libavformat work in the
 * sandbox, and no part of the sandbox itself: what takes the process over gets no further by going round it.
 *
 * A datagram socket, too, is connected: then it takes nothing from anybody else. Where the camera has not said from
 * which port it sends, or is elsewhere by its own word, it stays as it was: packets are taken from anybody, and nothing
 * is sent.
 */
#ifndef CAMD_CAPTURE_CONNECTOR_H
#define CAMD_CAPTURE_CONNECTOR_H

#include "capture/peers.h"
#include "runtime/runtime.h"

/* Both are kept. The worker's handle is the connector's. */
void connector_start(struct worker *worker, const struct peers *peers);

/*
 * For a process outside the sandbox: it connects by itself, to the peers' hosts and no other, on any port. Where libavformat asks
 * nobody, as for the pieces of a DASH list, no list leads elsewhere then. Asks for the addresses of the peers, who are kept; without
 * any, as for a file, nothing is kept from connecting.
 */
void connector_restrict(struct peers *peers);

#endif
