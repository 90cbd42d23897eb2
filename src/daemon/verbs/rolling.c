#include "daemon/verbs/rolling.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/program_files.h"
#include "daemon/verbs/requests_private.h"

#define LOOK_S 0.1 /* between two looks at the one that is being restarted */

enum { PATIENCE_MS = 30000 }; /* for one worker */

/* What is to be done to one worker, or to a camera as a whole. */
struct turn {
    char name[CAMD_NAME_MAX + 1];
    enum worker_kind kind;
    bool is_whole; /* the camera, both of its workers */
    pid_t before;  /* of the worker that is waited for */
    const char *outcome;
};

struct rolling {
    struct requests *requests;
    ev_timer timer;
    bool has_begun; /* the present turn, which ends at that time: */
    int64_t until_ms;
    size_t count, room, present; /* of turns */
    size_t told;                 /* to the client */
    bool has_client;
    struct turn *turns;
};

/* ---- whose turn it is ---- */

static const struct worker_process *worker_of(const struct rolling *rolling, const struct turn *turn)
{
    const struct fleet *fleet = rolling->requests->fleet;
    if (turn->kind == WORKER_DETECTOR) {
        const struct detector *detector = fleet_find_detector(fleet, turn->name);
        return detector ? detector_worker(detector) : NULL;
    }
    const struct camera *camera = fleet_find(fleet, turn->name);
    return camera ? camera_worker(camera, turn->kind) : NULL;
}

static bool add(struct rolling *rolling, const char *name, enum worker_kind kind, bool is_whole)
{
    if (rolling->count == rolling->room) {
        const size_t room = rolling->room > 0 ? 2 * rolling->room : 16;
        struct turn *turns = realloc(rolling->turns, room * sizeof(*turns));
        if (!turns)
            return false;
        rolling->turns = turns;
        rolling->room = room;
    }
    struct turn *turn = &rolling->turns[rolling->count++];
    *turn = (struct turn){.kind = kind, .is_whole = is_whole};
    snprintf(turn->name, sizeof(turn->name), "%s", name);
    return true;
}

/* Nobody who is not wanted up by now. */
static void restart(const struct rolling *rolling, const struct turn *turn)
{
    struct fleet *fleet = rolling->requests->fleet;
    struct camera *camera = fleet_find(fleet, turn->name);
    if (turn->kind == WORKER_DETECTOR)
        detector_restart(fleet_find_detector(fleet, turn->name));
    else
        camera_restart_worker(camera, turn->kind);
    if (turn->is_whole && camera_is_wanted(camera))
        camera_restart(camera);
}

/* ---- one turn ---- */

/* NULL: it is not over. */
static const char *outcome_of(const struct rolling *rolling, const struct turn *turn, int64_t now_ms)
{
    const struct worker_process *worker = worker_of(rolling, turn);
    if (!worker || !worker->automaton.want_up)
        return "not wanted up any more";
    if (worker->automaton.state == AUTOMATON_UP && worker_pid(worker) != turn->before)
        return "up again";
    if (worker->automaton.state == AUTOMATON_ENDED || worker->automaton.state == AUTOMATON_FAILED)
        return automaton_state_word(worker->automaton.state);
    return now_ms >= rolling->until_ms ? "not up again yet" : NULL;
}

/* False: there is nothing to do. One that is not up is started with the new program anyway. */
static bool begin(struct rolling *rolling, struct turn *turn)
{
    const struct worker_process *worker = worker_of(rolling, turn);
    if (!worker || !automaton_has_process(worker->automaton.state)) {
        turn->outcome = "does not run";
        return false;
    }
    turn->before = worker_pid(worker);
    rolling->until_ms = clock_monotonic_ms() + PATIENCE_MS;
    restart(rolling, turn);
    return true;
}

static void say(const struct turn *turn)
{
    log_notice(turn->name, "%s restarted for a newer program: %s",
               turn->is_whole ? "its workers are" : worker_kind_word(turn->kind), turn->outcome);
}

