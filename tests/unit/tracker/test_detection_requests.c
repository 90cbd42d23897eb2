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

struct fixture {
    struct camd_info info;
    struct camd_segments segments;
    struct requests requests;
    struct camd_frame frame;
    uint8_t *pixels;
    int request_event, answer_event;
    uint32_t batch[8], waits; /* entries posted at each wait */
    /* what the detector does with a request that waits; NULL: nothing */
    void (*answer)(struct fixture *fixture, int entry);
    int result;       /* of the wait */
    uint32_t a_wait;  /* answers it gives in one wait, at most */
    int64_t takes_ns; /* for an answer */
};

static void put(struct fixture *fixture, int entry, uint32_t generation, const float row[6])
{
    struct camd_answer *answer = &fixture->segments.out->answers[entry];
    *answer = (struct camd_answer){.generation = generation, .rows = row ? 1 : 0};
    if (row)
        memcpy(answer->row[0], row, 6 * sizeof(*row));
    answer->request_id = fixture->segments.in->requests[entry].request_id;
}

static const float middle[6] = {1, 0.9F, 0.25F, 0.25F, 0.75F, 0.75F};

static void answer_middle(struct fixture *fixture, int entry)
{
    put(fixture, entry, fixture->segments.in->requests[entry].generation, middle);
}

static bool waits(const struct fixture *fixture, int entry)
{
    const struct camd_request *request = &fixture->segments.in->requests[entry];
    return request->state == CAMD_REQUEST_POSTED &&
           fixture->segments.out->answers[entry].request_id != request->request_id;
}

static int wait_now(void *context, int event, int64_t timeout_ns)
{
    struct fixture *fixture = context;
    uint32_t given = 0, posted = 0;
    assert_int_equal(event, fixture->answer_event);
    assert_true(timeout_ns > 0);
    for (int i = 0; i < CAMD_REQUESTS; i++)
        posted += fixture->segments.in->requests[i].state == CAMD_REQUEST_POSTED;
    if (fixture->waits < 8)
        fixture->batch[fixture->waits] = posted;
    fixture->waits++;
    for (int i = 0; i < CAMD_REQUESTS && fixture->answer && given < fixture->a_wait; i++) {
        if (waits(fixture, i)) {
            fixture->answer(fixture, i);
            given++;
        }
    }
    return given == 0 && fixture->result == 0 ? -ETIMEDOUT : fixture->result;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    size_t in_bytes = CAMD_BLOCK_BYTES + CAMD_REQUESTS * TENSOR;
    fixture->info = (struct camd_info){.input_width = INPUT, .input_height = INPUT, .label_count = LABELS};
    fixture->segments = (struct camd_segments){
        .info = &fixture->info,
        .in = calloc(1, in_bytes),
        .out = calloc(1, sizeof(struct camd_answer_ring)),
        .in_bytes = in_bytes,
        .width = WIDTH,
        .height = HEIGHT,
    };
    fixture->segments.in->tensor_stride = TENSOR;
    fixture->pixels = calloc(WIDTH * HEIGHT * 3 / 2, 1);
    memset(fixture->pixels, 128, WIDTH * HEIGHT * 3 / 2);
    fixture->frame = (struct camd_frame){.pixels = fixture->pixels, .frame_id = 7};
    fixture->request_event = eventfd(0, EFD_NONBLOCK);
    fixture->answer_event = eventfd(0, EFD_NONBLOCK);
    fixture->answer = answer_middle;
    fixture->a_wait = CAMD_REQUESTS;
    struct requests_waiter waiter = {fixture, wait_now};
    requests_init(&fixture->requests, &waiter);
    requests_set_budget(&fixture->requests, INT64_C(3600000000000));
    assert_int_equal(requests_attach(&fixture->requests, &fixture->segments, fixture->request_event,
                                     fixture->answer_event, true),
                     0);
    requests_set_up(&fixture->requests, true);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    requests_fini(&fixture->requests);
    close(fixture->request_event);
    close(fixture->answer_event);
    free(fixture->segments.in);
    free(fixture->segments.out);
    free(fixture->pixels);
    free(fixture);
    return 0;
}

