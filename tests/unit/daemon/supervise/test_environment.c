/* The environment of children: what it has, and what it never has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/user.h"
#include "daemon/supervise/environment.h"

static char name[] = "someone", home[] = "/home/someone";
static const struct user someone = {.name = name, .home = home};

/* The variables, in their order, with commas between them. */
static void assert_environment(char *const *own, const char *passed, const char *expected)
{
    char text[1024] = "";
    char **made = environment_make(own, passed, &someone, NULL);
    assert_non_null(made);
    for (size_t i = 0; made[i]; i++) {
        strcat(text, i > 0 ? "," : "");
        strcat(text, made[i]);
    }
    assert_string_equal(text, expected);
    free(made);
}

#define ALWAYS "PATH=" ENVIRONMENT_PATH ",HOME=/home/someone,USER=someone,LOGNAME=someone"

static void test_it_is_small_whoever_started_camd(void **state)
{
    char *own[] = {"NOTIFY_SOCKET=/run/x",
                   "WATCHDOG_USEC=1",
                   "PATH=/root/bin",
                   "HOME=/root",
                   "SECRET=1",
                   "LD_PRELOAD=/x.so",
                   "JOURNAL_STREAM=1:2",
                   NULL},
         *none[] = {NULL};
    (void)state;
    assert_environment(own, NULL, ALWAYS);
    assert_environment(none, NULL, ALWAYS);
    assert_environment(NULL, NULL, ALWAYS);
}

static void test_variables_of_one_program_win(void **state)
{
    char *more[] = {"TZ=UTC", "CAMD_OBJECT=7", NULL}, *all[] = {"TZ=CET", "PATH=/bin", NULL},
         *none[] = {NULL};
    char **made = environment_with(more, all);
    (void)state;
    assert_non_null(made);
    assert_ptr_equal(made[0], more[0]); /* the first one counts */
    assert_ptr_equal(made[1], more[1]);
    assert_ptr_equal(made[2], all[0]);
    assert_ptr_equal(made[3], all[1]);
    assert_null(made[4]);
    free(made);
    made = environment_with(none, none);
    assert_null(made[0]);
    free(made);
}

static void test_the_instance_is_the_daemon_s_and_no_other(void **state)
{
    char *own[] = {"CAMD_INSTANCE=of-a-camd-that-started-us", "TZ=UTC", NULL};
    char **made = environment_make(own, "CAMD_INSTANCE", &someone, "camd./26/1234");
    (void)state;
    assert_non_null(made);
    assert_string_equal(made[0], "TZ=UTC");
    assert_string_equal(made[5], "CAMD_INSTANCE=camd./26/1234");
    assert_null(made[6]);
    free(made);
    assert_environment(own, "CAMD_INSTANCE", "TZ=UTC," ALWAYS);
}

static void test_language_and_time_zone_are_camd_s(void **state)
{
    char *own[] = {
        "LANG=de_DE.UTF-8", "LC_ALL=C", "LC_=x", "LANGUAGE=de", "TZ=", "LANGX=1", "TZDIR=/x", NULL};
    (void)state;
    assert_environment(own, NULL, "LANG=de_DE.UTF-8,LC_ALL=C,LANGUAGE=de,TZ=," ALWAYS);
}

static void test_what_is_passed_wins(void **state)
{
    char *own[] = {"http_proxy=http://p:1", "PATH=/opt/bin", "A=b=c", "NOT", "AB=1", NULL};
    (void)state;
    assert_environment(own, "PATH,A,MISSING,NOT",
                       "PATH=/opt/bin,A=b=c,HOME=/home/someone,USER=someone,LOGNAME=someone");
    assert_environment(own, "http_proxy", "http_proxy=http://p:1," ALWAYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_small_whoever_started_camd),
        cmocka_unit_test(test_variables_of_one_program_win),
        cmocka_unit_test(test_the_instance_is_the_daemon_s_and_no_other),
        cmocka_unit_test(test_language_and_time_zone_are_camd_s),
        cmocka_unit_test(test_what_is_passed_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
