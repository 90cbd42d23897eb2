/* FFmpeg's lines in our log: without secrets, whole, limited. stderr goes to a file and is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "capture/avlog.h"

#define S INT64_C(1000000000)

static bool takes(struct avlog_limiter *limiter, const char *line, int64_t now_ns)
{
    uint32_t repeated, dropped;
    return avlog_limiter_takes(limiter, line, now_ns, &repeated, &dropped);
}

static void test_repeated_line_is_counted(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    uint32_t repeated, dropped;

    assert_true(takes(&limiter, "a", 0));
    for (int i = 1; i <= 5; i++)
        assert_false(takes(&limiter, "a", i));
    assert_true(avlog_limiter_takes(&limiter, "b", 6, &repeated, &dropped));
    assert_int_equal(repeated, 5);
    assert_int_equal(dropped, 0);
    assert_true(avlog_limiter_takes(&limiter, "a", 7, &repeated, &dropped));
    assert_int_equal(repeated, 0);
}

static void test_line_that_never_stops_is_told_once_a_window(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    unsigned int count = 0;
    for (int64_t now_ns = 0; now_ns < 60 * S; now_ns += S / 10)
        count += takes(&limiter, "a", now_ns);
    assert_int_equal(count, 6);
}

static void test_many_lines_are_cut_off_and_counted(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    uint32_t repeated, dropped;
    char line[32];
    unsigned int count = 0;

    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "%d", i);
        count += takes(&limiter, line, i);
    }
    assert_int_equal(count, AVLOG_LINES_MAX);
    assert_true(avlog_limiter_takes(&limiter, "later", AVLOG_WINDOW_NS, &repeated, &dropped));
    assert_int_equal(dropped, 100 - AVLOG_LINES_MAX);
}

/* What write prints on stderr. The caller's to free. */
static char *printed(void (*write_lines)(void))
{
    int file = memfd_create("log", 0), saved = dup(STDERR_FILENO);
    char *text = calloc(1, 65536);

    assert_non_null(text);
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    write_lines();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    assert_true(pread(file, text, 65535, 0) >= 0);
    close(file);
    close(saved);
    return text;
}

static void write_secret(void)
{
    avlog_start("front");
    av_log(NULL, AV_LOG_ERROR, "method DESCRIBE failed for rtsp://admin:");
    av_log(NULL, AV_LOG_ERROR, "s3cret@camera/live\n");
}

static void test_secrets_are_hidden_even_in_pieces(void **state)
{
    (void)state;
    char last[AVLOG_LINE_BYTES];
    char *text = printed(write_secret);
    assert_null(strstr(text, "s3cret"));
    assert_non_null(strstr(text, "<4>front: method DESCRIBE failed for rtsp://admin:***@camera/live"));
    free(text);
    avlog_last_error(last);
    assert_null(strstr(last, "s3cret"));
    assert_non_null(strstr(last, "DESCRIBE"));
    avlog_forget();
    avlog_last_error(last);
    assert_string_equal(last, "");
}

static void write_levels(void)
{
    char long_line[3000];
    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\0';
    log_set_level(LOG_DEBUG);
    avlog_start("front");
    av_log(NULL, AV_LOG_FATAL, "of fatal\n");
    av_log(NULL, AV_LOG_WARNING, "of\twarning\n");
    av_log(NULL, AV_LOG_INFO, "of info\n");
    av_log(NULL, AV_LOG_DEBUG, "of debug\n");
    av_log(NULL, AV_LOG_ERROR, "%s\n", long_line);
    av_log(NULL, AV_LOG_ERROR, "after\n");
    log_set_level(LOG_INFO);
    avlog_start("front");
    av_log(NULL, AV_LOG_INFO, "not wanted\n");
}

static void test_levels_are_ours(void **state)
{
    (void)state;
    char *text = printed(write_levels);
    assert_non_null(strstr(text, "<3>front: of fatal\n"));
    assert_non_null(strstr(text, "<6>front: of warning\n"));
    assert_non_null(strstr(text, "<7>front: of info\n"));
    assert_null(strstr(text, "of debug"));
    assert_non_null(strstr(text, "<4>front: after\n"));
    assert_null(strstr(text, "not wanted"));
    assert_true(strlen(text) < 2 * AVLOG_LINE_BYTES);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeated_line_is_counted),
        cmocka_unit_test(test_line_that_never_stops_is_told_once_a_window),
        cmocka_unit_test(test_many_lines_are_cut_off_and_counted),
        cmocka_unit_test(test_secrets_are_hidden_even_in_pieces),
        cmocka_unit_test(test_levels_are_ours),
    };
    log_open(NULL, LOG_STYLE_PRIORITY, LOG_INFO);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
