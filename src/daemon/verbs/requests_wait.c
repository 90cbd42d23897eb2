/* wait: answered when cameras are in a state, or when they have not come to it in time. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "daemon/verbs/members.h"
#include "daemon/verbs/names.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/several.h"
#include "protocol/camera_states.h"

enum {
    WAIT_TIMEOUT_S = 60,
    WAIT_TIMEOUT_MAX_S = CLOCK_S_PER_DAY,
};

struct waiting {
    json_t *names;
    bool is_single;    /* its error is the request's */
    const char *state; /* one of camera_states */
    int64_t begun_ms;
};

static void waiting_release(void *state)
{
    struct waiting *waiting = state;
    json_decref(waiting->names);
    free(waiting);
}

static bool is_there(const void *state, const struct camera *camera)
{
    const struct waiting *waiting = state;
    return !camera_is_leaving(camera) && strcmp(camera_state_word(camera), waiting->state) == 0;
}

/* Why it is not, as an error object; NULL: it is. */
static json_t *error_of(const struct requests *requests, const struct waiting *waiting, const char *name)
{
    const struct camera *camera = fleet_find(requests->fleet, name);
    struct explanation why;
    char time[TEXT_DURATION_BYTES];
    if (!camera)
        return control_error(CONTROL_NO_CAMERA, NULL, "%s was removed meanwhile", name);
    if (is_there(waiting, camera))
        return NULL;
    camera_explain(camera, &why);
    text_duration((double)(clock_monotonic_ms() - waiting->begun_ms) / 1000.0, time);
    return control_error(CONTROL_FAILED, why.hint[0] ? why.hint : NULL, "%s is %s after %s, not %s%s%s", name,
                         camera_state_word(camera), time, waiting->state, why.reason[0] ? ": " : "",
                         why.reason);
}

static void reply(struct control_request *request, const struct waiting *waiting, json_t *outcomes,
                  json_t *errors)
{
    json_t *error = json_object_get(errors, json_string_value(json_array_get(waiting->names, 0)));
    if (waiting->is_single && error)
        control_reply_made_error(request, json_incref(error));
    else
        several_answer(request, waiting->names, outcomes, errors);
}

static bool answer_wait(struct requests *requests, struct control_request *request, void *state, bool late)
{
    struct waiting *waiting = state;
    json_t *outcomes = json_object(), *errors = json_object();
    for (size_t i = 0; i < json_array_size(waiting->names); i++) {
        const char *name = json_string_value(json_array_get(waiting->names, i));
        /* all have been there, each at its time: that one has left the state again is another story */
        const bool has_been = !late && fleet_find(requests->fleet, name);
        json_t *error = has_been ? NULL : error_of(requests, waiting, name);
        if (error)
            json_object_set_new(errors, name, error);
        else
            json_object_set_new(outcomes, name, json_string(waiting->state));
    }
    reply(request, waiting, outcomes, errors);
    json_decref(outcomes);
    json_decref(errors);
    return true;
}

static const struct pending_kind pending_wait = {
    .is_settled = is_there, .answer = answer_wait, .release = waiting_release};

/* NULL: an error has been answered. */
static const char *state_of(struct control_request *request, const json_t *body)
{
    const char *word = json_member_string(body, "state", "");
    for (size_t i = 0; i < CAMERA_STATES_COUNT; i++) {
        if (strcmp(camera_states[i], word) == 0)
            return camera_states[i];
    }
    const char *nearest = text_nearest(word, camera_states, CAMERA_STATES_COUNT);
    char *hint = nearest ? text_format("did you mean %s?", nearest) : NULL;
    char *shown = request_name_shown(word);
    control_reply_error(request, CONTROL_USAGE, hint ? hint : "it is one of " CAMERA_STATES_LISTED,
                        "\"%s\" is no state of a camera", shown ? shown : "");
    free(shown);
    free(hint);
    return NULL;
}

void request_wait(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *state = state_of(request, body);
    json_t *names = state ? names_of_any(requests, request, body) : NULL;
    struct waiting *waiting = names ? calloc(1, sizeof(*waiting)) : NULL;
    const double timeout_s = json_member_double(body, "timeout_s", WAIT_TIMEOUT_S);
    const double most_s = timeout_s < WAIT_TIMEOUT_MAX_S ? timeout_s : WAIT_TIMEOUT_MAX_S;
    if (!names)
        return;
    if (!waiting) {
        json_decref(names);
        request_no_memory(request);
        return;
    }
    *waiting = (struct waiting){names, !members_name_several(body), state, clock_monotonic_ms()};
    if (pending_add(requests, request, &pending_wait, waiting, names,
                    most_s > 0.0 ? (int64_t)(most_s * 1000.0) : 0) < 0)
        request_no_memory(request);
}
