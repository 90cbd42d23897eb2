/* A mixture of modes a pixel, in groups, beside the same for one pixel, as the paper has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/mixture.h"

enum { GROUPS = 64, PIXELS = GROUPS * MIXTURE_GROUP, MODES = MIXTURE_MODES, PICTURES = 400 };

static struct mixture mixture;
static float y[PIXELS], u[PIXELS], v[PIXELS];
static uint8_t hold[PIXELS], figures[PIXELS];

static int set_up(void **state)
{
    (void)state;
    memset(hold, 0, sizeof(hold));
    return mixture_init(&mixture, GROUPS);
}

static int tear_down(void **state)
{
    (void)state;
    mixture_fini(&mixture);
    return 0;
}

static void look(const struct mixture_rates *rates)
{
    const struct mixture_row row = {0, GROUPS, y, u, v, hold, figures};
    mixture_look(&mixture, rates, &row);
}

static uint32_t chance(uint32_t most)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 8) % most;
}

/* ---- one pixel ---- */

struct mode {
    float weight, variance, y, u, v;
};

static struct mode model[PIXELS][MODES];

static float most_of(float a, float b)
{
    return a > b ? a : b;
}

static float least_of(float a, float b)
{
    return a < b ? a : b;
}

static bool is_shadow(const struct mode *mode, const struct mode *now)
{
    float share = now->y / most_of(mode->y, 1.0F);
    float du = now->u - 128 - share * (mode->u - 128), dv = now->v - 128 - share * (mode->v - 128);
    return share >= 0.72F && share <= 1.0F && du * du + dv * dv < 9.0F * mode->variance;
}

static void move_ahead(struct mode *modes, int index)
{
    for (; index > 0 && modes[index - 1].weight < modes[index].weight; index--) {
        struct mode lighter = modes[index - 1];
        modes[index - 1] = modes[index];
        modes[index] = lighter;
    }
}

static void support(struct mode *modes, int index, const struct mode *now, float distance, float rate)
{
    struct mode *mode = &modes[index];
    float share = least_of(rate / mode->weight, 1.0F);
    mode->y += share * (now->y - mode->y);
    mode->u += share * (now->u - mode->u);
    mode->v += share * (now->v - mode->v);
    mode->variance = least_of(most_of(mode->variance + share * (distance - mode->variance), 6.0F), 80.0F);
    move_ahead(modes, index);
}

static void begin(struct mode *modes, const struct mode *now, float rate)
{
    int index = 0;
    while (index < MODES - 1 && modes[index].weight > 0.0F)
        index++;
    modes[index] = (struct mode){most_of(rate, 1e-6F), 20.0F, now->y, now->u, now->v};
    move_ahead(modes, index);
}

/* Whether it is a figure's; learns. */
static bool look_at_one(struct mode *modes, const struct mode *now, float rate, float held_rate)
{
    bool background = false, shadow = false;
    int match = -1;
    float heavier = 0.0F, match_distance = 0.0F, sum = 0.0F;
    for (int i = 0; i < MODES && modes[i].weight > 0.0F; i++) {
        float dy = now->y - modes[i].y, du = now->u - modes[i].u, dv = now->v - modes[i].v;
        float distance = dy * dy + du * du + dv * dv;
        if (heavier < 0.9F) {
            background = background || distance < 20.0F * modes[i].variance;
            shadow = shadow || is_shadow(&modes[i], now);
        }
        heavier += modes[i].weight;
        if (match < 0 && distance < 9.0F * modes[i].variance) {
            match = i;
            match_distance = distance;
        }
    }
    float used = background ? rate : held_rate;
    for (int i = 0; i < MODES; i++) {
        modes[i].weight = modes[i].weight * (1.0F - used) - used * 0.05F;
        modes[i].weight = i == match ? modes[i].weight + used : most_of(modes[i].weight, 0.0F);
    }
    if (match >= 0)
        support(modes, match, now, match_distance, used);
    else
        begin(modes, now, used);
    for (int i = 0; i < MODES; i++)
        sum += modes[i].weight;
    for (int i = 0; i < MODES; i++)
        modes[i].weight /= sum;
    return !background && !shadow;
}

