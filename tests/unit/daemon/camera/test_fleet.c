/* The fleet and those who listen to its cameras, with cameras that are never started: no process, no segment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/disk/overrides.h"
#include "daemon/events/events.h"
#include "daemon/host/file_watch.h"
#include "daemon/log/log_pool.h"
#include "daemon/supervise/launcher.h"

static char prefix[32], ctl_name[64], in_name[64]; /* in /dev/shm: of this process */
static struct config config;
static struct config_camera configured[3];
static struct services services;
static struct fleet *fleet;
static unsigned int left, ended, stopped;

static void count_left(void *context)
{
    (void)context;
    left++;
}

static void count_ended(void *context)
{
    (void)context;
    ended++;
}

static void count_stopped(void *context)
{
    (void)context;
    stopped++;
}

static struct config_camera camera_config_of(const char *name)
{
    struct config_camera camera = {.input = (char *)"lavfi:testsrc", .fps = 5.0, .enabled = true};
    snprintf(camera.name, sizeof(camera.name), "%s", name);
    return camera;
}

static struct camera *add(const char *name)
{
    struct config_camera camera_config = camera_config_of(name);
    struct camera *camera = NULL;
    assert_int_equal(fleet_add(fleet, &camera_config, &camera), 0);
    return camera;
}

/* What is pending is done, as at the end of a turn of the loop; nothing is waited for. */
static void turn(void)
{
    ev_run(services.loop, EVRUN_NOWAIT);
}

static int setup(void **state)
{
    const struct fleet_listener listener = {
        .left = count_left, .ended = count_ended, .stopped = count_stopped};
    (void)state;
    left = ended = stopped = 0;
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    snprintf(prefix, sizeof(prefix), "test-fleet-%d.", (int)getpid());
    snprintf(ctl_name, sizeof(ctl_name), "/%sfront.ctl", prefix);
    snprintf(in_name, sizeof(in_name), "/%sfront.in", prefix);
    config = (struct config){.cameras = configured, .shm_prefix = prefix};
    services = (struct services){.config = &config, .loop = ev_loop_new(EVBACKEND_EPOLL)};
    assert_non_null(services.loop);
    assert_int_equal(launcher_new(&services.launcher, services.loop, "/nonexistent", NULL), 0);
    assert_int_equal(events_new(&services.events, 1, NULL, NULL), 0);
    assert_int_equal(log_pool_new(&services.log_pool, LOG_POOL_BYTES, NULL, NULL), 0);
    assert_int_equal(file_watch_new(&services.file_watch, services.loop, NULL, NULL), 0); /* has no files */
    assert_int_equal(overrides_new(&services.overrides, "/nonexistent", NULL), 0);
    assert_int_equal(fleet_new(&fleet, &services, &listener), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fleet_free(fleet);
    file_watch_free(services.file_watch);
    overrides_free(services.overrides);
    events_free(services.events);
    log_pool_free(services.log_pool);
    launcher_free(services.launcher);
    ev_loop_destroy(services.loop);
    log_close();
    return 0;
}

/* ---- segments ---- */

/* The camera front with segments; input: the side of its detector's tensor, 0: it has none. */
static void make_segments(struct camera *camera, uint32_t input)
{
    const struct shm_plan plan = {.prefix = config.shm_prefix,
                                  .camera = "front",
                                  .width = 64,
                                  .height = 64,
                                  .slots = CAMD_SLOTS_MIN,
                                  .first_frame_id = 1000,
                                  .input_width = input,
                                  .input_height = input,
                                  .group = (gid_t)-1};
    int made;
    assert_int_equal(shm_store_new(&camera->store, &plan), 0);
    while ((made = shm_store_step(camera->store)) == 0)
        ;
    assert_int_equal(made, 1);
    camera->store_ready = true;
}

/* The same, with these numbers of its capture. */
static struct camera *add_with_segments(uint64_t next_frame_id, uint64_t frames)
{
    struct camera *camera = add("front");
    make_segments(camera, 0);
    const int fd = shm_open(ctl_name, O_RDWR, 0);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &next_frame_id, sizeof(next_frame_id),
                            CAMD_BLOCK_CAPTURE + offsetof(struct camd_capture_block, next_frame_id)),
                     sizeof(next_frame_id));
    assert_int_equal(
        pwrite(fd, &frames, sizeof(frames), CAMD_BLOCK_CAPTURE + offsetof(struct camd_capture_block, frames)),
        sizeof(frames));
    close(fd);
    return camera;
}

