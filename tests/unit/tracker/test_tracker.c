/* camd-tracker as a process: what camd and the capture give it, and what it makes of that. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tracker_driver.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { WIDTH = 320, HEIGHT = 240 };

static const char *program;
static struct driver driver;
static const struct driver_box NO_BOX = {0};
static const struct driver_box BOX = {.x = 100, .y = 100, .width = 60, .height = 60, .level = 255};

static int set_up(void **state)
{
    (void)state;
    driver_init(&driver);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    driver_fini(&driver);
    return 0;
}

/* Starts a tracker with a long off delay, or the given one, and waits until it is ready. */
static void start(uint32_t width, uint32_t height, double off_delay)
{
    driver_make_segments(&driver, width, height);
    driver_start(&driver, program, json_pack("{s:f}", "motion_off_delay", off_delay));
    driver_send_frames(&driver);
    json_decref(driver_expect(&driver, "ready"));
}

static struct camd_result frame(uint8_t level, const struct driver_box *box)
{
    return driver_result(&driver, driver_publish(&driver, level, box, NULL));
}

/* A frame, of that level, may be on its way past the message; the one after it has the new settings. */
static void configure(json_t *config, uint8_t level)
{
    driver_send(&driver, json_pack("{s:s, s:o}", "type", "config", "config", config));
    frame(level, &NO_BOX);
}

static void assert_exit(int status, int code)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

/* The next event is of motion, on or off; the frame's id is returned. */
static uint64_t expect_motion(bool active, size_t boxes)
{
    json_t *event = driver_expect(&driver, "event");
    assert_string_equal(json_string_value(json_object_get(event, "event")), "motion");
    assert_int_equal(json_is_true(json_object_get(event, "active")), active);
    assert_int_equal(json_array_size(json_object_get(event, "boxes")), boxes);
    assert_true(json_integer_value(json_object_get(event, "wall_ns")) > INT64_C(1700000000000000000));
    for (size_t i = 0; i < boxes; i++)
        assert_int_equal(json_array_size(json_array_get(json_object_get(event, "boxes"), i)), 4);
    uint64_t frame_id = (uint64_t)json_integer_value(json_object_get(event, "frame_id"));
    json_decref(event);
    return frame_id;
}

/* ---- frames and results ---- */

static void every_frame_has_a_result(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    for (uint64_t id = 1; id <= 30; id++) {
        struct camd_result result = frame(0, &NO_BOX);
        assert_int_equal(result.frame_id, id);
        assert_int_equal(result.flags, 0);
        assert_true(result.done_ns >= result.arrival_ns && result.arrival_ns > 0);
    }
    struct camd_result result = frame(0, &BOX);
    assert_int_equal(result.motion_count, 1);
    assert_in_range(result.motion[0].x1, 90, 100);
    assert_in_range(result.motion[0].x2, 160, 170);
}

/* Those after the first of two frames are there when the second has its result. */
static void metrics_are_in_the_block(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    const struct camd_tracker_block *block = driver.segments.tracker;
    assert_int_equal(block->calibrating, 1);
    frame(0, &NO_BOX);
    frame(0, &BOX);
    frame(0, &NO_BOX);
    assert_in_range(__atomic_load_n(&block->frames, __ATOMIC_RELAXED), 2, 3);
    assert_true(__atomic_load_n(&block->progress_ns, __ATOMIC_RELAXED) > 0);
    assert_int_equal(__atomic_load_n(&block->motion_frames, __ATOMIC_RELAXED), 1);
    assert_int_equal(__atomic_load_n(&block->motion, __ATOMIC_RELAXED), 1);
    assert_int_equal(__atomic_load_n(&block->calibrating, __ATOMIC_RELAXED), 0);
    assert_true(__atomic_load_n(&block->motion_time_ns, __ATOMIC_RELAXED) > 0);
    assert_true(__atomic_load_n(&block->process_fps_milli, __ATOMIC_RELAXED) > 0);
    assert_int_equal(__atomic_load_n(&block->lost, __ATOMIC_RELAXED), 0);
}

