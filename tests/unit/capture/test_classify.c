/* From libav's error codes to classes, and that every one has a hint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <errno.h>
#include <libavutil/error.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "capture/answer.h"
#include "capture/classify.h"

static void assert_class(int error, bool remote, const char *message, enum camd_class expected)
{
    struct classification classification =
        classify_error(error, remote ? CLASSIFY_NETWORK : CLASSIFY_FILE, message);
    if (classification.class_ != expected) {
        char text[AV_ERROR_MAX_STRING_SIZE] = "";
        av_strerror(error, text, sizeof(text));
        fail_msg("%s (remote %d) is class %d", text, remote, classification.class_);
    }
    assert_non_null(classification.hint);
    assert_true(strlen(classification.hint) > 10);
}

static void test_network_errors(void **state)
{
    (void)state;
    static const int errors[] = {AVERROR(ECONNREFUSED), AVERROR(ETIMEDOUT),    AVERROR(ETIME),
                                 AVERROR(EINPROGRESS),  AVERROR(EHOSTUNREACH), AVERROR(ENETUNREACH),
                                 AVERROR(ECONNRESET),   AVERROR(EPIPE),        AVERROR(EPROTO),
                                 AVERROR_EOF,           AVERROR(EIO),          AVERROR_HTTP_SERVER_ERROR};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        assert_class(errors[i], true, NULL, CAMD_CLASS_NETWORK);
}

static void test_wrong_password_is_auth(void **state)
{
    (void)state;
    assert_class(AVERROR_HTTP_UNAUTHORIZED, true, NULL, CAMD_CLASS_AUTH);
    assert_class(AVERROR_HTTP_FORBIDDEN, true, NULL, CAMD_CLASS_AUTH);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    assert_class(AVERROR(ENOENT), false, NULL, CAMD_CLASS_NOT_FOUND);
    assert_class(AVERROR_HTTP_NOT_FOUND, true, NULL, CAMD_CLASS_NOT_FOUND);
}

static void test_host_name_that_does_not_exist(void **state)
{
    (void)state;
    char line[256];
    snprintf(line, sizeof(line), "[tcp @ 0x1] Failed to resolve hostname nowhere: %s",
             gai_strerror(EAI_NONAME));
    assert_class(AVERROR(EIO), true, line, CAMD_CLASS_NOT_FOUND);
    snprintf(line, sizeof(line), "[tcp @ 0x1] Failed to resolve hostname nowhere: %s",
             gai_strerror(EAI_AGAIN));
    assert_class(AVERROR(EIO), true, line, CAMD_CLASS_NETWORK);
    /* Another error keeps its class whatever was said before. */
    assert_class(AVERROR(ECONNREFUSED), true, line, CAMD_CLASS_NETWORK);
    assert_class(AVERROR(EIO), true, "", CAMD_CLASS_NETWORK);
}

/* It was said that the camera may be off. */
static void test_camera_that_does_not_speak_tls_is_not_out_of_reach(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "An unexpected TLS packet was received.",
        "[tls @ 0x1] error:0A00010B:SSL routines::wrong version number",
    };
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct classification found = classify_error(AVERROR(EIO), CLASSIFY_NETWORK, messages[i]);
        assert_int_equal(found.class_, CAMD_CLASS_NETWORK);
        assert_non_null(strstr(found.hint, "without encryption"));
    }
}

static void test_what_is_no_video(void **state)
{
    (void)state;
    static const int errors[] = {AVERROR_INVALIDDATA,  AVERROR_STREAM_NOT_FOUND,   AVERROR_DECODER_NOT_FOUND,
                                 AVERROR_PATCHWELCOME, AVERROR_PROTOCOL_NOT_FOUND, AVERROR(EINVAL)};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        assert_class(errors[i], false, NULL, CAMD_CLASS_FORMAT);
        assert_class(errors[i], true, NULL, CAMD_CLASS_FORMAT);
    }
}

static void test_this_machine(void **state)
{
    (void)state;
    assert_class(AVERROR(EACCES), false, NULL, CAMD_CLASS_LOCAL);
    assert_class(AVERROR(ENOMEM), true, NULL, CAMD_CLASS_LOCAL);
    assert_class(AVERROR_BUG, true, NULL, CAMD_CLASS_LOCAL);
    assert_class(-123456, false, NULL, CAMD_CLASS_LOCAL);
}

static void test_files_have_no_network(void **state)
{
    (void)state;
    assert_class(AVERROR(EIO), false, NULL, CAMD_CLASS_LOCAL);
    assert_class(AVERROR(ESTALE), false, NULL, CAMD_CLASS_LOCAL);
    assert_class(AVERROR_EOF, false, NULL, CAMD_CLASS_FORMAT);
}

