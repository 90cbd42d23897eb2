#include "daemon/verbs/several.h"

#include <ev.h>
#include <stdlib.h>

#include "base/json.h"

/* One of the cameras. */
struct one {
    struct several *several;
    const char *name;
};

struct several {
    LIST_ENTRY(several) in_requests;
    struct requests *requests;
    struct control_request *request;
    request_function *function;
    json_t *body;  /* of one of them, but for its name */
    json_t *names; /* strings of `ones` */
    json_t *outcomes, *errors;
    size_t count, next, open; /* next: the first that has not begun */
    ev_timer turn;
    struct one ones[];
};

static void several_free(struct several *several)
{
    ev_timer_stop(several->requests->services->loop, &several->turn);
    LIST_REMOVE(several, in_requests);
    json_decref(several->body);
    json_decref(several->names);
    json_decref(several->outcomes);
    json_decref(several->errors);
    free(several);
}

void several_answer(struct control_request *request, json_t *names, json_t *outcomes, json_t *errors)
{
    json_t *answer = json_pack("{s:O, s:O}", "cameras", names, "outcomes", outcomes);
    if (json_object_size(errors) > 0)
        json_object_set(answer, "errors", errors);
    control_reply_ok(request, answer);
}

static void finish(struct several *several)
{
    several_answer(several->request, several->names, several->outcomes, several->errors);
    several_free(several);
}

/* Whatever comes next does not come from within the answer to one of them. */
static void look_soon(struct several *several)
{
    if (ev_is_active(&several->turn))
        return;
    ev_timer_set(&several->turn, 0.0, 0.0);
    ev_timer_start(several->requests->services->loop, &several->turn);
}

static void answered(void *state, json_t *ok, json_t *error)
{
    struct one *one = state;
    struct several *several = one->several;
    if (ok)
        json_object_update(several->outcomes, json_object_get(ok, "outcomes"));
    else
        json_object_set_new(several->errors, one->name, error ? json_incref(error) : json_object());
    several->open--;
    look_soon(several);
}

static void begin(struct several *several, struct one *one)
{
    struct control_request *branch = control_request_branch(several->request, answered, one);
    json_t *body = json_copy(several->body);
    several->open++;
    if (branch && body && json_object_set_new(body, "name", json_string(one->name)) == 0)
        several->function(several->requests, branch, body);
    else if (branch)
        request_no_memory(branch);
    else
        answered(one, NULL, NULL);
    json_decref(body);
}

static void turn_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct several *several = timer->data;
    (void)loop;
    (void)events;
    for (int i = 0; i < SEVERAL_PER_TURN && several->next < several->count && several->open < SEVERAL_AT_ONCE;
         i++)
        begin(several, &several->ones[several->next++]);
    if (several->next == several->count && several->open == 0)
        finish(several);
    else if (several->next < several->count && several->open < SEVERAL_AT_ONCE)
        look_soon(several);
}

void several_begin(struct requests *requests, struct control_request *request, request_function *function,
                   const json_t *body, json_t *names)
{
    const size_t count = json_array_size(names);
    struct several *several = calloc(1, sizeof(*several) + count * sizeof(several->ones[0]));
    json_t *common = json_copy_of(body);
    if (!several || !common) {
        free(several);
        json_decref(common);
        json_decref(names);
        request_no_memory(request);
        return;
    }
    json_object_del(common, "names");
    json_object_del(common, "all");
    several->requests = requests;
    several->request = request;
    several->function = function;
    several->body = common;
    several->names = names;
    several->outcomes = json_object();
    several->errors = json_object();
    several->count = count;
    for (size_t i = 0; i < count; i++)
        several->ones[i] = (struct one){several, json_string_value(json_array_get(names, i))};
    ev_timer_init(&several->turn, turn_came, 0.0, 0.0);
    several->turn.data = several;
    LIST_INSERT_HEAD(&requests->several, several, in_requests);
    look_soon(several);
}

void several_end_all(struct requests *requests, const char *why)
{
    while (!LIST_EMPTY(&requests->several)) {
        struct several *several = LIST_FIRST(&requests->several);
        control_reply_error(several->request, CONTROL_FAILED, "ask again when it runs", "%s", why);
        several_free(several);
    }
}
