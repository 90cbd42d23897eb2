/* `reload`: answered when the difference has been applied, not only begun. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"

bool request_is_applied(const struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        enum automaton_state worker = camera_worker(camera, (enum worker_kind)kind)->automaton.state;
        if (worker == AUTOMATON_STOPPING || worker == AUTOMATON_KILLING || worker == AUTOMATON_STUCK ||
            worker == AUTOMATON_CREATING)
            return false;
    }
    return !camera_is_leaving(camera);
}

bool request_applied_is_settled(const void *state, const struct camera *camera)
{
    (void)state;
    return request_is_applied(camera);
}

void request_json_release(void *state)
{
    json_decref(state);
}

/* Of the cameras that the reload touched; a new reference. */
static json_t *touched(const json_t *report)
{
    json_t *names = json_copy(json_object_get(report, "added"));
    json_array_extend(names, json_object_get(report, "removed"));
    json_array_extend(names, json_object_get(report, "changed"));
    return names;
}

static bool is_finished(const struct requests *requests, const char *name)
{
    const struct camera *camera = fleet_find(requests->fleet, name);
    return camera ? request_is_applied(camera) : !fleet_find_leaving(requests->fleet, name);
}

static bool answer_applied(struct requests *requests, struct control_request *request, void *state, bool late)
{
    json_t *report = state, *names = touched(report), *unfinished = json_array(), *name;
    size_t i;
    (void)late;
    json_array_foreach(names, i, name) {
        if (!is_finished(requests, json_string_value(name)))
            json_array_append(unfinished, name);
    }
    json_decref(names);
    json_object_set_new(report, "unfinished", unfinished);
    control_reply_ok(request, json_incref(report));
    return true;
}

static const struct pending_kind pending_applied = {
    .is_settled = request_applied_is_settled, .answer = answer_applied, .release = request_json_release};

/* The longest that stopping takes: cameras that leave have their old stop_timeout, others their new one. */
static int64_t longest_ms(struct requests *requests)
{
    int64_t longest = 0;
    for (const struct camera *camera = fleet_first(requests->fleet); camera; camera = fleet_next(camera)) {
        int64_t stop_ms = camera_config(camera)->stop_timeout_ms;
        longest = stop_ms > longest ? stop_ms : longest;
    }
    return longest + CAMERA_STOP_EXTRA_MS;
}

/* report is taken over. */
static void answer_when_applied(struct requests *requests, struct control_request *request, json_t *report,
                                int64_t timeout_ms)
{
    json_t *names = touched(report);
    if (pending_add(requests, request, &pending_applied, report, names, timeout_ms) < 0)
        request_no_memory(request);
    json_decref(names);
}

void request_reload(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct config_problems *problems = config_problems_new();
    json_t *report = NULL;
    (void)body;
    if (!problems) {
        request_no_memory(request);
        return;
    }
    int64_t before_ms = longest_ms(requests);
    int error = requests->owner.reload(requests->owner.context, problems, &report);
    int64_t after_ms = longest_ms(requests);
    if (error == -EINVAL)
        request_problems(request, CONTROL_REFUSED, problems,
                         "nothing was changed; mend the file and reload again");
    else if (error < 0)
        control_reply_error(request, CONTROL_FAILED, "nothing was changed", "%s", strerror(-error));
    else
        answer_when_applied(requests, request, report, before_ms > after_ms ? before_ms : after_ms);
    config_problems_free(problems);
}
