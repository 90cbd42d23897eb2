#include "daemon/verbs/pending.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

#include "daemon/control/control.h"
#include "daemon/daemon.h"

struct pending {
    struct pending *next;
    struct daemon *daemon;
    struct control_request *request;
    const struct pending_kind *kind;
    void *state;
    ev_timer timer;
    bool late;
};

static void pending_free(struct pending *pending)
{
    ev_timer_stop(pending->daemon->loop, &pending->timer);
    pending->kind->release(pending->state);
    free(pending);
}

static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct pending *pending = timer->data;
    (void)loop;
    (void)events;
    pending->late = true;
    pending_look(pending->daemon);
}

int pending_add(struct daemon *daemon, struct control_request *request, const struct pending_kind *kind,
                void *state, int64_t timeout_ms)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (!pending) {
        kind->release(state);
        return -ENOMEM;
    }
    *pending = (struct pending){
        .next = daemon->pending, .daemon = daemon, .request = request, .kind = kind, .state = state};
    daemon->pending = pending;
    ev_now_update(daemon->loop);
    ev_timer_init(&pending->timer, deadline_came, (double)timeout_ms / 1000.0, 0.0);
    pending->timer.data = pending;
    ev_timer_start(daemon->loop, &pending->timer);
    daemon_look_soon(daemon);
    return 0;
}

void pending_look(struct daemon *daemon)
{
    struct pending **link = &daemon->pending;
    while (*link) {
        struct pending *pending = *link;
        if (!pending->kind->look(daemon, pending->request, pending->state, pending->late)) {
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        pending_free(pending);
    }
}

void pending_free_all(struct daemon *daemon)
{
    while (daemon->pending) {
        struct pending *pending = daemon->pending;
        daemon->pending = pending->next;
        control_reply_error(pending->request, CONTROL_FAILED, "ask again when it runs",
                            "camd is being stopped");
        pending_free(pending);
    }
}
