/*
 * health.h - whether the pictures are well: that some come at all, how many of them are damaged, and what they show
 *
 * Damage that comes once is an accident; what keeps coming has a cause that somebody should look for. Damage explains what
 * the pictures show, so it is told first. Pure: times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_HEALTH_H
#define CAMD_CAPTURE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/picture_health.h"

#define HEALTH_STEP_NS  INT64_C(2000000000)
#define HEALTH_PATIENCE INT64_C(2000000000) /* packets without a picture are worth a word after that */

enum {
    HEALTH_STEPS = 10,        /* what is looked back on */
    HEALTH_STEPS_DAMAGED = 3, /* of them, with errors: it keeps coming */
};

enum health_state { HEALTH_GOOD, HEALTH_WAITING, HEALTH_DAMAGED, HEALTH_SIGHT };

struct health_step {
    uint32_t pictures, damaged;
    uint32_t errors, losses; /* causes of damage: errors in what came, and what did not come */
};

struct health {
    struct health_step steps[HEALTH_STEPS];
    int64_t step; /* number of the present one */
    int64_t first_packet_ns, told_ns;
    bool has_packet, has_picture;
    bool has_no_keys; /* for the user: with its codec every picture stands by itself */
    enum health_state state;
    double told_share;
    enum picture_trouble sight, told_sight; /* of HEALTH_SIGHT: what is wrong with what the pictures show */
    double measure;                         /* of sight, when it was noted last */
};

/* Each returns whether there is something to tell: the state is another one, or its share is. */
bool health_note_packet(struct health *health, int64_t now_ns);
bool health_note_picture(struct health *health, bool is_damaged, int64_t now_ns);
bool health_note_sight(struct health *health, enum picture_trouble sight, double measure, int64_t now_ns);
/* Since the last call; both may be false. */
void health_note_errors(struct health *health, bool has_errors, bool has_losses, int64_t now_ns);

/* Something came with errors of which nothing could be made: a picture that is damaged as far as can be. */
void health_note_lost(struct health *health, int64_t now_ns);

/* Of the pictures that are looked back on, 0 to 1. */
double health_share(const struct health *health);
/* Whether something did not come, rather than came with errors. */
bool health_has_losses(const struct health *health);

#endif
