#include "capture/skip.h"

#include <string.h>

bool skip_add(struct skip *skip, int64_t time_ns)
{
    size_t at = skip->count;
    if (skip->count == SKIP_TIMES_MAX)
        return false;
    while (at > 0 && skip->times_ns[at - 1] > time_ns)
        at--;
    memmove(&skip->times_ns[at + 1], &skip->times_ns[at], (skip->count - at) * sizeof(skip->times_ns[0]));
    skip->times_ns[at] = time_ns;
    skip->count++;
    return true;
}

static void take_at(struct skip *skip, size_t at)
{
    skip->count--;
    memmove(&skip->times_ns[at], &skip->times_ns[at + 1], (skip->count - at) * sizeof(skip->times_ns[0]));
}

void skip_remove(struct skip *skip, int64_t time_ns)
{
    for (size_t at = 0; at < skip->count; at++)
        if (skip->times_ns[at] == time_ns) {
            take_at(skip, at);
            return;
        }
}

bool skip_take_before(struct skip *skip, int64_t bound_ns, int64_t *time_ns)
{
    if (skip->count == 0 || skip->times_ns[0] >= bound_ns)
        return false;
    *time_ns = skip->times_ns[0];
    take_at(skip, 0);
    return true;
}
