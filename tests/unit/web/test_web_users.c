/* The file of users: what is taken, and what is said of the rest without showing a hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <crypt.h>
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

/* Nobody could log in, and nothing was said. */
static void test_a_hash_that_is_not_whole_is_refused(void **state)
{
    static const char *const hashes[] = {
        "secret",   "secretpassword", "se$secret",      "$2y$05$abcdefghijklmnopqrstuu",
        BCRYPT "x", "$6$salt$",       "$6$salt$secret", SHA512 "x"};
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        snprintf(text, sizeof(text), "anna:%s\n", hashes[i]);
        assert_refused(text, ":1: this is no whole hash");
    }
    snprintf(text, sizeof(text), "anna:%.58s\n", BCRYPT);
    assert_refused(text, ":1: this is no whole hash");
}

static void test_whole_hashes_of_all_kinds_are_taken(void **state)
{
    static const char *const salts[] = {"$y$j9T$abcdefgh$",
                                        "$gy$j9T$abcdefgh$",
                                        "$7$CU..../....abcdefgh$",
                                        "$2b$04$abcdefghijklmnopqrstuu",
                                        "$6$abcdefgh$",
                                        "$5$rounds=1000$abcdefgh$",
                                        "$1$abcdefgh$",
                                        "$sha1$1000$abcdefgh$",
                                        "$md5$abcdefgh$",
                                        "$3$",
                                        "_J9..abcd",
                                        "ab"};
    char text[512];
    struct web_users *users;
    unsigned int taken = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
        const char *hash = crypt("secret", salts[i]);
        if (!hash || hash[0] == '*')
            continue; /* not of this machine's crypt(3) */
        snprintf(text, sizeof(text), "anna:%s\n", hash);
        assert_int_equal(read_text(text, &users), 0);
        web_users_free(users);
        taken++;
    }
    assert_true(taken > 0);
}

/* The first user's name began with it, and he could not log in. */
static void test_a_byte_order_mark_is_no_part_of_a_name(void **state)
{
    struct web_users *users;
    (void)state;
    assert_int_equal(read_text("\xef\xbb\xbf"
                               "anna:" BCRYPT "\n",
                               &users),
                     0);
    assert_non_null(web_users_hash(users, "anna"));
    web_users_free(users);
}

/* All users behind it were not there. */
static void test_a_byte_0_is_told(void **state)
{
    static const char text[] = "anna:" BCRYPT "\n\0\nbert:" BCRYPT "\n";
    struct web_users *users = NULL;
    FILE *file = fopen(path, "w");
    (void)state;
    assert_non_null(file);
    fwrite(text, 1, sizeof(text) - 1, file);
    fclose(file);
    assert_int_equal(web_users_read(&users, path, problem), -EINVAL);
    assert_non_null(strstr(problem, "a byte 0"));
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
        cmocka_unit_test(test_a_hash_that_is_not_whole_is_refused),
        cmocka_unit_test(test_whole_hashes_of_all_kinds_are_taken),
        cmocka_unit_test(test_a_byte_order_mark_is_no_part_of_a_name),
        cmocka_unit_test(test_a_byte_0_is_told),
        cmocka_unit_test(test_many_mistakes_fit),
        cmocka_unit_test(test_a_file_that_is_not_there_is_named),
    };
    const int fd = mkstemp(path);
    close(fd);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
