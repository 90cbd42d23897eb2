/* The writer and the table: escaping, wrapping, alignment, columns that are left out; durations in words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/visible_text.h"
#include "camctl/table.h"
#include "camctl/words.h"
#include "camctl/writer.h"

/* An output into memory. */
struct memory {
    struct writer output;
    char *text;
    size_t bytes;
};

static void memory_open(struct memory *memory, size_t width)
{
    memset(memory, 0, sizeof(*memory));
    memory->output.stream = open_memstream(&memory->text, &memory->bytes);
    assert_non_null(memory->output.stream);
    memory->output.width = width;
}

static void memory_check(struct memory *memory, const char *expected)
{
    assert_int_equal(writer_finish(&memory->output), 0);
    assert_string_equal(memory->text, expected);
    fclose(memory->output.stream);
    free(memory->text);
}

static void escapes_to(const char *text, const char *expected, size_t columns)
{
    size_t wide = 999;
    char *escaped = visible_text(text, &wide);
    assert_string_equal(escaped, expected);
    assert_int_equal(wide, columns);
    free(escaped);
}

static void test_what_a_terminal_acts_on_is_escaped(void **state)
{
    (void)state;
    escapes_to("", "", 0);
    escapes_to("plain text", "plain text", 10);
    escapes_to("\033[31mred\a\r\n\t", "\\x1b[31mred\\x07\\x0d\\x0a\\x09", 27);
    escapes_to("\x7f", "\\x7f", 4);
    escapes_to("K\xc3\xbc"
               "che",
               "K\xc3\xbc"
               "che",
               5);
    escapes_to("\xe6\x97\xa5", "\xe6\x97\xa5", 2); /* as wide as two letters */
    escapes_to("\xc2\x9b"
               "31m",
               "\\xc2\\x9b"
               "31m",
               11); /* the C1 form of ESC [ */
    escapes_to("\xe2\x80\xae"
               "gpj",
               "\\xe2\\x80\\xae"
               "gpj",
               15);                          /* right-to-left override */
    escapes_to("\xff\xc3", "\\xff\\xc3", 8); /* no UTF-8, and the start of some */
}

static void test_lines_are_whole_without_a_terminal(void **state)
{
    struct memory memory;
    (void)state;
    memory_open(&memory, 0);
    writer_line(&memory.output, STYLE_BAD, 4,
                "%s and\n%d more words that do not end before column eighty is passed", "one", 2);
    memory_check(&memory, "one and\\x0a2 more words that do not end before column eighty is passed\n");
}

static void test_lines_are_broken_at_the_terminals_width(void **state)
{
    struct memory memory;
    (void)state;
    memory_open(&memory, 20);
    writer_line(&memory.output, STYLE_PLAIN, 2,
                "a line of words, rtsp://a-long-address/that-stays-whole, and more");
    memory_check(&memory, "a line of words,\n  rtsp://a-long-address/that-stays-whole,\n  and more\n");
    memory_open(&memory, 30);
    writer_field(&memory.output, STYLE_PLAIN, "label", "%s", "wrapped under its column");
    memory_check(&memory, "  label         wrapped under\n                its column\n");
}

static void test_a_word_that_fills_the_line_is_not_moved(void **state)
{
    struct memory memory;
    (void)state;
    memory_open(&memory, 10);
    writer_line(&memory.output, STYLE_PLAIN, 0, "1234567890 1234567890");
    memory_check(&memory, "1234567890\n1234567890\n");
}

static void test_colour_surrounds_text_only_when_asked(void **state)
{
    struct memory memory;
    (void)state;
    memory_open(&memory, 0);
    memory.output.colour = true;
    writer_line(&memory.output, STYLE_GOOD, 0, "up");
    writer_line(&memory.output, STYLE_PLAIN, 0, "up");
    memory_check(&memory, "\033[32mup\033[0m\nup\n");
}

static const struct table_column columns[] = {
    {"NAME", false, 0}, {"FPS", true, 0}, {"EXTRA", false, 2}, {"MORE", true, 1}};

