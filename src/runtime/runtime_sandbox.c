/* runtime_sandbox.c - giving up what a worker does not need, and telling camd what is in force */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "runtime/runtime.h"
#include "sandbox/sandbox.h"

static const char hint[] =
    "update the kernel, or set sandbox = yes, with which camd goes on with what there is";

/* {"mode": "yes"|"require"|"no", "user": N or null, "group": N, "devices": [N, ...]} */
static void take_user(const json_t *sandbox, bool keeps_devices, struct sandbox_wish *wish)
{
    const json_t *devices = json_object_get(sandbox, "devices");
    wish->drops_user = json_is_integer(json_object_get(sandbox, "user"));
    wish->user = (uid_t)json_member_int(sandbox, "user", 0);
    wish->group = (gid_t)json_member_int(sandbox, "group", 0);
    for (size_t i = 0; keeps_devices && i < json_array_size(devices) && i < SANDBOX_GROUPS_MAX; i++)
        wish->groups[wish->group_count++] = (gid_t)json_integer_value(json_array_get(devices, i));
}

static void tell(struct worker *worker, const struct sandbox_state *state)
{
    char missing[SANDBOX_TEXT_BYTES];
    sandbox_explain_missing(state, missing);
    worker_send(worker, json_pack("{s:s, s:b, s:b, s:b, s:b, s:i, s:s}", "type", "sandbox", "user",
                                  state->user, "files", state->files, "ports", state->ports, "calls",
                                  state->calls, "landlock", state->landlock, "missing", missing));
}

int worker_enter_sandbox(struct worker *worker, struct sandbox_wish *wish, bool keeps_devices)
{
    const char *mode = json_member_string(worker->sandbox, "mode", "no");
    struct sandbox_state state = {0};
    char problem[SANDBOX_TEXT_BYTES];
    if (strcmp(mode, "no") == 0)
        return 0;
    take_user(worker->sandbox, keeps_devices, wish);
    int error = sandbox_enter(wish, &state, problem);
    if (error < 0) {
        worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                          "look at worker_user and sandbox in camd.ini(5)", "cannot enter the sandbox: %s",
                          problem);
        return error;
    }
    tell(worker, &state);
    sandbox_explain_missing(&state, problem);
    if (problem[0] == '\0' || strcmp(mode, "require") != 0)
        return 0;
    worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL, hint,
                      "the sandbox is required, and this machine lacks %s", problem);
    return -EPERM;
}