static void look(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct rolling *rolling = timer->data;
    (void)events;
    while (rolling->present < rolling->count) {
        struct turn *turn = &rolling->turns[rolling->present];
        if (!rolling->has_begun)
            rolling->has_begun = begin(rolling, turn);
        if (rolling->has_begun) {
            turn->outcome = outcome_of(rolling, turn, clock_monotonic_ms());
            if (!turn->outcome)
                return;
            say(turn);
        }
        rolling->has_begun = false;
        rolling->present++;
        rolling->requests->owner.wake(rolling->requests->owner.context);
    }
    ev_timer_stop(loop, timer);
    if (!rolling->has_client)
        rolling_end(rolling->requests);
}

/* ---- the answer ---- */

static int next_part(void *state, struct control_part *part)
{
    struct rolling *rolling = state;
    if (rolling->told == rolling->count)
        return -1;
    if (rolling->told == rolling->present)
        return 0;
    const struct turn *turn = &rolling->turns[rolling->told++];
    json_write_begin_object(&part->json, NULL);
    json_write_begin_object(&part->json, "restarted");
    json_write_string(&part->json, turn->kind == WORKER_DETECTOR ? "detector" : "camera", turn->name);
    json_write_string(&part->json, "worker", worker_kind_word(turn->kind));
    json_write_string(&part->json, "outcome", turn->outcome);
    json_write_end_object(&part->json);
    json_write_end_object(&part->json);
    return 1;
}

/* The client has heard all of it, or is gone; the round goes on to its end. */
static void client_left(void *state)
{
    struct rolling *rolling = state;
    rolling->has_client = false;
    if (rolling->present == rolling->count)
        rolling_end(rolling->requests);
}

/* ---- the whole ---- */

static struct rolling *rolling_new(struct requests *requests)
{
    struct rolling *rolling = calloc(1, sizeof(*rolling));
    if (!rolling)
        return NULL;
    rolling->requests = requests;
    ev_timer_init(&rolling->timer, look, 0.0, LOOK_S);
    rolling->timer.data = rolling;
    requests->rolling = rolling;
    return rolling;
}

static void start(struct rolling *rolling)
{
    ev_now_update(rolling->requests->services->loop);
    ev_timer_start(rolling->requests->services->loop, &rolling->timer);
}

void rolling_end(struct requests *requests)
{
    struct rolling *rolling = requests->rolling;
    if (!rolling || rolling->has_client)
        return;
    ev_timer_stop(requests->services->loop, &rolling->timer);
    requests->rolling = NULL;
    free(rolling->turns);
    free(rolling);
}

/* False: memory is short. */
static bool add_older(struct rolling *rolling)
{
    const struct fleet *fleet = rolling->requests->fleet;
    bool has_room = true;
    for (const struct camera *camera = fleet_first(fleet); camera && has_room; camera = fleet_next(camera))
        for (int kind = 0; kind < WORKER_KINDS && has_room; kind++)
            if (services_worker_is_older(camera_worker(camera, (enum worker_kind)kind)))
                has_room = add(rolling, camera_name(camera), (enum worker_kind)kind, false);
    for (const struct detector *detector = fleet_first_detector(fleet); detector && has_room;
         detector = fleet_next_detector(detector))
        if (services_worker_is_older(detector_worker(detector)))
            has_room = add(rolling, detector_config(detector)->name, WORKER_DETECTOR, false);
    return has_room;
}

void rolling_begin_older(struct requests *requests, struct control_request *request)
{
    if (requests->rolling) {
        control_reply_error(request, CONTROL_REFUSED, "camctl status names those that still have to be",
                            "workers are being restarted one after the other already");
        return;
    }
    struct rolling *rolling = rolling_new(requests);
    program_files_look_again(requests->services->launcher->files);
    if (!rolling || !add_older(rolling)) {
        rolling_end(requests);
        request_no_memory(request);
        return;
    }
    rolling->has_client = true;
    start(rolling);
    control_reply_parts(request, next_part, client_left, rolling);
}

void rolling_begin_left(struct requests *requests)
{
    struct rolling *rolling = rolling_new(requests);
    bool has_room = rolling != NULL;
    for (const struct camera *camera = fleet_first(requests->fleet); camera && has_room;
         camera = fleet_next(camera))
        if (camera_has_left_segments(camera))
            has_room = add(rolling, camera_name(camera), WORKER_TRACKER, true);
    if (!has_room)
        log_error(
            NULL,
            "memory is short: restart the cameras by hand, since their segments could not be taken over");
    if (rolling)
        start(rolling);
}
