/* FFmpeg's lines in our log: without secrets, whole, limited. stderr goes to a file and is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "capture/avlog.h"
#include "capture/overheard.h"

#define S INT64_C(1000000000)

static bool takes(struct avlog_limiter *limiter, const char *kind, int64_t now_ns)
{
    uint32_t held;
    return avlog_limiter_takes(limiter, kind, now_ns, &held);
}

static void assert_kind(const char *line, const char *expected)
{
    char kind[AVLOG_KIND_BYTES];
    avlog_kind_of(line, kind);
    assert_string_equal(kind, expected);
}

static void test_lines_that_differ_in_numbers_are_of_one_kind(void **state)
{
    (void)state;
    char line[300];

    assert_kind("[rtsp @ 0x55d0c8e0ab40] RTP: missed 12 packets", "[rtsp @ #] RTP: missed # packets");
    assert_kind("error at -5, 3/4", "error at #, #/#");
    assert_kind("a-b - 7", "a-b - #");
    assert_kind("", "");
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    avlog_kind_of(line, line); /* cut */
    assert_int_equal(strlen(line), AVLOG_KIND_BYTES - 1);
}

static void test_a_kind_is_told_once_a_window_with_its_number(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    uint32_t held;

    assert_true(takes(&limiter, "a", 0));
    for (int i = 1; i <= 5; i++)
        assert_false(takes(&limiter, "a", i));
    assert_true(avlog_limiter_takes(&limiter, "b", 6, &held));
    assert_int_equal(held, 0);
    assert_int_equal(avlog_limiter_held(&limiter), 5);
    assert_true(avlog_limiter_takes(&limiter, "a", AVLOG_WINDOW_NS, &held));
    assert_int_equal(held, 5);
    assert_int_equal(avlog_limiter_held(&limiter), 0);
}

/* Lines in turn defeated a limiter that knew the last one only: 7200 an hour. */
static void test_kinds_in_turn_that_never_stop_are_told_ever_more_seldom(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    static const char *const kinds[] = {"a", "b", "c", "d"};
    unsigned int count = 0;

    for (int64_t now_ns = 0; now_ns < 24 * 3600 * S; now_ns += S / 2)
        count += takes(&limiter, kinds[now_ns / (S / 2) % 4], now_ns);
    assert_in_range(count, 4 * 20, 4 * 32); /* 1 2 4 8 16 32 minutes, then one an hour */
}

static void test_what_comes_again_after_silence_is_told_at_once(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};

    for (int64_t now_ns = 0; now_ns < 1000 * S; now_ns += S)
        takes(&limiter, "a", now_ns);
    assert_true(takes(&limiter, "a", 9000 * S));
    assert_true(takes(&limiter, "a", 20000 * S));
    assert_false(takes(&limiter, "a", 20030 * S));
    assert_true(takes(&limiter, "a", 20060 * S));
}

/* Nor do lines that are all different. */
static void test_many_kinds_are_cut_off_and_counted(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    char kind[32];
    unsigned int count = 0;

    for (int i = 0; i < 100; i++) {
        snprintf(kind, sizeof(kind), "kind %c%c", 'a' + i / 26, 'a' + i % 26);
        count += takes(&limiter, kind, i);
    }
    assert_int_equal(count, AVLOG_LINES_MAX);
    assert_int_equal(avlog_limiter_held(&limiter), 100 - AVLOG_LINES_MAX);
    assert_true(takes(&limiter, "later", AVLOG_WINDOW_NS));
    count = 0;
    for (int i = 0; i < 24 * 3600; i++) {
        snprintf(kind, sizeof(kind), "kind %c%c%c", 'a' + i / 676 % 26, 'a' + i / 26 % 26, 'a' + i % 26);
        count += takes(&limiter, kind, AVLOG_WINDOW_NS + i * S);
    }
    assert_true(count < 32 * AVLOG_LINES_MAX);
}

