#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void test_camera_names(void **state)
{
    (void)state;
    static const char forty[] = "abcdefghijabcdefghijabcdefghijabcdefghij";
    assert_true(text_is_camera_name("front"));
    assert_true(text_is_camera_name("A-z_09"));
    assert_true(text_is_camera_name("-a"));
    assert_false(text_is_camera_name("-"));
    assert_true(text_is_camera_name(forty));
    assert_false(text_is_camera_name("abcdefghijabcdefghijabcdefghijabcdefghijk"));
    assert_false(text_is_camera_name(""));
    assert_false(text_is_camera_name("a b"));
    assert_false(text_is_camera_name("a.b"));
    assert_false(text_is_camera_name("../a"));
    assert_false(text_is_camera_name("t\xc3\xbcr"));
    assert_false(text_is_camera_name("a\n"));
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"width", "height", "fps", "restart_delay", "restart_max_delay",
                                        "input"};
    enum { COUNT = sizeof(words) / sizeof(*words) };
    assert_string_equal(text_nearest("widht", words, COUNT), "width");
    assert_string_equal(text_nearest("heigth", words, COUNT), "height");
    assert_string_equal(text_nearest("WIDTH", words, COUNT), "width");
    assert_string_equal(text_nearest("fsp", words, COUNT), "fps");
    assert_string_equal(text_nearest("pfs", words, COUNT), "fps");
    assert_string_equal(text_nearest("restartdelay", words, COUNT), "restart_delay");
    assert_string_equal(text_nearest("restart_max_dely", words, COUNT), "restart_max_delay");
    assert_string_equal(text_nearest("inputs", words, COUNT), "input");
    assert_null(text_nearest("fxx", words, COUNT));           /* two of three letters are other ones */
    assert_null(text_nearest("wxxxh", words, COUNT));         /* three of five */
    assert_null(text_nearest("restart_xxxxx", words, COUNT)); /* more than three, though less than a third */
    assert_null(text_nearest("", words, COUNT));
    assert_null(text_nearest("input", words, 0));
    assert_null(text_nearest("fp", words, COUNT)); /* too short to be near anything */
}

static void test_nearest_ignores_long_words(void **state)
{
    (void)state;
    char word[70];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    const char *candidates[] = {word, "a"};
    assert_null(text_nearest(word, candidates, 2));
    word[64] = '\0';
    assert_ptr_equal(text_nearest(word, candidates, 2), word);
}

static void test_lists(void **state)
{
    (void)state;
    static const char *const words[] = {"remove", "rename", "reload"};
    char text[40], little[12];
    assert_string_equal(text_list(text, sizeof(text), words, 0, "or"), "");
    assert_string_equal(text_list(text, sizeof(text), words, 1, "or"), "remove");
    assert_string_equal(text_list(text, sizeof(text), words, 2, "and"), "remove and rename");
    assert_string_equal(text_list(text, sizeof(text), words, 3, "or"), "remove, rename or reload");
    assert_string_equal(text_list(little, sizeof(little), words, 3, "or"), "remove, ren");
    char suggestion[TEXT_SUGGESTION_BYTES];
    assert_string_equal(text_suggestion("fps", suggestion), " (did you mean fps?)");
    assert_string_equal(text_suggestion(NULL, suggestion), "");
}

static void test_integers(void **state)
{
    (void)state;
    int64_t value = 77;
    assert_true(text_to_int("0", &value) && value == 0);
    assert_true(text_to_int("-12", &value) && value == -12);
    assert_true(text_to_int("+12", &value) && value == 12);
    assert_true(text_to_int("012", &value) && value == 12);
    assert_true(text_to_int("9223372036854775807", &value) && value == INT64_MAX);
    assert_true(text_to_int("-9223372036854775808", &value) && value == INT64_MIN);
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x10",
                                      "1e3",
                                      "--1",
                                      "-",
                                      "+",
                                      "ten",
                                      "1,000",
                                      "9223372036854775808",
                                      "-9223372036854775809"};
    value = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (text_to_int(bad[i], &value))
            fail_msg("'%s' passed for an integer", bad[i]);
        assert_int_equal(value, 77);
    }
}

