/* What is shown of texts that may have passwords in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

struct pair {
    const char *text, *shown;
};

static void assert_shown(char *redacted, const struct pair *pair)
{
    assert_non_null(redacted);
    assert_string_equal(redacted, pair->shown);
    free(redacted);
}

static void assert_texts(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_shown(secret_redact(pairs[i].text), &pairs[i]);
}

static void assert_values(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_shown(secret_redact_value(pairs[i].text), &pairs[i]);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Some cameras want them there. */
static void test_hides_a_password_that_is_a_segment_of_the_path(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"rtsp://host/live/admin:secret/ch1", "rtsp://host/live/admin:***/ch1"},
        {"rtsp://host/admin:12345", "rtsp://host/admin:***"},
        {"rtsp://host/admin1:12345/0", "rtsp://host/admin1:***/0"},
        {"rtsp://host/live/admin:se:cr.et/ch1?x=1#f", "rtsp://host/live/admin:***/ch1?x=***#***"},
        {"cannot open rtsp://host/live/admin:secret/ch1: refused",
         "cannot open rtsp://host/live/admin:***/ch1: refused"},
        {"http://host/a:b/c:d", "http://host/a:***/c:***"},
        {"rtsp://host/888888:secret/ch1", "rtsp://host/888888:***/ch1"},
        {"rtsp://host/me%40site.example:secret/1", "rtsp://host/me%40site.example:***/1"},
        {"rtsp://host/admin:!!!/ch1", "rtsp://host/admin:***/ch1"},
        {"rtsp://host/admin:secret/user=u_password=p", "rtsp://host/admin:***/user=***"},
    };
    static const char *const harmless[] = {
        "http://host/records/2024-01-02T12:30:00Z/1.mp4",
        "http://host/12:30/x",
        "rtsp://host/videoinput_1:0/h264_1/media.stm",
        "rtsp://host/1:1:main",
        "rtsp://host/channel:1/stream:0",
        "http://host/x: refused; (http://host/y): gone",
        "http://host/proxy/http://other/x",
    };
    assert_texts(pairs, COUNT(pairs));
    for (size_t i = 0; i < COUNT(harmless); i++)
        assert_shown(secret_redact(harmless[i]), &(const struct pair){harmless[i], harmless[i]});
}

static void test_leaves_what_has_no_secret(void **state)
{
    (void)state;
    static const char *const harmless[] = {
        "",
        "plain text, user=7 and mail to me@example.org",
        "rtsp://192.168.1.2:554/Streaming/Channels/101?transport=tcp&channel=1",
        "rtsp://cam/cam/realmonitor?channel=1&subtype=0",
        "rtsp://admin@cam/live",
        "http://[fe80::1]:8080/video.mjpg?resolution=640x480&fps=5",
        "[tcp @ 0x55d0c8e0] Connection to tcp://127.0.0.1:9?timeout=10000000 failed: Connection refused",
        "rtsp://cam:554: timed out, next is 'http://cam:80', then (http://cam:8080).",
        "  two  spaces\tand\nlines  ",
        "lavfi:testsrc2=size=640x480:rate=10",
        "://",
        "a://",
        "=://=",
        "/srv/video/front door.mp4",
        "file:///srv/video/front@door.mp4",
        "expected input = rtsp://USER:PASSWORD@HOST/PATH",
        "12:30 by root",
    };
    for (size_t i = 0; i < COUNT(harmless); i++)
        assert_texts(&(struct pair){harmless[i], harmless[i]}, 1);
}

