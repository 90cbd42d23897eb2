/* Objects followed from frame to frame. */
#include <math.h>
#include <string.h>

#include "tracks_scene.h"

/* ---- the reference's numbers (spec/test-vectors) ---- */

/* Initialised when the hit counter exceeds min_initialized, 2 at 5 frames a second: with the third hit in a row. */
static void weak_detections_confirm_as_the_references(void **state)
{
    (void)state;
    begin(&(struct tracks_settings){.fps = 5.0, .start_score = 0.4f});
    for (int hit = 1; hit <= 4; hit++) {
        see_one(100, 100, 0.45f);
        assert_int_equal(only()->confirmed, hit >= 3);
        assert_int_equal(only()->present, hit >= 3);
    }
    /* A miss takes back what a hit gave: counter 1, 0, 1, 2, 1, 2, 3. */
    static const bool seen[] = {true, false, true, true, false, true, true};
    begin(&(struct tracks_settings){.fps = 5.0, .start_score = 0.4f});
    for (int i = 0; i < 7; i++) {
        if (seen[i])
            see_one(100, 100, 0.45f);
        else
            see_nothing(1);
        assert_int_equal(only()->confirmed, i == 6);
    }
}

/* As the pipeline marks what may not begin an object, though its score is high. */
static void what_is_marked_weak_starts_nothing(void **state)
{
    (void)state;
    begin_at(5.0);
    struct detection detection = person(100, 100, SURE);
    detection.weak = true;
    for (int i = 0; i < 5; i++)
        see(&detection, 1);
    assert_int_equal(count_tracks(), 0);
    for (int i = 0; i < 3; i++)
        see_one(100, 100, SURE);
    see(&detection, 1);
    assert_int_equal(only()->disappeared, 0);
}

/* One detection: counter 1, alive at 0, gone below. */
static void a_single_detection_is_soon_forgotten(void **state)
{
    (void)state;
    begin_at(5.0);
    see_one(100, 100, SURE);
    see_nothing(1);
    assert_int_equal(count_tracks(), 1);
    see_nothing(1);
    assert_int_equal(count_tracks(), 0);
}

/* 30 hits, then none: gone with the 26th missed frame. */
static void a_lost_track_ends_with_the_26th_miss(void **state)
{
    (void)state;
    begin_at(5.0);
    for (int i = 0; i < 30; i++)
        see_one(100, 100, SURE);
    see_nothing(25);
    assert_int_equal(only()->disappeared, 25);
    see_nothing(1);
    assert_int_equal(count_tracks(), 0);
}

/* ---- what the reference does not do ---- */

/* A dog takes a person's place; the person's track must not go on with it. */
static void labels_never_mix(void **state)
{
    (void)state;
    begin_at(10.0);
    struct detection detection = person(100, 100, SURE);
    for (int i = 0; i < 10; i++)
        see(&detection, 1);
    uint64_t id = only()->id;
    detection.label = 1;
    for (int i = 0; i < 10; i++)
        see(&detection, 1);
    assert_int_equal(count_tracks(), 2);
    for (int i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &tracks.list[i];
        if (track->id == id)
            assert_true(track->label == 0 && track->hits == 10 && track->disappeared == 10);
        else if (track->id != 0)
            assert_true(track->label == 1 && track->hits == 10);
    }
}

static void weak_detections_never_start_a_track(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 50; i++)
        see_one(100, 100, 0.69f);
    assert_int_equal(count_tracks(), 0);
}

static void weak_detections_go_on_with_a_track(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 5; i++)
        see_one(100, 100, SURE);
    for (int i = 0; i < 100; i++)
        see_one(100 + i, 100, WEAK);
    assert_int_equal(only()->hits, 105);
    assert_int_equal(only()->disappeared, 0);
    assert_in_range(only()->estimate.x1, 180, 205);
}

/* A weak detection beside a sure one does not take its track, however near it is. */
static void sure_detections_come_first(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 5; i++)
        see_one(100, 100, SURE);
    const struct detection both[] = {person(100, 100, WEAK), person(106, 100, SURE)};
    see(both, 2);
    assert_int_equal(only()->detected.x1, 106);
    assert_int_equal(tracks.track_of[0], TRACKS_NONE);
    assert_int_equal(tracks.track_of[1], only() - tracks.list);
}

/*
 * Somebody comes out from behind another one: seen weakly at first, then surely, when the other one has gone. Both were
 * seen at once, so that the number does not go over.
 */