static void the_lease_is_given_back(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    for (int i = 0; i < 3 * DRIVER_SLOTS; i++) {
        bool queued;
        driver_result(&driver, driver_publish(&driver, 0, &NO_BOX, &queued));
        assert_true(queued);
    }
    /* the result comes before the release, the wake-up after it: the last frame's may be under way */
    driver_send(&driver, json_pack("{s:s}", "type", "stop"));
    assert_exit(driver_wait(&driver), 0);
    assert_int_equal(driver.segments.tracker->lease, 0);
}

/* ---- events ---- */

static void motion_is_told_when_it_begins_and_when_it_ends(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 0.2);
    frame(0, &NO_BOX);
    struct camd_result result = frame(0, &BOX);
    assert_true((result.flags & CAMD_RESULT_MOTION) != 0);
    assert_int_equal(expect_motion(true, 1), result.frame_id);
    /* no more frames: the delay ends it all the same */
    assert_int_equal(expect_motion(false, 0), result.frame_id);
    result = frame(0, &NO_BOX);
    assert_int_equal(result.flags, 0);
}

static void boxes_while_calibrating_are_not_told(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    struct camd_result result = frame(200, &NO_BOX);
    assert_int_equal(result.flags, CAMD_RESULT_CALIBRATING);
    assert_int_equal(result.motion_count, 1);
    driver_send(&driver, json_pack("{s:s}", "type", "stop"));
    assert_null(driver_receive(&driver)); /* nothing before the end */
    assert_exit(driver_wait(&driver), 0);
    assert_int_equal(driver.segments.tracker->motion_frames, 0);
}

static void a_moving_camera_is_motion_but_teaches_nothing(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    driver_set_ptz(&driver, true);
    struct camd_result result = frame(25, &NO_BOX);
    assert_int_equal(result.flags, CAMD_RESULT_PTZ | CAMD_RESULT_MOTION);
    assert_int_equal(result.motion_count, 1);
    assert_int_equal(result.motion[0].x1, WIDTH / 10);
    assert_int_equal(result.motion[0].y2, HEIGHT / 10 * 9);
    expect_motion(true, 1);
    driver_set_ptz(&driver, false);
    result = frame(0, &NO_BOX);
    assert_int_equal(result.flags, CAMD_RESULT_MOTION); /* until the delay is over */
    assert_int_equal(result.motion_count, 0);
}

/* ---- settings ---- */

static void settings_change_without_a_restart(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    assert_int_equal(frame(0, &BOX).motion_count, 1);
    configure(json_pack("{s:i, s:i}", "motion_threshold", 255, "motion_off_delay", 3600), 0);
    struct camd_result result = frame(0, &BOX);
    assert_int_equal(result.motion_count, 0);
    assert_int_equal(result.flags, CAMD_RESULT_MOTION);

    configure(json_pack("{s:b, s:i}", "motion", 0, "motion_off_delay", 3600), 0);
    expect_motion(true, 1);
    expect_motion(false, 0);
    assert_int_equal(frame(0, &BOX).flags, 0);
}

/* It begins again with the next picture, which is no motion. */
static void another_mask_begins_again(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    assert_int_equal(frame(100, &NO_BOX).flags, 0);
    configure(json_pack("{s:[{s:s, s:[[i,i],[f,i],[f,i],[i,i]]}]}", "masks", "name", "left", "points", 0, 0,
                        0.5, 0, 0.5, 1, 0, 1),
              100);
    assert_int_equal(frame(100, &NO_BOX).flags, 0);
    assert_int_equal(
        frame(100, &(struct driver_box){.x = 20, .y = 100, .width = 60, .height = 60, .level = 255})
            .motion_count,
        0);
    struct camd_result result =
        frame(100, &(struct driver_box){.x = 200, .y = 100, .width = 60, .height = 60, .level = 255});
    assert_int_equal(result.motion_count, 1); /* in the half that is looked at */
    assert_in_range(result.motion[0].x1, 185, 200);
}