static int detect(struct fixture *fixture, uint32_t count, struct detection_list *found, uint32_t *answered)
{
    struct camd_box regions[CAMD_REGIONS_MAX];
    for (uint32_t i = 0; i < CAMD_REGIONS_MAX; i++)
        regions[i] = (struct camd_box){(int32_t)i * 10, 20, (int32_t)i * 10 + 100, 120};
    found->count = 0;
    *answered = 99;
    fixture->waits = 0;
    return requests_detect(&fixture->requests, &fixture->frame, regions, count, found, answered);
}

static struct detection_list found;
static uint32_t answered;

static void assert_all_free(const struct fixture *fixture)
{
    for (int i = 0; i < CAMD_REQUESTS; i++)
        assert_int_equal(fixture->segments.in->requests[i].state, CAMD_REQUEST_FREE);
}

/* ---- tests ---- */

static void test_regions_of_a_frame_travel_together(void **state)
{
    struct fixture *fixture = *state;
    uint64_t signals;
    assert_int_equal(detect(fixture, 3, &found, &answered), 0);
    assert_int_equal(answered, 3);
    assert_int_equal(fixture->waits, 1);
    assert_int_equal(fixture->batch[0], 3);
    assert_int_equal(read(fixture->request_event, &signals, sizeof(signals)), sizeof(signals));
    assert_int_equal(signals, 1);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.list[1].label, 1);
    assert_int_equal(found.list[1].box.x1, 35);
    assert_int_equal(found.list[1].box.y2, 95);
    assert_int_equal(found.list[1].region.x1, 10);
    assert_int_equal(fixture->segments.in->requests[0].frame_id, 7);
    assert_all_free(fixture);
}

static void test_more_regions_than_entries_go_in_rounds(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(detect(fixture, 10, &found, &answered), 0);
    assert_int_equal(answered, 10);
    assert_int_equal(found.count, 10);
    assert_int_equal(fixture->batch[0], 4);
    assert_int_equal(fixture->requests.counts.asked, 10);
    fixture->a_wait = 1; /* as each entry becomes free */
    assert_int_equal(detect(fixture, 10, &found, &answered), 0);
    assert_int_equal(answered, 10);
    assert_int_equal(fixture->batch[1], 4);
    assert_all_free(fixture);
}