static void who_leaves_does_not_hand_over_the_number(void **state)
{
    (void)state;
    begin_at(25.0);
    for (int i = 0; i < 25; i++)
        see_one(100, 100, SURE);
    uint64_t id = only()->id;
    const struct detection both[] = {person(100, 100, SURE), person(126, 100, 0.5f)};
    for (int i = 0; i < 3; i++)
        see(both, 2);
    assert_int_equal(count_tracks(), 1);
    see_one(126, 100, 0.8f);
    assert_int_equal(count_tracks(), 2);
    assert_true(tracks.list[tracks.track_of[0]].id != id);
}

/* Walks behind something for two seconds and comes out where it should. */
static void is_picked_up_after_an_occlusion(void **state)
{
    (void)state;
    static const double rates[] = {5.0, 10.0, 25.0};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        double step = 40.0 / rates[i]; /* one width a second */
        int frame = 0, hidden_at = (int)(3.0 * rates[i]), back_at = (int)(5.0 * rates[i]);
        begin_at(rates[i]);
        for (; frame < hidden_at; frame++)
            see_one((int32_t)lround(100.0 + step * frame), 100, SURE);
        uint64_t id = only()->id;
        for (; frame < back_at; frame++) {
            see_nothing(1);
            assert_int_equal(only()->disappeared, frame - hidden_at + 1);
        }
        assert_true(only()->confirmed && !only()->present);
        see_one((int32_t)lround(100.0 + step * frame), 100, SURE);
        assert_true(only()->id == id && only()->present && only()->disappeared == 0);
    }
}

/* Stops behind it and comes out where it was seen last, far from where it was expected. */
static void is_picked_up_where_it_was_seen_last(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 30; i++)
        see_one(100 + 6 * i, 100, SURE);
    uint64_t id = only()->id;
    see_nothing(15);
    assert_true(only()->estimate.x1 > 340);
    see_one(280, 100, SURE);
    assert_true(only()->id == id);
}

/* Comes out so far away that it could be another; when it is confirmed it is the lost one after all. */
static void a_new_track_is_recognised_as_a_lost_one(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 20; i++)
        see_one(100, 100, SURE);
    uint64_t id = only()->id;
    see_nothing(20);
    see_one(250, 100, SURE); /* farther than lost tracks are looked for */
    assert_int_equal(count_tracks(), 2);
    see_one(210, 100, SURE);
    assert_true(only()->id == id && only()->confirmed && only()->hits == 22);
}

/* Only for a moment is a prediction relied on. */
static void a_prediction_is_relied_on_for_a_moment(void **state)
{
    (void)state;
    begin_at(20.0);
    for (int i = 0; i < 20; i++)
        see_one(100 + 4 * i, 100, SURE);
    for (int missed = 1; missed <= 20; missed++) {
        see_nothing(1);
        assert_int_equal(only()->present, missed <= 5);
        assert_int_equal(only()->disappeared, missed);
    }
}

/* ... for longer when it is clear why it isn't seen. */
static void a_prediction_behind_something_is_relied_on_for_longer(void **state)
{
    (void)state;
    begin_at(20.0);
    const struct detection front = {.box = {90, 90, 150, 230}, .score = SURE};
    const struct detection both[] = {front, person(100, 100, SURE)};
    for (int i = 0; i < 20; i++)
        see(both, 2);
    for (int missed = 1; missed <= 10; missed++) {
        see(both, 1);
        for (int i = 0; i < TRACKS_MAX; i++)
            if (tracks.list[i].id != 0 && tracks.list[i].disappeared > 0)
                assert_int_equal(tracks.list[i].present, missed <= 7);
    }
    assert_int_equal(count_tracks(), 2);
}

/* What is cut off by the frame's side is where it is predicted two times in ten. */
static void a_prediction_at_the_side_is_not_relied_on(void **state)
{
    (void)state;
    begin_at(20.0);
    for (int i = 0; i < 20; i++)
        see_one(i, 100, SURE);
    see_nothing(1);
    assert_true(only()->present);
    begin_at(20.0);
    for (int i = 0; i < 20; i++)
        see_one(20 - i, 100, SURE);
    assert_true(only()->present);
    see_nothing(1);
    assert_false(only()->present);
}

static void the_prediction_of_a_weak_detection_is_not_relied_on(void **state)
{
    (void)state;
    begin_at(20.0);
    for (int i = 0; i < 20; i++)
        see_one(100, 100, SURE);
    see_one(100, 100, WEAK);
    assert_true(only()->present);
    see_nothing(1);
    assert_true(only()->confirmed && !only()->present);
}

static void what_left_the_frame_ends(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 15; i++)
        see_one(560 + 5 * i, 100, SURE);
    see_nothing(10);
    assert_int_equal(count_tracks(), 0);
}

