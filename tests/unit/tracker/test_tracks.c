/* Objects followed from frame to frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/tracks.h"

enum { FRAME_WIDTH = 640, FRAME_HEIGHT = 480 };

static const float SURE = 0.95f, WEAK = 0.3f;

static struct tracks tracks, twin;

/* Of the last frame, and how much later the next one is taken. */
static int64_t now_ns, step_ns;

static void begin(const struct tracks_settings *settings)
{
    now_ns = 0;
    step_ns = settings->fps >= 1.0 && settings->fps <= 1000.0 ? (int64_t)(1e9 / settings->fps) : 1000000000;
    tracks_init(&tracks, settings, FRAME_WIDTH, FRAME_HEIGHT);
    tracks_update(&tracks, NULL, 0, NULL, 0); /* what comes now appears */
}

static void begin_at(double fps)
{
    begin(&(struct tracks_settings){.fps = fps});
}

static struct detection person(int32_t x, int32_t y, float score)
{
    return (struct detection){.box = {x, y, x + 40, y + 100}, .score = score};
}

static void see(const struct detection *detections, uint32_t count)
{
    tracks_update(&tracks, detections, count, NULL, now_ns += step_ns);
}

static void see_one(int32_t x, int32_t y, float score)
{
    const struct detection detection = person(x, y, score);
    see(&detection, 1);
}

static void see_nothing(int frames)
{
    while (frames-- > 0)
        see(NULL, 0);
}

static uint32_t count_tracks(void)
{
    uint32_t count = 0;
    for (int i = 0; i < TRACKS_MAX; i++)
        count += tracks.list[i].id != 0;
    return count;
}

/* The only track there is. */
static const struct track *only(void)
{
    assert_int_equal(count_tracks(), 1);
    for (int i = 0; i < TRACKS_MAX; i++)
        if (tracks.list[i].id != 0)
            return &tracks.list[i];
    return NULL;
}

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

/* D17: a dog takes a person's place; the person's track must not go on with it. */
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
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
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
        memset(pixels, 128, sizeof pixels);
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
 * Findings of the sight, 4: a box at the same place, missed for one frame, was refused for its colours, and perfect
 * detections gave tracks in pieces.
 */
