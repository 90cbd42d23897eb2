/* peer_fixture.h - the test is camd; a worker is a child that runs the runtime with the channel on descriptor 3. */
#ifndef PEER_FIXTURE_H
#define PEER_FIXTURE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#include "runtime/runtime.h"

enum { WORKER_SAID_NO = 99 }; /* exit status of a child whose expectation failed */

/* In the child: cmocka's assertions belong to the parent. */
#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            _exit(WORKER_SAID_NO);                                                                           \
        }                                                                                                    \
    } while (0)

struct peer {
    int channel;
    int log; /* the worker's stderr */
    pid_t pid;
};

/* Starts run in a child; what it returns is its exit status. */
void peer_start(struct peer *peer, int (*run)(void));
int peer_wait(struct peer *peer);
void peer_close(struct peer *peer);
void peer_assert_exits(struct peer *peer, int code);
/* All that the worker logged; it has ended, or ends soon. */
const char *peer_log(struct peer *peer);

void peer_say(struct peer *peer, const char *text);
void peer_say_with(struct peer *peer, const char *text, const int *fds, size_t fd_count);
/* The next message; new reference. */
json_t *peer_hear(struct peer *peer);
void peer_assert_hears(struct peer *peer, const char *type);

/* Of this process. */
size_t peer_open_descriptors(void);

/* In the child: worker_start as capture, for which camd says this. */
#define HELLO                                                                                                \
    "{\"type\":\"hello\",\"abi\":[1,0],\"camera\":\"front\",\"worker\":\"capture\",\"log_level\":\"debug\"," \
    "\"config\":{\"fps\":5}}"

int peer_worker_start(struct worker *worker);

#endif
