/* What is printed of a document that is small enough to be written here, and of one that is nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_queue.h"
#include "metrics/exposition.h"
#include "metrics/metrics.h"

static char printed[65536];

static const char *metrics_of(const char *document)
{
    json_t *status = document ? json_loads(document, 0, NULL) : NULL;
    struct byte_queue out;
    assert_true(!document || status);
    byte_queue_init(&out);
    assert_int_equal(metrics_print(status, &out), 0);
    assert_true(out.length < sizeof(printed));
    memcpy(printed, byte_queue_front(&out), out.length);
    printed[out.length] = '\0';
    byte_queue_fini(&out);
    json_decref(status);
    return printed;
}

static void assert_has(const char *text, const char *line)
{
    const char *found = strstr(text, line);
    if (!found || (found != text && found[-1] != '\n') || found[strlen(line)] != '\n')
        fail_msg("no line \"%s\" in\n%s", line, text);
}

static void test_a_camd_that_is_away(void **state)
{
    (void)state;
    assert_string_equal(metrics_of(NULL),
                        "# HELP camd_up Whether camd answers.\n# TYPE camd_up gauge\ncamd_up 0\n");
}

static void test_values_of_all_kinds(void **state)
{
    const char *text = metrics_of(
        "{\"daemon\":{\"version\":\"1\\\"\\\\\\n\",\"state\":\"stopping\",\"grids_problem\":null,"
        "\"enabled_problem\":\"it cannot be read\","
        "\"events_problem\":\"the disk is full\","
        "\"shm\":{\"total_mb\":0.5}},\"cameras\":[{\"name\":\"a\",\"state\":\"backoff\",\"enabled\":true,"
        "\"dark_s\":null,\"frames\":9007199254740991,\"next_start_ms\":1500,\"day\":{\"outages\":2},"
        "\"stream\":{\"codec\":\"h264\"},\"detector_times\":{\"counts\":[1,0,2],\"limits_s\":[0.001,0.0025],"
        "\"sum_s\":7.5},\"tracker\":{\"restarts_by\":{\"exit\":3},\"sandbox\":{\"calls\":false,\"missing\":"
        "\"x\"}}}]}");
    (void)state;
    assert_has(text, "camd_up 1");
    assert_has(text, "camd_build_info{version=\"1\\\"\\\\\\n\"} 1");
    assert_has(text, "camd_stopping 1");
    assert_has(text, "camd_enabled_kept 0");
    assert_has(text, "camd_grids_kept 1");
    assert_has(text, "camd_events_kept 0");
    assert_has(text, "camd_shm_size_bytes 524288");
    assert_has(text, "camd_camera_enabled{camera=\"a\"} 1");
    assert_null(strstr(text, "camd_camera_dark_seconds{"));
    assert_has(text, "camd_camera_frames_total{camera=\"a\"} 9007199254740991");
    assert_has(text, "camd_camera_next_start_seconds{camera=\"a\"} 1.5");
    assert_has(text, "camd_camera_state{camera=\"a\",state=\"backoff\"} 1");
    assert_has(text, "camd_camera_state{camera=\"a\",state=\"up\"} 0");
    assert_has(text, "camd_camera_recent_outages{camera=\"a\",window=\"day\"} 2");
    assert_null(strstr(text, "window=\"hour\""));
    assert_has(text, "camd_camera_info{camera=\"a\",detector=\"\",codec=\"h264\",pixel_format=\"\"} 1");
    assert_has(text, "camd_camera_detector_seconds_bucket{camera=\"a\",le=\"0.001\"} 1");
    assert_has(text, "camd_camera_detector_seconds_bucket{camera=\"a\",le=\"0.0025\"} 1");
    assert_has(text, "camd_camera_detector_seconds_bucket{camera=\"a\",le=\"+Inf\"} 3");
    assert_has(text, "camd_camera_detector_seconds_count{camera=\"a\"} 3");
    assert_has(text, "camd_camera_detector_seconds_sum{camera=\"a\"} 7.5");
    assert_has(text, "camd_worker_restarts_total{camera=\"a\",worker=\"tracker\",reason=\"exit\"} 3");
    assert_has(text, "camd_worker_sandboxed{camera=\"a\",worker=\"tracker\",part=\"calls\"} 0");
    assert_null(strstr(text, "missing"));
}

static void test_nonsense_has_no_samples(void **state)
{
    (void)state;
    metrics_of("{}");
    metrics_of("{\"daemon\":5,\"cameras\":{\"a\":1},\"detectors\":[1,null,\"x\"]}");
    assert_null(strstr(
        metrics_of("{\"cameras\":[{\"name\":\"a\",\"frames\":\"many\",\"detector_times\":{\"counts\":[1],"
                   "\"limits_s\":[1,2]}}]}"),
        "frames_total{"));
    assert_null(strstr(printed, "_bucket"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_camd_that_is_away),
        cmocka_unit_test(test_values_of_all_kinds),
        cmocka_unit_test(test_nonsense_has_no_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
