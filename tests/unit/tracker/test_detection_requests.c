/* Asking a detector: entries, rounds, time-outs, a detector that is down, and rows that are not to be believed. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "runtime/runtime.h"
#include "tracker/detection_requests.h"

enum { WIDTH = 320, HEIGHT = 240, INPUT = 32, LABELS = 2, TENSOR = INPUT * INPUT * 3 };

/* What the real one does; this test has no channel. */
void worker_event_signal(int event)
{
    uint64_t one = 1;
    if (event >= 0)
        assert_int_equal(write(event, &one, sizeof(one)), sizeof(one));
}

void worker_event_clear(int event)
{
    uint64_t count;
    if (event >= 0 && read(event, &count, sizeof(count)) < 0)
        assert_int_equal(errno, EAGAIN);
}

/* ---- a camera's segments, and a detector that works whenever the tracker waits ---- */

struct bench {
    struct camd_info info;
    struct camd_segments segments;
    struct requests requests;
    struct camd_frame frame;
    uint8_t *pixels;
    int request_event, answer_event;
    uint32_t batch[8], waits; /* entries posted at each wait */
    /* what the detector does with a request that waits; NULL: nothing */
    void (*answer)(struct bench *bench, int entry);
    int result;       /* of the wait */
    uint32_t a_wait;  /* answers it gives in one wait, at most */
    int64_t takes_ns; /* for an answer */
};

static void put(struct bench *bench, int entry, uint32_t generation, const float row[6])
{
    struct camd_answer *answer = &bench->segments.out->answers[entry];
    *answer = (struct camd_answer){.generation = generation, .rows = row ? 1 : 0};
    if (row)
        memcpy(answer->row[0], row, 6 * sizeof(*row));
    answer->request_id = bench->segments.in->requests[entry].request_id;
}

static const float middle[6] = {1, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F};

static void answer_middle(struct bench *bench, int entry)
{
    put(bench, entry, bench->segments.in->requests[entry].generation, middle);
}

static bool waits(const struct bench *bench, int entry)
{
    const struct camd_request *request = &bench->segments.in->requests[entry];
    return request->state == CAMD_REQUEST_POSTED &&
           bench->segments.out->answers[entry].request_id != request->request_id;
}

static int wait_now(void *context, int event, int64_t timeout_ns)
{
    struct bench *bench = context;
    uint32_t given = 0, posted = 0;
    assert_int_equal(event, bench->answer_event);
    assert_true(timeout_ns > 0);
    for (int i = 0; i < CAMD_REQUESTS; i++)
        posted += bench->segments.in->requests[i].state == CAMD_REQUEST_POSTED;
    if (bench->waits < 8)
        bench->batch[bench->waits] = posted;
    bench->waits++;
    for (int i = 0; i < CAMD_REQUESTS && bench->answer && given < bench->a_wait; i++) {
        if (waits(bench, i)) {
            bench->answer(bench, i);
            given++;
        }
    }
    return given == 0 && bench->result == 0 ? -ETIMEDOUT : bench->result;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    size_t in_bytes = CAMD_BLOCK_BYTES + CAMD_REQUESTS * TENSOR;
    bench->info = (struct camd_info){.input_width = INPUT, .input_height = INPUT, .label_count = LABELS};
    bench->segments = (struct camd_segments){
        .info = &bench->info,
        .in = calloc(1, in_bytes),
        .out = calloc(1, sizeof(struct camd_answer_ring)),
        .in_bytes = in_bytes,
        .width = WIDTH,
        .height = HEIGHT,
    };
    bench->segments.in->tensor_stride = TENSOR;
    bench->pixels = calloc(WIDTH * HEIGHT * 3 / 2, 1);
    memset(bench->pixels, 128, WIDTH * HEIGHT * 3 / 2);
    bench->frame = (struct camd_frame){.pixels = bench->pixels, .frame_id = 7};
    bench->request_event = eventfd(0, EFD_NONBLOCK);
    bench->answer_event = eventfd(0, EFD_NONBLOCK);
    bench->answer = answer_middle;
    bench->a_wait = CAMD_REQUESTS;
    struct requests_waiter waiter = {bench, wait_now};
    requests_init(&bench->requests, &waiter);
    requests_set_budget(&bench->requests, INT64_C(3600000000000));
    assert_int_equal(
        requests_attach(&bench->requests, &bench->segments, bench->request_event, bench->answer_event, true),
        0);
    requests_set_up(&bench->requests, true);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    requests_fini(&bench->requests);
    close(bench->request_event);
    close(bench->answer_event);
    free(bench->segments.in);
    free(bench->segments.out);
    free(bench->pixels);
    free(bench);
    return 0;
}

