#include "capture/damage.h"

enum { BITS = 64 };

static uint64_t bit_of(uint32_t number)
{
    return UINT64_C(1) << (number % BITS);
}

/* Numbers begin again at 0 one day. */
static bool is_before(uint32_t number, uint32_t other)
{
    return (int32_t)(number - other) < 0;
}

static void open_from(struct damage *damage, uint32_t number, int64_t now_ns)
{
    damage->error_ns = now_ns;
    if (damage->is_open && !is_before(number, damage->from))
        return;
    damage->from = number;
    damage->is_open = true;
}

void damage_packet(struct damage *damage, uint32_t number)
{
    damage->bad &= ~bit_of(number);
    damage->last = number;
}

void damage_missing(struct damage *damage, int64_t now_ns)
{
    open_from(damage, damage->last, now_ns);
}

void damage_bad(struct damage *damage, uint32_t number, int64_t now_ns)
{
    damage->bad |= bit_of(number);
    open_from(damage, number, now_ns);
}

/* A key picture is whole: what is damaged begins behind it, if anything is. */
static void heal(struct damage *damage, uint32_t number)
{
    damage->is_open = false;
    while (number != damage->last && !damage->is_open) {
        number++;
        damage->is_open = damage->bad & bit_of(number);
        damage->from = number;
    }
}

bool damage_of_picture(struct damage *damage, uint32_t number, bool is_key, int64_t now_ns)
{
    bool is_bad = damage->bad & bit_of(number);
    if (damage->is_open && now_ns - damage->error_ns > DAMAGE_LASTS_NS)
        damage->is_open = false;
    if (!damage->is_open || is_before(number, damage->from))
        return is_bad;
    if (!is_key || is_bad)
        return true;
    heal(damage, number);
    return false;
}
