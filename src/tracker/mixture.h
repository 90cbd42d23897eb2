/*
 * mixture.h - how each pixel of the scene looks, in one way or in several
 *
 * A mixture of Gaussians a pixel: Z. Zivkovic, F. van der Heijden, "Efficient adaptive density estimation per image pixel for
 * the task of background subtraction", 2006, on luma and chroma, with light shadows left out. Pixels are looked at in groups,
 * which is what vectors are for; what comes out of it is each one's own. No I/O.
 */
#ifndef CAMD_TRACKER_MIXTURE_H
#define CAMD_TRACKER_MIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MIXTURE_GROUP = 4, /* pixels beside each other */
    MIXTURE_MODES = 3, /* ways that a pixel looks, at most */
};

/* One way that each pixel of a group looks. */
struct mixture_look {
    float y[MIXTURE_GROUP], u[MIXTURE_GROUP], v[MIXTURE_GROUP];
    float variance[MIXTURE_GROUP];
};

/* What each of them weighs: 0 of a way that a pixel does not look. */
struct mixture_weight {
    float of[MIXTURE_GROUP];
};

/*
 * Of each group, its pixels' heaviest modes first. The second and third are apart, so that those of a scene where they are
 * few cost little memory; and weights are, which are 1 where there is one mode.
 */
struct mixture {
    struct mixture_look *looks[MIXTURE_MODES];
    struct mixture_weight *weights[MIXTURE_MODES];
    bool *is_plain; /* its pixels have one mode each */
};

/* A row of pixels as they look now: of whole groups. */
struct mixture_row {
    size_t first, count; /* groups */
    const float *y, *u, *v;
    const uint8_t *hold; /* 1: what is new there is not to become the scene soon */
    uint8_t *figures;    /* comes out of it: 1 for what is not of the scene */
};

/* How much of a picture is learnt, above 0 and up to 1: in general, and of what is new where it is held. */
struct mixture_rates {
    float usual, held;
};

/* All 0 is one that may be given up. 0 or -ENOMEM; untouched then. */
int mixture_init(struct mixture *mixture, size_t groups);
void mixture_fini(struct mixture *mixture);

/* All of so many groups is so many times as bright from now on: luma above black, chroma about grey. */
void mixture_brighten(struct mixture *mixture, size_t groups, float times);

/* Looks at a row and learns from it. */
void mixture_look(struct mixture *mixture, const struct mixture_rates *rates, const struct mixture_row *row);

#endif
