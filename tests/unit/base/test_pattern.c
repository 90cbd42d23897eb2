#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pattern.h"

static void test_what_fits(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {
        {"front", "front", true},
        {"front", "fronts", false},
        {"front*", "front", true},
        {"front*", "front_2", true},
        {"*door", "backdoor", true},
        {"*door", "doors", false},
        {"*", "", true},
        {"**", "a", true},
        {"?", "", false},
        {"?", "a", true},
        {"f??nt", "front", true},
        {"f?nt", "front", false},
        {"*o*o*", "foo", true},
        {"*o*o*o", "foo", false},
        {"cam[0-3]", "cam2", true},
        {"cam[0-3]", "cam4", false},
        {"cam[!0-3]", "cam4", true},
        {"cam[^a]", "cama", false},
        {"cam[ab]", "camb", true},
        {"cam[", "cam[", true},
        {"cam[a", "cama", false},
        {"[]a]", "]", true},
        {"[a-]", "-", true},
        {"[-a]", "b", false},
        {"[!]", "[!]", true},
        {"[*]", "*", true},
        {"", "", true},
        {"", "a", false},
        {"*a[bc]", "aab", true},
        {"[c-a]", "b", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (pattern_matches(rows[i].pattern, rows[i].text) != rows[i].fits)
            fail_msg("%s for %s", rows[i].pattern, rows[i].text);
}

static void test_what_is_a_pattern(void **state)
{
    (void)state;
    assert_true(pattern_is("a*"));
    assert_true(pattern_is("?"));
    assert_true(pattern_is("[a]"));
    assert_false(pattern_is("front_door-2"));
    assert_false(pattern_is(""));
}

/* fnmatch would not come back from this within a lifetime. */
static void test_many_stars_take_no_time(void **state)
{
    char pattern[4001], text[2001];
    (void)state;
    for (size_t i = 0; i < sizeof(pattern) - 1; i += 2)
        memcpy(pattern + i, "*a", 2);
    pattern[sizeof(pattern) - 2] = 'b';
    pattern[sizeof(pattern) - 1] = '\0';
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_false(pattern_matches(pattern, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits),
        cmocka_unit_test(test_what_is_a_pattern),
        cmocka_unit_test(test_many_stars_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
