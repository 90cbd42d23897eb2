#include "daemon/verbs/pending.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/timer.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/saving.h"

/* One camera that is waited for. */
struct wait {
    struct camera_listener listener; /* the first member */
    struct pending *pending;
    char name[CAMD_NAME_MAX + 1];
    bool settled;
};

struct pending {
    LIST_ENTRY(pending) in_requests;
    struct requests *requests;
    struct control_request *request;
    const struct pending_kind *kind;
    void *state;
    ev_timer timer;
    struct saving *saving; /* NULL: the disk has it, or does not matter */
    size_t open;           /* waits that have not settled, and saving */
    size_t count;
    struct wait waits[];
};

static void pending_free(struct pending *pending)
{
    if (pending->saving)
        saving_listen(pending->saving, NULL, NULL);
    for (size_t i = 0; i < pending->count; i++)
        camera_unlisten(&pending->waits[i].listener);
    ev_timer_stop(pending->requests->services->loop, &pending->timer);
    LIST_REMOVE(pending, in_requests);
    pending->kind->release(pending->state);
    free(pending);
}

static void saved(void *context);

static void wait_for_disk(struct pending *pending)
{
    struct saving *saving = pending->kind->saving ? pending->kind->saving(pending->state) : NULL;
    if (!saving || saving_is_done(saving))
        return;
    pending->saving = saving;
    pending->open++;
    saving_listen(saving, saved, pending);
}

/* Those that are still there are waited for again, for what the answer has begun. */
static void wait_on(struct pending *pending)
{
    for (size_t i = 0; i < pending->count; i++) {
        struct wait *wait = &pending->waits[i];
        if (!wait->settled || !wait->listener.camera)
            continue;
        wait->settled = false;
        pending->open++;
    }
    if (!pending->saving)
        wait_for_disk(pending);
}

static void answer(struct pending *pending, bool late)
{
    if (pending->kind->answer(pending->requests, pending->request, pending->state, late))
        pending_free(pending);
    else
        wait_on(pending);
}

static void settle_one(struct pending *pending)
{
    if (--pending->open == 0)
        answer(pending, false);
}

static void saved(void *context)
{
    struct pending *pending = context;
    saving_listen(pending->saving, NULL, NULL);
    pending->saving = NULL;
    settle_one(pending);
}

static struct camera *find(const struct requests *requests, const char *name)
{
    struct camera *camera = fleet_find(requests->fleet, name);
    return camera ? camera : fleet_find_leaving(requests->fleet, name);
}

static void told(struct camera_listener *listener, struct camera *camera)
{
    struct wait *wait = (struct wait *)listener;
    const struct pending *pending = wait->pending;
    if (!camera && (camera = find(pending->requests, wait->name)))
        camera_listen(camera, listener); /* it has come again */
    if (wait->settled || (camera && !pending->kind->is_settled(pending->state, camera)))
        return;
    wait->settled = true;
    settle_one(wait->pending);
}

static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    answer(timer->data, true);
}

static void begin(struct pending *pending, const json_t *names)
{
    pending->open = pending->count;
    for (size_t i = 0; i < pending->count; i++) {
        struct wait *wait = &pending->waits[i];
        const char *name = json_string_value(json_array_get(names, i));
        struct camera *camera = find(pending->requests, name);
        wait->pending = pending;
        wait->listener.tell = told;
        snprintf(wait->name, sizeof(wait->name), "%s", name);
        wait->settled = !camera;
        if (camera)
            camera_listen(camera, &wait->listener);
        else
            pending->open--;
    }
    wait_for_disk(pending);
    if (pending->open == 0)
        answer(pending, false);
}

int pending_add(struct requests *requests, struct control_request *request, const struct pending_kind *kind,
                void *state, const json_t *names, int64_t timeout_ms)
{
    size_t count = json_array_size(names);
    struct pending *pending = calloc(1, sizeof(*pending) + count * sizeof(pending->waits[0]));
    if (!pending) {
        kind->release(state);
        return -ENOMEM;
    }
    pending->requests = requests;
    pending->request = request;
    pending->kind = kind;
    pending->state = state;
    pending->count = count;
    LIST_INSERT_HEAD(&requests->pending, pending, in_requests);
    ev_init(&pending->timer, deadline_came);
    pending->timer.data = pending;
    timer_start_ms(requests->services->loop, &pending->timer, timeout_ms);
    begin(pending, names);
    return 0;
}

void pending_free_all(struct requests *requests, const char *text)
{
    while (!LIST_EMPTY(&requests->pending)) {
        struct pending *pending = LIST_FIRST(&requests->pending);
        control_reply_error(pending->request, CONTROL_FAILED, "ask again when it runs", "%s", text);
        pending_free(pending);
    }
}