static void test_a_late_answer_is_dropped_and_counted(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = NULL;
    assert_int_equal(detect(fixture, 2, &found, &answered), -ETIMEDOUT);
    assert_int_equal(answered, 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(fixture->requests.counts.timeouts, 1);
    /* the entries are the detector's: nothing is asked, nothing is waited for */
    assert_int_equal(detect(fixture, 2, &found, &answered), -EBUSY);
    assert_int_equal(fixture->waits, 0);
    assert_int_equal(fixture->segments.in->requests[0].state, CAMD_REQUEST_POSTED);
    answer_middle(fixture, 0);
    fixture->answer = answer_middle;
    requests_set_budget(&fixture->requests, INT64_C(3600000000000));
    assert_int_equal(detect(fixture, 2, &found, &answered), 0);
    assert_int_equal(found.count, 2); /* none of them the old one */
    assert_true(fixture->requests.counts.late >= 1);
}

static void test_a_budget_that_is_over_is_a_time_out(void **state)
{
    struct fixture *fixture = *state;
    requests_set_budget(&fixture->requests, 0);
    assert_int_equal(detect(fixture, 2, &found, &answered), -ETIMEDOUT);
    assert_int_equal(fixture->requests.counts.timeouts, 1);
}

/* Sleeps as the tracker does: until an answer is there, or for the time it was given. */
static int wait_slowly(void *context, int event, int64_t timeout_ns)
{
    struct fixture *fixture = context;
    int64_t due_ns = fixture->segments.in->requests[0].posted_ns + fixture->takes_ns - clock_monotonic_ns();
    int64_t pause_ns = due_ns < timeout_ns ? due_ns : timeout_ns;
    (void)event;
    if (pause_ns > 0)
        nanosleep(&(struct timespec){(time_t)(pause_ns / CLOCK_NS_PER_S), (long)(pause_ns % CLOCK_NS_PER_S)},
                  NULL);
    if (due_ns > timeout_ns)
        return 0;
    answer_middle(fixture, 0);
    return 0;
}

/* A detector with many cameras answered every frame a little too late: its work was thrown away, and nothing ever seen. */
static void test_a_detector_slower_than_the_budget_is_heard_nevertheless(void **state)
{
    struct fixture *fixture = *state;
    /* twice as much is too late: no pause of the machine is as long */
    const int64_t budget_ns = 150 * CLOCK_NS_PER_MS;
    fixture->takes_ns = 3 * budget_ns;
    fixture->requests.waiter.wait = wait_slowly;
    requests_set_budget(&fixture->requests, budget_ns);
    assert_int_equal(detect(fixture, 1, &found, &answered), -ETIMEDOUT);
    assert_int_equal(detect(fixture, 1, &found, &answered), -EBUSY);
    answer_middle(fixture, 0); /* late */
    for (int tries = 0; tries < 8 && answered != 1; tries++) {
        if (detect(fixture, 1, &found, &answered) == -ETIMEDOUT)
            answer_middle(fixture, 0);
    }
    assert_int_equal(answered, 1);
    assert_int_equal(found.count, 1);
    fixture->takes_ns = INT64_MAX / 2; /* stuck: there is an end to patience */
    assert_int_equal(detect(fixture, 1, &found, &answered), -ETIMEDOUT);
    assert_int_equal(detect(fixture, 1, &found, &answered), -EBUSY);
}

static void test_what_would_come_too_late_is_not_asked(void **state)
{
    struct fixture *fixture = *state;
    fixture->requests.answer_ns = INT64_C(1000000000000);
    requests_set_budget(&fixture->requests, INT64_C(2500000000000)); /* time for two */
    assert_int_equal(detect(fixture, 8, &found, &answered), 0);
    assert_int_equal(fixture->batch[0], 2);
    assert_int_equal(answered, 8); /* they came sooner than was to be expected */
    fixture->requests.answer_ns = INT64_C(1000000000000);
    requests_set_budget(&fixture->requests, INT64_C(900000000000)); /* not even for one, which is tried */
    assert_int_equal(detect(fixture, 8, &found, &answered), 0);
    assert_int_equal(fixture->batch[0], 1);
    assert_int_equal(answered, 1);
    assert_int_equal(found.count, 1);
    assert_all_free(fixture);
    assert_true(fixture->requests.answer_ns < INT64_C(900000000000)); /* it is learnt */
}

static void test_what_is_answered_in_time_stays(void **state)
{
    struct fixture *fixture = *state;
    fixture->a_wait = 1;
    fixture->result = -EINTR;
    assert_int_equal(detect(fixture, 3, &found, &answered), -EINTR);
    assert_int_equal(answered, 0); /* given, but not collected before camd wanted something */
    fixture->result = 0;
    fixture->a_wait = CAMD_REQUESTS;
    assert_int_equal(detect(fixture, 1, &found, &answered), 0);
    assert_int_equal(fixture->requests.counts.late, 3);
}

static void test_a_detector_that_is_down_frees_its_entries(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = NULL;
    assert_int_equal(detect(fixture, 4, &found, &answered), -ETIMEDOUT);
    struct camd_request old = fixture->segments.in->requests[2];
    requests_set_up(&fixture->requests, false);
    assert_all_free(fixture);
    assert_int_equal(detect(fixture, 1, &found, &answered), -EPIPE);
    requests_set_up(&fixture->requests, true);
    fixture->answer = answer_middle;
    requests_set_budget(&fixture->requests, INT64_C(3600000000000));
    assert_int_equal(detect(fixture, 4, &found, &answered), 0);
    assert_int_equal(found.count, 4);
    assert_true(fixture->segments.in->requests[2].generation != old.generation);
    assert_true(fixture->segments.in->requests[2].request_id > old.request_id);
}

static void answer_of_old_generation(struct fixture *fixture, int entry)
{
    put(fixture, entry, fixture->segments.in->requests[entry].generation - 1, middle);
}

static void test_an_answer_of_another_generation_is_none(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = answer_of_old_generation;
    assert_true(detect(fixture, 1, &found, &answered) < 0);
    assert_int_equal(answered, 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(fixture->segments.in->requests[0].state, CAMD_REQUEST_POSTED);
}

static void answer_failed(struct fixture *fixture, int entry)
{
    put(fixture, entry, fixture->segments.in->requests[entry].generation, NULL);
    fixture->segments.out->answers[entry].status = -EIO;
}

static void answer_too_much(struct fixture *fixture, int entry)
{
    put(fixture, entry, fixture->segments.in->requests[entry].generation, middle);
    fixture->segments.out->answers[entry].rows = CAMD_ANSWER_ROWS + 1;
}

/* An error, as the time-outs above are */
static void test_a_failure_is_not_no_objects(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = answer_failed;
    assert_int_equal(detect(fixture, 2, &found, &answered), -EIO);
    assert_int_equal(answered, 0);
    fixture->answer = answer_too_much;
    assert_int_equal(detect(fixture, 2, &found, &answered), -EBADMSG);
    assert_int_equal(found.count, 0);
    assert_all_free(fixture);
}

static void test_a_successor_goes_on_with_the_entries(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = NULL;
    assert_int_equal(detect(fixture, 2, &found, &answered), -ETIMEDOUT);
    uint64_t last = fixture->segments.in->requests[1].request_id;
    requests_fini(&fixture->requests);
    requests_init(&fixture->requests, &(struct requests_waiter){fixture, wait_now});
    requests_set_budget(&fixture->requests, INT64_C(3600000000000));
    assert_int_equal(requests_attach(&fixture->requests, &fixture->segments, fixture->request_event,
                                     fixture->answer_event, true),
                     0);
    assert_int_equal(detect(fixture, 1, &found, &answered), -EPIPE); /* until camd says that it is up */
    requests_set_up(&fixture->requests, true);
    assert_int_equal(detect(fixture, 1, &found, &answered), -EBUSY);
    answer_middle(fixture, 0);
    answer_middle(fixture, 1);
    fixture->answer = answer_middle;
    assert_int_equal(detect(fixture, 1, &found, &answered), 0);
    assert_true(fixture->segments.in->requests[0].request_id > last);
    assert_int_equal(fixture->requests.counts.late, 2);
}

/* No request has the number 0, which is that of no answer yet: a fresh segment would answer it. */
static void test_a_predecessor_that_wrote_the_last_number_leaves_one(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t last = UINT64_MAX - 1; last != 0; last++) {
        fixture->segments.in->requests[3].request_id = last;
        fixture->answer = NULL;
        requests_fini(&fixture->requests);
        requests_init(&fixture->requests, &(struct requests_waiter){fixture, wait_now});
        assert_int_equal(requests_attach(&fixture->requests, &fixture->segments, fixture->request_event,
                                         fixture->answer_event, true),
                         0);
        requests_set_up(&fixture->requests, true);
        assert_int_equal(detect(fixture, 2, &found, &answered), -ETIMEDOUT);
        assert_int_equal(answered, 0);
        for (int i = 0; i < CAMD_REQUESTS; i++) {
            assert_true(i >= 2 || fixture->segments.in->requests[i].request_id != 0);
            fixture->segments.in->requests[i].state = CAMD_REQUEST_FREE;
        }
    }
}

static void test_without_a_detector(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(requests_attach(&fixture->requests, &fixture->segments, -1, -1, true), 0);
    assert_null(fixture->requests.segments);
    assert_int_equal(detect(fixture, 1, &found, &answered), -EPIPE);
    fixture->info.input_width = 1000; /* more than the segment holds */
    assert_int_equal(requests_attach(&fixture->requests, &fixture->segments, fixture->request_event,
                                     fixture->answer_event, true),
                     -EINVAL);
    assert_null(fixture->requests.segments);
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