static void assert_answer(const char *message, const char *words, const char *hint)
{
    struct answer answer;
    char text[200];
    assert_true(answer_find(message, &answer));
    answer_words(&answer, text, sizeof(text));
    assert_string_equal(text, words);
    struct classification classification = classify_error(AVERROR_HTTP_OTHER_4XX, CLASSIFY_NETWORK, message);
    assert_non_null(strstr(classification.hint, hint));
}

static void test_answers_of_cameras(void **state)
{
    (void)state;
    struct answer answer;
    char long_line[400] = "HTTP error 418 ";

    assert_answer("[rtsp @ 0x1] method SETUP failed: 453 Not Enough Bandwidth",
                  "the camera answered SETUP with 453 Not Enough Bandwidth", "too many viewers");
    assert_answer("method PLAY failed: 461", "the camera answered PLAY with 461", "rtsp_transport");
    assert_answer("[http @ 0x1] HTTP error 429 Too Many Requests",
                  "the camera answered with 429 Too Many Requests", "asked too often");
    memset(long_line + strlen(long_line), 'x', sizeof(long_line) - strlen(long_line) - 1);
    assert_true(answer_find(long_line, &answer));
    assert_int_equal(strlen(answer.reason), sizeof(answer.reason) - 1);
    static const char *const others[] = {"",
                                         "method",
                                         "method X failed: ",
                                         "method X failed: abc",
                                         "HTTP error 42",
                                         "HTTP error 200 OK",
                                         "method  failed: 9999 x",
                                         "Connection refused"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(answer_find(others[i], &answer));
}

static void test_minus_one_is_a_camera_that_hangs_up(void **state)
{
    (void)state;
    assert_class(AVERROR(EPERM), true, "", CAMD_CLASS_NETWORK);
    assert_true(classify_is_hang_up(AVERROR(EPERM), CLASSIFY_NETWORK, NULL));
    assert_false(classify_is_hang_up(AVERROR(EPERM), CLASSIFY_FILE, NULL));
    assert_false(
        classify_is_hang_up(AVERROR(EPERM), CLASSIFY_NETWORK, "Connection failed: Operation not permitted"));
    assert_class(AVERROR(EPERM), false, NULL, CAMD_CLASS_LOCAL);
}

static void test_hints_fit_the_input(void **state)
{
    (void)state;
    static const struct {
        int error;
        enum classify_origin origin;
        const char *words;
    } cases[] = {
        {AVERROR(EACCES), CLASSIFY_DEVICE, "group's video"},
        {AVERROR(EACCES), CLASSIFY_FILE, "every directory above it"},
        {AVERROR(EACCES), CLASSIFY_NETWORK, "firewall"},
        {AVERROR_FILTER_NOT_FOUND, CLASSIFY_FILE, "ffmpeg -filters"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_non_null(strstr(classify_error(cases[i].error, cases[i].origin, NULL).hint, cases[i].words));
    assert_int_equal(classify_origin_of("/dev/video0", false), CLASSIFY_DEVICE);
    assert_int_equal(classify_origin_of("/srv/x.mp4", false), CLASSIFY_FILE);
    assert_int_equal(classify_origin_of("rtsp://cam/dev/", true), CLASSIFY_NETWORK);
    assert_non_null(strstr(classify_error(AVERROR(ENOENT), CLASSIFY_DEVICE, NULL).hint, "v4l2-ctl"));
    /* camd-replay spoke of a user of camd's who has nothing to do with it */
    assert_null(strstr(classify_error(AVERROR(ENOENT), CLASSIFY_CLIP, NULL).hint, "worker_user"));
    assert_null(strstr(classify_error(AVERROR(EACCES), CLASSIFY_CLIP, NULL).hint, "worker_user"));
    assert_int_equal(classify_error(AVERROR(EIO), CLASSIFY_CLIP, NULL).class_, CAMD_CLASS_LOCAL);
    assert_null(strstr(classify_error(AVERROR(ENOENT), CLASSIFY_FILE, NULL).hint, "manual"));
    /* of symbolic links: it was taken for a circle of redirections */
    assert_null(strstr(classify_error(AVERROR(ELOOP), CLASSIFY_FILE, NULL).hint, "manual"));
    assert_int_equal(classify_error(AVERROR(ELOOP), CLASSIFY_FILE, NULL).class_, CAMD_CLASS_NOT_FOUND);
    assert_non_null(strstr(classify_error(AVERROR_HTTP_NOT_FOUND, CLASSIFY_NETWORK, NULL).hint, "manual"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_errors),
        cmocka_unit_test(test_wrong_password_is_auth),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_host_name_that_does_not_exist),
        cmocka_unit_test(test_camera_that_does_not_speak_tls_is_not_out_of_reach),
        cmocka_unit_test(test_what_is_no_video),
        cmocka_unit_test(test_this_machine),
        cmocka_unit_test(test_files_have_no_network),
        cmocka_unit_test(test_answers_of_cameras),
        cmocka_unit_test(test_minus_one_is_a_camera_that_hangs_up),
        cmocka_unit_test(test_hints_fit_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