static int detect(struct bench *bench, uint32_t count, struct detection_list *found, uint32_t *answered)
{
    struct camd_box regions[CAMD_REGIONS_MAX];
    for (uint32_t i = 0; i < CAMD_REGIONS_MAX; i++)
        regions[i] = (struct camd_box){(int32_t)i * 10, 20, (int32_t)i * 10 + 100, 120};
    found->count = 0;
    *answered = 99;
    bench->waits = 0;
    return requests_detect(&bench->requests, &bench->frame, regions, count, found, answered);
}

static struct detection_list found;
static uint32_t answered;

static void assert_all_free(const struct bench *bench)
{
    for (int i = 0; i < CAMD_REQUESTS; i++)
        assert_int_equal(bench->segments.in->requests[i].state, CAMD_REQUEST_FREE);
}

/* ---- tests ---- */

static void test_regions_of_a_frame_travel_together(void **state)
{
    struct bench *bench = *state;
    uint64_t signals;
    assert_int_equal(detect(bench, 3, &found, &answered), 0);
    assert_int_equal(answered, 3);
    assert_int_equal(bench->waits, 1);
    assert_int_equal(bench->batch[0], 3);
    assert_int_equal(read(bench->request_event, &signals, sizeof(signals)), sizeof(signals));
    assert_int_equal(signals, 1);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.list[1].label, 1);
    assert_int_equal(found.list[1].box.x1, 35);
    assert_int_equal(found.list[1].box.y2, 95);
    assert_int_equal(found.list[1].region.x1, 10);
    assert_int_equal(bench->segments.in->requests[0].frame_id, 7);
    assert_all_free(bench);
}

static void test_more_regions_than_entries_go_in_rounds(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(detect(bench, 10, &found, &answered), 0);
    assert_int_equal(answered, 10);
    assert_int_equal(found.count, 10);
    assert_int_equal(bench->batch[0], 4);
    assert_int_equal(bench->requests.counts.asked, 10);
    bench->a_wait = 1; /* as each entry becomes free */
    assert_int_equal(detect(bench, 10, &found, &answered), 0);
    assert_int_equal(answered, 10);
    assert_int_equal(bench->batch[1], 4);
    assert_all_free(bench);
}

