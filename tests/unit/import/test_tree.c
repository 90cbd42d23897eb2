/* YAML documents as trees of nodes: what is refused, whatever they are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/tree.h"

static void test_a_key_that_is_there_twice_is_refused(void **state)
{
    static const char text[] = "cameras:\n  a: 1\ncameras:\n  b: 2\n";
    char *problem = NULL;
    (void)state;
    assert_null(tree_read(text, sizeof(text) - 1, &problem));
    assert_non_null(problem);
    assert_non_null(strstr(problem, "line 3: cameras is there already, in line 1"));
    free(problem);
}

/* An alias makes no node: a map may have many more pairs than the document has nodes, which were written behind a buffer. */
static void test_keys_may_be_more_than_nodes(void **state)
{
    enum { PAIRS = 5000 };
    static const char head[] = "x: &a k\ny: {", pair[] = "*a : *a, ";
    char *text = malloc(sizeof(head) + PAIRS * sizeof(pair) + sizeof("}")), *problem = NULL;
    char *end = text;
    (void)state;
    assert_non_null(text);
    end = stpcpy(end, head);
    for (int i = 0; i < PAIRS; i++)
        end = stpcpy(end, pair);
    end = stpcpy(end, "}");
    assert_null(tree_read(text, (size_t)(end - text), &problem));
    assert_non_null(problem);
    assert_non_null(strstr(problem, "k is there already"));
    free(problem);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_that_is_there_twice_is_refused),
        cmocka_unit_test(test_keys_may_be_more_than_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
