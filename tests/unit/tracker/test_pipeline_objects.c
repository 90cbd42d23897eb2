/* Objects in the pipeline: a detector of our own that knows where things are, fails, or runs out of time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/box.h"
#include "tracker/object_message.h"
#include "tracker/pipeline.h"

enum { WIDTH = 640, HEIGHT = 480, FPS = 5, THINGS_MAX = 8, EVENTS_MAX = 1024, SIZE = 60 };

static const char labels[2][CAMD_LABEL_BYTES] = {"person", "car"};

static struct pipeline pipeline;
static struct settings settings;
static struct camd_result result;
static uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
static int64_t now_ns, clock_set_ns; /* by which the clock on the wall was set, since they were the same */
static uint64_t frame_id;

/* What there is, what the detector does, and what was heard of it. */
static struct {
    struct camd_box box;
    float score;
    uint32_t label;
    bool visible;
} things[THINGS_MAX];
static uint32_t crowd;   /* so many small objects side by side, found in every frame beside the things */
static int unseen_thing; /* found, though the picture does not show it; -1: none */
static uint8_t level;    /* of the picture where no thing is */
static int detector_error;
static uint32_t detector_answers; /* regions of a frame for which there is time */
static uint32_t asked, calls;
static struct camd_box asked_regions[CAMD_REGIONS_MAX];
static struct {
    enum object_phase phase;
    enum object_reason reason;
    uint64_t id;
    uint32_t label;
    double speed; /* -1: null */
} events[EVENTS_MAX];
static uint32_t event_count, samples;

static int detect(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                  uint32_t region_count, struct detection_list *found, uint32_t *answered)
{
    (void)context;
    assert_ptr_equal(frame->pixels, pixels);
    calls++;
    asked = region_count;
    memcpy(asked_regions, regions, region_count * sizeof(*regions));
    *answered = region_count < detector_answers ? region_count : detector_answers;
    for (uint32_t i = 0; i < *answered; i++)
        for (int k = 0; k < THINGS_MAX; k++)
            if ((things[k].visible || k == unseen_thing) && box_contains(&regions[i], &things[k].box))
                found->list[found->count++] = (struct detection){.box = things[k].box,
                                                                 .region = regions[i],
                                                                 .score = things[k].score,
                                                                 .label = things[k].label};
    for (uint32_t i = 0; i < crowd && found->count < DETECTIONS_MAX; i++) {
        const int32_t x = (int32_t)(i % 30) * 20 + 5, y = (int32_t)(i / 30) * 24 + 5;
        found->list[found->count++] =
            (struct detection){.box = {x, y, x + 14, y + 18}, .region = regions[0], .score = .9F, .label = 0};
    }
    return detector_error;
}

static void heard(void *context, const struct object_event *event)
{
    json_t *message = report_object(event, &pipeline.policy, &pipeline.settings);
    assert_ptr_equal(context, &events);
    assert_non_null(message);
    const json_t *speed = json_object_get(message, "speed");
    assert_true(json_is_null(speed) || json_is_real(speed));
    events[event_count % EVENTS_MAX].speed = json_is_null(speed) ? -1 : json_number_value(speed);
    json_decref(message);
    samples += report_is_grid_sample(event);
    assert_true(event_count < EVENTS_MAX);
    events[event_count].phase = event->phase;
    events[event_count].reason = event->reason;
    events[event_count].id = event->object->id;
    events[event_count++].label = event->object->label;
}

static void configure(const char *text)
{
    char problem[SETTINGS_PROBLEM_BYTES];
    json_t *config = json_loads(text, 0, NULL);
    assert_non_null(config);
    if (tracker_settings_read(config, &settings, problem) < 0)
        fail_msg("%s", problem);
    json_decref(config);
}

#define DETECTOR                                                                                             \
    "\"detector\": {\"name\": \"a\", \"backend\": \"opencv-dnn\", \"width\": 320, \"height\": 320}"