static void test_a_late_answer_is_dropped_and_counted(void **state)
{
    struct bench *bench = *state;
    bench->answer = NULL;
    assert_int_equal(detect(bench, 2, &found, &answered), -ETIMEDOUT);
    assert_int_equal(answered, 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(bench->requests.counts.timeouts, 1);
    /* the entries are the detector's: nothing is asked, nothing is waited for */
    assert_int_equal(detect(bench, 2, &found, &answered), -EBUSY);
    assert_int_equal(bench->waits, 0);
    assert_int_equal(bench->segments.in->requests[0].state, CAMD_REQUEST_POSTED);
    answer_middle(bench, 0);
    bench->answer = answer_middle;
    requests_set_budget(&bench->requests, INT64_C(3600000000000));
    assert_int_equal(detect(bench, 2, &found, &answered), 0);
    assert_int_equal(found.count, 2); /* none of them the old one */
    assert_true(bench->requests.counts.late >= 1);
}

static void test_a_budget_that_is_over_is_a_time_out(void **state)
{
    struct bench *bench = *state;
    requests_set_budget(&bench->requests, 0);
    assert_int_equal(detect(bench, 2, &found, &answered), -ETIMEDOUT);
    assert_int_equal(bench->requests.counts.timeouts, 1);
}

/* Sleeps as the tracker does: until an answer is there, or for the time it was given. */
static int wait_slowly(void *context, int event, int64_t timeout_ns)
{
    struct bench *bench = context;
    int64_t due_ns = bench->segments.in->requests[0].posted_ns + bench->takes_ns - clock_monotonic_ns();
    int64_t pause_ns = due_ns < timeout_ns ? due_ns : timeout_ns;
    (void)event;
    if (pause_ns > 0)
        nanosleep(&(struct timespec){pause_ns / CLOCK_NS_PER_S, pause_ns % CLOCK_NS_PER_S}, NULL);
    if (due_ns > timeout_ns)
        return 0;
    answer_middle(bench, 0);
    return 0;
}

/* A detector with many cameras answered every frame a little too late: its work was thrown away, and nothing ever seen. */
static void test_a_detector_slower_than_the_budget_is_heard_nevertheless(void **state)
{
    struct bench *bench = *state;
    /* twice as much is too late: no pause of the machine is as long */
    const int64_t budget_ns = 150 * CLOCK_NS_PER_MS;
    bench->takes_ns = 3 * budget_ns;
    bench->requests.waiter.wait = wait_slowly;
    requests_set_budget(&bench->requests, budget_ns);
    assert_int_equal(detect(bench, 1, &found, &answered), -ETIMEDOUT);
    assert_int_equal(detect(bench, 1, &found, &answered), -EBUSY);
    answer_middle(bench, 0); /* late */
    for (int tries = 0; tries < 8 && answered != 1; tries++) {
        if (detect(bench, 1, &found, &answered) == -ETIMEDOUT)
            answer_middle(bench, 0);
    }
    assert_int_equal(answered, 1);
    assert_int_equal(found.count, 1);
    bench->takes_ns = INT64_MAX / 2; /* stuck: there is an end to patience */
    assert_int_equal(detect(bench, 1, &found, &answered), -ETIMEDOUT);
    assert_int_equal(detect(bench, 1, &found, &answered), -EBUSY);
}

static void test_what_would_come_too_late_is_not_asked(void **state)
{
    struct bench *bench = *state;
    bench->requests.answer_ns = INT64_C(1000000000000);
    requests_set_budget(&bench->requests, INT64_C(2500000000000)); /* time for two */
    assert_int_equal(detect(bench, 8, &found, &answered), 0);
    assert_int_equal(bench->batch[0], 2);
    assert_int_equal(answered, 8); /* they came sooner than was to be expected */
    bench->requests.answer_ns = INT64_C(1000000000000);
    requests_set_budget(&bench->requests, INT64_C(900000000000)); /* not even for one, which is tried */
    assert_int_equal(detect(bench, 8, &found, &answered), 0);
    assert_int_equal(bench->batch[0], 1);
    assert_int_equal(answered, 1);
    assert_int_equal(found.count, 1);
    assert_all_free(bench);
    assert_true(bench->requests.answer_ns < INT64_C(900000000000)); /* it is learnt */
}

static void test_what_is_answered_in_time_stays(void **state)
{
    struct bench *bench = *state;
    bench->a_wait = 1;
    bench->result = -EINTR;
    assert_int_equal(detect(bench, 3, &found, &answered), -EINTR);
    assert_int_equal(answered, 0); /* given, but not collected before camd wanted something */
    bench->result = 0;
    bench->a_wait = CAMD_REQUESTS;
    assert_int_equal(detect(bench, 1, &found, &answered), 0);
    assert_int_equal(bench->requests.counts.late, 3);
}

static void test_a_detector_that_is_down_frees_its_entries(void **state)
{
    struct bench *bench = *state;
    bench->answer = NULL;
    assert_int_equal(detect(bench, 4, &found, &answered), -ETIMEDOUT);
    struct camd_request old = bench->segments.in->requests[2];
    requests_set_up(&bench->requests, false);
    assert_all_free(bench);
    assert_int_equal(detect(bench, 1, &found, &answered), -EPIPE);
    requests_set_up(&bench->requests, true);
    bench->answer = answer_middle;
    requests_set_budget(&bench->requests, INT64_C(3600000000000));
    assert_int_equal(detect(bench, 4, &found, &answered), 0);
    assert_int_equal(found.count, 4);
    assert_true(bench->segments.in->requests[2].generation != old.generation);
    assert_true(bench->segments.in->requests[2].request_id > old.request_id);
}

static void answer_of_old_generation(struct bench *bench, int entry)
{
    put(bench, entry, bench->segments.in->requests[entry].generation - 1, middle);
}

static void test_an_answer_of_another_generation_is_none(void **state)
{
    struct bench *bench = *state;
    bench->answer = answer_of_old_generation;
    assert_true(detect(bench, 1, &found, &answered) < 0);
    assert_int_equal(answered, 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(bench->segments.in->requests[0].state, CAMD_REQUEST_POSTED);
}

static void answer_failed(struct bench *bench, int entry)
{
    put(bench, entry, bench->segments.in->requests[entry].generation, NULL);
    bench->segments.out->answers[entry].status = -EIO;
}

static void answer_too_much(struct bench *bench, int entry)
{
    put(bench, entry, bench->segments.in->requests[entry].generation, middle);
    bench->segments.out->answers[entry].rows = CAMD_ANSWER_ROWS + 1;
}

/* D16, as the time-outs above */
static void test_a_failure_is_not_no_objects(void **state)
{
    struct bench *bench = *state;
    bench->answer = answer_failed;
    assert_int_equal(detect(bench, 2, &found, &answered), -EIO);
    assert_int_equal(answered, 0);
    bench->answer = answer_too_much;
    assert_int_equal(detect(bench, 2, &found, &answered), -EBADMSG);
    assert_int_equal(found.count, 0);
    assert_all_free(bench);
}

static void test_a_successor_goes_on_with_the_entries(void **state)
{
    struct bench *bench = *state;
    bench->answer = NULL;
    assert_int_equal(detect(bench, 2, &found, &answered), -ETIMEDOUT);
    uint64_t last = bench->segments.in->requests[1].request_id;
    requests_fini(&bench->requests);
    requests_init(&bench->requests, &(struct requests_waiter){bench, wait_now});
    requests_set_budget(&bench->requests, INT64_C(3600000000000));
    assert_int_equal(
        requests_attach(&bench->requests, &bench->segments, bench->request_event, bench->answer_event, true),
        0);
    assert_int_equal(detect(bench, 1, &found, &answered), -EPIPE); /* until camd says that it is up */
    requests_set_up(&bench->requests, true);
    assert_int_equal(detect(bench, 1, &found, &answered), -EBUSY);
    answer_middle(bench, 0);
    answer_middle(bench, 1);
    bench->answer = answer_middle;
    assert_int_equal(detect(bench, 1, &found, &answered), 0);
    assert_true(bench->segments.in->requests[0].request_id > last);
    assert_int_equal(bench->requests.counts.late, 2);
}

/* No request has the number 0, which is that of no answer yet: a fresh segment would answer it. */
static void test_a_predecessor_that_wrote_the_last_number_leaves_one(void **state)
{
    struct bench *bench = *state;
    for (uint64_t last = UINT64_MAX - 1; last != 0; last++) {
        bench->segments.in->requests[3].request_id = last;
        bench->answer = NULL;
        requests_fini(&bench->requests);
        requests_init(&bench->requests, &(struct requests_waiter){bench, wait_now});
        assert_int_equal(requests_attach(&bench->requests, &bench->segments, bench->request_event,
                                         bench->answer_event, true),
                         0);
        requests_set_up(&bench->requests, true);
        assert_int_equal(detect(bench, 2, &found, &answered), -ETIMEDOUT);
        assert_int_equal(answered, 0);
        for (int i = 0; i < CAMD_REQUESTS; i++) {
            assert_true(i >= 2 || bench->segments.in->requests[i].request_id != 0);
            bench->segments.in->requests[i].state = CAMD_REQUEST_FREE;
        }
    }
}

static void test_without_a_detector(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(requests_attach(&bench->requests, &bench->segments, -1, -1, true), 0);
    assert_null(bench->requests.segments);
    assert_int_equal(detect(bench, 1, &found, &answered), -EPIPE);
    bench->info.input_width = 1000; /* more than the segment holds */
    assert_int_equal(
        requests_attach(&bench->requests, &bench->segments, bench->request_event, bench->answer_event, true),
        -EINVAL);
    assert_null(bench->requests.segments);
}

static void test_rows_are_converted_as_the_reference_does(void **state)
{
    (void)state;
    static const float rows[][6] = {
        {0, 0.5F, 0.1F, 0.2F, 0.9F, 0.8F}, /* in the frame */
        {1, 0.5F, -1, -1, 2, 2},           /* clipped */
        {0, 0.5F, 0, 0.99F, 0.5F, 1},      /* right of the frame */
        {2, 0.5F, 0, 0, 1, 1},             /* no such label */
        {-1, 0.5F, 0, 0, 1, 1},            /* none either */
        {0, NAN, 0, 0, 1, 1},
        {0, 0.5F, 0, INFINITY, 1, 1},
        {0, 1.5F, 0, 0, 1, 1},
        {0, 0, 0, 0, 1, 1},
        {0, 0.5F, 0.6F, 0, 0.5F, 1},             /* upside down */
        {0, 0.5F, -3e38F, -3e38F, 3e38F, 3e38F}, /* as large as numbers get */
    };
    struct camd_box region = {200, 100, 400, 300};
    found.count = 0;
    requests_convert(rows, sizeof(rows) / sizeof(*rows), &region, WIDTH, HEIGHT, LABELS, &found);
    assert_int_equal(found.count, 3);
    assert_memory_equal(&found.list[0].box, (&(struct camd_box){240, 120, 319, 239}),
                        sizeof(struct camd_box));
    assert_memory_equal(&found.list[1].box, (&(struct camd_box){0, 0, 319, 239}), sizeof(struct camd_box));
    assert_int_equal(found.list[1].label, 1);
    assert_memory_equal(&found.list[2].box, (&(struct camd_box){0, 0, 319, 239}), sizeof(struct camd_box));
    found.count = DETECTIONS_MAX;
    requests_convert(rows, 1, &region, WIDTH, HEIGHT, LABELS, &found);
    assert_int_equal(found.count, DETECTIONS_MAX);
}

static void test_an_answer_without_room_for_more_counts_as_full(void **state)
{
    (void)state;
    static const float rows[CAMD_ANSWER_ROWS][6];
    found.count = found.full_answers = 0;
    const struct camd_box region = {0, 0, 320, 320};
    requests_convert(rows, CAMD_ANSWER_ROWS - 1, &region, WIDTH, HEIGHT, LABELS, &found);
    assert_int_equal(found.full_answers, 0);
    requests_convert(rows, CAMD_ANSWER_ROWS, &region, WIDTH, HEIGHT, LABELS, &found);
    requests_convert(rows, CAMD_ANSWER_ROWS, &region, WIDTH, HEIGHT, LABELS, &found);
    assert_int_equal(found.full_answers, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_regions_of_a_frame_travel_together),
        TEST(test_more_regions_than_entries_go_in_rounds),
        TEST(test_a_late_answer_is_dropped_and_counted),
        TEST(test_a_budget_that_is_over_is_a_time_out),
        TEST(test_a_detector_slower_than_the_budget_is_heard_nevertheless),
        TEST(test_what_would_come_too_late_is_not_asked),
        TEST(test_what_is_answered_in_time_stays),
        TEST(test_a_detector_that_is_down_frees_its_entries),
        TEST(test_an_answer_of_another_generation_is_none),
        TEST(test_a_failure_is_not_no_objects),
        TEST(test_a_successor_goes_on_with_the_entries),
        TEST(test_a_predecessor_that_wrote_the_last_number_leaves_one),
        TEST(test_without_a_detector),
        cmocka_unit_test(test_rows_are_converted_as_the_reference_does),
        cmocka_unit_test(test_an_answer_without_room_for_more_counts_as_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
