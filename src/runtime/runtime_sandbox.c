/* runtime_sandbox.c - giving up what a worker does not need, and telling camd what is in force */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "runtime/runtime.h"
#include "sandbox/sandbox.h"

static const char hint[] =
    "update the kernel, or set sandbox = yes, with which camd goes on with what there is";

/* {"mode": "yes"|"require"|"no", "user": N or null, "group": N, "devices": [N, ...], "connects": camd does for it} */
static void take_user(const json_t *sandbox, bool keeps_devices, struct sandbox_wish *wish)
{
    const json_t *devices = json_object_get(sandbox, "devices");
    wish->drops_user = json_is_integer(json_object_get(sandbox, "user"));
    wish->user = (uid_t)json_member_int(sandbox, "user", 0);
    wish->group = (gid_t)json_member_int(sandbox, "group", 0);
    for (size_t i = 0; keeps_devices && i < json_array_size(devices) && i < SANDBOX_GROUPS_MAX; i++)
        wish->groups[wish->group_count++] = (gid_t)json_integer_value(json_array_get(devices, i));
}

/* In words, "" when nothing is. A worker that connects is kept to its peers, unless camd or the filter is an older one's. */
static void explain_missing(const struct sandbox_wish *wish, const struct sandbox_state *state,
                            char text[SANDBOX_TEXT_BYTES])
{
    sandbox_explain_missing(state, text);
    const size_t length = strlen(text);
    if (wish->connects && state->calls && !state->hosts)
        snprintf(text + length, SANDBOX_TEXT_BYTES - length,
                 "%sa limit to its camera's host (camd and its workers have to be of the same version)",
                 length ? ", " : "");
}

/* With the peers that camd is to know: of what this process says later camd believes nothing. */
static void tell(struct worker *worker, const struct sandbox_state *state, const char *missing, json_t *peers)
{
    worker_send(worker, json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:i, s:s, s:o*}", "type", "sandbox", "user",
                                  state->user, "files", state->files, "ports", state->ports, "hosts",
                                  state->hosts, "calls", state->calls, "landlock", state->landlock, "missing",
                                  missing, "peers", peers));
}

/* Names are resolved while that is still possible, and before anything comes from the camera. */
static void close_network(struct worker *worker, const struct sandbox_wish *wish, struct sandbox_state *state,
                          json_t **peers)
{
    if (!wish->closes_network || !state->calls)
        return;
    *peers = worker->find_peers(worker->peers_context);
    sandbox_close_network(wish, state);
    worker->camd_connects = state->hosts;
}

int worker_enter_sandbox(struct worker *worker, struct sandbox_wish *wish, bool keeps_devices)
{
    const char *mode = json_member_string(worker->sandbox, "mode", "no");
    struct sandbox_state state = {0};
    char problem[SANDBOX_TEXT_BYTES];
    json_t *peers = NULL;
    if (strcmp(mode, "no") == 0)
        return 0;
    take_user(worker->sandbox, keeps_devices, wish);
    wish->closes_network =
        wish->connects && worker->find_peers && json_member_bool(worker->sandbox, "connects", false);
    int error = sandbox_enter(wish, &state, problem);
    if (error < 0) {
        worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                          "look at worker_user and sandbox in camd.ini(5)", "cannot enter the sandbox: %s",
                          problem);
        return error;
    }
    close_network(worker, wish, &state, &peers);
    explain_missing(wish, &state, problem);
    tell(worker, &state, problem, peers);
    if (problem[0] == '\0' || strcmp(mode, "require") != 0)
        return 0;
    worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL, hint,
                      "the sandbox is required, and this machine lacks %s", problem);
    return -EPERM;
}