static struct table *example_table(void)
{
    struct table *table = table_new(columns, 4);
    table_cell(table, STYLE_PLAIN, "%s", "front");
    table_cell(table, STYLE_PLAIN, "%.1f", 10.0);
    table_cell(table, STYLE_PLAIN, "x");
    table_cell(table, STYLE_PLAIN, "1");
    table_note(table, STYLE_PLAIN, "%s", "why\tit is so");
    table_cell(table, STYLE_PLAIN, "b\033");
    table_cell(table, STYLE_PLAIN, "5.0");
    table_cell(table, STYLE_PLAIN, "longer");
    table_cell(table, STYLE_PLAIN, "20000");
    return table;
}

static void test_table_is_aligned(void **state)
{
    struct memory memory;
    struct table *table = example_table();
    (void)state;
    memory_open(&memory, 0);
    table_print(table, &memory.output);
    memory_check(&memory, "NAME    FPS  EXTRA    MORE\n"
                          "front  10.0  x           1\n"
                          "    why\\x09it is so\n"
                          "b\\x1b   5.0  longer  20000\n");
    table_free(table);
}

static void test_table_leaves_out_what_matters_least(void **state)
{
    struct memory memory;
    struct table *table = example_table();
    (void)state;
    memory_open(&memory, 26); /* just fits */
    table_print(table, &memory.output);
    memory_check(&memory, "NAME    FPS  EXTRA    MORE\n"
                          "front  10.0  x           1\n"
                          "    why\\x09it is so\n"
                          "b\\x1b   5.0  longer  20000\n");
    memory_open(&memory, 25);
    table_print(table, &memory.output);
    memory_check(&memory, "NAME    FPS   MORE\n"
                          "front  10.0      1\n"
                          "    why\\x09it is so\n"
                          "b\\x1b   5.0  20000\n");
    memory_open(&memory, 5); /* what must stay stays */
    table_print(table, &memory.output);
    memory_check(&memory, "NAME    FPS\n"
                          "front  10.0\n"
                          "    why\\x09it\n      is\n      so\n"
                          "b\\x1b   5.0\n");
    table_free(table);
}

static void test_json_is_one_line_without_a_terminal(void **state)
{
    struct memory memory;
    json_t *document = json_pack("{s:s, s:[i,i]}", "a", "x\033\n", "b", 1, 2);
    (void)state;
    memory_open(&memory, 0);
    memory.output.json = true;
    writer_document(&memory.output, document, NULL);
    memory_check(&memory, "{\"a\":\"x\\u001B\\n\",\"b\":[1,2]}\n");
    json_decref(document);
}

static void test_json_on_a_terminal_has_no_control_characters(void **state)
{
    struct memory memory;
    json_t *document = json_pack("[s]", "\xc2\x9b"
                                        "31m");
    (void)state;
    memory_open(&memory, 80);
    memory.output.json = memory.output.terminal = true;
    writer_document(&memory.output, document, NULL);
    memory_check(&memory, "[\n  \"\\u009B31m\"\n]\n");
    json_decref(document);
}

static void test_states_have_styles(void **state)
{
    (void)state;
    assert_int_equal(words_state_style("up"), STYLE_GOOD);
    assert_int_equal(words_state_style("failed"), STYLE_BAD);
    assert_int_equal(words_state_style("whatever"), STYLE_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_terminal_acts_on_is_escaped),
        cmocka_unit_test(test_lines_are_whole_without_a_terminal),
        cmocka_unit_test(test_lines_are_broken_at_the_terminals_width),
        cmocka_unit_test(test_a_word_that_fills_the_line_is_not_moved),
        cmocka_unit_test(test_colour_surrounds_text_only_when_asked),
        cmocka_unit_test(test_table_is_aligned),
        cmocka_unit_test(test_table_leaves_out_what_matters_least),
        cmocka_unit_test(test_json_is_one_line_without_a_terminal),
        cmocka_unit_test(test_json_on_a_terminal_has_no_control_characters),
        cmocka_unit_test(test_states_have_styles),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 77; /* skipped: without it no character is wide */
    return cmocka_run_group_tests_name("camctl output", tests, NULL, NULL);
}