/* What a program gets that can't use the segments. */
static void check_handed_over(struct camera *camera, uint64_t next_frame_id, uint64_t frames)
{
    json_t *record = camera_hand_over(camera);
    const json_t *store = json_object_get(record, "store");
    assert_int_equal(json_integer_value(json_object_get(store, "next_frame_id")), next_frame_id);
    assert_int_equal(json_integer_value(json_object_get(store, "frames")), frames);
    json_decref(record);
}

static void test_an_upgrade_takes_the_frames_of_other_segments_along(void **state)
{
    (void)state;
    check_handed_over(add_with_segments(1500, 500), 1500, 500);
}

static void test_an_upgrade_believes_no_nonsense_of_a_capture(void **state)
{
    struct camera *camera = add_with_segments(UINT64_MAX / 2, UINT64_MAX / 2);
    (void)state;
    camera->next_frame_id = 1200;
    check_handed_over(camera, 1200, 0);
}

/* ---- a detector of many cameras ---- */

enum { MANY = 100 };

/* The last of them has segments, in which a request waits since waits_since_ns. */
static struct detector *add_many(struct config_detector *detector_config, int64_t waits_since_ns)
{
    const struct camd_request request = {
        .state = CAMD_REQUEST_POSTED, .generation = 1, .request_id = 7, .posted_ns = waits_since_ns};
    struct camera *camera = NULL;
    char name[16];
    config.detectors = detector_config;
    config.detector_count = 1;
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "camera%d", i);
        struct config_camera camera_config = camera_config_of(i < MANY - 1 ? name : "front");
        camera_config.detector = detector_config->name;
        assert_int_equal(fleet_add(fleet, &camera_config, &camera), 0);
        detector_choose(camera);
    }
    make_segments(camera, 32);
    const int fd = shm_open(in_name, O_RDWR, 0);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &request, sizeof(request), offsetof(struct camd_request_ring, requests)),
                     sizeof(request));
    close(fd);
    return camera->detector;
}

static bool look(struct detector *detector, int64_t *at_ms)
{
    return detector->worker.owner->progress(detector, WORKER_DETECTOR, at_ms);
}

/* All of them in one turn took the loop 17 to 59 ms of a thousand cameras. */
static void test_a_look_at_a_detectors_progress_takes_some_cameras_a_turn(void **state)
{
    struct config_detector detector_config = {
        .name = "slow", .backend = (char *)"/nonexistent", .answer_timeout_ms = 1000};
    struct detector *detector = add_many(&detector_config, 5000000);
    int64_t at_ms = 9000;
    unsigned int turns = 1;
    (void)state;
    for (; !look(detector, &at_ms); turns++)
        assert_int_equal(at_ms, 9000);
    assert_in_range(turns, 4, MANY);
    assert_int_equal(at_ms, 5);

    /* the one that is next, and the last one, leave meanwhile */
    assert_false(look(detector, &at_ms));
    detector_leave(detector->look.next);
    detector_leave(fleet_find(fleet, "front"));
    at_ms = 9000;
    for (turns = 2; !look(detector, &at_ms); turns++)
        assert_in_range(turns, 2, MANY);
    assert_int_equal(at_ms, 9000);
    config.detector_count = 0;
}

