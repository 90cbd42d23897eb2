/* `reload`: answered when the difference has been applied, not only begun. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"

static void report_release(void *state)
{
    json_decref(state);
}

/* Old workers are gone, and new segments are there. What starts then depends on the camera, and is not waited for. */
static bool is_applied(struct requests *requests, const char *name)
{
    const struct camera *camera = fleet_find(requests->fleet, name);
    if (!camera)
        return !fleet_find_leaving(requests->fleet, name);
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        enum automaton_state state = camera_worker(camera, (enum worker_kind)kind)->automaton.state;
        if (state == AUTOMATON_STOPPING || state == AUTOMATON_KILLING || state == AUTOMATON_STUCK ||
            state == AUTOMATON_CREATING)
            return false;
    }
    return true;
}

/* Of the cameras that the reload touched, those that are not finished. */
static json_t *unfinished(struct requests *requests, const json_t *report)
{
    static const char *const members[] = {"added", "removed", "changed"};
    json_t *names = json_array();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const json_t *touched = json_object_get(report, members[i]);
        for (size_t k = 0; k < json_array_size(touched); k++) {
            json_t *name = json_array_get(touched, k);
            if (!is_applied(requests, json_string_value(name)))
                json_array_append(names, name);
        }
    }
    return names;
}

static bool look_applied(struct requests *requests, struct control_request *request, void *state, bool late)
{
    json_t *report = state, *names = unfinished(requests, report);
    if (json_array_size(names) > 0 && !late) {
        json_decref(names);
        return false;
    }
    json_object_set_new(report, "unfinished", names);
    control_reply_ok(request, json_incref(report));
    return true;
}

static const struct pending_kind pending_applied = {look_applied, report_release};

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

void request_reload(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct config_problems *problems = calloc(1, sizeof(*problems));
    json_t *report = NULL;
    (void)body;
    if (!problems) {
        control_reply_error(request, CONTROL_FAILED, NULL, "out of memory");
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
    else if (pending_add(requests, request, &pending_applied, report,
                         before_ms > after_ms ? before_ms : after_ms) < 0)
        control_reply_error(request, CONTROL_FAILED, NULL, "out of memory");
    config_problems_clear(problems);
    free(problems);
}
