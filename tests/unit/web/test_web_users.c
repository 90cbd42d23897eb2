/* The file of users: what is taken, and what is said of the rest without showing a hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/web_users.h"

#define BCRYPT "$2y$05$abcdefghijklmnopqrstuuxZ6Tr5BgiTf5YwDQ5tDPXbtdbHLhXUm"
#define SHA512                                                                                               \
    "$6$salt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"

static char path[] = "/tmp/test-web-users-XXXXXX";
static char problem[WEB_USERS_TEXT_BYTES];

static int read_text(const char *text, struct web_users **users)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    *users = NULL;
    return web_users_read(users, path, problem);
}

static void assert_refused(const char *text, const char *why)
{
    struct web_users *users;

    assert_int_equal(read_text(text, &users), -EINVAL);
    assert_null(users);
    assert_non_null(strstr(problem, path));
    assert_non_null(strstr(problem, why));
    assert_null(strstr(problem, "secret"));
}

static void test_hashes_that_crypt_knows_are_taken(void **state)
{
    struct web_users *users;

    (void)state;
    assert_int_equal(read_text("# people\n\nanna:" BCRYPT "\r\nbert:" SHA512 "\n", &users), 0);
    assert_string_equal(web_users_hash(users, "anna"), BCRYPT);
    assert_string_equal(web_users_hash(users, "bert"), SHA512);
    assert_null(web_users_hash(users, "ann"));
    assert_null(web_users_hash(users, ""));
    assert_non_null(web_users_any_hash(users));
    web_users_free(users);
}

static void test_what_is_wrong_is_said_with_its_line_and_without_a_hash(void **state)
{
    (void)state;
    assert_refused("anna:" BCRYPT "\nbert:$apr1$secret$xyz\n", ":2: no hash that crypt(5) knows");
    assert_refused("anna:{SHA}secret=\n", ":1: no hash");
    assert_refused("anna:\n", ":1: no hash");
    assert_refused("secret\n", ":1: expected USER:HASH");
    assert_refused(":" BCRYPT "\n", ":1: expected USER:HASH");
    assert_refused("anna:" BCRYPT "\nanna:" BCRYPT "\n", ":2: this user is there already");
    assert_refused("# nobody\n", "there is no user in it");
}

static void test_many_mistakes_fit(void **state)
{
    static char text[64 * 1024];
    struct web_users *users;

    (void)state;
    memset(text, '\n', sizeof(text) - 1);
    for (size_t i = 0; i + 2 < sizeof(text); i += 4)
        text[i] = 'x';
    assert_int_equal(read_text(text, &users), -EINVAL);
    assert_true(strlen(problem) < WEB_USERS_TEXT_BYTES);
}

static void test_a_file_that_is_not_there_is_named(void **state)
{
    struct web_users *users = NULL;

    (void)state;
    assert_int_equal(web_users_read(&users, "/nonexistent/users", problem), -ENOENT);
    assert_string_equal(problem, "/nonexistent/users: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_that_crypt_knows_are_taken),
        cmocka_unit_test(test_what_is_wrong_is_said_with_its_line_and_without_a_hash),
        cmocka_unit_test(test_many_mistakes_fit),
        cmocka_unit_test(test_a_file_that_is_not_there_is_named),
    };
    const int fd = mkstemp(path);

    close(fd);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