static void assert_double(const char *text, double expected)
{
    double value = -77;
    if (!text_to_double(text, &value))
        fail_msg("'%s' is no number", text);
    assert_true(value >= expected && value <= expected);
}

static void test_real_numbers(void **state)
{
    (void)state;
    assert_double("0", 0);
    assert_double("-1.5", -1.5);
    assert_double("+1.5", 1.5);
    assert_double(".5", .5);
    assert_double("5.", 5);
    assert_double("1e3", 1000);
    assert_double("1E-3", .001);
    static const char *const bad[] = {"",  " 1", "1 ", "1,5", "nan",  "inf",   "-inf", "0x1p3",
                                      ".", "e5", "1e", "1e+", "1.5s", "1.2.3", "-",    "1e999"};
    double value = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (text_to_double(bad[i], &value))
            fail_msg("'%s' passed for a number", bad[i]);
        assert_true(value >= 77 && value <= 77);
    }
}

static void assert_printed(double value, const char *expected)
{
    char text[TEXT_NUMBER_BYTES];
    text_from_double(text, value);
    assert_string_equal(text, expected);
}

static void test_numbers_print_short(void **state)
{
    (void)state;
    assert_printed(0.1, "0.1");
    assert_printed(50, "50");
    assert_printed(1000000, "1000000");
    assert_printed(1.0 / 3, "0.3333333333333333");
    assert_printed(86399.999, "86399.999");
    assert_printed(-DBL_MAX, "-1.7976931348623157e+308");
    char text[TEXT_NUMBER_BYTES];
    text_from_float(text, 0.1F);
    assert_string_equal(text, "0.1");
    text_from_float(text, 0.123456789F);
    assert_string_equal(text, "0.12345679");
}

/* Makes a locale whose numbers have a comma, since a machine need not have one. False: localedef is not
 * there. */
static bool locale_make(const char *directory)
{
    char command[512];
    snprintf(
        command, sizeof(command),
        "printf '%%s\\n' 'comment_char %%' 'escape_char /' LC_NUMERIC 'decimal_point \",\"' 'thousands_sep \".\"' 'grouping 3' 'END LC_NUMERIC' >%s/source && localedef --no-archive -c -i %s/source -f ANSI_X3.4-1968 %s/comma >/dev/null 2>&1",
        directory, directory, directory);
    /* Its status says that the other categories were left out. */
    return system(command) != -1 && setenv("LOCPATH", directory, 1) == 0 &&
           setlocale(LC_NUMERIC, "comma") != NULL;
}

static void test_numbers_do_not_follow_the_locale(void **state)
{
    (void)state;
    char directory[] = "/tmp/camd-test-text.XXXXXX";
    char command[64];
    assert_non_null(mkdtemp(directory));
    bool is_made = locale_make(directory);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
    if (!is_made)
        skip();

    assert_string_equal(localeconv()->decimal_point, ",");
    assert_double("0.5", 0.5);
    assert_printed(0.5, "0.5");
    double value;
    assert_false(text_to_double("0,5", &value));
    setlocale(LC_NUMERIC, "C");
    unsetenv("LOCPATH");
}

static void test_bools(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "true", "on", "1", "YES", "True"};
    static const char *const no[] = {"no", "false", "off", "0", "NO", "Off"};
    static const char *const bad[] = {"", "y", "2", "yes ", "yess", "ja", "none"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
        bool value = false;
        assert_true(text_to_bool(yes[i], &value) && value);
        value = true;
        assert_true(text_to_bool(no[i], &value) && !value);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        bool value = true;
        assert_false(text_to_bool(bad[i], &value));
        assert_true(value);
    }
}

static void test_format(void **state)
{
    (void)state;
    char *text = text_format("%s-%d", "camera", 7);
    assert_string_equal(text, "camera-7");
    free(text);
}