/* Nothing is missed in frames that nobody looked at. */
static void frames_without_a_detector_are_no_misses(void **state)
{
    (void)state;
    begin_at(10.0);
    for (int i = 0; i < 10; i++)
        see_one(100 + 4 * i, 100, SURE);
    struct track before = *only();
    for (int i = 0; i < 1000; i++)
        tracks_hold(&tracks, now_ns += step_ns);
    assert_true(only()->id == before.id && only()->age == before.age && only()->hits == before.hits);
    assert_true(only()->present && only()->disappeared == 0);
    assert_in_range(only()->estimate.x1, before.estimate.x1, before.estimate.x1 + 40); /* rolled out */
    see_nothing(3);
    uint32_t missed = only()->disappeared;
    tracks_hold(&tracks, now_ns += step_ns);
    assert_int_equal(only()->disappeared, missed);
}

/* Two detections of one object make one track. */
static void doubles_start_nothing(void **state)
{
    (void)state;
    const struct detection doubles[] = {person(100, 100, SURE), person(105, 102, 0.9f)};
    begin_at(10.0);
    for (int i = 0; i < 10; i++)
        see(doubles, 2);
    assert_int_equal(only()->hits, 10);
}

/* ---- colours ---- */

enum { PICTURE_BYTES = FRAME_WIDTH * FRAME_HEIGHT * 3 / 2 };

static void dress(uint8_t *pixels, const struct camd_box *box, uint8_t luma)
{
    for (int y = box->y1; y < box->y2; y++)
        memset(pixels + y * FRAME_WIDTH + box->x1, luma, (size_t)(box->x2 - box->x1));
}

/* Two people meet, stop, turn round: by their boxes alone they seem to have passed each other. */
static void colours_tell_who_turned_round(void **state)
{
    (void)state;
    static uint8_t pixels[PICTURE_BYTES];
    uint64_t dark_id = 0;
    begin_at(10.0);
    for (int frame = 0; frame < 40; frame++) {
        int apart = frame < 20 ? 120 - 6 * frame : 6 * (frame - 20);
        const struct detection both[] = {person(280 - apart, 100, SURE), person(280 + apart, 100, SURE)};
        memset(pixels, 128, sizeof(pixels));
        dress(pixels, &both[1].box, 200);
        dress(pixels, &both[0].box, 40);
        tracks_update(&tracks, both, frame > 17 && frame < 24 ? 1 : 2, pixels, now_ns += step_ns);
        if (frame == 10)
            dark_id = tracks.list[tracks.track_of[0]].id;
    }
    assert_int_equal(count_tracks(), 2);
    assert_true(tracks.list[tracks.track_of[0]].id == dark_id);
    assert_true(tracks.list[tracks.track_of[1]].id != dark_id);
}

/*
 * A box at the same place, missed for one frame, was refused because of its colours: tracks broke into pieces although
 * the detections were perfect.
 */
static void colours_never_refuse_a_box_where_it_should_be(void **state)
{
    (void)state;
    static uint8_t pixels[PICTURE_BYTES];
    static const double rates[] = {5.0, 10.0, 25.0};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const struct detection one = person(300, 100, SURE);
        begin_at(rates[i]);
        for (int frame = 0; frame < 40; frame++) {
            memset(pixels, 128, sizeof(pixels));
            dress(pixels, &one.box, frame < 20 ? 20 : 235); /* the lamp goes on */
            tracks_update(&tracks, &one, frame != 20, pixels, now_ns += step_ns);
            assert_int_equal(count_tracks(), 1);
        }
        assert_int_equal(only()->hits, 39);
    }
}

/* ---- time ---- */

static void assert_x(double expected, double tolerance)
{
    double x = (only()->box.x1 + only()->box.x2) / 2.0 - 20.0;
    if (!(fabs(x - expected) <= tolerance))
        fail_msg("it is at %.1f, not at %.1f", x, expected);
}

/* Sight, 1: what was skipped, or came late, counted as one frame, and the track lagged behind. */
static void skipped_frames_are_time_that_passed(void **state)
{
    (void)state;
    begin_at(5.0);
    for (int i = 0; i < 20; i++)
        see_one(100 + 10 * i, 100, SURE); /* 50 pixels a second */
    assert_x(290.0, 2.0);
    now_ns += 3 * step_ns;
    see_nothing(1); /* 0.8 seconds later */
    assert_x(330.0, 8.0);
    see_one(340, 100, SURE);
    assert_int_equal(only()->hits, 21);
    assert_x(340.0, 3.0);
}

/* At half of the rate that was set, as when the machine can't keep up. */
static void another_rate_than_was_set_gives_the_same(void **state)
{
    (void)state;
    double ends[2];
    for (int slow = 0; slow < 2; slow++) {
        begin_at(10.0);
        for (int ms = 0; ms <= 4000; ms += slow ? 200 : 100) {
            now_ns = (int64_t)(ms + 1000) * 1000000 - step_ns;
            see_one(100 + ms / 20, 100, SURE);
        }
        see_nothing(1);
        ends[slow] = only()->box.x1;
    }
    assert_true(fabs(ends[0] - 305.0) < 2.0 && fabs(ends[1] - 305.0) < 2.0);
}

