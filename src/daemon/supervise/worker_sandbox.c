#include "daemon/supervise/worker_sandbox.h"

#include <stdio.h>

#include "base/json.h"
#include "base/secret.h"

enum { LANDLOCK_ABI_MAX = 1000 }; /* what stands there is a worker's word */

void worker_sandbox_take(struct worker_sandbox *sandbox, const json_t *message)
{
    int64_t landlock = json_member_int(message, "landlock", 0);
    char *missing = secret_redact(json_member_string(message, "missing", ""));
    *sandbox = (struct worker_sandbox){
        .is_told = true,
        .user = json_member_bool(message, "user", false),
        .files = json_member_bool(message, "files", false),
        .ports = json_member_bool(message, "ports", false),
        .calls = json_member_bool(message, "calls", false),
        .landlock = landlock > 0 && landlock <= LANDLOCK_ABI_MAX ? (int)landlock : 0,
    };
    snprintf(sandbox->missing, sizeof(sandbox->missing), "%s", missing ? missing : "");
    secret_free(missing);
}