/* "camctl enable -x" enabled nothing: it has no option -x. */
static void test_names_like_options(void **state)
{
    (void)state;
    assert_string_equal(text_before_operand("-front"), "-- ");
    assert_string_equal(text_before_operand("front-"), "");
    assert_string_equal(text_before_operand(""), "");
}

static void test_rates_are_no_powers_of_ten(void **state)
{
    static const struct {
        double rate;
        const char *text;
    } rates[] = {{0.1, "0.1"}, {12.5, "12.5"},  {29.97, "30"},
                 {100, "100"}, {999.6, "1000"}, {90000, "90000"}};
    char text[TEXT_NUMBER_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
        assert_string_equal(text_rate(rates[i].rate, text), rates[i].text);
}

static void test_durations(void **state)
{
    char text[TEXT_DURATION_BYTES];
    (void)state;
    assert_string_equal(text_duration(0, text), "0 s");
    assert_string_equal(text_duration(1.26, text), "1.3 s");
    assert_string_equal(text_duration(45.4, text), "45 s");
    assert_string_equal(text_duration(59.9, text), "59 s");
    assert_string_equal(text_duration(60, text), "1 min");
    assert_string_equal(text_duration(3725, text), "1 h 2 min");
    assert_string_equal(text_duration(5 * 86400 + 7 * 3600, text), "5 d 7 h");
    assert_string_equal(text_duration(-1, text), "-");
    assert_string_equal(text_duration(1e300, text), "24855 d 3 h");
    assert_string_equal(text_duration((double)NAN, text), "-");
    assert_string_equal(text_short_duration(0.21, text), "210ms");
    assert_string_equal(text_duration(0.0042, text), "4.2 ms");
    assert_string_equal(text_duration(0.9999, text), "1 s");
    assert_string_equal(text_duration(20, text), "20 s");
    assert_string_equal(text_duration(2, text), "2 s");
    assert_string_equal(text_duration(9.97, text), "9 s");
    assert_string_equal(text_duration(315.4, text), "5 min 15 s");
    assert_string_equal(text_short_duration(725, text), "12m5s");
    assert_string_equal(text_short_duration(3725, text), "1h2m");
}

static void test_durations_are_read(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = {
        {"90", 90},   {"1.5", 1.5},    {"90s", 90},    {"5 min 13 s", 313}, {"12m5s", 725},
        {"2h", 7200}, {"1.5 h", 5400}, {"250ms", .25}, {"5d7h", 457200},    {"1d 1h 1min 1s 1ms", 90061.001},
        {" 3 s ", 3}, {"0", 0},        {"1e3", 1000},
    };
    static const char *const bad[] = {"",        " ",     "s",     "-1",     "-1 s", "1x",     "1 s 2",
                                      "1 s 2 h", "1h 1h", "1e3 s", "1..2 s", "nan",  "5 mins", "2 weeks"};
    double seconds;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(text_to_duration(good[i].text, &seconds));
        assert_float_equal(seconds, good[i].seconds, 1e-6);
    }
    seconds = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(text_to_duration(bad[i], &seconds));
        assert_float_equal(seconds, 77, 0);
    }
}

/* What one writes the other reads: as much as is written of it. */
static void test_durations_read_back(void **state)
{
    static const double values[] = {0, 0.16, 1.3, 45, 60, 725, 3600, 3720, 86400, 457200};
    char text[TEXT_DURATION_BYTES];
    double seconds;
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        assert_true(text_to_duration(text_duration(values[i], text), &seconds));
        assert_float_equal(seconds, values[i], 1e-9);
        assert_true(text_to_duration(text_short_duration(values[i], text), &seconds));
        assert_float_equal(seconds, values[i], 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_camera_names),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_ignores_long_words),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_real_numbers),
        cmocka_unit_test(test_numbers_print_short),
        cmocka_unit_test(test_rates_are_no_powers_of_ten),
        cmocka_unit_test(test_numbers_do_not_follow_the_locale),
        cmocka_unit_test(test_bools),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_names_like_options),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_durations_are_read),
        cmocka_unit_test(test_durations_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
