/* Passwords into URLs, out of arguments, from files that nobody else may use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

static char path[] = "/tmp/camd-test-pw.XXXXXX";

static void write_file(const char *content, size_t length, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, length), length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_joined(const char *url, const char *password, const char *expected)
{
    char *joined = secret_url_join(url, password);
    assert_string_equal(joined, expected);
    secret_free(joined);
}

static void test_password_into_url(void **state)
{
    (void)state;
    assert_joined("rtsp://u@h:554/x", "plain-._~9", "rtsp://u:plain-._~9@h:554/x");
    assert_joined("rtsp://u@h/x?a=b@c#d", "p@:/?#% &", "rtsp://u:p%40%3A%2F%3F%23%25%20%26@h/x?a=b@c#d");
    assert_joined("http://u@[fe80::1]:80/", "\xc3\xbc", "http://u:%C3%BC@[fe80::1]:80/");
    assert_joined("http://u@v@h", "p", "http://u@v:p@h");
}

static void test_user_out_of_url(void **state)
{
    (void)state;
    static const char *const urls[][2] = {{"rtsp://u:p@h/x@y", "rtsp://h/x@y"},
                                          {"rtsp://h/x@y", "rtsp://h/x@y"},
                                          {"/file@x", "/file@x"},
                                          {"http://u@h", "http://h"}};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        char *stripped = secret_url_strip(urls[i][0]);
        assert_string_equal(stripped, urls[i][1]);
        free(stripped);
    }
}

static void test_urls_that_take_no_password(void **state)
{
    (void)state;
    assert_null(secret_url_fault("rtsp://u@h/x"));
    assert_non_null(strstr(secret_url_fault("/dev/video0"), "for URLs"));
    assert_non_null(strstr(secret_url_fault("rtsp://h/x@y"), "names none"));
    assert_non_null(strstr(secret_url_fault("rtsp://@h/x"), "names none"));
    assert_non_null(strstr(secret_url_fault("rtsp://u:p@h/x"), "one of them"));
}

static void test_urls_that_end_in_the_password(void **state)
{
    (void)state;
    assert_true(secret_url_is_broken("rtsp://u:pa/ss@h/x"));
    assert_true(secret_url_is_broken("rtsp://u:pa?ss@h/x"));
    assert_true(secret_url_is_broken("rtsp://u:pa#ss@h/x"));
    assert_true(secret_url_is_broken("rtsp://admin:a@secret/b@127.0.0.1:9/live"));
    assert_true(secret_url_is_broken("rtsp://u:12/ss@h/x"));
    assert_true(secret_url_is_broken("rtsp://u:@/ss@h/x"));
    assert_false(secret_url_is_broken("rtsp://u:p%2Fass@h/x"));
    assert_false(secret_url_is_broken("rtsp://u:p@192.168.1.2:554/x@y"));
    assert_false(secret_url_is_broken("rtsp://192.168.1.2:554/x@y"));
    assert_false(secret_url_is_broken("rtsp://[fe80::1]:554/x@y"));
    assert_false(secret_url_is_broken("rtsp://h/x@y"));
    assert_false(secret_url_is_broken("rtsp://h/x"));
    assert_false(secret_url_is_broken("/a:b/c@d"));
}

static void test_users_without_a_password(void **state)
{
    (void)state;
    assert_true(secret_url_lacks_password("rtsp://u@h/x"));
    assert_true(secret_url_lacks_password("rtsp://u:@h/x"));
    assert_false(secret_url_lacks_password("rtsp://u:p@h/x"));
    assert_false(secret_url_lacks_password("rtsp://@h/x"));
    assert_false(secret_url_lacks_password("rtsp://h/x@y"));
    assert_false(secret_url_lacks_password("/dev/video0"));
}

static void assert_password(const char *content, size_t length, const char *expected)
{
    char *password = NULL, *problem = NULL;
    write_file(content, length, 0600);
    assert_int_equal(secret_read(path, &password, &problem), 0);
    assert_string_equal(password, expected);
    assert_null(problem);
    secret_free(password);
}

static void test_first_line_of_a_file(void **state)
{
    (void)state;
    char most[SECRET_BYTES + 1];

    assert_password("secret", 6, "secret");
    assert_password("secret\nmore\n", 12, "secret");
    assert_password("secret\r\n", 8, "secret");
    assert_password(" p@:/?#% \xc3\xbc\n", 12, " p@:/?#% \xc3\xbc");
    memset(most, 'x', SECRET_BYTES);
    most[SECRET_BYTES] = '\0';
    assert_password(most, SECRET_BYTES, most);
}

static void assert_refused(int error, const char *why)
{
    char *password = NULL, *problem = NULL;
    assert_int_equal(secret_read(path, &password, &problem), error);
    assert_null(password);
    assert_non_null(strstr(problem, path));
    assert_non_null(strstr(problem, why));
    assert_null(strstr(problem, "secret"));
    free(problem);
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const mode_t open_modes[] = {0640, 0604, 0644, 0620, 0601};
    char long_line[SECRET_BYTES + 1];

    for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
        write_file("secret\n", 7, open_modes[i]);
        assert_refused(-EPERM, "chmod 600");
    }
    write_file("", 0, 0600);
    assert_refused(-EINVAL, "empty");
    write_file("\nsecret\n", 8, 0400);
    assert_refused(-EINVAL, "empty");
    write_file("se\0cret\n", 8, 0600);
    assert_refused(-EINVAL, "zero byte");
    memset(long_line, 'x', sizeof(long_line));
    write_file(long_line, sizeof(long_line), 0600);
    assert_refused(-EINVAL, "too long");
    unlink(path);
    assert_refused(-ENOENT, "No such file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(-EPERM, "no regular file"); /* and it does not wait for a writer */
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(-EPERM, "no regular file");
    rmdir(path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
}

