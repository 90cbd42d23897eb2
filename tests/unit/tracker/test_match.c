/* What a detection and a track are worth as a pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tracker/match.h"

static const struct track_frame FRAME = {.width = 640.0, .height = 480.0};
static const struct track_rules RULES = {.start_score = 0.5, .least_worth = 0.3};

static struct detection detection;

static struct track_look look_at(double x, double y, double width, double height, float score)
{
    detection = (struct detection){
        .box = {(int32_t)x, (int32_t)y, (int32_t)(x + width), (int32_t)(y + height)}, .score = score};
    return (struct track_look){.detection = &detection, .box = {x, y, x + width, y + height}};
}

/* Somebody at rest for two seconds, 40 by 100, and then missed for that long. */
static struct track at(double x, double y, double missed_s)
{
    struct track track;
    struct track_look look = look_at(x, y, 40, 100, 0.9F);
    track_begin(&track, 1, &FRAME, &look, &RULES);
    for (int i = 0; i < 20; i++) {
        track_predict(&track, &FRAME, 0.1);
        track_hit(&track, &FRAME, &look, &RULES);
    }
    track_predict(&track, &FRAME, 0.1);
    for (double passed = 0.1; passed < missed_s - 0.05; passed += 0.1)
        track_predict(&track, &FRAME, 0.1);
    return track;
}

static double worth(const struct track *track, struct track_look look)
{
    return match_worth(track, &look, &FRAME);
}

static void the_nearer_the_better(void **state)
{
    (void)state;
    struct track track = at(300, 200, 0.1);
    double before = worth(&track, look_at(300, 200, 40, 100, 0.9F));
    assert_true(before > 5.0);
    for (int off = 5; off <= 100; off += 5) {
        double now = worth(&track, look_at(300 + off, 200, 40, 100, 0.9F));
        assert_true(now < before || (now == 0.0 && before == 0.0));
        before = now;
    }
    assert_true(before == 0.0);
    assert_true(worth(&track, look_at(300, 200, 40, 200, 0.9F)) == 0.0);
}

/* What was missed may be farther away, and a detection where it was says less. */
static void what_was_missed_may_be_farther_away(void **state)
{
    (void)state;
    struct track seen = at(300, 200, 0.1), missed = at(300, 200, 1.5);
    assert_true(worth(&seen, look_at(360, 200, 40, 100, 0.9F)) == 0.0);
    assert_true(worth(&missed, look_at(360, 200, 40, 100, 0.9F)) > 0.0);
    assert_true(worth(&seen, look_at(300, 200, 40, 100, 0.9F)) >
                worth(&missed, look_at(300, 200, 40, 100, 0.9F)));
}

/* Near and far, small and large: the same in sizes of the object. */
static void sizes_are_the_measure(void **state)
{
    (void)state;
    struct track_frame wide = {.width = 1e6, .height = 1e6};
    double worths[2];
    for (int i = 0; i < 2; i++) {
        double scale = i == 0 ? 1.0 : 10.0;
        struct track track;
        struct track_look look = look_at(5000, 5000, 40 * scale, 100 * scale, 0.9F);
        track_begin(&track, 1, &wide, &look, &RULES);
        track_predict(&track, &wide, 0.2);
        look = look_at(5000 + 20 * scale, 5000, 40 * scale, 100 * scale, 0.9F);
        worths[i] = match_worth(&track, &look, &wide);
    }
    assert_true(worths[0] > 0.0 && worths[1] > 0.0);
    assert_true(worths[0] - worths[1] < 0.5 && worths[1] - worths[0] < 0.5);
}

static void another_label_is_worth_nothing(void **state)
{
    (void)state;
    struct track track = at(300, 200, 0.1);
    struct track_look look = look_at(300, 200, 40, 100, 0.9F);
    detection.label = 1;
    assert_true(match_worth(&track, &look, &FRAME) == 0.0);
}

/* At a side it may have come in; away from it, it had to come from somewhere. */
static void inside_it_is_rather_known_already(void **state)
{
    (void)state;
    struct track inside = at(300, 200, 0.1), beside = at(600, 200, 0.1);
    double difference =
        worth(&inside, look_at(300, 200, 40, 100, 0.9F)) - worth(&beside, look_at(600, 200, 40, 100, 0.9F));
    assert_true(difference > 1.0 && difference < 2.0);
}

static struct colour plain(int bin)
{
    struct colour colour = {.known = true, .chroma = 40.0F};
    for (int part = 0; part < COLOUR_PARTS; part++)
        for (int plane = 0; plane < COLOUR_PLANES; plane++)
            colour.bins[part][plane][bin] = 1.0F;
    return colour;
}

/* Sight, 4: however unlike, the same place counts for more; alike, it may be somewhat farther. */
static void colours_speak_within_bounds(void **state)
{
    (void)state;
    struct track track = at(300, 200, 0.1);
    struct track_look look = look_at(300, 200, 40, 100, 0.9F);
    double without = match_worth(&track, &look, &FRAME);
    track.colour = plain(3);
    look.colour = plain(8);
    double unlike = match_worth(&track, &look, &FRAME);
    look.colour = plain(3);
    double alike = match_worth(&track, &look, &FRAME);
    assert_true(unlike > 1.0 && unlike < without && without < alike);
    assert_true(without - unlike < 4.0 && alike - without < 4.0);
}

static void what_was_left_over_is_rather_anothers(void **state)
{
    (void)state;
    struct track seen = at(300, 200, 0.1), missed = at(300, 200, 0.2);
    struct track_look look = look_at(310, 200, 40, 100, 0.9F);
    look.left_over = 0.9;
    double others = match_worth(&seen, &look, &FRAME), missed_others = match_worth(&missed, &look, &FRAME);
    look.left_over = 0.0;
    assert_true(others + 2.0 < match_worth(&seen, &look, &FRAME));
    assert_true(missed_others == match_worth(&missed, &look, &FRAME)); /* it may have been the track's then */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearer_the_better),
        cmocka_unit_test(what_was_missed_may_be_farther_away),
        cmocka_unit_test(sizes_are_the_measure),
        cmocka_unit_test(another_label_is_worth_nothing),
        cmocka_unit_test(inside_it_is_rather_known_already),
        cmocka_unit_test(colours_speak_within_bounds),
        cmocka_unit_test(what_was_left_over_is_rather_anothers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
