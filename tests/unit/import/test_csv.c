/* Tables as text: cells, quotes, separators, line ends, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

#include "import/csv.h"

static char text[256], all[512];

/* "LINE|cell|cell" a row, and what is wrong at the end. */
static const char *read_all(const char *given)
{
    struct csv csv;
    const char *problem = NULL;
    size_t used = 0;
    int result;
    snprintf(text, sizeof(text), "%s", given);
    all[0] = '\0';
    csv_init(&csv, text, strlen(text));
    while ((result = csv_next(&csv, &problem)) > 0) {
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%zu", csv.line);
        for (size_t i = 0; i < csv.count; i++)
            used += (size_t)snprintf(all + used, sizeof(all) - used, "|%s", csv.cells[i]);
        used += (size_t)snprintf(all + used, sizeof(all) - used, "\n");
    }
    assert_int_equal(result < 0, problem != NULL);
    if (problem)
        snprintf(all + used, sizeof(all) - used, "%zu: %s", csv.line, problem);
    return all;
}

static void test_rows(void **state)
{
    (void)state;
    assert_string_equal(read_all("a,b\n1,2\n"), "1|a|b\n2|1|2\n");
    assert_string_equal(read_all("a,b\r\n1,2"), "1|a|b\n2|1|2\n");
    assert_string_equal(read_all("a,b\r1,\"2\"\r\r3,4"), "1|a|b\n2|1|2\n4|3|4\n");
    assert_string_equal(read_all("a;b\r1,2,3;4\r"), "1|a|b\n2|1,2,3|4\n");
    assert_string_equal(read_all("a,b\r\"1\r2\",3\r4,5"), "1|a|b\n2|1\r2|3\n4|4|5\n");
    assert_string_equal(read_all("a,b\r\n\"1\r\n2\",3\r\n4,5"), "1|a|b\n2|1\r\n2|3\n4|4|5\n");
    assert_string_equal(read_all("\xef\xbb\xbf"
                                 "a,b\n\n\r\n1,\n"),
                        "1|a|b\n4|1|\n");
    assert_string_equal(read_all("a"), "1|a\n");
    assert_string_equal(read_all(""), "");
    assert_string_equal(read_all(",,\n"), "1|||\n");
}

static void test_quotes(void **state)
{
    (void)state;
    assert_string_equal(read_all("a,b\n\"1,\"\"x\"\"\",\"l\nm\"\nc,d\n"), "1|a|b\n2|1,\"x\"|l\nm\n4|c|d\n");
    assert_string_equal(read_all("\"\",\"\"\"\"\n"), "1||\"\n");
    assert_string_equal(read_all("a,b\"c\n"), "1|a|b\"c\n"); /* not at its beginning: any character */
    assert_non_null(strstr(read_all("a\n\"x"), "2: a cell in quotes does not end"));
    assert_non_null(strstr(read_all("a\n\"x\"\""), "2: a cell in quotes does not end"));
    assert_non_null(strstr(read_all("a,b\n\"x\"y,z\n"), "2: there is something behind the quotes"));
}

static void test_separators(void **state)
{
    (void)state;
    assert_string_equal(read_all("a;b,c;d\n1;2\n"), "1|a|b,c|d\n2|1|2\n");
    assert_string_equal(read_all("a\tb\n1,2\t3\n"), "1|a|b\n2|1,2|3\n");
    assert_string_equal(read_all("\"a;;;\",b\n"), "1|a;;;|b\n");
    assert_string_equal(read_all("sep=;\na,b;c\n"), "2|a,b|c\n");
    assert_string_equal(read_all("sep=;\ra,b;c\r"), "2|a,b|c\n");
    assert_string_equal(read_all("sep=|\na,b|c\n"), "2|a,b|c\n");
    assert_string_equal(read_all("sep=\t\na,b\tc\n"), "2|a,b|c\n");
}

/* With quotes between cells, cells in quotes were torn apart, or a table was taken for an empty one. */
static void test_what_separates_no_cells(void **state)
{
    (void)state;
    assert_non_null(strstr(read_all("sep=\"\"\nname\"input\n"), "1: sep= names what cannot stand between"));
    assert_non_null(strstr(read_all("sep=a\nnameainput\n"), "1: sep= names what cannot stand between"));
    assert_non_null(strstr(read_all("sep=\xc2\xa7\nname\n"), "1: sep= names what cannot stand between"));
}

static void test_what_is_too_much(void **state)
{
    (void)state;
    static char wide[CSV_COLUMNS_MAX + 2];
    struct csv csv;
    const char *problem = NULL;
    memset(wide, ',', CSV_COLUMNS_MAX);
    csv_init(&csv, wide, CSV_COLUMNS_MAX);
    assert_int_equal(csv_next(&csv, &problem), -1);
    assert_string_equal(problem, "there are too many columns");
    char zero[] = "a,b\0c\n";
    csv_init(&csv, zero, sizeof(zero) - 1);
    assert_int_equal(csv_next(&csv, &problem), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_separators),
        cmocka_unit_test(test_what_separates_no_cells),
        cmocka_unit_test(test_what_is_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