/* It was printed again with every line of its kind, since the window that it had begun with had no length. */
static void test_a_kind_that_began_while_there_was_no_room_has_a_window_like_others(void **state)
{
    (void)state;
    struct avlog_limiter limiter = {0};
    char kind[32];

    for (int i = 0; i < AVLOG_LINES_MAX; i++) {
        snprintf(kind, sizeof(kind), "kind %c", 'a' + i);
        assert_true(takes(&limiter, kind, i));
    }
    assert_false(takes(&limiter, "late", AVLOG_LINES_MAX));
    assert_true(takes(&limiter, "late", AVLOG_WINDOW_NS));
    assert_false(takes(&limiter, "late", AVLOG_WINDOW_NS + 1));
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

static void write_repeated(void)
{
    AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    log_set_level(LOG_DEBUG);
    avlog_start("front");
    for (int i = 0; i < 50; i++) {
        av_log(decoder, AV_LOG_ERROR, "error while decoding MB %d %d\n", i, i);
        av_log(decoder, AV_LOG_ERROR, "left block unavailable\n");
        av_log(NULL, AV_LOG_WARNING, "RTP: missed %d packets\n", i);
    }
    avlog_finish();
    avcodec_free_context(&decoder);
    log_set_level(LOG_INFO);
}

static void test_a_decoders_lines_are_one_fault(void **state)
{
    (void)state;
    char *text = printed(write_repeated);
    unsigned int lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 3);
    assert_non_null(strstr(text, "error while decoding MB 0 0\n"));
    assert_non_null(strstr(text, "RTP: missed 0 packets\n"));
    assert_non_null(strstr(text, "front: 148 more lines of FFmpeg were left out\n"));
    free(text);
}

static void write_levels(void)
{
    char long_line[3000];
    memset(long_line, 'x', sizeof(long_line));
    long_line[sizeof(long_line) - 1] = '\0';
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

static void hear(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void hear(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    overheard_listen(AV_LOG_TRACE, format, arguments);
    va_end(arguments);
}

/* FFmpeg takes the digest before basic; NTLM was named, which it does not look at. */
static void test_unknown_digest_is_named_before_other_unknown_logins(void **state)
{
    (void)state;
    struct overheard overheard;
    overheard_forget();
    hear("header='%s'\n", "WWW-Authenticate: Negotiate");
    hear("header='%s'\n", "WWW-Authenticate: Digest realm=\"camera\", nonce=\"0\", algorithm=SHA-256");
    hear("header='%s'\n", "WWW-Authenticate: Basic realm=\"camera\"");
    hear("header='%s'\n", "WWW-Authenticate: NTLM");
    overheard_get(&overheard);
    assert_string_equal(overheard.unknown_login, "Digest SHA-256");
    assert_true(overheard.wants_known_login && overheard.has_unknown_digest);
    overheard_forget();
    hear("header='%s'\n", "WWW-Authenticate: NTLM");
    overheard_get(&overheard);
    assert_string_equal(overheard.unknown_login, "NTLM");
    overheard_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_that_differ_in_numbers_are_of_one_kind),
        cmocka_unit_test(test_a_kind_is_told_once_a_window_with_its_number),
        cmocka_unit_test(test_kinds_in_turn_that_never_stop_are_told_ever_more_seldom),
        cmocka_unit_test(test_what_comes_again_after_silence_is_told_at_once),
        cmocka_unit_test(test_many_kinds_are_cut_off_and_counted),
        cmocka_unit_test(test_a_kind_that_began_while_there_was_no_room_has_a_window_like_others),
        cmocka_unit_test(test_a_decoders_lines_are_one_fault),
        cmocka_unit_test(test_secrets_are_hidden_even_in_pieces),
        cmocka_unit_test(test_levels_are_ours),
        cmocka_unit_test(test_unknown_digest_is_named_before_other_unknown_logins),
    };
    log_open(NULL, LOG_STYLE_PRIORITY, LOG_INFO);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