static void settings_that_are_wrong_change_nothing(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    configure(json_pack("{s:i}", "motion_threshold", 1000), 0);
    assert_int_equal(frame(0, &BOX).motion_count, 1);
    char *log = driver_log(&driver);
    assert_non_null(strstr(log, "front"));
    assert_non_null(strstr(log, "motion_threshold"));
    free(log);
}

static void a_start_with_wrong_settings_is_an_error(void **state)
{
    (void)state;
    driver_start(&driver, program, json_pack("{s:i}", "motion_threshold", 0));
    json_t *error = driver_expect(&driver, "error");
    assert_string_equal(json_string_value(json_object_get(error, "stage")), "setup");
    assert_string_equal(json_string_value(json_object_get(error, "class")), "local");
    assert_non_null(strstr(json_string_value(json_object_get(error, "text")), "motion_threshold"));
    json_decref(error);
    assert_exit(driver_wait(&driver), 1);
}

/* ---- new segments, and trackers that take over ---- */

static void new_segments_replace_the_old_ones(void **state)
{
    (void)state;
    const struct driver_box far = {.x = 500, .y = 400, .width = 100, .height = 60, .level = 255};
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    driver_make_segments(&driver, 2 * WIDTH, 2 * HEIGHT);
    driver_send_frames(&driver);
    json_decref(driver_expect(&driver, "ready"));
    frame(0, &NO_BOX);
    struct camd_result result = frame(0, &far);
    assert_int_equal(result.motion_count, 1);
    assert_in_range(result.motion[0].x1, 480, 500);
    assert_in_range(result.motion[0].y2, 460, 480);
}

static void the_lease_of_a_dead_tracker_is_dropped(void **state)
{
    (void)state;
    driver_make_segments(&driver, WIDTH, HEIGHT);
    driver.predecessor->lease = 1 + 2;
    driver_start(&driver, program, json_object());
    driver_send_frames(&driver);
    json_decref(driver_expect(&driver, "ready"));
    assert_int_equal(__atomic_load_n(&driver.segments.tracker->lease, __ATOMIC_SEQ_CST), 0);
}

static void after_a_kill_the_next_one_goes_on(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    for (int i = 0; i < 5; i++)
        frame(0, &NO_BOX);
    kill(driver.host.pid, SIGKILL);
    driver_wait(&driver);
    uint64_t first = driver_publish(&driver, 0, &NO_BOX, NULL),
             second = driver_publish(&driver, 0, &NO_BOX, NULL);
    driver_start(&driver, program, json_object());
    driver_send_frames(&driver);
    assert_int_equal(driver_result(&driver, first).frame_id, 6);
    assert_int_equal(driver_result(&driver, second).frame_id, 7);
    assert_int_equal(frame(0, &NO_BOX).frame_id, 8);
    assert_int_equal(__atomic_load_n(&driver.segments.tracker->lost, __ATOMIC_RELAXED), 0);
}

/* camd has ended the motion of the one that died: the next one finds none, and says what it sees itself. */
static void motion_that_a_dead_tracker_told_is_told_again(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    frame(0, &BOX);
    expect_motion(true, 1);
    frame(0, &NO_BOX); /* by now the block has it */
    kill(driver.host.pid, SIGKILL);
    driver_wait(&driver);
    driver_start(&driver, program, json_object());
    driver_send_frames(&driver);
    frame(0, &NO_BOX);
    assert_int_equal(driver.segments.tracker->motion, 0);
    frame(0, &BOX);
    expect_motion(true, 1);
}

/* ---- the end ---- */

/* Two frames wait while the tracker stands still; it is told to stop before it goes on. */
static void stop_drains_the_queue_and_ends_motion(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    kill(driver.host.pid, SIGSTOP);
    int status;
    assert_int_equal(waitpid(driver.host.pid, &status, WUNTRACED), driver.host.pid);
    uint64_t first = driver_publish(&driver, 0, &NO_BOX, NULL),
             second = driver_publish(&driver, 0, &BOX, NULL);
    driver_send(&driver, json_pack("{s:s}", "type", "stop"));
    kill(driver.host.pid, SIGCONT);
    assert_exit(driver_wait(&driver), 0);
    struct camd_result result;
    assert_int_equal(camd_result_of_frame(&driver.segments, first, &result), 0);
    assert_int_equal(camd_result_of_frame(&driver.segments, second, &result), 0);
    assert_int_equal(expect_motion(true, 1), second);
    assert_int_equal(expect_motion(false, 0), second);
    assert_int_equal(driver.segments.tracker->motion, 0);
}