/* Nothing came from the camera for longer than lost objects are looked for; who waited there is the same. */
static void who_waited_through_a_gap_is_the_same(void **state)
{
    (void)state;
    begin_at(5.0);
    for (int i = 0; i < 20; i++)
        see_one(300, 100, SURE);
    uint64_t id = only()->id;
    now_ns += INT64_C(20000000000);
    see_one(303, 101, SURE);
    assert_true(only()->id == id);
    now_ns += INT64_C(20000000000);
    see_nothing(1);
    assert_int_equal(count_tracks(), 0);
}

/* The detector was away for two seconds. */
static void who_walked_on_while_nobody_looked_is_the_same(void **state)
{
    (void)state;
    begin_at(5.0);
    for (int i = 0; i < 20; i++)
        see_one(100 + 10 * i, 100, SURE);
    uint64_t id = only()->id;
    for (int i = 0; i < 10; i++)
        tracks_hold(&tracks, now_ns += step_ns);
    see_one(400, 100, SURE);
    assert_true(only()->id == id);
}

/* A camera whose clock stands still or runs back: its frames count as those of the rate that was set. */
static void time_that_does_not_rise_is_the_usual_time(void **state)
{
    (void)state;
    begin_at(10.0);
    step_ns = 0;
    for (int i = 0; i < 20; i++)
        see_one(100 + 5 * i, 100, SURE);
    step_ns = -1000000;
    for (int i = 20; i < 40; i++)
        see_one(100 + 5 * i, 100, SURE);
    assert_int_equal(only()->hits, 40);
    see_nothing(1);
    assert_x(300.0, 3.0);
}

/* What is there in the first frame did not have to appear in it. */
static void what_is_there_at_first_is_believed_sooner(void **state)
{
    (void)state;
    const struct detection both[] = {person(100, 100, 0.9f), person(300, 100, 0.6f)};
    tracks_init(&tracks, &(struct tracks_settings){.fps = 10.0, .start_score = 0.5f}, FRAME_WIDTH,
                FRAME_HEIGHT);
    tracks_update(&tracks, both, 2, NULL, 0);
    assert_true(tracks.list[tracks.track_of[0]].present);
    assert_false(tracks.list[tracks.track_of[1]].confirmed);
    begin_at(10.0);
    see(both, 1);
    assert_false(only()->confirmed);
    see(both, 1);
    see(both, 1);
    assert_true(only()->confirmed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_detections_confirm_as_the_references),
        cmocka_unit_test(what_is_marked_weak_starts_nothing),
        cmocka_unit_test(a_single_detection_is_soon_forgotten),
        cmocka_unit_test(a_lost_track_ends_with_the_26th_miss),
        cmocka_unit_test(labels_never_mix),
        cmocka_unit_test(weak_detections_never_start_a_track),
        cmocka_unit_test(weak_detections_go_on_with_a_track),
        cmocka_unit_test(sure_detections_come_first),
        cmocka_unit_test(who_leaves_does_not_hand_over_the_number),
        cmocka_unit_test(is_picked_up_after_an_occlusion),
        cmocka_unit_test(is_picked_up_where_it_was_seen_last),
        cmocka_unit_test(a_new_track_is_recognised_as_a_lost_one),
        cmocka_unit_test(a_prediction_is_relied_on_for_a_moment),
        cmocka_unit_test(a_prediction_behind_something_is_relied_on_for_longer),
        cmocka_unit_test(a_prediction_at_the_side_is_not_relied_on),
        cmocka_unit_test(the_prediction_of_a_weak_detection_is_not_relied_on),
        cmocka_unit_test(what_left_the_frame_ends),
        cmocka_unit_test(frames_without_a_detector_are_no_misses),
        cmocka_unit_test(doubles_start_nothing),
        cmocka_unit_test(colours_tell_who_turned_round),
        cmocka_unit_test(colours_never_refuse_a_box_where_it_should_be),
        cmocka_unit_test(skipped_frames_are_time_that_passed),
        cmocka_unit_test(another_rate_than_was_set_gives_the_same),
        cmocka_unit_test(who_waited_through_a_gap_is_the_same),
        cmocka_unit_test(who_walked_on_while_nobody_looked_is_the_same),
        cmocka_unit_test(time_that_does_not_rise_is_the_usual_time),
        cmocka_unit_test(what_is_there_at_first_is_believed_sooner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
