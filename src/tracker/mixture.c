#include "tracker/mixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/exposure.h"

/*
 * Arithmetic on a group of pixels at once, in vectors that gcc and clang have for every processor, with a choice in the place
 * of each branch. Each pixel's floats are added and multiplied in the order that is written down, as one by one.
 */
typedef float floats __attribute__((vector_size(MIXTURE_GROUP * sizeof(float))));
typedef int32_t masks __attribute__((vector_size(MIXTURE_GROUP * sizeof(int32_t)))); /* all bits, or none */

enum { MODES = MIXTURE_MODES };

#define INITIAL_VARIANCE 20.0F
#define LEAST_VARIANCE   6.0F
#define MOST_VARIANCE    80.0F
#define FIGURE_DISTANCE  20.0F /* squared, in variances: further off is no background */
#define MODE_DISTANCE    9.0F  /* nearer is the same mode */
#define BACKGROUND_SHARE 0.9F  /* of the weight: so much is background */
#define FORGET           0.05F /* modes without support lose so much of the rate */
#define SHADOW_LEAST     0.72F /* of the background's luma: darker is no shadow */
#define LEAST_WEIGHT     1e-6F

/* ---- memory ---- */

int mixture_init(struct mixture *mixture, size_t groups)
{
    struct mixture made = {.is_plain = calloc(groups, sizeof(*made.is_plain))};
    bool complete = made.is_plain;
    for (int i = 0; i < MODES; i++) {
        made.looks[i] = calloc(groups, sizeof(*made.looks[i]));
        made.weights[i] = calloc(groups, sizeof(*made.weights[i]));
        complete = complete && made.looks[i] && made.weights[i];
    }
    if (!complete) {
        mixture_fini(&made);
        return -ENOMEM;
    }
    *mixture = made;
    return 0;
}

void mixture_fini(struct mixture *mixture)
{
    for (int i = 0; i < MODES; i++) {
        free(mixture->looks[i]);
        free(mixture->weights[i]);
    }
    free(mixture->is_plain);
    memset(mixture, 0, sizeof(*mixture));
}

/* ---- numbers ---- */

static inline floats all(float value)
{
    return value - (floats){0};
}

static inline floats load(const float *from)
{
    floats loaded;

    memcpy(&loaded, from, sizeof(loaded));
    return loaded;
}

static inline void store(float *to, floats stored)
{
    memcpy(to, &stored, sizeof(stored));
}

static inline floats choose(masks first, floats a, floats b)
{
    return (floats)(((masks)a & first) | ((masks)b & ~first));
}

static inline floats larger(floats a, floats b)
{
    return choose(a > b, a, b);
}

static inline floats smaller(floats a, floats b)
{
    return choose(a < b, a, b);
}

