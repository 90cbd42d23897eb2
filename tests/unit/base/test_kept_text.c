/* Texts that are there only while they are of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/kept_text.h"

static void test_nothing_is_kept_at_first_and_of_an_empty_text(void **state)
{
    struct kept_text kept = {0};
    (void)state;
    assert_true(kept_text_is_empty(&kept));
    assert_string_equal(kept_text(&kept), "");
    kept_text_set(&kept, "%s", "");
    assert_true(kept_text_is_empty(&kept));
    assert_null(kept.text);
}

static void test_a_text_is_kept_until_it_is_forgotten(void **state)
{
    struct kept_text kept = {0};
    (void)state;
    kept_text_set(&kept, "no progress for %.1f s", 20.0);
    assert_string_equal(kept_text(&kept), "no progress for 20.0 s");
    kept_text_set(&kept, "again: %s", kept_text(&kept));
    assert_string_equal(kept_text(&kept), "again: no progress for 20.0 s");
    kept_text_set(&kept, "%s", "");
    assert_true(kept_text_is_empty(&kept));
    kept_text_set(&kept, "%d", 7);
    kept_text_forget(&kept);
    kept_text_forget(&kept);
    assert_string_equal(kept_text(&kept), "");
}

static void test_a_long_text_is_cut(void **state)
{
    struct kept_text kept = {0};
    char text[2 * KEPT_TEXT_BYTES];
    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    kept_text_set(&kept, "%s", text);
    assert_int_equal(strlen(kept_text(&kept)), KEPT_TEXT_BYTES - 1);
    kept_text_forget(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_kept_at_first_and_of_an_empty_text),
        cmocka_unit_test(test_a_text_is_kept_until_it_is_forgotten),
        cmocka_unit_test(test_a_long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
