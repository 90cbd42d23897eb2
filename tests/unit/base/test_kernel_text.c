/* Numbers in what the kernel writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/kernel_text.h"

static void test_the_number_behind_a_word_at_the_beginning_of_a_line(void **state)
{
    static const char text[] =
        "MemTotal:    4096 kB\nMemFree 7\n oom_kill 3\noom_kill_disable 1\noom_kill 2\n";
    uint64_t number = 0;
    (void)state;
    assert_true(kernel_text_number(text, "MemTotal", &number));
    assert_int_equal(number, 4096);
    assert_true(kernel_text_number(text, "MemFree", &number));
    assert_int_equal(number, 7);
    assert_true(kernel_text_number(text, "oom_kill", &number));
    assert_int_equal(number, 2);
    assert_false(kernel_text_number(text, "Mem", &number));
    assert_int_equal(number, 2);
}

/* The end of the text was taken for one of the characters that end a word, and what is behind it was read. */
static void test_nothing_behind_the_end_is_read(void **state)
{
    static const char text[] = "MemFree: 1\nMemTotal\0 77\n", empty[] = "\0MemTotal: 77\n";
    uint64_t number = 5;
    (void)state;
    assert_false(kernel_text_number(text, "MemTotal", &number));
    assert_false(kernel_text_number(empty, "MemTotal", &number));
    assert_false(kernel_text_number("MemTotal:", "MemTotal", &number));
    assert_false(kernel_text_number("MemTotal: none", "MemTotal", &number));
    assert_int_equal(number, 5);
}

static void test_a_file_that_is_not_there_is_no_text(void **state)
{
    char text[8] = "before";
    (void)state;
    assert_false(kernel_text_of("/nonexistent", text, sizeof(text)));
    assert_string_equal(text, "");
    assert_true(kernel_text_of("/proc/self/stat", text, sizeof(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_number_behind_a_word_at_the_beginning_of_a_line),
        cmocka_unit_test(test_nothing_behind_the_end_is_read),
        cmocka_unit_test(test_a_file_that_is_not_there_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