/* The first turn was late, the others were not: the time in which the machine stood still was taken for the detector's. */
static void test_a_look_of_several_turns_that_began_late_gives_the_time_back(void **state)
{
    struct config_detector detector_config = {
        .name = "slow", .backend = (char *)"/nonexistent", .answer_timeout_ms = 10000};
    const int64_t now_ms = clock_monotonic_ms();
    struct detector *detector = add_many(&detector_config, (now_ms - 30000) * CLOCK_NS_PER_MS);
    struct worker_process *worker = &detector->worker;
    unsigned int turns = 0;
    (void)state;
    worker->progress_ms = now_ms - 31000;
    worker->stall_look_ms = now_ms - 20000;
    do {
        ev_invoke(services.loop, &worker->stall_timer, EV_TIMER);
        turns++;
    } while (detector->look.is_under_way);
    assert_in_range(turns, 2, MANY);
    assert_false(worker->is_doubted);
    assert_true(worker->progress_ms >= now_ms);
    ev_timer_stop(services.loop, &worker->stall_timer);
    config.detector_count = 0;
}

/* ---- names ---- */

static void test_cameras_are_found_by_name_and_keep_their_order(void **state)
{
    struct camera *back = add("back"), *front = add("front");
    (void)state;
    assert_ptr_equal(fleet_find(fleet, "front"), front);
    assert_null(fleet_find(fleet, "fron"));
    assert_ptr_equal(fleet_first(fleet), back);
    assert_ptr_equal(fleet_next(back), front);
    assert_null(fleet_next(front));
    assert_int_equal(fleet_count(fleet), 2);
}

static void test_a_name_is_taken_until_its_camera_has_left(void **state)
{
    struct config_camera again = camera_config_of("front");
    struct camera *front = add("front");
    (void)state;
    assert_int_equal(fleet_add(fleet, &again, NULL), -EBUSY);
    fleet_remove(fleet, front);
    assert_null(fleet_find(fleet, "front"));
    assert_ptr_equal(fleet_find_leaving(fleet, "front"), front);
    assert_int_equal(fleet_add(fleet, &again, NULL), -EBUSY);
    turn();
    assert_null(fleet_find_leaving(fleet, "front"));
    assert_int_equal(left, 1);
    assert_int_equal(fleet_add(fleet, &again, NULL), 0);
}

static void test_a_camera_whose_file_is_written_does_not_leave_before_that_is_done(void **state)
{
    struct camera *front = add("front");
    (void)state;
    camera_hold(front);
    fleet_remove(fleet, front);
    turn();
    assert_ptr_equal(fleet_find_leaving(fleet, "front"), front);
    assert_false(fleet_add_again(fleet, "front"));
    camera_release(front);
    turn();
    assert_null(fleet_find_leaving(fleet, "front"));
}

/* ---- those who listen ---- */

struct ear {
    struct camera_listener listener; /* the first member */
    unsigned int told, told_left;
    struct ear *stops; /* whom it keeps from being told on; itself, perhaps */
};

static void hear(struct camera_listener *listener, struct camera *camera)
{
    struct ear *ear = (struct ear *)listener;
    if (camera)
        ear->told++;
    else
        ear->told_left++;
    if (ear->stops)
        camera_unlisten(&ear->stops->listener);
    if (!camera && fleet_find(fleet, "front"))
        camera_listen(fleet_find(fleet, "front"), listener);
}

static struct ear new_ear(void)
{
    return (struct ear){.listener = {.tell = hear}};
}

static void test_who_listens_is_told_once_a_turn(void **state)
{
    struct camera *front = add("front");
    struct ear ear = new_ear();
    (void)state;
    turn();
    camera_listen(front, &ear.listener);
    camera_tell_soon(front);
    camera_tell_soon(front);
    assert_int_equal(ear.told, 0);
    turn();
    assert_int_equal(ear.told, 1);
    turn();
    assert_int_equal(ear.told, 1);
    camera_unlisten(&ear.listener);
    camera_unlisten(&ear.listener);
    camera_tell_soon(front);
    turn();
    assert_int_equal(ear.told, 1);
}