static void sigterm_means_stop(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    kill(driver.host.pid, SIGTERM);
    assert_exit(driver_wait(&driver), 0);
}

static void a_tracker_without_frames_stops_too(void **state)
{
    (void)state;
    driver_start(&driver, program, json_object());
    driver_send(&driver, json_pack("{s:s}", "type", "stop"));
    assert_exit(driver_wait(&driver), 0);
}

static void without_camd_it_exits(void **state)
{
    (void)state;
    start(WIDTH, HEIGHT, 3600);
    frame(0, &NO_BOX);
    driver_close_channel(&driver);
    assert_exit(driver_wait(&driver), 1);
}

/* ---- memory ---- */

static long private_dirty_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "Private_Dirty: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

static void private_memory_is_below_6_mb_at_4k(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    start(3840, 2160, 3600);
    configure(json_pack("{s:[{s:s, s:[[i,i],[f,i],[f,i],[i,i]]}]}", "masks", "name", "left", "points", 0, 0,
                        0.5, 0, 0.5, 1, 0, 1),
              0);
    for (int i = 0; i < 2 * DRIVER_SLOTS; i++)
        frame((uint8_t)(i * 20), &BOX);
    long kb = private_dirty_kb(driver.host.pid);
    print_message("Private_Dirty: %ld kB\n", kb);
    assert_in_range(kb, 1, 6 * 1024);
}

/* The next event of an object; those of motion are passed over. */
static json_t *expect_object(const char *phase)
{
    for (;;) {
        json_t *event = driver_expect(&driver, "event");
        if (strcmp(json_string_value(json_object_get(event, "event")), "object") == 0) {
            assert_string_equal(json_string_value(json_object_get(event, "phase")), phase);
            return event;
        }
        json_decref(event);
    }
}

static struct camd_result walk(uint32_t x)
{
    const struct driver_box walker = {
        .x = x, .y = 80, .width = 40, .height = 80, .level = 250, .is_striped = true};
    return frame(90, &walker);
}

enum { STEPS = 18, STEP = 12 };

/* Something walks through the picture, and the motion back-end sees an object: the result of its last step. */
static struct camd_result watch_a_walk(void)
{
    enum { STILL_FRAMES = 40 };
    struct camd_result result = {0};
    driver.info->label_count = 1;
    strcpy(driver.info->labels[0], "motion");
    driver_start(&driver, program,
                 json_pack("{s:i, s:{s:s, s:s}, s:[{s:s, s:i, s:[[i,i],[i,i],[i,i],[i,i]]}]}", "fps", 5,
                           "detector", "name", "m", "backend", "motion", "zones", "name", "all", "inertia", 1,
                           "points", 0, 0, 1, 0, 1, 1, 0, 1));
    driver_send_frames(&driver);
    json_decref(driver_expect(&driver, "ready"));
    for (int i = 0; i < STILL_FRAMES; i++)
        frame(90, &NO_BOX);
    for (uint32_t i = 0; i < STEPS; i++)
        result = walk(10 + i * STEP);
    return result;
}