static int set_up(void **state)
{
    (void)state;
    configure("{\"fps\": 5, \"objects_track\": [\"person\", \"car\"], " DETECTOR "}");
    memset(things, 0, sizeof(things));
    memset(pixels, 90, sizeof(pixels));
    unseen_thing = -1;
    crowd = 0;
    level = 90;
    detector_error = 0;
    detector_answers = CAMD_REGIONS_MAX;
    asked = calls = event_count = samples = 0;
    now_ns = 1000000;
    clock_set_ns = 0;
    frame_id = 0;
    struct pipeline_ports ports = {
        .detection = {.detect = detect}, .listener = {&events, heard}, .first_object_id = 100};
    pipeline_init(&pipeline, &settings);
    pipeline_connect(&pipeline, &ports);
    assert_int_equal(pipeline_set_size(&pipeline, WIDTH, HEIGHT), 0);
    pipeline_set_labels(&pipeline, labels, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pipeline_fini(&pipeline);
    return 0;
}

static void put(int thing, int32_t x, int32_t y)
{
    things[thing].box = (struct camd_box){x, y, x + SIZE, y + SIZE};
    things[thing].visible = true;
    if (things[thing].score == 0.0F)
        things[thing].score = .9F;
}

/* The picture shows the things as bright squares, so that they are motion when they come. */
static void frame(void)
{
    memset(pixels, level, (size_t)WIDTH * HEIGHT);
    for (int k = 0; k < THINGS_MAX; k++)
        for (int32_t y = things[k].box.y1; things[k].visible && y < things[k].box.y2; y++)
            memset(pixels + (size_t)y * WIDTH + things[k].box.x1, 250, SIZE);
    struct camd_frame next = {.pixels = pixels, .frame_id = ++frame_id, .wall_ns = now_ns + clock_set_ns};
    asked = 0;
    pipeline_frame(&pipeline, &next, false, now_ns);
    memset(&result, 0xee, sizeof(result));
    pipeline_write_result(&pipeline, now_ns, &result);
    now_ns += INT64_C(1000000000) / FPS;
}

static void frames(int count)
{
    for (int i = 0; i < count; i++)
        frame();
}

/* Until motion tells where to look. */
static void settle(void)
{
    frames(12);
    assert_false(pipeline.outcome.calibrating);
    calls = 0;
}

static void an_object_starts_is_shown_and_ends(void **state)
{
    (void)state;
    settle();
    assert_int_equal(calls, 0); /* nothing moves, nobody is asked */
    put(0, 200, 200);
    frames(6);
    assert_int_equal(result.object_count, 1);
    assert_memory_equal(&result.objects[0].box.x1, &(int32_t){200}, sizeof(int32_t));
    assert_int_equal(result.objects[0].id, 100);
    assert_int_equal(result.objects[0].label, 0);
    assert_int_equal(result.objects[0].flags, 0);
    assert_in_range(result.region_count, 1, 2);
    assert_int_equal(event_count, 1);
    assert_int_equal(events[0].phase, OBJECT_START);
    assert_int_equal(events[0].id, 100);
    things[0].visible = false;
    frames(8 * FPS);
    assert_int_equal(result.object_count, 0);
    assert_int_equal(event_count, 2);
    assert_int_equal(events[1].phase, OBJECT_END);
    assert_int_equal(events[1].reason, OBJECT_REASON_LOST);
    assert_int_equal(samples, 1);
    assert_int_equal(asked, 0);
}

static void an_object_that_was_last_at_the_side_left(void **state)
{
    (void)state;
    settle();
    for (int32_t x = 300; x < WIDTH - SIZE; x += 20) {
        put(0, x, 200);
        frame();
    }
    put(0, WIDTH - 1 - SIZE, 200);
    frame();
    things[0].visible = false;
    frames(8 * FPS);
    assert_int_equal(events[event_count - 1].phase, OBJECT_END);
    assert_int_equal(events[event_count - 1].reason, OBJECT_REASON_LEFT);
}

/* A time-out is an error, and never "no objects". */
static void a_detector_that_fails_says_nothing_about_objects(void **state)
{
    (void)state;
    settle();
    put(0, 200, 200);
    frames(6);
    detector_error = -ETIMEDOUT;
    detector_answers = 0;
    for (int i = 0; i < 20 * FPS; i++) {
        frame();
        assert_int_equal(pipeline.counts.error, -ETIMEDOUT);
        assert_int_equal(pipeline.counts.regions, 0);
    }
    assert_int_equal(event_count, 1); /* no end: nothing was missed */
    assert_int_equal(objects_present(&pipeline.objects), 1);
    assert_true(result.objects[0].flags & CAMD_OBJECT_PREDICTED);
    detector_error = 0;
    detector_answers = CAMD_REGIONS_MAX;
    frames(2);
    assert_int_equal(result.objects[0].id, 100);
    assert_int_equal(result.objects[0].flags, 0);
}

static void without_a_detector_there_it_is_an_error_too(void **state)
{
    (void)state;
    settle();
    pipeline.ports.detection.detect = NULL;
    put(0, 200, 200);
    frame();
    assert_int_equal(pipeline.counts.error, -EPIPE);
    assert_int_equal(result.motion_count, 1);
}

static void objects_for_which_there_was_no_time_do_not_age(void **state)
{
    (void)state;
    settle();
    for (int i = 0; i < 3; i++)
        put(i, 20 + 250 * i, 20 + 180 * i);
    frames(10);
    assert_int_equal(result.object_count, 3);
    uint32_t starts = event_count;
    assert_int_equal(starts, 3);
    detector_answers = 1;
    bool detected[3] = {false};
    for (int n = 0; n < 10 * FPS; n++) {
        frame();
        assert_int_equal(result.object_count, 3);
        assert_int_equal(pipeline.counts.left_out, asked - 1);
        for (int i = 0; i < 3; i++)
            detected[i] |= !(result.objects[i].flags & CAMD_OBJECT_PREDICTED);
    }
    assert_true(detected[0] && detected[1] && detected[2]);
    for (uint32_t i = starts; i < event_count; i++)
        assert_int_not_equal(events[i].phase, OBJECT_END);
}

/* With time for a region of three, what is lost is missed in a third of the frames, and looked for as long as any other. */
static void lost_objects_for_which_there_was_no_time_do_not_age(void **state)
{
    (void)state;
    settle();
    for (int i = 0; i < 3; i++)
        put(i, 20 + 250 * i, 20 + 180 * i);
    frames(10);
    assert_int_equal(event_count, 3);
    detector_answers = 1;
    things[0].visible = false;
    int lasted = 0;
    for (; lasted < 40 * FPS && (event_count == 3 || events[event_count - 1].phase != OBJECT_END); lasted++)
        frame();
    assert_in_range(lasted, 2 * 5 * FPS, 4 * 5 * FPS);
}

static void a_stationary_object_is_detected_anew_every_interval(void **state)
{
    (void)state;
    settings.tracking.stationary_threshold = 10;
    settings.tracking.stationary_interval = 20;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    settle();
    put(0, 200, 200);
    frames(200); /* learnt by motion as well */
    assert_true(result.objects[0].flags & CAMD_OBJECT_STATIONARY);
    assert_int_equal(result.motion_count, 0);
    uint32_t before = calls;
    frames(84);
    assert_int_equal(calls - before, 4); /* every 21st frame: after 20 without */
    assert_int_equal(result.object_count, 1);
    assert_int_equal(event_count, 2); /* start, stationary; a minute is not over since */
    assert_int_equal(events[1].phase, OBJECT_UPDATE);
}

static void weak_detections_go_on_with_an_object_but_begin_none(void **state)
{
    (void)state;
    settle();
    things[0].score = .3F;
    put(0, 200, 200);
    frames(10);
    assert_int_equal(result.object_count, 0);
    things[0].score = .9F;
    frames(6);
    assert_int_equal(result.object_count, 1);
    things[0].score = .3F;
    frames(20);
    assert_int_equal(result.object_count, 1);
    assert_int_equal(result.objects[0].flags & CAMD_OBJECT_PREDICTED, 0);
}

/* Sight, 7: the upper part of a person who sits down kept a track of its own beside that of the whole. */
static void a_weak_detection_inside_a_confident_one_is_the_same_object(void **state)
{
    (void)state;
    settle();
    put(0, 200, 200);
    frames(6);
    assert_int_equal(result.object_count, 1);
    put(1, 195, 195);
    things[1].box.y2 = 195 + 3 * SIZE;
    things[0].score = .3F;
    frames(6);
    for (int i = 0; i < 8 * FPS; i++) {
        frame();
        assert_int_equal(result.object_count, 1);
    }
    assert_int_equal(events[event_count - 1].phase, OBJECT_END);
}

/* Scenery that looks like a person: not sure, and it never moved. */
static void what_does_not_move_begins_an_object_only_when_sure(void **state)
{
    (void)state;
    settings.detection.letterbox = true;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    settle();
    put(0, 200, 200);
    frames(6);
    things[1].score = .6F; /* found only, never drawn: see frame() */
    things[1].box = (struct camd_box){400, 200, 400 + SIZE, 200 + SIZE};
    unseen_thing = 1;
    frames(10);
    assert_int_equal(result.object_count, 1);
    things[1].score = .75F;
    frames(10);
    assert_int_equal(result.object_count, 2);
    things[2].score = .6F; /* this one is seen to come */
    put(2, 300, 300);
    frames(10);
    assert_int_equal(result.object_count, 3);
}

static void labels_that_are_not_tracked_are_no_objects(void **state)
{
    (void)state;
    settle();
    things[0].label = 1;
    put(0, 200, 200);
    frames(6);
    assert_int_equal(result.object_count, 1);
    assert_int_equal(result.objects[0].label, 1);
    configure("{\"fps\": 5, \"objects_track\": [\"person\"], " DETECTOR "}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_int_equal(events[event_count - 1].phase, OBJECT_END);
    assert_int_equal(events[event_count - 1].reason, OBJECT_REASON_SETTINGS);
    frames(6);
    assert_int_equal(result.object_count, 0);
}

static void another_detector_or_size_ends_objects_once(void **state)
{
    (void)state;
    settle();
    put(0, 200, 200);
    frames(6);
    strcpy(settings.detection.name, "b");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_int_equal(event_count, 2);
    assert_int_equal(events[1].reason, OBJECT_REASON_SETTINGS);
    frames(6);
    assert_int_equal(event_count, 3);
    assert_int_not_equal(events[2].id, events[1].id);
    assert_int_equal(pipeline_set_size(&pipeline, WIDTH / 2, HEIGHT / 2), 0);
    assert_int_equal(events[3].reason, OBJECT_REASON_RESIZED);
    pipeline_end_objects(&pipeline, OBJECT_REASON_STOPPED);
    assert_int_equal(event_count, 4);
}

static void a_letterboxing_detector_gets_the_whole_frame(void **state)
{
    (void)state;
    settings.detection.letterbox = true;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    settle();
    assert_int_equal(calls, 0);
    put(0, 20, 20);
    put(1, 500, 400);
    frame();
    assert_int_equal(asked, 1);
    const struct camd_box whole = {0, 0, WIDTH, HEIGHT};
    assert_true(box_equal(&asked_regions[0], &whole));
    frames(6);
    assert_int_equal(result.object_count, 2);
}

/* A frame that is more than twice the tensor: squares too, none of which is enlarged in it. */
static void a_letterboxing_detector_gets_squares_of_large_frames(void **state)
{
    (void)state;
    settings.detection.letterbox = true;
    settings.detection.width = WIDTH / 2 - 2;
    settings.detection.height = HEIGHT / 2;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    settle();
    put(0, 20, 20);
    frame();
    assert_int_equal(asked, 2);
    const struct camd_box whole = {0, 0, WIDTH, HEIGHT};
    assert_true(box_equal(&asked_regions[0], &whole));
    assert_true(asked_regions[1].x2 - asked_regions[1].x1 >= (int32_t)settings.detection.width);
    frames(6);
    assert_int_equal(result.object_count, 1);
}

static void without_motion_detection_objects_are_looked_for_everywhere(void **state)
{
    (void)state;
    settings.motion = false;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    put(0, 20, 20);
    frames(6);
    assert_int_equal(result.motion_count, 0);
    assert_int_equal(result.object_count, 1);
}

static void the_first_frame_looks_where_the_grid_knows_objects(void **state)
{
    (void)state;
    struct camd_grid grid = {0};
    grid.cells[2][2] = (struct camd_grid_cell){.count = 3, .mean = .5F};
    pipeline_set_grid(&pipeline, &grid);
    frame();
    assert_int_equal(asked, 2); /* and, since what is in the first pictures is no motion, everywhere */
    const struct camd_box learned = {40, 0, 360, 320};
    assert_true(box_equal(&asked_regions[1], &learned));
    frame();
    assert_int_equal(asked, 1);
    settle();
    frame();
    assert_int_equal(asked, 0);
}

/* Light that flickers over the whole picture: where something moves is not known. */
static void while_motion_is_calibrating_the_whole_frame_is_looked_at(void **state)
{
    (void)state;
    settle();
    put(0, 500, 400);
    for (int i = 0; i < 6; i++) {
        level = i % 2 == 0 ? 200 : 50;
        frame();
        assert_true(pipeline.outcome.calibrating);
        assert_in_range(asked, 1, CAMD_REGIONS_MAX);
    }
    assert_int_equal(result.object_count, 1);
}

/* Regions and an error of a detector that was taken away were shown, and counted, with every frame after it. */
static void a_detector_that_was_taken_away_leaves_nothing_behind(void **state)
{
    (void)state;
    put(0, 300, 200);
    detector_error = -ETIMEDOUT;
    frames(3);
    assert_true(result.region_count > 0);
    assert_int_equal(pipeline.counts.error, -ETIMEDOUT);
    configure("{\"fps\": 5}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    frame();
    assert_int_equal(result.region_count, 0);
    assert_int_equal(pipeline.counts.regions, 0);
    assert_int_equal(pipeline.counts.left_out, 0);
    assert_int_equal(pipeline.counts.error, 0);
}

/* Ends as the reference has it, but does not begin again before it moves. */
static void an_object_that_stands_for_too_long_ends_until_it_moves(void **state)
{
    (void)state;
    configure(
        "{\"fps\": 5, \"stationary_threshold\": 10, \"stationary_interval\": 7, \"stationary_max_frames\": 20, " DETECTOR
        "}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    frames(20);
    put(0, 300, 200);
    uint32_t seen = 0;
    while (event_count == 0 || events[event_count - 1].phase != OBJECT_END) {
        frame();
        assert_true(++seen < 60);
    }
    const uint64_t id = events[0].id;
    assert_int_equal(events[event_count - 1].reason, OBJECT_REASON_STATIONARY);
    assert_int_equal(events[event_count - 1].id, id);
    assert_in_range(seen, 10 + 20 + 1, 10 + 20 + 4); /* and a few frames until it was a track */
    assert_int_equal(samples, 1);
    const uint32_t told = event_count;
    for (int i = 0; i < 100; i++) {
        frame();
        assert_int_equal(result.object_count, 0);
        assert_int_equal(objects_present(&pipeline.objects), 0);
    }
    assert_int_equal(event_count, told);
    for (int32_t x = 300; x < 500; x += 25) {
        put(0, x, 200);
        frame();
    }
    assert_int_equal(event_count, told + 1);
    assert_int_equal(events[told].phase, OBJECT_START);
    assert_int_not_equal(events[told].id, id);
    assert_int_equal(result.object_count, 1);
    assert_int_equal(result.objects[0].id, events[told].id);
}

/* It is gone while nobody hears of it: nobody hears of that either, and its place is free. */
static void an_object_that_was_dismissed_goes_silently(void **state)
{
    (void)state;
    configure(
        "{\"fps\": 5, \"stationary_threshold\": 5, \"stationary_interval\": 7, \"stationary_max_frames_by_label\": {\"person\": 5}, " DETECTOR
        "}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    frames(20);
    put(0, 300, 200);
    frames(30);
    const uint32_t told = event_count;
    assert_int_equal(events[told - 1].reason, OBJECT_REASON_STATIONARY);
    things[0].visible = false;
    frames(60);
    assert_int_equal(event_count, told);
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        assert_int_equal(pipeline.objects.list[i].id, 0);
}

/* From above: 640 by 480 pixels are 16 by 12 metres, and 12 pixels a frame at 5 a second are 1.5 m/s. */
static void events_tell_how_fast_an_object_is(void **state)
{
    (void)state;
    configure(
        "{\"fps\": 5, \"zones\": [{\"name\": \"yard\", \"points\": [[0,0],[0.75,0],[0.75,1],[0,1]], \"distances\": [12,12,12,12]}], " DETECTOR
        "}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    frames(20);
    for (int32_t x = 40; x < 500; x += 12) {
        put(0, x, 200);
        frame();
    }
    things[0].visible = false;
    frames(40);
    assert_true(event_count >= 4); /* start, in the zone, out of it, end */
    assert_int_equal(events[event_count - 1].phase, OBJECT_END);
    assert_true(events[event_count - 1].speed > 1.45 && events[event_count - 1].speed < 1.55);
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < event_count; i++) {
        unknown += events[i].speed < 0;
        assert_true(events[i].speed < 0 || (events[i].speed > 1.4 && events[i].speed < 1.6));
    }
    assert_true(unknown >= 1); /* at the start it is not known yet */
}

/* Where two zones have the same number: what was told of the old one is no news of the new one. */
static void an_object_in_a_zone_that_is_another_now_is_told(void **state)
{
    (void)state;
    static const char text[] =
        "{\"fps\": 5, \"objects_track\": [\"person\"], \"zones\": [{\"name\": \"yard\", \"inertia\": 1, \"points\": [[0,0],[1,0],[1,1],[0,1]]}], " DETECTOR
        "}";
    char other[sizeof(text)];
    memcpy(other, text, sizeof(text));
    memcpy(strstr(other, "yard"), "lawn", strlen("lawn"));
    configure(text);
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    settle();
    put(0, 200, 200);
    frames(10);
    const uint32_t before = event_count;
    assert_true(before > 0);
    configure(other);
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    frame();
    assert_int_equal(event_count, before + 1);
    assert_int_equal(events[before].phase, OBJECT_UPDATE);
    frame();
    assert_int_equal(event_count, before + 1);
}

/* It is told every minute what an object does, also when the clock was set back by an hour. */
static void a_clock_that_is_set_back_keeps_no_update_back(void **state)
{
    (void)state;
    enum { LONGER = 70, SECOND = 1000000000 };
    settle();
    put(0, 200, 200);
    frames(LONGER * FPS);
    const uint32_t before = event_count;
    clock_set_ns = -INT64_C(3600) * SECOND;
    frames(LONGER * FPS);
    assert_in_range(event_count, before + 1, before + 2);
    assert_int_equal(events[before].phase, OBJECT_UPDATE);
}

static void without_distances_no_speed_is_known(void **state)
{
    (void)state;
    configure(
        "{\"fps\": 5, \"zones\": [{\"name\": \"yard\", \"points\": [[0,0],[1,0],[1,1],[0,1]]}], " DETECTOR
        "}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    frames(20);
    for (int32_t x = 40; x < 500; x += 12) {
        put(0, x, 200);
        frame();
    }
    pipeline_end_objects(&pipeline, OBJECT_REASON_STOPPED);
    for (uint32_t i = 0; i < event_count; i++)
        assert_true(events[i].speed < 0);
    assert_true(event_count >= 3);
}

/* What was left out without a word: more objects than a result shows, than are followed, than there is room for. */
static void objects_without_room_are_counted_and_told(void **state)
{
    (void)state;
    enum limit limit;
    uint32_t told = 0;
    pipeline.ports.detection.every_frame = true;
    crowd = 70;
    frames(10);
    assert_int_equal(objects_present(&pipeline.objects), 70);
    assert_int_equal(result.object_count, CAMD_OBJECTS_MAX);
    assert_true(limits_take_news(&pipeline.limits, &limit));
    assert_int_equal(limit, LIMIT_SHOWN);
    assert_int_equal(pipeline.limits.of[LIMIT_SHOWN].most, 6);
    assert_false(limits_take_news(&pipeline.limits, &limit));
    crowd = 250;
    frames(5);
    assert_int_equal(pipeline.limits.of[LIMIT_TRACKS].most, 250 - TRACKS_MAX);
    crowd = DETECTIONS_MAX;
    frames(5);
    while (limits_take_news(&pipeline.limits, &limit))
        told |= UINT32_C(1) << limit;
    assert_true(told & (UINT32_C(1) << LIMIT_TRACKS));
    /* a detector that fails for a frame leaves nothing out */
    const uint64_t before = pipeline.limits.of[LIMIT_TRACKS].total;
    crowd = 0;
    detector_error = -ETIMEDOUT;
    pipeline.ports.detection.detect = NULL;
    detector_answers = 0;
    frame();
    assert_int_equal(pipeline.limits.of[LIMIT_TRACKS].total, before);
}

/* A person walks through a picture with texture; nobody detects, motion alone has to follow it. */
static void what_moves_is_an_object_of_the_motion_back_end(void **state)
{
    (void)state;
    static const char motion_label[1][CAMD_LABEL_BYTES] = {"motion"};
    configure("{\"fps\": 5, \"detector\": {\"name\": \"m\", \"backend\": \"motion\"}}");
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    pipeline_set_labels(&pipeline, motion_label, 1);
    frames(40); /* while the background is learnt fast, so is what stands before it */
    uint64_t id = 0;
    int shown = 0;
    for (int32_t x = 20; x < 500; x += 12) {
        put(0, x, 200);
        frame();
        if (result.object_count == 0)
            continue;
        assert_int_equal(result.object_count, 1);
        if (id == 0)
            id = result.objects[0].id;
        assert_int_equal(result.objects[0].id, id);
        assert_true(box_iou(&result.objects[0].box, &things[0].box) > .6);
        shown++;
    }
    assert_in_range(shown, 30, 40);
    assert_int_equal(events[0].phase, OBJECT_START);
    assert_int_equal(calls, 0);
    pipeline_end_objects(&pipeline, OBJECT_REASON_STOPPED);
    assert_int_equal(events[event_count - 1].phase, OBJECT_END);
    assert_int_equal(events[event_count - 1].reason, OBJECT_REASON_STOPPED);
}

#define PIPELINE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIPELINE_TEST(an_object_starts_is_shown_and_ends),
        PIPELINE_TEST(an_object_that_was_last_at_the_side_left),
        PIPELINE_TEST(a_detector_that_fails_says_nothing_about_objects),
        PIPELINE_TEST(without_a_detector_there_it_is_an_error_too),
        PIPELINE_TEST(objects_for_which_there_was_no_time_do_not_age),
        PIPELINE_TEST(lost_objects_for_which_there_was_no_time_do_not_age),
        PIPELINE_TEST(a_stationary_object_is_detected_anew_every_interval),
        PIPELINE_TEST(weak_detections_go_on_with_an_object_but_begin_none),
        PIPELINE_TEST(a_weak_detection_inside_a_confident_one_is_the_same_object),
        PIPELINE_TEST(what_does_not_move_begins_an_object_only_when_sure),
        PIPELINE_TEST(labels_that_are_not_tracked_are_no_objects),
        PIPELINE_TEST(another_detector_or_size_ends_objects_once),
        PIPELINE_TEST(a_detector_that_was_taken_away_leaves_nothing_behind),
        PIPELINE_TEST(a_letterboxing_detector_gets_the_whole_frame),
        PIPELINE_TEST(a_letterboxing_detector_gets_squares_of_large_frames),
        PIPELINE_TEST(without_motion_detection_objects_are_looked_for_everywhere),
        PIPELINE_TEST(the_first_frame_looks_where_the_grid_knows_objects),
        PIPELINE_TEST(while_motion_is_calibrating_the_whole_frame_is_looked_at),
        PIPELINE_TEST(an_object_that_stands_for_too_long_ends_until_it_moves),
        PIPELINE_TEST(an_object_that_was_dismissed_goes_silently),
        PIPELINE_TEST(events_tell_how_fast_an_object_is),
        PIPELINE_TEST(an_object_in_a_zone_that_is_another_now_is_told),
        PIPELINE_TEST(a_clock_that_is_set_back_keeps_no_update_back),
        PIPELINE_TEST(without_distances_no_speed_is_known),
        PIPELINE_TEST(objects_without_room_are_counted_and_told),
        PIPELINE_TEST(what_moves_is_an_object_of_the_motion_back_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