static void test_who_is_told_may_end_itself_and_others(void **state)
{
    struct camera *front = add("front");
    struct ear first = new_ear(), second = new_ear(), third = new_ear();
    (void)state;
    first.stops = &first;
    second.stops = &third;
    camera_listen(front, &first.listener);
    camera_listen(front, &second.listener);
    camera_listen(front, &third.listener);
    turn();
    camera_tell_soon(front);
    turn();
    assert_int_equal(first.told, 1);
    assert_int_equal(second.told, 2);
    assert_int_equal(third.told, 0);
    camera_unlisten(&second.listener);
}

static void test_who_waits_for_a_camera_that_leaves_and_comes_again_can_go_on_with_it(void **state)
{
    struct camera *front = add("front");
    struct ear ear = new_ear();
    (void)state;
    configured[0] = camera_config_of("front");
    config.camera_count = 1;
    camera_listen(front, &ear.listener);
    fleet_remove(fleet, front);
    assert_true(fleet_add_again(fleet, "front"));
    turn();
    assert_int_equal(ear.told_left, 1);
    assert_ptr_equal(ear.listener.camera, fleet_find(fleet, "front"));
    camera_unlisten(&ear.listener);
}

/* ---- the end ---- */

static void test_the_end_is_told_once(void **state)
{
    (void)state;
    add("front");
    add("back");
    fleet_stop(fleet);
    turn();
    turn();
    assert_int_equal(ended, 1);
    assert_int_equal(stopped, 1);
}

static void test_the_end_without_cameras_is_told_too(void **state)
{
    (void)state;
    fleet_stop(fleet);
    turn();
    assert_int_equal(stopped, 1);
}

static void test_the_end_counts_those_that_leave(void **state)
{
    struct camera *front = add("front");
    (void)state;
    fleet_remove(fleet, front);
    fleet_stop(fleet);
    turn();
    assert_int_equal(left, 1);
    assert_int_equal(stopped, 1);
}

static void remove_segments_of(struct camera *camera)
{
    camera->removals = 0;
    fleet_camera_changed(fleet, camera);
    turn();
}

static void test_the_end_of_all_workers_is_told_while_segments_are_removed(void **state)
{
    struct camera *front = add("front");
    (void)state;
    front->removals = 1;
    fleet_stop(fleet);
    turn();
    assert_int_equal(ended, 1);
    assert_int_equal(stopped, 0);
    remove_segments_of(front);
    assert_int_equal(ended, 1);
    assert_int_equal(stopped, 1);
}

#define FLEET_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLEET_TEST(test_an_upgrade_takes_the_frames_of_other_segments_along),
        FLEET_TEST(test_an_upgrade_believes_no_nonsense_of_a_capture),
        FLEET_TEST(test_a_look_at_a_detectors_progress_takes_some_cameras_a_turn),
        FLEET_TEST(test_a_look_of_several_turns_that_began_late_gives_the_time_back),
        FLEET_TEST(test_cameras_are_found_by_name_and_keep_their_order),
        FLEET_TEST(test_a_name_is_taken_until_its_camera_has_left),
        FLEET_TEST(test_a_camera_whose_file_is_written_does_not_leave_before_that_is_done),
        FLEET_TEST(test_who_listens_is_told_once_a_turn),
        FLEET_TEST(test_who_is_told_may_end_itself_and_others),
        FLEET_TEST(test_who_waits_for_a_camera_that_leaves_and_comes_again_can_go_on_with_it),
        FLEET_TEST(test_the_end_is_told_once),
        FLEET_TEST(test_the_end_without_cameras_is_told_too),
        FLEET_TEST(test_the_end_counts_those_that_leave),
        FLEET_TEST(test_the_end_of_all_workers_is_told_while_segments_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