static void test_user_and_password(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"rtsp://user:pass@host/x", "rtsp://user:***@host/x"},
        {"rtsp://:@host", "rtsp://:***@host"},
        {"rtsp://user:pa@ss@host/x", "rtsp://user:***@host/x"},
        {"rtsp://user:pa:s:s@[::1]:554/x", "rtsp://user:***@[::1]:554/x"},
        {"rtsp://user:p/ass@host/x", "rtsp://user:***@host/x"},
        {"rtsp://user:p'a\"s<s>@host/x", "rtsp://user:***@host/x"},
        {"rtsp://us%40er:p%40ss@host/x", "rtsp://us%40er:***@host/x"}, /* a mail address */
        {"rtsp://me%40cam.example:pw@host/x", "rtsp://me%40cam.example:***@host/x"},
        {"rtsp://pa%40ss@host/x", "rtsp://***@host/x"}, /* which may be a password, whose user was left out */
        {"rtsp://a%40b%40c:p@host/x", "rtsp://***@host/x"},
        {"rtsp://user%3Apa%40ss:word@host/x", "rtsp://***@host/x"},
        {"rtsp://user%3Apass@host/x", "rtsp://***@host/x"},
        {"rtsp://pa/ss@host/x", "rtsp://***@host/x"},
        {"rtsp://user:\xff\xfe@host/x", "rtsp://user:***@host/x"},
        {"RTSP://user:pass@host", "RTSP://user:***@host"},
        {"rtsp://admin:a@secret/b@127.0.0.1:9/live", "rtsp://admin:***@127.0.0.1:9/live"},
        {"rtsp://admin:12/34@cam/live", "rtsp://admin:***@cam/live"},
        {"rtsp://admin:see rtsp://secret@cam/live", "rtsp://admin:***@cam/live"},
        {"rtsp://PASSWORD:secret@cam", "rtsp://PASSWORD:***@cam"},
    };
    assert_texts(pairs, COUNT(pairs));
    assert_values(pairs, COUNT(pairs));
}

static void test_password_with_white_space(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"rtsp://admin:has secret@127.0.0.1:554/live", "rtsp://admin:***@127.0.0.1:554/live"},
        {"rtsp://admin:\tse cr et @cam", "rtsp://admin:***@cam"},
        {"rtsp://my name:secret@cam", "rtsp://***@cam"},
    };
    assert_texts(pairs, COUNT(pairs));
    assert_values(pairs, COUNT(pairs));
    static const struct pair values[] = {
        {"input=http://cam/x?pwd=has secret", "input=http://cam/x?pwd=***"},
        {"rtsp://admin:has secret", "rtsp://admin:***"},
        {"http://cam/user=a b&password=c d&channel=1", "http://cam/user=***&password=***&channel=1"},
        {"rtsp://admin:secret @ cam", "rtsp://admin:***@ cam"},
    };
    assert_values(values, COUNT(values));
}

/* Without scheme, or with a wrong one. */
static void test_what_was_meant_as_a_url(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"admin:secret@192.168.1.2/live", "admin:***@192.168.1.2/live"},
        {"there is no camera admin:sec/ret@cam in it", "there is no camera admin:***@cam in it"},
        {"rtsp:/admin:secret@cam", "rtsp:***@cam"},
        {"rtsp//admin:secret@cam", "***@cam"},
    };
    assert_texts(pairs, COUNT(pairs));
}

/* What is cut before its @ looks like a host and a port. */
static void test_cut_urls(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"rtsp://admin:secr", "rtsp://admin:***"},
        {"rtsp://admin:se/cr", "rtsp://admin:***"},
        {"rtsp://admin:123456", "rtsp://admin:***"},
        {"rtsp://admin:12a", "rtsp://admin:***"},
    };
    assert_texts(pairs, COUNT(pairs));
}

static void test_within_messages(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"cannot open 'rtsp://u:p@h/x': timed out, next is http://a:b@c/ (really)",
         "cannot open 'rtsp://u:***@h/x': timed out, next is http://a:***@c/ (really)"},
        {"'http://h/x?pwd=secret' is no setting: expected KEY=VALUE",
         "'http://h/x?pwd=***' is no setting: expected KEY=VALUE"},
        {"'http://h/x?pwd=has secret' is no setting", "'http://h/x?pwd=***' is no setting"},
        {"async:cache:http://u:p@h/x", "async:cache:http://u:***@h/x"},
        {"rtsp://u:p@h/\nrtsp://v:q@i/", "rtsp://u:***@h/\nrtsp://v:***@i/"},
        {"[rtsp @ 0x1] rtsp://u:p@h/x: [tcp @ 0x2] no", "[rtsp @ 0x1] rtsp://u:***@h/x: [tcp @ 0x2] no"},
        /* within one word it cannot be told where a password ends: more is hidden rather than less */
        {"http://proxy/?src=rtsp://u:p@h/1", "http://***@***"},
        {"rtsp://u:p@h/,rtsp://v:q@i/", "rtsp://u:***@i/"},
        {"rtsp://h/stream@2", "rtsp://***@2"},
        {"rtsp://u:p@h/ is what me@example.org wrote", "rtsp://u:***@example.org wrote"},
    };
    assert_texts(pairs, COUNT(pairs));
}

