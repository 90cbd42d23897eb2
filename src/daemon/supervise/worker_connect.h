/*
 * worker_connect.h - a connection for a worker that can make none itself
 *
 * A worker that talks to a camera gives up connecting before the first byte of the stream (sandbox.h), and asks through
 * its channel instead. camd makes a socket, has it connect to one of the worker's peers (worker_peers.h) without
 * waiting, and hands it over: nobody else has it before, so nobody can turn the call into one that waits, and what is
 * asked for is camd's own copy of the message. The channel's rate bounds how many there are, and a worker has to take
 * them: those that lie in channels are counted to camd's user by the kernel (unix(7), ETOOMANYREFS), and could be so many
 * that no other worker gets its segments where camd is not root.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_CONNECT_H
#define CAMD_DAEMON_SUPERVISE_WORKER_CONNECT_H

#include <jansson.h>

struct worker_process;

/*
 * Answers the message `connect`. 0; -EACCES: it asks for somebody who is not its peer; -EBUSY: WORKER_CHANNEL_SOCKETS lie in
 * its channel already. The worker is told the same.
 */
int worker_connect(struct worker_process *worker, const json_t *message);

#endif