static void colours_never_refuse_a_box_where_it_should_be(void **state)
{
    (void)state;
    static uint8_t pixels[PICTURE_BYTES];
    static const double rates[] = {5.0, 10.0, 25.0};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct detection one = person(300, 100, SURE);
        begin_at(rates[i]);
        for (int frame = 0; frame < 40; frame++) {
            memset(pixels, 128, sizeof pixels);
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

/* ---- anything may come ---- */

static const int32_t EDGES[] = {INT32_MIN, -5000, -1, 0, 1, 100, 479, 480, 639, 640, 5000, INT32_MAX};
static const float SCORES[] = {NAN, INFINITY, -INFINITY, -1.0f, 0.0f, 0.3f, 0.7f, 0.95f, 1.0f, 2.0f};

static int32_t random_edge(void)
{
    return EDGES[(size_t)rand() % (sizeof EDGES / sizeof EDGES[0])];
}

static struct detection random_detection(void)
{
    struct detection detection =
        person(rand() % 700 - 30, rand() % 500 - 10, 0.4f + (float)(rand() % 60) / 100.0f);
    if (rand() % 10 == 0)
        detection.box = (struct camd_box){random_edge(), random_edge(), random_edge(), random_edge()};
    if (rand() % 10 == 0)
        detection.score = SCORES[(size_t)rand() % (sizeof SCORES / sizeof SCORES[0])];
    detection.label = (uint32_t)rand() % 3;
    return detection;
}

static void check_track(const struct track *track)
{
    const double numbers[] = {track->box.x1, track->box.y1,   track->box.x2,
                              track->box.y2, track->evidence, (double)track->score};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_true(isfinite(numbers[i]));
    assert_true(track->box.x2 > track->box.x1 && track->box.y2 > track->box.y1);
    assert_in_range(track->estimate.x1, 0, FRAME_WIDTH - 1);
    assert_in_range(track->estimate.x2, track->estimate.x1, FRAME_WIDTH - 1);
    assert_in_range(track->estimate.y1, 0, FRAME_HEIGHT - 1);
    assert_in_range(track->estimate.y2, track->estimate.y1, FRAME_HEIGHT - 1);
    assert_true(track->hits >= 1 && track->hits <= track->age);
    assert_true(track->confirmed || !track->present);
    assert_true(track->disappeared <= tracks.settings.max_disappeared);
}

/* Whoever has an id keeps its label; new ids are higher than all before. */
static void check_ids(uint64_t *highest, uint64_t last_next_id)
{
    assert_true(tracks.next_id >= last_next_id);
    for (int i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &tracks.list[i];
        if (track->id == 0)
            continue;
        check_track(track);
        assert_true(track->id < tracks.next_id);
        *highest = track->id > *highest ? track->id : *highest;
        for (int j = 0; j < i; j++)
            assert_true(tracks.list[j].id != track->id);
    }
}

static void check_assignment(const struct detection *detections, uint32_t count)
{
    bool taken[TRACKS_MAX] = {false};
    for (uint32_t i = 0; i < count; i++) {
        int32_t place = tracks.track_of[i];
        if (place == TRACKS_NONE)
            continue;
        assert_in_range(place, 0, TRACKS_MAX - 1);
        const struct track *track = &tracks.list[place];
        assert_false(taken[place]);
        taken[place] = true;
        assert_true(track->id != 0 && track->label == detections[i].label && track->disappeared == 0);
        assert_memory_equal(&track->detected, &detections[i].box, sizeof track->detected);
    }
}

static void check_twin(void)
{
    for (int i = 0; i < TRACKS_MAX; i++) {
        const struct track *a = &tracks.list[i], *b = &twin.list[i];
        assert_true(a->id == b->id && a->hits == b->hits && a->present == b->present);
        assert_memory_equal(&a->box, &b->box, sizeof a->box);
    }
}

/* Few and more than fit, of sorts that no detector would make; and the same again gives the same. */
static void anything_may_come(void **state)
{
    (void)state;
    static struct detection detections[DETECTIONS_MAX + 10];
    uint64_t highest = 0;
    srand(5);
    begin_at(7.0);
    tracks_init(&twin, &(struct tracks_settings){.fps = 7.0}, FRAME_WIDTH, FRAME_HEIGHT);
    tracks_update(&twin, NULL, 0, NULL, 0);
    for (int frame = 0; frame < 600; frame++) {
        uint64_t last_next_id = tracks.next_id;
        uint32_t count = (uint32_t)rand() % (frame % 50 == 0 ? DETECTIONS_MAX + 10 : 30);
        for (uint32_t i = 0; i < count; i++)
            detections[i] = random_detection();
        if (frame % 17 == 0) {
            tracks_hold(&tracks, now_ns);
            tracks_hold(&twin, now_ns);
            check_ids(&highest, last_next_id);
            continue;
        }
        tracks_update(&tracks, detections, count, NULL, now_ns);
        tracks_update(&twin, detections, count, NULL, now_ns);
        check_ids(&highest, last_next_id);
        check_assignment(detections, count < DETECTIONS_MAX ? count : DETECTIONS_MAX);
        check_twin();
    }
    assert_true(highest > 500);
}

/* More objects than places: those that are there stay, new ones wait until one is missed. */
static void full_list_keeps_who_is_seen(void **state)
{
    (void)state;
    static struct detection crowd[TRACKS_MAX + 10];
    begin_at(10.0);
    for (int i = 0; i < TRACKS_MAX + 10; i++)
        crowd[i] = (struct detection){.box = {i % 16 * 40, i / 16 * 50, i % 16 * 40 + 15, i / 16 * 50 + 40},
                                      .score = SURE};
    for (int frame = 0; frame < 5; frame++)
        see(crowd, TRACKS_MAX + 10);
    assert_int_equal(count_tracks(), TRACKS_MAX);
    for (int i = 0; i < TRACKS_MAX; i++)
        assert_int_equal(tracks.list[i].hits, 5);
    see(crowd + 10, TRACKS_MAX);
    assert_int_equal(count_tracks(), TRACKS_MAX);
    for (int i = 0; i < TRACKS_MAX; i++)
        assert_int_equal(tracks.track_of[i] != TRACKS_NONE, true);
}

static void settings_that_make_no_sense_are_harmless(void **state)
{
    (void)state;
    static const double rates[] = {0.0, -1.0, NAN, INFINITY, 1e300, 1e-300};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        begin_at(rates[i]);
        for (int frame = 0; frame < 10; frame++)
            see_one(100, 100, SURE);
        see_nothing(1);
        check_track(only());
    }
    tracks_init(&tracks, &(struct tracks_settings){.fps = 5.0}, 0, 0);
    see_one(100, 100, SURE);
    assert_int_equal(count_tracks(), 0);
}

/* Frames of another size: other tracks, and never an id of before. */
static void another_size_ends_tracks_but_not_ids(void **state)
{
    (void)state;
    begin_at(10.0);
    see_one(100, 100, SURE);
    uint64_t id = only()->id;
    tracks_set_size(&tracks, 320, 240);
    assert_int_equal(count_tracks(), 0);
    see_one(100, 100, SURE);
    assert_true(only()->id > id);
}

static void defaults_follow_the_frame_rate(void **state)
{
    (void)state;
    begin_at(5.0);
    assert_int_equal(tracks.settings.max_disappeared, 25);
    assert_int_equal(tracks.settings.min_initialized, 2);
    tracks_configure(&tracks, &(struct tracks_settings){.fps = 25.0});
    assert_int_equal(tracks.settings.max_disappeared, 125);
    assert_int_equal(tracks.settings.min_initialized, 12);
    tracks_configure(&tracks,
                     &(struct tracks_settings){.fps = 25.0, .max_disappeared = 7, .min_initialized = 3});
    assert_int_equal(tracks.settings.max_disappeared, 7);
    assert_int_equal(tracks.settings.min_initialized, 3);
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
        cmocka_unit_test(anything_may_come),
        cmocka_unit_test(full_list_keeps_who_is_seen),
        cmocka_unit_test(settings_that_make_no_sense_are_harmless),
        cmocka_unit_test(another_size_ends_tracks_but_not_ids),
        cmocka_unit_test(defaults_follow_the_frame_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
