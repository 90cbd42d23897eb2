#include "daemon/events/notice.h"

#include <string.h>

static bool is_one_of(const char *state, const char *const *states)
{
    while (*states && strcmp(*states, state) != 0)
        states++;
    return *states != NULL;
}

static bool is_same(const struct situation *a, const struct situation *b)
{
    return a->state && b->state && strcmp(a->state, b->state) == 0 && a->detail == b->detail;
}

bool notice_take(struct notice *notice, const struct situation *now)
{
    static const char *const on_the_way[] = {"starting", "stopping", NULL};
    if (is_one_of(now->state, on_the_way) || is_same(now, &notice->told))
        return false;
    notice->told = *now;
    return true;
}

void notice_wait(struct notice *notice, bool has_program, int64_t delay_ms, int64_t now_ms)
{
    static const char *const unremarkable[] = {"up", "down", "disabled", NULL};
    if (!has_program || (!notice->said.state && is_one_of(notice->told.state, unremarkable)))
        notice->said = notice->told;
    if (is_same(&notice->said, &notice->told))
        notice->due_ms = 0;
    else if (notice->due_ms == 0)
        notice->due_ms = now_ms + delay_ms;
}

bool notice_is_due(struct notice *notice, int64_t now_ms)
{
    if (notice->due_ms == 0 || now_ms < notice->due_ms)
        return false;
    notice->due_ms = 0;
    notice->said = notice->told;
    return true;
}

bool notice_failure(struct notice *notice, uint64_t number, uint32_t in_a_row, uint32_t after,
                    int64_t cooldown_ms, int64_t now_ms)
{
    const bool is_new = number != notice->failure;
    notice->failure = number;
    if (!is_new || in_a_row < after)
        return false;
    if (notice->failure_ms > 0 && now_ms - notice->failure_ms < cooldown_ms)
        return false;
    notice->failure_ms = now_ms;
    return true;
}
