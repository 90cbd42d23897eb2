#include "base/limits.h"

#include <string.h>

static struct limit remembered[LIMITS_MAX];
static size_t remembered_count;

void limits_remember(void)
{
    /* what is raised below, and what a process with secrets lowers (secret.h) */
    static const int resources[LIMITS_MAX] = {RLIMIT_NOFILE, RLIMIT_CORE};
    remembered_count = 0;
    for (size_t i = 0; i < LIMITS_MAX; i++) {
        struct limit *limit = &remembered[remembered_count];
        limit->resource = resources[i];
        if (getrlimit((__rlimit_resource_t)resources[i], &limit->value) == 0)
            remembered_count++;
    }
}

void limits_remember_these(const struct limit *limits, size_t count)
{
    remembered_count = count < LIMITS_MAX ? count : LIMITS_MAX;
    memcpy(remembered, limits, remembered_count * sizeof(*limits));
}

size_t limits_at_start(struct limit limits[LIMITS_MAX])
{
    memcpy(limits, remembered, sizeof(remembered));
    return remembered_count;
}

void limits_raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}
