#include "daemon/verbs/pending.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

#include "base/clock.h"
#include "daemon/verbs/requests_private.h"

struct pending {
    struct pending *next;
    struct requests *requests;
    struct control_request *request;
    const struct pending_kind *kind;
    void *state;
    ev_timer timer; /* at once for the first look, then for the deadline */
    int64_t deadline_ms;
    bool late;
};

static void pending_free(struct pending *pending)
{
    ev_timer_stop(pending->requests->services->loop, &pending->timer);
    pending->kind->release(pending->state);
    free(pending);
}

static void timer_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct pending *pending = timer->data;
    int64_t left_ms = pending->deadline_ms - clock_monotonic_ms();
    (void)events;
    pending->late = left_ms <= 0;
    if (!pending->late) {
        ev_timer_set(timer, (double)left_ms / 1000.0, 0.0);
        ev_timer_start(loop, timer);
    }
    pending_look(pending->requests);
}

int pending_add(struct requests *requests, struct control_request *request, const struct pending_kind *kind,
                void *state, int64_t timeout_ms)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (!pending) {
        kind->release(state);
        return -ENOMEM;
    }
    *pending = (struct pending){.next = requests->pending,
                                .requests = requests,
                                .request = request,
                                .kind = kind,
                                .state = state,
                                .deadline_ms = clock_monotonic_ms() + timeout_ms};
    requests->pending = pending;
    ev_timer_init(&pending->timer, timer_came, 0.0, 0.0);
    pending->timer.data = pending;
    ev_timer_start(requests->services->loop, &pending->timer);
    return 0;
}

void pending_look(struct requests *requests)
{
    struct pending **link = &requests->pending;
    while (*link) {
        struct pending *pending = *link;
        if (!pending->kind->look(requests, pending->request, pending->state, pending->late)) {
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        pending_free(pending);
    }
}

void pending_free_all(struct requests *requests)
{
    while (requests->pending) {
        struct pending *pending = requests->pending;
        requests->pending = pending->next;
        control_reply_error(pending->request, CONTROL_FAILED, "ask again when it runs",
                            "camd is being stopped");
        pending_free(pending);
    }
}