static void test_complete(void **state)
{
    (void)state;
    char *url = NULL, *problem = NULL;

    write_file("a/b\n", 4, 0600);
    assert_int_equal(secret_url_complete("rtsp://u@h/", path, &url, &problem), 0);
    assert_string_equal(url, "rtsp://u:a%2Fb@h/");
    secret_free(url);
    assert_int_equal(secret_url_complete("rtsp://u:p@h/", NULL, &url, &problem), 0);
    assert_string_equal(url, "rtsp://u:p@h/");
    secret_free(url);
    assert_null(problem);
}

/* ps reads the very bytes that argv points to. */
static void test_arguments_are_overwritten(void **state)
{
    (void)state;
    char program[] = "camctl", verb[] = "add", url[] = "input=rtsp://admin:hunter2@h/x?token=hunter2",
         plain[] = "fps=5";
    char *arguments[] = {program, verb, url, plain, NULL};
    size_t length = strlen(url);

    char **copies = secret_take_arguments(4, arguments);
    assert_string_equal(copies[2], "input=rtsp://admin:hunter2@h/x?token=hunter2");
    assert_string_equal(copies[3], "fps=5");
    assert_null(copies[4]);
    assert_string_equal(arguments[2], "input=rtsp://admin:***@h/x?token=***");
    assert_null(memmem(url, length, "hunter2", 7));
    assert_string_equal(plain, "fps=5");
    for (size_t i = 0; i < 4; i++)
        free(copies[i]);
    free(copies);
}

static void test_no_core_file(void **state)
{
    (void)state;
    struct rlimit limit;

    secret_guard_process();
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_into_url),
        cmocka_unit_test(test_user_out_of_url),
        cmocka_unit_test(test_urls_that_take_no_password),
        cmocka_unit_test(test_urls_that_end_in_the_password),
        cmocka_unit_test(test_users_without_a_password),
        cmocka_unit_test(test_first_line_of_a_file),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_arguments_are_overwritten),
        cmocka_unit_test(test_no_core_file),
    };
    close(mkstemp(path));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
