/* Rates between two samples, the order and the choice of columns, and the selection that stays with its camera. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "top/selection.h"

static void add(struct sample *sample, const char *format, ...)
{
    json_error_t error;
    va_list arguments;
    va_start(arguments, format);
    json_t *part = json_vpack_ex(&error, 0, format, arguments);
    va_end(arguments);
    assert_non_null(part);
    assert_int_equal(sample_add(sample, part), 0);
    json_decref(part);
}

static void add_camera(struct sample *sample, const char *name, const char *state, double cpu_s, int pid,
                       int bytes)
{
    add(sample, "{s:{s:s, s:s, s:s, s:i, s:{s:i, s:f, s:f, s:f, s:i}, s:{s:n}, s:s, s:i}}", "camera", "name",
        name, "state", state, "want", "up", "bytes", bytes, "capture", "pid", pid, "uptime_s", 20.0, "cpu_s",
        cpu_s, "memory_mb", 10.0, "restarts", 2, "tracker", "pid", "detector", "coco", "regions",
        bytes / 100);
}

static void test_rates_of_two_samples(void **state)
{
    struct sample before, now;
    struct rates rates;
    (void)state;
    sample_init(&before);
    sample_init(&now);
    add_camera(&before, "front", "up", 4.0, 7, 1000);
    add_camera(&now, "new", "up", 5.0, 9, 500);
    add_camera(&now, "front", "up", 4.5, 7, 251000);
    add(&now, "{s:[{s:s, s:s, s:f}]}", "detectors", "name", "coco", "state", "up", "inference_ms", 0.4);
    sample_finish(&before, INT64_C(1000000000));
    sample_finish(&now, INT64_C(3000000000));
    assert_int_equal(rates_make(&rates, &before, &now), 0);
    assert_string_equal(rates.rows[0].camera->name, "front");
    assert_float_equal(rates.rows[0].cpu_percent, 25, 1e-9);
    assert_float_equal(rates.rows[0].bit_rate_kbps, 1000, 1e-9);
    assert_float_equal(rates.rows[0].memory_mb, 10, 1e-9);
    assert_float_equal(rates.rows[1].cpu_percent, 25, 1e-9); /* since its start */
    assert_true(rates.rows[1].bit_rate_kbps < 0);
    assert_float_equal(rates.cpu_percent, 50, 1e-9);
    assert_float_equal(rates.detectors[0].load_percent, 50, 1e-9); /* 1250 regions a second of 0.4 ms */
    rates_free(&rates);
    sample_free(&before);
    sample_free(&now);
}

/* A worker that was started again, and counters that began again, are no negative rates. */
static void test_what_began_again(void **state)
{
    struct sample before, now;
    struct rates rates;
    (void)state;
    sample_init(&before);
    sample_init(&now);
    add_camera(&before, "front", "up", 400.0, 7, 100000);
    add_camera(&now, "front", "up", 2.0, 8, 50);
    sample_finish(&before, 0);
    sample_finish(&now, INT64_C(1000000000));
    assert_int_equal(rates_make(&rates, &before, &now), 0);
    assert_float_equal(rates.rows[0].cpu_percent, 10, 1e-9);
    assert_true(rates.rows[0].bit_rate_kbps < 0);
    rates_free(&rates);
    sample_free(&before);
    sample_free(&now);
}

static void test_order(void **state)
{
    struct sample now;
    struct rates rates;
    (void)state;
    sample_init(&now);
    add_camera(&now, "c", "up", 3.0, 1, 0);
    add_camera(&now, "b", "up", 1.0, 1, 0);
    add_camera(&now, "a", "up", 2.0, 1, 0);
    add_camera(&now, "z", "backoff", -1.0, 1, 0);
    sample_finish(&now, 1);
    assert_int_equal(rates_make(&rates, NULL, &now), 0);
    columns_sort(&rates, column_usual, false);
    assert_string_equal(rates.rows[0].camera->name, "z");
    assert_string_equal(rates.rows[1].camera->name, "a");
    columns_sort(&rates, column_of_word("cpu"), false);
    assert_string_equal(rates.rows[0].camera->name, "c");
    assert_string_equal(rates.rows[3].camera->name, "z");
    columns_sort(&rates, column_of_key('c'), true);
    assert_string_equal(rates.rows[0].camera->name, "z");
    assert_string_equal(rates.rows[1].camera->name, "b");
    assert_null(column_of_word("weight"));
    rates_free(&rates);
    sample_free(&now);
}

static void test_columns_have_room(void **state)
{
    (void)state;
    for (int width = 20; width < 200; width++) {
        bool shown[TOP_COLUMN_COUNT];
        int name_width, wide;
        columns_choose(width, 40, shown, &name_width);
        wide = name_width;
        for (size_t i = 1; i < column_count; i++)
            wide += shown[i] ? columns[i].width + COLUMN_GAP : 0;
        assert_true(name_width >= 1 && name_width <= 40);
        assert_true(wide <= width || !shown[2]); /* name and state are never left out */
        assert_true(shown[0] && shown[1]);
        if (width >= 80)
            assert_true(shown[column_count - 1] && name_width >= 20);
    }
}

static void test_selection_stays_with_its_camera(void **state)
{
    struct sample now;
    struct rates rates;
    struct selection selection;
    (void)state;
    sample_init(&now);
    for (char name[2] = "a"; name[0] <= 'j'; name[0]++)
        add_camera(&now, name, name[0] == 'h' ? "failed" : "up", 'z' - name[0], 1, 0);
    sample_finish(&now, 1);
    assert_int_equal(rates_make(&rates, NULL, &now), 0);
    selection_init(&selection, column_of_word("name"));
    assert_int_equal(selection_take(&selection, &rates), 0);
    selection_move(&selection, 7);
    assert_string_equal(selection.selected, "h");
    selection_scroll(&selection, 3);
    assert_int_equal(selection.first, 5);
    selection.by = column_usual;
    assert_int_equal(selection_take(&selection, &rates), 0);
    assert_int_equal(selection.at, 0);
    selection_scroll(&selection, 3);
    assert_int_equal(selection.first, 0);
    selection_move(&selection, 100);
    assert_string_equal(selection.selected, "j");
    selection.only_problems = true;
    assert_int_equal(selection_take(&selection, &rates), 0);
    assert_int_equal(selection.count, 1);
    assert_string_equal(selection.selected, "h");
    selection_move(&selection, -100);
    assert_int_equal(selection.at, 0);
    selection_free(&selection);
    rates_free(&rates);
    sample_free(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_of_two_samples),
        cmocka_unit_test(test_what_began_again),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_columns_have_room),
        cmocka_unit_test(test_selection_stays_with_its_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
