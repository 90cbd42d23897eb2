/* Cameras served by a back-end of the test's: one row, whose score is the tensor's first byte by 255. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "detector/cameras.h"
#include "runtime/runtime.h"
#include "segments.h"

enum { WIDTH = 32, HEIGHT = 16, FAILING = 200 }; /* the back-end fails for a tensor of that value */

/* While it detects, the tracker may do something. */
static void (*meanwhile)(void);
static struct detector_picture seen;

static int detect(void *detector, const struct detector_picture *picture, struct detector_rows *rows,
                  char problem[DETECTOR_PROBLEM_BYTES])
{
    (void)detector;
    seen = *picture;
    if (meanwhile)
        meanwhile();
    if (picture->pixels[0] == FAILING) {
        snprintf(problem, DETECTOR_PROBLEM_BYTES, "as the test wanted");
        return -EIO;
    }
    *rows =
        (struct detector_rows){.count = 1, .row = {{0, (float)picture->pixels[0] / 255, 0, 0.1F, 1, 0.9F}}};
    return 0;
}

static const struct detector_backend backend = {.name = "test", .detect = detect};
static const struct cameras_engine engine = {.backend = &backend};

static struct cameras cameras;
static struct segments front, yard;

static int set_up(void **state)
{
    (void)state;
    meanwhile = NULL;
    assert_int_equal(cameras_init(&cameras), 0);
    segments_make(&front, WIDTH, HEIGHT);
    segments_make(&yard, 2 * WIDTH, HEIGHT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cameras_fini(&cameras);
    segments_drop(&front);
    segments_drop(&yard);
    return 0;
}

static void attach(const char *name, const struct segments *segments)
{
    const struct served_fds fds = segments_fds(segments);
    assert_int_equal(cameras_attach(&cameras, name, segments->width, segments->height, &fds), 0);
}

static void attach_both(void)
{
    attach("front", &front);
    attach("yard", &yard);
}

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

static bool serve(void)
{
    return cameras_serve(&cameras, &engine);
}

static void assert_status(const struct segments *segments, uint32_t entry, int status)
{
    assert_true(segments_answered(segments, entry));
    assert_int_equal(segments->out->answers[entry].status, status);
    assert_int_equal(segments->out->answers[entry].rows, status == 0 ? 1 : 0);
}

static void a_request_is_answered(void **state)
{
    (void)state;
    attach_both();
    assert_false(is_readable(cameras.poll));
    assert_false(serve());
    segments_post(&front, 2, 51);
    assert_true(is_readable(cameras.poll));
    cameras_clear(&cameras);
    assert_false(is_readable(cameras.poll));

    assert_true(serve());
    assert_status(&front, 2, 0);
    assert_float_equal(front.out->answers[2].row[0][1], 0.2, 1e-6);
    assert_true(is_readable(front.fds.answer_event));
    assert_false(is_readable(yard.fds.answer_event));
    assert_int_equal(front.block->answered, 1);
    assert_int_equal(front.block->busy_since_ns, 0);
    assert_true(front.block->progress_ns > 0);
    assert_int_equal(yard.block->answered, 0);
    assert_false(serve()); /* once */
}

static void busy_front(void)
{
    assert_true(front.block->busy_since_ns > 0);
    assert_int_equal(yard.block->busy_since_ns, 0);
}

static void while_it_works_its_block_says_so(void **state)
{
    (void)state;
    attach_both();
    segments_post(&front, 0, 1);
    meanwhile = busy_front;
    assert_true(serve());
    assert_int_equal(front.block->busy_since_ns, 0);
}

/* A camera with all entries full again and again, and one with a request now and then. */
static void a_busy_camera_does_not_starve_a_quiet_one(void **state)
{
    (void)state;
    attach_both();
    for (uint32_t i = 0; i < CAMD_REQUESTS; i++)
        segments_post(&front, i, 1);
    assert_true(serve());
    segments_post(&yard, 3, 1);
    assert_true(serve());
    assert_true(segments_answered(&yard, 3));
}

static void a_camera_added_at_run_time_is_served(void **state)
{
    (void)state;
    attach("front", &front);
    segments_post(&yard, 1, 1); /* before it was attached */
    assert_false(serve());
    attach("yard", &yard);
    assert_true(is_readable(cameras.poll));
    assert_true(serve());
    assert_status(&yard, 1, 0);
    assert_int_equal(seen.width, 2 * WIDTH);
    assert_int_equal(cameras_detach(&cameras, "front"), 0);
    assert_int_equal(cameras_detach(&cameras, "front"), -ENOENT);
    segments_post(&front, 0, 1);
    segments_post(&yard, 0, 1);
    assert_true(serve());
    assert_false(serve());
    assert_true(segments_answered(&yard, 0));
    assert_false(segments_answered(&front, 0));
    cameras_clear(&cameras);
    assert_false(is_readable(cameras.poll)); /* what is gone wakes nobody */
}

static void new_segments_replace_the_old_ones(void **state)
{
    (void)state;
    attach("front", &front);
    attach("front", &yard);
    assert_int_equal(cameras.count, 1);
    segments_post(&front, 0, 1);
    segments_post(&yard, 0, 1);
    assert_true(serve());
    assert_false(serve());
    assert_true(segments_answered(&yard, 0));
}

/* A new process after the old one died: answered requests are not answered again, those that wait are. */
static void a_successor_goes_on(void **state)
{
    (void)state;
    attach("front", &front);
    segments_post(&front, 0, 1);
    assert_true(serve());
    segments_post(&front, 1, 1);
    front.block->busy_since_ns = 5; /* it died in the midst of it */
    cameras_fini(&cameras);
    assert_int_equal(cameras_init(&cameras), 0);
    attach("front", &front);
    assert_int_equal(front.block->busy_since_ns, 0);
    assert_true(serve());
    assert_false(serve());
    assert_int_equal(front.block->answered, 2);
}

static void an_error_is_not_nothing_seen(void **state)
{
    (void)state;
    attach("front", &front);
    segments_post(&front, 0, FAILING);
    assert_true(serve());
    assert_status(&front, 0, -EIO);
    assert_int_equal(front.block->errors, 1);
    segments_free(&front, 0);
    segments_post(&front, 0, 1);
    assert_true(serve());
    assert_status(&front, 0, 0);
    assert_int_equal(front.block->errors, 1);
}

/* ---- late answers ---- */

static void give_up(void)
{
    __atomic_add_fetch(&front.in->requests[0].generation, 1, __ATOMIC_RELEASE);
    segments_free(&front, 0);
}

static void give_up_and_post(void)
{
    give_up();
    segments_post(&front, 0, 102);
}

static void a_late_answer_is_dropped_and_counted(void **state)
{
    (void)state;
    attach("front", &front);
    segments_post(&front, 0, 1);
    meanwhile = give_up;
    assert_true(serve());
    assert_int_equal(front.block->late, 1);
    assert_int_equal(front.block->answered, 0);
    assert_int_equal(front.out->answers[0].request_id, 0);
    assert_false(is_readable(front.fds.answer_event));
}

static void the_entry_of_a_late_answer_is_served_anew(void **state)
{
    (void)state;
    attach("front", &front);
    segments_post(&front, 0, 1);
    meanwhile = give_up_and_post;
    assert_true(serve());
    assert_false(segments_answered(&front, 0));
    meanwhile = NULL;
    assert_true(serve());
    assert_status(&front, 0, 0);
    assert_float_equal(front.out->answers[0].row[0][1], 0.4, 1e-6);
}

/* ---- trackers that break the rules ---- */

static void assert_answered_with(int status)
{
    assert_true(serve());
    assert_status(&front, 0, status);
    segments_free(&front, 0);
}

static void wrong_sizes_are_refused(void **state)
{
    (void)state;
    struct camd_request *request = &front.in->requests[0];
    attach("front", &front);
    segments_post(&front, 0, 1);
    request->width = 2 * WIDTH;
    assert_answered_with(-EINVAL);
    segments_post(&front, 0, 1);
    request->region = (struct camd_box){INT32_MIN, 0, INT32_MAX, 10};
    assert_answered_with(-EINVAL);
    segments_post(&front, 0, 1);
    request->region = (struct camd_box){10, 10, 10, 20};
    assert_answered_with(-EINVAL);
    front.in->tensor_stride = 1;
    segments_post(&front, 0, 1);
    assert_answered_with(-EINVAL);
    front.in->tensor_stride = UINT32_MAX; /* entry 0 is where it always is; entry 3 is beyond the end */
    segments_post(&front, 3, 1);
    assert_true(serve());
    assert_status(&front, 3, -EIO);
}

static void a_truncated_segment_harms_its_own_camera_only(void **state)
{
    (void)state;
    attach_both();
    segments_post(&front, 0, 1);
    segments_post(&yard, 0, 1);
    assert_int_equal(ftruncate(front.fds.in, sizeof(struct camd_request_ring)), 0);
    assert_true(serve());
    assert_status(&front, 0, -EIO);
    assert_int_equal(ftruncate(front.fds.in, 0), 0);
    assert_int_equal(ftruncate(front.fds.ctl, 0), 0);
    assert_true(serve());
    assert_status(&yard, 0, 0);
    assert_false(serve());
}

static void what_cannot_be_mapped_is_refused(void **state)
{
    (void)state;
    struct served_fds fds = front.fds;
    assert_int_equal(cameras_attach(&cameras, "front", 2 * WIDTH, HEIGHT, &fds), -EBADMSG);
    assert_int_equal(cameras_attach(&cameras, "front", 0, HEIGHT, &fds), -EBADMSG);
    assert_int_equal(cameras_attach(&cameras, "front", WIDTH, CAMD_SIZE_MAX + 1, &fds), -EBADMSG);
    fds.answer_event = -1;
    assert_int_equal(cameras_attach(&cameras, "front", WIDTH, HEIGHT, &fds), -EPROTO);
    fds = front.fds;
    assert_int_equal(ftruncate(front.fds.out, 100), 0);
    assert_int_equal(cameras_attach(&cameras, "front", WIDTH, HEIGHT, &fds), -EBADMSG);
    assert_int_equal(cameras.count, 0);
    worker_event_signal(front.fds.request_event);
    assert_false(is_readable(cameras.poll));
}

/* Boxes are those of the region: the detector is told which part of the tensor shows it. */
static void the_back_end_is_told_where_the_region_is(void **state)
{
    (void)state;
    attach("front", &front);
    segments_post(&front, 0, 1);
    front.in->requests[0].region = (struct camd_box){100, 100, 140, 140};
    assert_true(serve());
    assert_int_equal(seen.content_width, HEIGHT);
    assert_int_equal(seen.content_height, HEIGHT);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered),
        TEST(while_it_works_its_block_says_so),
        TEST(a_busy_camera_does_not_starve_a_quiet_one),
        TEST(a_camera_added_at_run_time_is_served),
        TEST(new_segments_replace_the_old_ones),
        TEST(a_successor_goes_on),
        TEST(an_error_is_not_nothing_seen),
        TEST(a_late_answer_is_dropped_and_counted),
        TEST(the_entry_of_a_late_answer_is_served_anew),
        TEST(wrong_sizes_are_refused),
        TEST(a_truncated_segment_harms_its_own_camera_only),
        TEST(what_cannot_be_mapped_is_refused),
        TEST(the_back_end_is_told_where_the_region_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
