#include "mqtt/dial.h"

#include <errno.h>
#include <mosquitto.h>
#include <signal.h>

/* Its memory stays within reach of a checker for leaks; volatile, since nobody reads it. */
static struct mosquitto *volatile left_behind;

static void *run(void *context)
{
    struct dial *dial = context;
    int state;
    errno = 0;
    dial->result = mosquitto_connect_async(dial->client, dial->host, dial->port, dial->keepalive_s);
    dial->error = errno;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    ev_async_send(dial->loop, &dial->returned);
    return NULL;
}

static void on_returned(EV_P_ ev_async *watcher, int events)
{
    struct dial *dial = watcher->data;
    (void)events;
    ev_async_stop(EV_A_ watcher);
    pthread_join(dial->thread, NULL);
    dial->is_running = false;
    dial->function(dial->context, dial->result, dial->error);
}

void dial_init(struct dial *dial, struct ev_loop *loop, dial_function *function, void *context)
{
    *dial = (struct dial){.loop = loop, .function = function, .context = context};
    ev_async_init(&dial->returned, on_returned);
    dial->returned.data = dial;
}

int dial_start(struct dial *dial, struct mosquitto *client, const char *host, int port, int keepalive_s)
{
    sigset_t all, before;
    dial->client = client;
    dial->host = host;
    dial->port = port;
    dial->keepalive_s = keepalive_s;
    ev_async_start(dial->loop, &dial->returned);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
    const int error = pthread_create(&dial->thread, NULL, run, dial);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    dial->is_running = error == 0;
    if (error)
        ev_async_stop(dial->loop, &dial->returned);
    return -error;
}

/* Where it waits for a name server it can be cancelled. */
bool dial_stop(struct dial *dial)
{
    void *result = NULL;
    if (!dial->is_running)
        return true;
    pthread_cancel(dial->thread);
    pthread_join(dial->thread, &result);
    ev_async_stop(dial->loop, &dial->returned);
    dial->is_running = false;
    if (result == PTHREAD_CANCELED)
        left_behind = dial->client;
    return result != PTHREAD_CANCELED;
}
