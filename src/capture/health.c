#include "capture/health.h"

#include <math.h>

#define SHARE_CHANGE 0.1 /* that is worth a word */

static struct health_step *step_now(struct health *health, int64_t now_ns)
{
    int64_t step = now_ns / HEALTH_STEP_NS;
    if (step - health->step > HEALTH_STEPS)
        health->step = step - HEALTH_STEPS;
    while (health->step < step)
        health->steps[++health->step % HEALTH_STEPS] = (struct health_step){0};
    return &health->steps[health->step % HEALTH_STEPS];
}

static struct health_step sum_of(const struct health *health)
{
    struct health_step sum = {0};
    for (int i = 0; i < HEALTH_STEPS; i++) {
        sum.pictures += health->steps[i].pictures;
        sum.damaged += health->steps[i].damaged;
        sum.errors += health->steps[i].errors;
        sum.losses += health->steps[i].losses;
    }
    return sum;
}

double health_share(const struct health *health)
{
    const struct health_step sum = sum_of(health);
    return sum.pictures > 0 ? (double)sum.damaged / (double)sum.pictures : 0;
}

bool health_has_losses(const struct health *health)
{
    return sum_of(health).losses > 0;
}

static int steps_with_errors(const struct health *health)
{
    int count = 0;
    for (int i = 0; i < HEALTH_STEPS; i++)
        count += health->steps[i].errors + health->steps[i].losses > 0;
    return count;
}

/* Damage that keeps coming is over when none has been seen for as long as is looked back on. */
static enum health_state judge(const struct health *health)
{
    if (steps_with_errors(health) >= HEALTH_STEPS_DAMAGED)
        return HEALTH_DAMAGED;
    if (health->state == HEALTH_DAMAGED && sum_of(health).damaged > 0)
        return HEALTH_DAMAGED;
    return health->sight != PICTURE_GOOD ? HEALTH_SIGHT : HEALTH_GOOD;
}

static bool is_worth_a_word(struct health *health, enum health_state state, int64_t now_ns)
{
    double share = health_share(health);
    bool is_other = state != health->state || (state == HEALTH_SIGHT && health->sight != health->told_sight);
    health->told_sight = health->sight;
    if (state == HEALTH_DAMAGED && now_ns - health->told_ns >= HEALTH_STEPS * HEALTH_STEP_NS)
        is_other = is_other || fabs(share - health->told_share) >= SHARE_CHANGE;
    health->state = state;
    if (is_other) {
        health->told_ns = now_ns;
        health->told_share = share;
    }
    return is_other;
}

bool health_note_packet(struct health *health, int64_t now_ns)
{
    if (!health->has_packet) {
        health->has_packet = true;
        health->first_packet_ns = now_ns;
    }
    if (health->has_picture || now_ns - health->first_packet_ns < HEALTH_PATIENCE)
        return false;
    return is_worth_a_word(health, HEALTH_WAITING, now_ns);
}

bool health_note_picture(struct health *health, bool is_damaged, int64_t now_ns)
{
    struct health_step *step = step_now(health, now_ns);
    health->has_picture = true;
    step->pictures++;
    step->damaged += is_damaged;
    return is_worth_a_word(health, judge(health), now_ns);
}

void health_note_lost(struct health *health, int64_t now_ns)
{
    struct health_step *step = step_now(health, now_ns);
    step->pictures++;
    step->damaged++;
    step->errors++;
}

bool health_note_sight(struct health *health, enum picture_trouble sight, double measure, int64_t now_ns)
{
    health->sight = sight;
    health->measure = measure;
    return is_worth_a_word(health, judge(health), now_ns);
}

void health_note_errors(struct health *health, bool has_errors, bool has_losses, int64_t now_ns)
{
    struct health_step *step = step_now(health, now_ns);
    step->errors += has_errors;
    step->losses += has_losses;
}