static void test_parameters(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"http://h/x?user=admin&pwd=secret&channel=1", "http://h/x?user=***&pwd=***&channel=1"},
        {"http://h/x?loginuse=admin&loginpas=secret", "http://h/x?loginuse=***&loginpas=***"},
        {"http://h/x?usr=admin&psw=s&pw=s&p=s&pas=s&sid=s",
         "http://h/x?usr=***&psw=***&pw=***&p=***&pas=***&sid=***"},
        {"rtsp://h/x?whatever=secret&SUBTYPE=0", "rtsp://h/x?whatever=***&SUBTYPE=0"},
        {"http://h/x?access_token=a/b+c==&fps=2", "http://h/x?access_token=***&fps=2"},
        {"http://h/x?fps=2&apikey=#;,/=?", "http://h/x?fps=2&***#***"},
        {"http://h/x?dG9rZW4=&channel=1", "http://h/x?***&channel=1"},
        {"http://h/x?%70%77d=secret", "http://h/x?***"},
        {"http://h/x?pwd%3Dsecret", "http://h/x?***"},
        {"http://h/x?secret", "http://h/x?***"},
        {"http://h/x#secret", "http://h/x#***"},
        {"http://h/x?channel=se;cret", "http://h/x?channel=***"},
        {"http://h/x?stream=0123456789012345678901234567890123456789", "http://h/x?stream=***"},
        {"http://a:b@h/x?token=c", "http://a:***@h/x?token=***"},
        /* an @ in a parameter, or a ? in a password */
        {"http://h/x?user=a&password=p@ss/word&channel=1", "http://***@***&channel=1"},
        {"rtsp://user:p/a?s#s@host/x", "rtsp://user:***@***"},
        /* cameras that take them in the path */
        {"rtsp://h:554/user=admin_password=tlJwpbo6_channel=1.sdp", "rtsp://h:554/user=***"},
        {"rtsp://h/user=admin&password=x&channel=1.sdp", "rtsp://h/user=***&password=***&channel=1.sdp"},
        {"rtsp://h/channel=1_password=x", "rtsp://h/channel=***"},
        {"rtsp://h/user%3Dadmin%26password%3dx", "rtsp://h/user%3D***"},
        {"rtsp://h/password%25253Dx", "rtsp://h/password%25253D***"},
        {"rtsp://h/channel=1/password=x/y", "rtsp://h/channel=1/password=***"},
        /* not a URL */
        {"password=x", "password=x"},
    };
    assert_texts(pairs, COUNT(pairs));
    assert_values(pairs, COUNT(pairs));
}

/* Texts go through it more than once on their way. */
static void test_twice_is_once(void **state)
{
    (void)state;
    static const char *const texts[] = {"rtsp://a:b@c/d=e?f&g#h", "a:b@c", "rtsp://a:b/c",
                                        "x 'http://h/x?a=b c' y"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *once = secret_redact(texts[i]);
        assert_shown(secret_redact(once), &(struct pair){once, once});
        free(once);
    }
}

static void test_long_texts(void **state)
{
    (void)state;
    enum { LENGTH = 100000 };
    static char text[LENGTH + 1];
    static const char *const signs[] = {"a://key=@&?", "a://b:c ", "x:y@z ", "'a://", "a://x/::::::::"};
    for (size_t sign = 0; sign < COUNT(signs); sign++) {
        for (size_t i = 0; i < LENGTH; i++)
            text[i] = signs[sign][i % strlen(signs[sign])];
        char *redacted = secret_redact(text);
        assert_non_null(redacted);
        assert_true(strlen(redacted) <= 2 * LENGTH);
        free(redacted);
    }
    memset(text, '=', LENGTH);
    memcpy(text, "a://x/key", 9);
    assert_texts(&(struct pair){text, "a://x/key=***"}, 1);
}

static void test_paths(void **state)
{
    (void)state;
    assert_string_equal(secret_path_shown("/etc/camd/front-1.pw"), "/etc/camd/front-1.pw");
    assert_string_equal(secret_path_shown("hunter2"), "***");
    assert_string_equal(secret_path_shown("/hun?ter2"), "***");
    assert_string_equal(secret_path_shown(""), "***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hides_a_password_that_is_a_segment_of_the_path),
        cmocka_unit_test(test_leaves_what_has_no_secret),
        cmocka_unit_test(test_user_and_password),
        cmocka_unit_test(test_password_with_white_space),
        cmocka_unit_test(test_what_was_meant_as_a_url),
        cmocka_unit_test(test_cut_urls),
        cmocka_unit_test(test_within_messages),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_twice_is_once),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
