/*
 * dial.h - reaching the broker, in a thread of its own
 *
 * The library asks for the host name within its call to connect, and that waits for name servers. While the call runs, the
 * client is the thread's and nobody else touches it; what came of it is told in the loop.
 */
#ifndef CAMD_MQTT_DIAL_H
#define CAMD_MQTT_DIAL_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>

struct mosquitto;

/* Of mosquitto_connect_async: its result, and errno as it left it. */
typedef void dial_function(void *context, int result, int error);

struct dial {
    struct ev_loop *loop;
    ev_async returned;
    pthread_t thread;
    bool is_running;
    dial_function *function;
    void *context;

    struct mosquitto *client;
    const char *host;
    int port, keepalive_s;
    int result, error; /* the thread's, until it has ended */
};

void dial_init(struct dial *dial, struct ev_loop *loop, dial_function *function, void *context);
/* The client and the string stay the caller's, and as they are until the function is called. 0 or -errno: no thread. */
int dial_start(struct dial *dial, struct mosquitto *client, const char *host, int port, int keepalive_s);
/*
 * Ends a call that runs; the function is not called. False: it was in the middle of something, and the client can only be
 * left as it is. That is for programs that end.
 */
bool dial_stop(struct dial *dial);

#endif
