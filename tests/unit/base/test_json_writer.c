/* test_json_writer.c - whatever is written reads back with jansson as what it was, and as jansson would print it */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "base/json_writer.h"

enum { ROUNDS = 20000, DEPTH = 4, ITEMS = 6, TEXT_BYTES = 40 };

static uint64_t random_state = 88172645463325252U;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static unsigned int below(unsigned int limit)
{
    return (unsigned int)(random_number() % limit);
}

/* ---- the same value twice: by the writer, and as a tree ---- */

static const char *const names[ITEMS] = {"a", "name", "epoch", "last_exit", "next_start_ms", "z9"};

static json_t *both(struct json_writer *writer, const char *name, unsigned int depth);

static json_t *both_texts(struct json_writer *writer, const char *name)
{
    static const char *const pieces[] = {
        "x", "front door", "\"",   "\\",   "\n", "\x01",         "\x7f",   "\x1f",
        "/", "\xc3\xa9",   "\xe2", "\xff", "\t", "\xed\xa0\x80", "\b\f\r", "\xf0\x9f\x8e\xa5"};
    char text[TEXT_BYTES] = "";
    for (unsigned int i = below(8); i > 0; i--)
        strncat(text, pieces[below(sizeof(pieces) / sizeof(pieces[0]))], TEXT_BYTES - 1 - strlen(text));
    json_write_string(writer, name, text);
    return json_string_lossy(text);
}

static json_t *both_integers(struct json_writer *writer, const char *name)
{
    const uint64_t bits = random_number() >> below(64);
    const int64_t value = (int64_t)(below(2) ? bits : -bits);
    json_write_int(writer, name, value);
    return json_integer(value);
}

/* Of any size, and such as are usual: with few decimals. */
static json_t *both_reals(struct json_writer *writer, const char *name)
{
    static const double units[] = {1.0, 10.0, 100.0, 1000.0, 1e4, 1e5};
    double value = ((double)random_number() - 9e18) / (double)((random_number() >> below(64)) | 1);
    if (below(2))
        value = ((double)(random_number() >> below(64)) - (double)below(2000)) / units[below(6)];
    json_write_real(writer, name, value);
    return json_real(value);
}

static json_t *both_words(struct json_writer *writer, const char *name)
{
    if (below(3) == 0) {
        json_write_null(writer, name);
        return json_null();
    }
    const bool value = below(2);
    json_write_bool(writer, name, value);
    return json_boolean(value);
}

static json_t *both_objects(struct json_writer *writer, const char *name, unsigned int depth)
{
    json_t *tree = json_object();
    json_write_begin_object(writer, name);
    for (unsigned int i = 0, count = below(ITEMS + 1); i < count; i++)
        json_object_set_new(tree, names[i], both(writer, names[i], depth - 1));
    json_write_end_object(writer);
    return tree;
}

static json_t *both_arrays(struct json_writer *writer, const char *name, unsigned int depth)
{
    json_t *tree = json_array();
    json_write_begin_array(writer, name);
    for (unsigned int i = 0, count = below(ITEMS); i < count; i++)
        json_array_append_new(tree, both(writer, NULL, depth - 1));
    json_write_end_array(writer);
    return tree;
}

static json_t *both(struct json_writer *writer, const char *name, unsigned int depth)
{
    switch (below(depth > 0 ? 6 : 4)) {
    case 0:
        return both_texts(writer, name);
    case 1:
        return both_integers(writer, name);
    case 2:
        return both_reals(writer, name);
    case 3:
        return both_words(writer, name);
    case 4:
        return both_objects(writer, name, depth);
    default:
        return both_arrays(writer, name, depth);
    }
}

static char *text_of(struct byte_queue *queue)
{
    char *text = malloc(queue->length + 1); /* what waits has no NUL */
    if (text && queue->length > 0)
        memcpy(text, byte_queue_front(queue), queue->length);
    if (text)
        text[queue->length] = '\0';
    assert_non_null(text);
    return text;
}

static void test_reads_back_and_is_what_jansson_prints(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct byte_queue queue;
        struct json_writer writer;
        byte_queue_init(&queue);
        json_writer_init(&writer, &queue);
        json_t *tree = both(&writer, NULL, DEPTH);
        char *text = text_of(&queue);
        assert_false(writer.failed);

        json_t *again = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(again);
        char *printed = json_dumps(tree, JSON_COMPACT | JSON_DIGITS | JSON_ENCODE_ANY);
        assert_string_equal(text, printed);
        free(printed);
        json_decref(again);
        json_decref(tree);
        free(text);
        byte_queue_fini(&queue);
    }
}

/* ---- single values ---- */

static void check(void (*write)(struct json_writer *writer), const char *expected)
{
    struct byte_queue queue;
    struct json_writer writer;
    byte_queue_init(&queue);
    json_writer_init(&writer, &queue);
    write(&writer);
    char *text = text_of(&queue);
    assert_string_equal(text, expected);
    free(text);
    byte_queue_fini(&queue);
}

static void write_reals(struct json_writer *writer)
{
    json_write_begin_array(writer, NULL);
    json_write_real(writer, NULL, 0.0);
    json_write_real(writer, NULL, -0.0);
    json_write_real(writer, NULL, 12.3);
    json_write_real(writer, NULL, 1.25);
    json_write_real(writer, NULL, -0.005);
    json_write_real(writer, NULL, 15.0);
    json_write_real(writer, NULL, 0.1 + 0.2);
    json_write_real(writer, NULL, 1e9);
    json_write_real(writer, NULL, 999999999.999);
    json_write_real(writer, NULL, 1e-300);
    json_write_end_array(writer);
}

static void test_reals(void **state)
{
    (void)state;
    check(write_reals, "[0.0,-0.0,12.3,1.25,-0.005,15.0,0.3,1000000000.0,999999999.999,1e-300]");
}

static void write_limits(struct json_writer *writer)
{
    json_write_begin_object(writer, NULL);
    json_write_int(writer, "least", INT64_MIN);
    json_write_count(writer, "most", INT64_MAX);
    json_write_count(writer, "beyond", (uint64_t)INT64_MAX + 1);
    json_write_count(writer, "all", UINT64_MAX);
    json_write_real(writer, "nan", (double)NAN);
    json_write_real(writer, "infinite", -(double)INFINITY);
    json_write_string(writer, "none", NULL);
    json_write_end_object(writer);
}

/* A count that a worker made up is shown as a large one, never as a negative one, and every reader can read it. */
static void test_counts_saturate(void **state)
{
    (void)state;
    check(write_limits,
          "{\"least\":-9223372036854775808,\"most\":9223372036854775807,\"beyond\":9223372036854775807,"
          "\"all\":9223372036854775807,\"nan\":null,\"infinite\":null,\"none\":null}");
}

static void write_elsewhere(struct json_writer *writer)
{
    json_write_begin_object(writer, NULL);
    json_write_name(writer, "event");
    byte_queue_append(writer->out, "{}", 2);
    json_write_int(writer, "next", 1);
    json_write_end_object(writer);
}

static void test_value_of_somebody_else(void **state)
{
    (void)state;
    check(write_elsewhere, "{\"event\":{},\"next\":1}");
}

static void write_no_tree(struct json_writer *writer)
{
    json_write_tree(writer, NULL, NULL);
    assert_true(writer->failed);
    json_write_int(writer, NULL, 1);
}

static void test_failed_writes_no_more(void **state)
{
    (void)state;
    check(write_no_tree, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_back_and_is_what_jansson_prints),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_counts_saturate),
        cmocka_unit_test(test_value_of_somebody_else),
        cmocka_unit_test(test_failed_writes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
