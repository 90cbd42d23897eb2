#include "daemon/supervise/worker_sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

int worker_sandbox_take(struct worker_sandbox *sandbox, const json_t *message)
{
    const char *missing = json_member_string(message, "missing", "");
    const uint64_t said_hash = sandbox->said_hash;
    struct worker_peers peers = {0};
    if (sandbox->is_told)
        return -EALREADY;
    const int error = worker_peers_read(&peers, json_object_get(message, "peers"));
    if (error < 0)
        return error;
    *sandbox = (struct worker_sandbox){
        .is_told = true,
        .user = json_member_bool(message, "user", false),
        .files = json_member_bool(message, "files", false),
        .ports = json_member_bool(message, "ports", false),
        .hosts = json_member_bool(message, "hosts", false),
        .calls = json_member_bool(message, "calls", false),
        .peers = peers,
        .said_hash = said_hash,
        .missing = missing[0] != '\0' ? strdup(missing) : NULL,
    };
    return 0;
}

bool worker_sandbox_is_news(struct worker_sandbox *sandbox)
{
    const uint64_t hash = sandbox->missing ? text_hash(sandbox->missing) : 0;
    const bool is_news = hash != sandbox->said_hash;
    sandbox->said_hash = hash;
    return is_news;
}

void worker_sandbox_clear(struct worker_sandbox *sandbox)
{
    free(sandbox->missing);
    worker_peers_clear(&sandbox->peers);
    *sandbox = (struct worker_sandbox){.said_hash = sandbox->said_hash};
}
