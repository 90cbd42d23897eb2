#include "daemon/control/control_turns.h"

#include "base/clock.h"
#include "daemon/control/control_client.h"

/* A user's next turn is in the round after that of his last client that waits. */
static uint64_t next_round(const struct control_turns *turns, uid_t uid)
{
    const struct control_client *client;
    TAILQ_FOREACH_REVERSE(client, &turns->waiting, control_queue, turn) {
        if (client->access.uid == uid)
            return client->round + 1;
    }
    return turns->round + 1;
}

static void put_in_order(struct control_turns *turns, struct control_client *client)
{
    struct control_client *before = TAILQ_LAST(&turns->waiting, control_queue);
    while (before && before->round > client->round)
        before = TAILQ_PREV(before, control_queue, turn);
    if (before)
        TAILQ_INSERT_AFTER(&turns->waiting, before, client, turn);
    else
        TAILQ_INSERT_HEAD(&turns->waiting, client, turn);
}

void control_turns_wait(struct control_client *client, int events)
{
    struct control_turns *turns = &client->control->turns;
    client->events |= events;
    if (client->round > 0)
        return;
    client->round = next_round(turns, client->access.uid);
    put_in_order(turns, client);
    ev_check_start(client->control->loop, &turns->check);
    ev_idle_start(client->control->loop, &turns->idle);
}

void control_turns_leave(struct control_client *client)
{
    struct control_turns *turns = &client->control->turns;
    if (client->round == 0)
        return;
    TAILQ_REMOVE(&turns->waiting, client, turn);
    client->round = 0;
    client->events = 0;
    if (!TAILQ_EMPTY(&turns->waiting))
        return;
    ev_check_stop(client->control->loop, &turns->check);
    ev_idle_stop(client->control->loop, &turns->idle);
}

static void serve_first(struct control_turns *turns)
{
    struct control_client *client = TAILQ_FIRST(&turns->waiting);
    const int events = client->events;
    turns->round = client->round;
    control_turns_leave(client);
    control_client_serve(client, events);
}

static void serve_waiting(struct ev_loop *loop, ev_check *check, int events)
{
    struct control *control = check->data;
    const int64_t until_ns = clock_monotonic_ns() + CONTROL_TURNS_NS;
    (void)loop;
    (void)events;
    control_enter(control);
    do
        serve_first(&control->turns);
    while (!TAILQ_EMPTY(&control->turns.waiting) && clock_monotonic_ns() < until_ns);
    control_leave(control);
}

static void do_nothing(struct ev_loop *loop, ev_idle *idle, int events)
{
    (void)loop;
    (void)idle;
    (void)events;
}

void control_turns_init(struct control *control)
{
    struct control_turns *turns = &control->turns;
    TAILQ_INIT(&turns->waiting);
    ev_check_init(&turns->check, serve_waiting);
    ev_set_priority(&turns->check, EV_MINPRI);
    turns->check.data = control;
    ev_idle_init(&turns->idle, do_nothing);
    ev_set_priority(&turns->idle, EV_MINPRI);
}