static inline bool is_any(masks of)
{
    int64_t halves[2];
    _Static_assert(sizeof(halves) == sizeof(of), "nothing is left out");
    memcpy(halves, &of, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* ---- modes ---- */

struct colour {
    floats y, u, v;
};

struct look {
    struct colour colour;
    floats variance;
};

static inline struct look load_look(const struct mixture_look *from)
{
    return (struct look){{load(from->y), load(from->u), load(from->v)}, load(from->variance)};
}

static inline void store_look(struct mixture_look *to, struct look look)
{
    store(to->y, look.colour.y);
    store(to->u, look.colour.u);
    store(to->v, look.colour.v);
    store(to->variance, look.variance);
}

static inline struct look choose_look(masks first, struct look a, struct look b)
{
    return (struct look){{choose(first, a.colour.y, b.colour.y), choose(first, a.colour.u, b.colour.u),
                          choose(first, a.colour.v, b.colour.v)},
                         choose(first, a.variance, b.variance)};
}

static inline floats distance_between(struct colour a, struct colour b)
{
    const floats dy = a.y - b.y, du = a.u - b.u, dv = a.v - b.v;
    return dy * dy + du * du + dv * dv;
}

/* With the colour taken in, which makes so large a share of it. */
static inline struct look learnt(struct look look, struct colour now, floats distance, floats share)
{
    const floats variance = look.variance + share * (distance - look.variance);
    return (struct look){
        {look.colour.y + share * (now.y - look.colour.y), look.colour.u + share * (now.u - look.colour.u),
         look.colour.v + share * (now.v - look.colour.v)},
        smaller(larger(variance, all(LEAST_VARIANCE)), all(MOST_VARIANCE)),
    };
}

/* What is left of the weight of a mode that nothing supports; support adds the rate. */
static inline floats left_of(floats weight, floats rate)
{
    return weight * (1.0F - rate) - rate * FORGET;
}

/* How much of a mode of that weight the colour becomes that supports it. */
static inline floats share_of(floats rate, floats weight)
{
    return smaller(rate / weight, all(1.0F));
}

static inline void normalise(floats weights[MODES])
{
    floats sum = {0};

    for (int i = 0; i < MODES; i++)
        sum += weights[i];
    sum = choose(sum > 0.0F, sum, all(1.0F));
    for (int i = 0; i < MODES; i++)
        weights[i] /= sum;
}

/* ---- a group of the mixture ---- */

struct group {
    struct mixture_look *looks[MODES];
    float *weights[MODES];
};

static inline struct group group_of(const struct mixture *mixture, size_t index)
{
    struct group group;
    for (int i = 0; i < MODES; i++) {
        group.looks[i] = &mixture->looks[i][index];
        group.weights[i] = mixture->weights[i][index].of;
    }
    return group;
}

/* ---- any pixels, with any number of modes ---- */

/* What they look like now, and what their modes have to do with it. */
struct pixels {
    struct colour now;
    struct look looks[MODES];
    floats weights[MODES], distances[MODES];
    masks there[MODES];  /* a mode without weight is none, and those after it are none */
    masks chosen[MODES]; /* the mode that looks so, or that begins now: one of each pixel */
};

static inline void load_pixels(struct pixels *pixels, const struct group *group, struct colour now)
{
    masks there = ~(masks){0};

    pixels->now = now;
    for (int i = 0; i < MODES; i++) {
        pixels->looks[i] = load_look(group->looks[i]);
        pixels->weights[i] = load(group->weights[i]);
        pixels->distances[i] = distance_between(now, pixels->looks[i].colour);
        pixels->there[i] = there &= pixels->weights[i] > 0.0F;
    }
}

static inline masks is_shadow(const struct look *look, struct colour now)
{
    const floats share = now.y / larger(look->colour.y, all(1.0F));
    const floats du = now.u - EXPOSURE_GREY - share * (look->colour.u - EXPOSURE_GREY),
                 dv = now.v - EXPOSURE_GREY - share * (look->colour.v - EXPOSURE_GREY);
    return (share >= SHADOW_LEAST) & (share <= 1.0F) & (du * du + dv * dv < MODE_DISTANCE * look->variance);
}

/* The heaviest modes are the background; what they look like in a shadow is no figure either. */
static inline masks is_background(const struct pixels *pixels, masks *shadow)
{
    masks background = {0};
    floats heavier = {0};

    *shadow = background;
    for (int i = 0; i < MODES; i++) {
        const masks counts = pixels->there[i] & (heavier < BACKGROUND_SHARE);
        if (!is_any(counts))
            break; /* nor do those after it */
        background |= counts & (pixels->distances[i] < FIGURE_DISTANCE * pixels->looks[i].variance);
        *shadow |= counts & is_shadow(&pixels->looks[i], pixels->now);
        heavier += pixels->weights[i];
    }
    return background;
}

/* Chooses the first mode that looks so, if there is one, which gains. Returns its weight. */
static inline floats support(struct pixels *pixels, floats rate)
{
    masks open = ~(masks){0};
    floats weight = {0};

    for (int i = 0; i < MODES; i++) {
        const masks is_near = pixels->distances[i] < MODE_DISTANCE * pixels->looks[i].variance;
        const masks is_match = open & pixels->there[i] & is_near;
        const floats left = left_of(pixels->weights[i], rate);
        pixels->weights[i] = choose(is_match, left + rate, larger(left, all(0.0F)));
        pixels->chosen[i] = is_match;
        weight = choose(is_match, pixels->weights[i], weight);
        open &= ~is_match;
    }
    return weight;
}

/* Teaches the chosen mode, of that weight. */
static inline void teach(struct pixels *pixels, floats rate, floats weight)
{
    const floats share = share_of(rate, weight);
    for (int i = 0; i < MODES; i++) {
        struct look *look = &pixels->looks[i];
        const struct look taught = learnt(*look, pixels->now, pixels->distances[i], share);
        *look = choose_look(pixels->chosen[i], taught, *look);
    }
}

/* Where no mode looks so, one begins: in a free place, or in that of the lightest. */
static inline void begin(struct pixels *pixels, floats rate, masks open)
{
    const struct look look = {pixels->now, all(INITIAL_VARIANCE)};
    const floats weight = larger(rate, all(LEAST_WEIGHT));
    for (int i = 0; i < MODES; i++) {
        const masks begins = i < MODES - 1 ? open & ~(pixels->weights[i] > 0.0F) : open;
        pixels->looks[i] = choose_look(begins, look, pixels->looks[i]);
        pixels->weights[i] = choose(begins, weight, pixels->weights[i]);
        pixels->chosen[i] |= begins;
        open &= ~begins;
    }
}

/* The chosen mode moves ahead of lighter ones. */
static inline void order(struct pixels *pixels)
{
    struct look *looks = pixels->looks;
    floats *weights = pixels->weights;
    masks moves = {0};

    for (int i = MODES - 1; i > 0; i--) {
        moves = (moves | pixels->chosen[i]) & (weights[i - 1] < weights[i]);
        if (!is_any(moves))
            continue;
        const struct look lighter = choose_look(moves, looks[i - 1], looks[i]);
        const floats less = choose(moves, weights[i - 1], weights[i]);

        looks[i - 1] = choose_look(moves, looks[i], looks[i - 1]);
        weights[i - 1] = choose(moves, weights[i], weights[i - 1]);
        looks[i] = lighter;
        weights[i] = less;
    }
}

/* Returns which pixels are not of the scene. */
static masks look_at_all(const struct group *group, struct colour now, floats known, floats new)
{
    struct pixels pixels;
    masks shadow;

    load_pixels(&pixels, group, now);
    const masks background = is_background(&pixels, &shadow);
    const floats rate = choose(background, known, new), weight = support(&pixels, rate);

    teach(&pixels, rate, weight);
    begin(&pixels, rate, ~(weight > 0.0F));
    order(&pixels);
    normalise(pixels.weights);
    for (int i = 0; i < MODES; i++) {
        store_look(group->looks[i], pixels.looks[i]);
        store(group->weights[i], pixels.weights[i]);
    }
    return ~(background | shadow);
}

static inline floats brightened(floats level, float middle, float times)
{
    return middle + (level - middle) * times;
}

void mixture_brighten(struct mixture *mixture, size_t groups, float times)
{
    for (int i = 0; i < MODES; i++)
        for (size_t at = 0; at < groups; at++) {
            if (i > 0 && mixture->is_plain[at])
                continue;
            struct look look = load_look(&mixture->looks[i][at]);
            const floats variance = look.variance * times * times;
            look.colour.y = brightened(look.colour.y, EXPOSURE_BLACK, times);
            look.colour.u = brightened(look.colour.u, EXPOSURE_GREY, times);
            look.colour.v = brightened(look.colour.v, EXPOSURE_GREY, times);
            look.variance = smaller(larger(variance, all(LEAST_VARIANCE)), all(MOST_VARIANCE));
            store_look(&mixture->looks[i][at], look);
        }
}

/* ---- rows ---- */

static inline struct colour colour_of(const struct mixture_row *row, size_t group)
{
    const size_t at = group * MIXTURE_GROUP;
    return (struct colour){load(row->y + at), load(row->u + at), load(row->v + at)};
}

/* Apart from the loop below, which needs all registers for what is common. */
__attribute__((noinline)) static void look_closely(struct mixture *mixture, const struct mixture_rates *rates,
                                                   const struct mixture_row *row, size_t i)
{
    const size_t index = row->first + i, at = i * MIXTURE_GROUP;
    const struct group group = group_of(mixture, index);
    floats new;

    for (size_t k = 0; k < MIXTURE_GROUP; k++)
        new[k] = row->hold[at + k] ? rates->held : rates->usual;
    const masks found = look_at_all(&group, colour_of(row, i), all(rates->usual), new);

    for (size_t k = 0; k < MIXTURE_GROUP; k++)
        row->figures[at + k] = found[k] != 0;
    mixture->is_plain[index] = !is_any(load(group.weights[1]) > 0.0F);
}

/* Every pixel looks as its heaviest mode: that gains, and the others lose. Returns the colour's share of it. */
static floats support_first(struct mixture *mixture, size_t index, floats rate)
{
    const struct group group = group_of(mixture, index);
    floats weights[MODES];

    weights[0] = left_of(load(group.weights[0]), rate) + rate;
    for (int i = 1; i < MODES; i++)
        weights[i] = larger(left_of(load(group.weights[i]), rate), all(0.0F));
    const floats share = share_of(rate, weights[0]);

    normalise(weights);
    for (int i = 0; i < MODES; i++)
        store(group.weights[i], weights[i]);
    mixture->is_plain[index] = !is_any(weights[1] > 0.0F);
    return share;
}

/* Most groups look as before, and most of those are plain: their weight is 1 before and after. */
void mixture_look(struct mixture *mixture, const struct mixture_rates *rates, const struct mixture_row *row)
{
    const floats usual = all(rates->usual), plain_share = share_of(usual, left_of(all(1.0F), usual) + usual);
    const struct mixture_row now = *row; /* as the rest here: nothing that is written can change it */
    struct mixture_look *const looks = mixture->looks[0] + now.first;
    const bool *const is_plain = mixture->is_plain + now.first;
    memset(now.figures, 0, now.count * MIXTURE_GROUP);
    for (size_t i = 0; i < now.count; i++) {
        const struct look first = load_look(&looks[i]);
        const struct colour colour = colour_of(&now, i);
        const floats distance = distance_between(colour, first.colour);
        if (is_any(~(distance < MODE_DISTANCE * first.variance))) {
            look_closely(mixture, rates, row, i);
            continue;
        }
        const floats share = is_plain[i] ? plain_share : support_first(mixture, now.first + i, usual);

        store_look(&looks[i], learnt(first, colour, distance, share));
    }
}
