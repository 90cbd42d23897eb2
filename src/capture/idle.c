#include "capture/idle.h"

#include <string.h>

static void note_time(struct idle *idle, int64_t now_ns)
{
    if (idle->key_ns != 0)
        idle->intervals_ns[idle->next++ % IDLE_INTERVALS] = now_ns - idle->key_ns;
    idle->key_ns = now_ns;
    idle->others = 0;
}

/* The longest of the recent ones; 0: it is not known yet. */
static int64_t interval_of(const struct idle *idle)
{
    int64_t longest_ns = 0;
    for (int i = 0; i < IDLE_INTERVALS; i++) {
        if (idle->intervals_ns[i] == 0)
            return 0;
        if (idle->intervals_ns[i] > longest_ns)
            longest_ns = idle->intervals_ns[i];
    }
    return longest_ns;
}

enum idle_way idle_packet(struct idle *idle, bool is_key, bool is_quiet, bool has_room, int64_t limit_ns,
                          int64_t now_ns)
{
    const bool was_idle = idle->is_idle;
    if (is_key) {
        const bool is_worth_it = idle->others >= IDLE_OTHERS;
        note_time(idle, now_ns);
        const int64_t interval_ns = interval_of(idle);
        idle->is_idle = is_quiet && is_worth_it && idle->failures < IDLE_FAILURES && interval_ns > 0 &&
                        interval_ns - interval_ns / IDLE_UNEVEN <= limit_ns;
        return idle->is_idle ? IDLE_KEY : IDLE_NOT;
    }
    idle->others++;
    /* A key picture that stays away: the stream has another rhythm now. */
    const bool is_late = now_ns - idle->key_ns > 2 * limit_ns;
    idle->is_idle = was_idle && is_quiet && has_room && !is_late && interval_of(idle) > 0;
    if (idle->is_idle)
        return IDLE_KEEP;
    return was_idle ? IDLE_WAKE : IDLE_NOT;
}

void idle_note_key(struct idle *idle, bool is_picture)
{
    idle->failures = is_picture ? 0 : idle->failures + 1;
    if (!is_picture)
        memset(idle->intervals_ns, 0, sizeof(idle->intervals_ns));
}
