/*
 * The keys of web.ini: their defaults are right, what does not fit together is refused, and the manual page has them as the
 * table does. Argument: the page.
 */
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

#include "base/whole_file.h"
#include "config/config.h"
#include "config/config_plain.h"
#include "web/address.h"
#include "web/web_settings.h"

static const char *page_path;
static char path[] = "/tmp/test-web-settings-XXXXXX";

static int load(const char *text, struct web_settings *settings, char *first, size_t size)
{
    struct config_problems problems = {0};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    *settings = (struct web_settings){0};
    const int result = config_plain_load(&web_settings_file, path, settings, &problems);
    snprintf(first, size, "%s", problems.count > 0 ? problems.list[0].text : "");
    config_problems_clear(&problems);
    return result;
}

static void assert_refused(const char *text, const char *why)
{
    struct web_settings settings;
    char first[512];
    assert_int_equal(load(text, &settings, first, sizeof(first)), -EINVAL);
    if (!strstr(first, why))
        fail_msg("%s: %s", text, first);
    config_plain_clear(&web_settings_file, &settings);
}

static void test_the_defaults_are_right(void **state)
{
    struct web_settings settings;
    struct sockaddr_storage address;
    char first[512];
    (void)state;
    assert_int_equal(load("[web]\n", &settings, first, sizeof(first)), 0);
    assert_true(web_settings_address(settings.listen, &address) > 0);
    assert_true(address_is_loopback((const struct sockaddr *)&address));
    assert_null(settings.users_file);
    assert_int_equal(settings.viewers, 50);
    config_plain_clear(&web_settings_file, &settings);
}

static void test_who_is_not_of_this_machine_has_to_say_who_he_is(void **state)
{
    struct web_settings settings;
    char first[512];
    (void)state;
    for (const char *const *listen =
             (const char *const[]){"0.0.0.0:80", "[::]:80", "192.168.1.2:80", "[fe80::1]:80", NULL};
         *listen; listen++) {
        char text[128];

        snprintf(text, sizeof(text), "[web]\nlisten = %s\n", *listen);
        assert_refused(text, "there is no users_file");
        snprintf(text, sizeof(text), "[web]\nlisten = %s\nusers_file = /etc/camd/web.users\n", *listen);
        assert_int_equal(load(text, &settings, first, sizeof(first)), 0);
        config_plain_clear(&web_settings_file, &settings);
    }
    assert_int_equal(load("[web]\nlisten = [::1]:80\n", &settings, first, sizeof(first)), 0);
    config_plain_clear(&web_settings_file, &settings);
}

static void test_what_is_no_value_is_refused(void **state)
{
    (void)state;
    assert_refused("[web]\nlisten = localhost:80\n", "no numeric address with a port");
    assert_refused("[web]\nlisten = 127.0.0.1\n", "no numeric address with a port");
    assert_refused("[web]\nlisten = 127.0.0.1:0\n", "no numeric address with a port");
    assert_refused("[web]\nlisten = 127.0.0.1:99999\n", "no numeric address with a port");
    assert_refused("[web]\nlisten = :80\n", "no numeric address with a port");
    assert_refused("[web]\nlisten = ::1:80x\n", "no numeric address with a port");
    assert_refused("[web]\nhosts = a/b\n", "has a character");
    assert_refused("[web]\nviewers = 0\n", "");
}

static void test_the_manual_page_has_the_keys_as_the_table_does(void **state)
{
    char *page = NULL, *keys = NULL;
    size_t length, size;
    FILE *out = open_memstream(&keys, &size);
    (void)state;
    config_plain_print_keys(&web_settings_file, out);
    fclose(out);
    assert_int_equal(whole_file_read(page_path, 1024 * 1024, &page, &length), 0);
    if (!strstr(page, keys)) {
        printf("%s should have:\n%s", page_path, keys);
        fail_msg("%s has other keys", page_path);
    }
    free(page);
    free(keys);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_defaults_are_right),
        cmocka_unit_test(test_who_is_not_of_this_machine_has_to_say_who_he_is),
        cmocka_unit_test(test_what_is_no_value_is_refused),
        cmocka_unit_test(test_the_manual_page_has_the_keys_as_the_table_does),
    };
    if (argc < 2)
        return 2;
    page_path = argv[1];
    close(mkstemp(path));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
