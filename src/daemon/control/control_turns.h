/*
 * control_turns.h - whose turn it is among clients that may only read; internal to control*.c
 *
 * Many of them, who ask for as much as they may, must not keep camd from anything else: in a turn of the loop they are
 * served for CONTROL_TURNS_NS, and who is left over waits for the next one. Users take turns, so that one with a single
 * client does not wait for all of another's. Root and camd's user don't wait.
 */
#ifndef CAMD_DAEMON_CONTROL_CONTROL_TURNS_H
#define CAMD_DAEMON_CONTROL_CONTROL_TURNS_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

struct control;
struct control_client;

enum { CONTROL_TURNS_NS = 1000000 };

struct control_turns {
    TAILQ_HEAD(control_queue, control_client) waiting;
    uint64_t round; /* of who was served last: in each round a user has one turn */
    ev_check check; /* while somebody waits: serves behind all other events of a turn of the loop */
    ev_idle idle;   /* while somebody waits: keeps the loop from sleeping */
};

void control_turns_init(struct control *control);
/* The client waits for its turn, if it does not yet; control_client_serve then gets all events of meanwhile. */
void control_turns_wait(struct control_client *client, int events);
/* It does not wait any more, if it did. */
void control_turns_leave(struct control_client *client);

#endif
