/* control_fixture.h - a control socket on a real loop, driven turn by turn, with clients on the other side */
#ifndef CONTROL_FIXTURE_H
#define CONTROL_FIXTURE_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/control/control.h"
#include "daemon/control/control_client.h"

enum { FIXTURE_HELD = 16 };

/*
 * What its handler does:
 *   version    ok {"version": "test"} at once
 *   status     parts {"index": I, "filler": "xxx..."}, "count" of them with "size" characters, then ok
 *   subscribe  the same for every I below available, then waits
 *   add        answered later (held)
 *   snapshot   an error with code refused, a text that is not UTF-8 and a hint
 *   reload     control_free without an answer
 *   shutdown   ok, then control_free
 */
struct fixture {
    struct ev_loop *loop;
    struct control *control;
    char directory[64], path[96];
    unsigned int requests;                      /* that reached the handler */
    unsigned int parts_made, released;          /* by or for all answers */
    unsigned int available;                     /* for subscribers */
    struct shared_text *shared;                 /* JSON that is every part's filler, or NULL */
    struct control_request *held[FIXTURE_HELD]; /* not answered yet */
    unsigned int held_count;
    bool free_in_next, free_in_release; /* control_free inside that callback */
};

struct peer {
    int fd;
    struct byte_queue input; /* received, not yet looked at */
    bool ended;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_handle(void *context, struct control_request *request, enum verb verb, const json_t *body);
/* One turn of the loop, without waiting. */
void fixture_turn(struct fixture *fixture);
void fixture_turns(struct fixture *fixture, unsigned int count);
/* Lets the running timer of the newest client run out. */
void fixture_expire(struct fixture *fixture);
struct control_client *fixture_client(struct fixture *fixture); /* the newest, or NULL */
void fixture_free_control(struct fixture *fixture);

/* Connects; fails the test when it can't. */
void peer_connect(struct peer *peer, struct fixture *fixture);
/* Connects and reads the greeting. */
void peer_greeted(struct peer *peer, struct fixture *fixture);
void peer_close(struct peer *peer);
/* Sends all of it, turning the loop while the socket is full. False: the daemon closed. */
bool peer_send(struct peer *peer, struct fixture *fixture, const char *bytes, size_t size);
bool peer_say(struct peer *peer, struct fixture *fixture, const char *text);
/* Takes what is there, at most size bytes; 0 when nothing is. */
size_t peer_take(struct peer *peer, size_t size);
/* The next line, turning the loop for it; NULL when the daemon closed or stays silent for long. The caller's.
 */
json_t *peer_line(struct peer *peer, struct fixture *fixture);
/* The same, which must have an error of that code; returns its "error" member with the line's id checked to
 * be id. */
void peer_expect_error(struct peer *peer, struct fixture *fixture, const char *code, const char *id_text);
/* The same, which must be an ok with the id. */
void peer_expect_ok(struct peer *peer, struct fixture *fixture, const char *id_text);
/* Reads until the daemon closes; fails the test when it does not. */
void peer_expect_end(struct peer *peer, struct fixture *fixture);

#endif