/* What is seen ends when the tracker stops. */
static void objects_are_told_shown_and_ended(void **state)
{
    (void)state;
    driver_make_segments(&driver, WIDTH, HEIGHT);
    struct camd_result result = watch_a_walk();
    assert_int_equal(result.object_count, 1);
    assert_int_equal(result.objects[0].label, 0);
    assert_in_range(result.objects[0].box.x1, 10 + (STEPS - 1) * STEP - 20, 10 + (STEPS - 1) * STEP + 20);
    /* the block is written after the result: that of this frame is there with the result of the next one */
    walk(10 + STEPS * STEP);
    assert_int_equal(driver.segments.tracker->objects, 1);

    json_t *event = expect_object("start");
    json_int_t id = json_integer_value(json_object_get(event, "id"));
    assert_int_equal(id, result.objects[0].id);
    assert_string_equal(json_string_value(json_object_get(event, "label")), "motion");
    assert_string_equal(json_string_value(json_array_get(json_object_get(event, "zones"), 0)), "all");
    json_decref(event);
    driver_send(&driver, json_pack("{s:s}", "type", "stop"));
    do { /* what is significant in between may be told, too */
        event = driver_expect(&driver, "event");
        if (strcmp(json_string_value(json_object_get(event, "event")), "object") == 0 &&
            strcmp(json_string_value(json_object_get(event, "phase")), "end") == 0)
            break;
        json_decref(event);
    } while (true);
    assert_int_equal(json_integer_value(json_object_get(event, "id")), id);
    assert_string_equal(json_string_value(json_object_get(event, "reason")), "stopped");
    json_decref(event);
    json_t *sample = driver_expect(&driver, "grid_sample");
    assert_string_equal(json_string_value(json_object_get(sample, "label")), "motion");
    assert_int_equal(json_array_size(json_object_get(sample, "box")), 4);
    json_decref(sample);
    assert_exit(driver_wait(&driver), 0);
}

static uint64_t id_of_a_walker(void)
{
    json_t *event;
    uint64_t id;
    watch_a_walk();
    event = expect_object("start");
    id = (uint64_t)json_integer_value(json_object_get(event, "id"));
    json_decref(event);
    return id;
}

/* It may have been killed in the same second, or the clock was set back. */
static void ids_of_objects_go_on_after_a_predecessors(void **state)
{
    (void)state;
    const uint64_t next_id = UINT64_C(1) << 52; /* of a clock that is decades ahead */
    driver_make_segments(&driver, WIDTH, HEIGHT);
    driver.predecessor->next_object_id = next_id;
    uint64_t first = id_of_a_walker();
    assert_in_range(first, next_id, next_id + 10);
    kill(driver.host.pid, SIGKILL);
    driver_wait(&driver);
    uint64_t second = id_of_a_walker();
    assert_in_range(second, first + 1, first + 10);
}

static void what_no_id_can_be_is_not_gone_on_from(void **state)
{
    (void)state;
    driver_make_segments(&driver, WIDTH, HEIGHT);
    driver.predecessor->next_object_id = UINT64_MAX;
    assert_true(id_of_a_walker() < UINT64_C(1) << 53);
}

#define TRACKER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TRACKER_TEST(every_frame_has_a_result),
        TRACKER_TEST(metrics_are_in_the_block),
        TRACKER_TEST(the_lease_is_given_back),
        TRACKER_TEST(motion_is_told_when_it_begins_and_when_it_ends),
        TRACKER_TEST(boxes_while_calibrating_are_not_told),
        TRACKER_TEST(a_moving_camera_is_motion_but_teaches_nothing),
        TRACKER_TEST(settings_change_without_a_restart),
        TRACKER_TEST(another_mask_begins_again),
        TRACKER_TEST(settings_that_are_wrong_change_nothing),
        TRACKER_TEST(a_start_with_wrong_settings_is_an_error),
        TRACKER_TEST(new_segments_replace_the_old_ones),
        TRACKER_TEST(the_lease_of_a_dead_tracker_is_dropped),
        TRACKER_TEST(after_a_kill_the_next_one_goes_on),
        TRACKER_TEST(motion_that_a_dead_tracker_told_is_told_again),
        TRACKER_TEST(stop_drains_the_queue_and_ends_motion),
        TRACKER_TEST(sigterm_means_stop),
        TRACKER_TEST(a_tracker_without_frames_stops_too),
        TRACKER_TEST(without_camd_it_exits),
        TRACKER_TEST(objects_are_told_shown_and_ended),
        TRACKER_TEST(ids_of_objects_go_on_after_a_predecessors),
        TRACKER_TEST(what_no_id_can_be_is_not_gone_on_from),
        TRACKER_TEST(private_memory_is_below_6_mb_at_4k),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: test-tracker CAMD-TRACKER\n");
        return 2;
    }
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
