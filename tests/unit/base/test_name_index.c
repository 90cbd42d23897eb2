#include "base/name_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

enum { MANY = 1000 };

static void test_everything_is_found_by_its_name_and_nothing_else(void **state)
{
    static char names[MANY][8];
    static struct name_node nodes[MANY];
    void *root = NULL;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "c%d", i);
        nodes[i] = (struct name_node){.name = names[i], .item = &nodes[i]};
        assert_int_equal(name_index_add(&root, &nodes[i]), 0);
    }
    for (int i = 0; i < MANY; i += 2)
        name_index_remove(&root, &nodes[i]);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(name_index_find(&root, names[i]), i % 2 == 0 ? NULL : &nodes[i]);
    assert_null(name_index_find(&root, "c"));
    for (int i = 1; i < MANY; i += 2)
        name_index_remove(&root, &nodes[i]);
    assert_null(root);
}

static void test_a_name_is_there_once(void **state)
{
    struct name_node first = {.name = "front", .item = &first}, second = {.name = "front", .item = &second};
    void *root = NULL;
    (void)state;
    assert_int_equal(name_index_add(&root, &first), 0);
    assert_int_equal(name_index_add(&root, &second), -EEXIST);
    assert_ptr_equal(name_index_find(&root, "front"), &first);
    name_index_remove(&root, &first);
    assert_null(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_found_by_its_name_and_nothing_else),
        cmocka_unit_test(test_a_name_is_there_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