/* ---- tests ---- */

/* Some stay as they are, some flicker between two and three ways, some jump; some become darker, some are held. */
static void draw_pixel(size_t i, int picture)
{
    static const float ways[] = {60.0F, 110.0F, 180.0F, 230.0F};
    const uint32_t kind = (uint32_t)(i / MIXTURE_GROUP % 8);
    uint32_t way = 0;
    if (kind >= 3)
        way = chance(10) < kind ? chance(kind < 6 ? 2 : 4) : 0;
    if (kind == 2 && picture % 50 > 40)
        way = i % 2;
    y[i] = ways[way] + (float)chance(90) / 10.0F;
    u[i] = 128.0F + (float)(way * 7) + (float)chance(3);
    v[i] = 120.0F - (float)(way * 5) + (float)chance(3);
    if (kind == 1 && picture % 20 > 15)
        y[i] *= 0.8F;
    hold[i] = kind == 4 || (kind == 5 && i % 3 == 0);
}

static void assert_modes_are_the_model(size_t i)
{
    for (int m = 0; m < MODES; m++) {
        const struct mixture_look *look_of = &mixture.looks[m][i / MIXTURE_GROUP];
        const size_t at = i % MIXTURE_GROUP;
        const float weight = mixture.weights[m][i / MIXTURE_GROUP].of[at];
        assert_true(weight == model[i][m].weight);
        if (weight > 0.0F) {
            assert_true(look_of->variance[at] == model[i][m].variance);
            assert_true(look_of->y[at] == model[i][m].y);
            assert_true(look_of->u[at] == model[i][m].u);
            assert_true(look_of->v[at] == model[i][m].v);
        }
    }
}

static void a_group_learns_what_each_of_its_pixels_would(void **state)
{
    (void)state;
    uint32_t found = 0, several = 0;
    memset(model, 0, sizeof(model));
    for (int picture = 0; picture < PICTURES; picture++) {
        const float usual = picture < 30 ? 1.0F / (float)(picture + 1) : 1.0F / 150.0F;
        const struct mixture_rates rates = {usual, picture < 30 ? usual : usual * 0.1F};
        for (size_t i = 0; i < PIXELS; i++)
            draw_pixel(i, picture);
        look(&rates);
        for (size_t i = 0; i < PIXELS; i++) {
            const struct mode now = {0.0F, 0.0F, y[i], u[i], v[i]};
            const bool is_figure =
                look_at_one(model[i], &now, rates.usual, hold[i] ? rates.held : rates.usual);
            assert_int_equal(figures[i], is_figure);
            assert_modes_are_the_model(i);
            found += is_figure;
            several += model[i][1].weight > 0.0F;
        }
    }
    /* the scene has both */
    assert_in_range(found, PICTURES * PIXELS / 100, PICTURES * PIXELS / 2);
    assert_in_range(several, PICTURES * PIXELS / 10, PICTURES * PIXELS * 9 / 10);
}

/* The other modes' memory is not touched then. */
static void what_looks_the_same_has_one_mode(void **state)
{
    (void)state;
    for (size_t i = 0; i < PIXELS; i++)
        y[i] = u[i] = v[i] = 100.0F;
    for (int picture = 0; picture < 10; picture++)
        look(&(struct mixture_rates){1.0F / (float)(picture + 1), 0.1F});
    for (size_t group = 0; group < GROUPS; group++)
        assert_true(mixture.is_plain[group]);
    y[5] = 200.0F;
    look(&(struct mixture_rates){0.1F, 0.01F});
    assert_false(mixture.is_plain[1]);
    assert_int_equal(figures[5], 1);
    assert_int_equal(figures[4], 0);
    y[5] = 100.0F;
    for (int picture = 0; picture < 20; picture++)
        look(&(struct mixture_rates){0.1F, 0.01F});
    assert_true(mixture.is_plain[1]);
}

#define MIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIXTURE_TEST(a_group_learns_what_each_of_its_pixels_would),
        MIXTURE_TEST(what_looks_the_same_has_one_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
