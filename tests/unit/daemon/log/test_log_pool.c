/* The pool of workers' lines: bounded, fair, and read while lines come and go. */
#include "daemon/log/log_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT = 4096 };

struct fixture {
    struct log_pool *pool;
    struct log_source *loud, *quiet;
    unsigned int notified;
};

static struct fixture fixture;

static void count_notified(void *context)
{
    ((struct fixture *)context)->notified++;
}

static int set_up(void **state)
{
    (void)state;
    fixture = (struct fixture){0};
    if (log_pool_new(&fixture.pool, LIMIT, count_notified, &fixture) < 0 ||
        log_pool_source_new(&fixture.loud, fixture.pool, "loud", "capture") < 0)
        return -1;
    return log_pool_source_new(&fixture.quiet, fixture.pool, "quiet", "tracker");
}

static int tear_down(void **state)
{
    (void)state;
    log_pool_source_free(fixture.pool, fixture.loud);
    log_pool_source_free(fixture.pool, fixture.quiet);
    assert_int_equal(log_pool_bytes(fixture.pool), 0);
    log_pool_free(fixture.pool);
    return 0;
}

static struct log_line *keep(struct log_source *source, const char *text)
{
    return log_pool_keep(fixture.pool, source, LOG_INFO, 0, text, 1);
}

static void flood(int lines)
{
    for (int i = 0; i < lines; i++) {
        char text[32];
        snprintf(text, sizeof(text), "flood %d", i);
        assert_non_null(keep(fixture.loud, text));
        assert_true(log_pool_bytes(fixture.pool) <= LIMIT);
    }
}

static void expect(struct log_reader *reader, const char *text)
{
    const struct log_line *line = log_reader_next(reader);
    assert_non_null(line);
    assert_string_equal(line->text, text);
}

static void open_for(struct log_reader *reader, const char *name, uint64_t lines)
{
    json_t *names = json_pack("[s]", name);
    assert_int_equal(log_reader_open(reader, fixture.pool, names, lines), 0);
    json_decref(names);
}

static void test_lines_keep_what_is_known_of_them(void **state)
{
    (void)state;
    struct log_line *line = log_pool_keep(fixture.pool, fixture.quiet, LOG_WARNING, 7, "text", 42);
    assert_string_equal(line->source->name, "quiet");
    assert_string_equal(line->source->worker, "tracker");
    assert_int_equal(line->level, LOG_WARNING);
    assert_int_equal(line->dropped, 7);
    assert_int_equal(line->wall_ns, 42);
    assert_int_equal(line->number, 1);
    assert_false(line->logged);
    assert_int_equal(fixture.notified, 1);
}

static void test_a_flood_pushes_out_its_own_lines_only(void **state)
{
    struct log_reader reader;
    (void)state;
    keep(fixture.quiet, "first");
    keep(fixture.quiet, "second");
    flood(1000);
    open_for(&reader, "quiet", UINT64_MAX);
    expect(&reader, "first");
    expect(&reader, "second");
    assert_null(log_reader_next(&reader));
    log_reader_close(&reader);
    /* and it comes in when the flood has filled everything */
    keep(fixture.quiet, "third");
    open_for(&reader, "quiet", 1);
    expect(&reader, "third");
    log_reader_close(&reader);
    open_for(&reader, "loud", 1);
    expect(&reader, "flood 999");
    log_reader_close(&reader);
}

static void test_two_floods_share_the_pool(void **state)
{
    (void)state;
    flood(1000);
    for (int i = 0; i < 1000; i++)
        keep(fixture.quiet, "flood 999");
    size_t difference = fixture.loud->bytes > fixture.quiet->bytes
                            ? fixture.loud->bytes - fixture.quiet->bytes
                            : fixture.quiet->bytes - fixture.loud->bytes;
    assert_true(difference <= sizeof(struct log_line) + 16);
}

/* The largest line that has room is kept although its source holds the most then. */
static void test_the_newest_line_is_kept_whatever_it_pushes_out(void **state)
{
    char text[LIMIT];
    (void)state;
    keep(fixture.quiet, "small");
    memset(text, 'x', sizeof(text));
    text[LIMIT - sizeof(struct log_line) - 1] = '\0';
    struct log_line *line = keep(fixture.loud, text);
    assert_non_null(line);
    assert_int_equal(strlen(line->text), strlen(text));
    assert_int_equal(log_pool_bytes(fixture.pool), LIMIT);
    text[LIMIT - sizeof(struct log_line) - 1] = 'x';
    text[LIMIT - sizeof(struct log_line)] = '\0';
    assert_null(keep(fixture.loud, text));
}

/* It was looked for among all sources, with each line. */
static void test_of_many_sources_the_largest_gives_way(void **state)
{
    enum { SOURCES = 20, LINES = 40, TURNS = 2000 };
    struct log_source *sources[SOURCES];
    size_t counts[SOURCES] = {0}, total = 0;
    unsigned int random = 1;
    (void)state;
    const size_t bytes = keep(fixture.quiet, "12345678")->bytes, limit = LINES * bytes;
    struct log_pool *pool;
    assert_int_equal(log_pool_new(&pool, limit, NULL, NULL), 0);
    for (size_t i = 0; i < SOURCES; i++)
        assert_int_equal(log_pool_source_new(&sources[i], pool, "one of many", "capture"), 0);
    for (int turn = 0; turn < TURNS; turn++) {
        random = random * 1103515245 + 12345;
        const size_t chosen = (random >> 16) % SOURCES * ((random >> 24) % SOURCES) / SOURCES;
        assert_non_null(log_pool_keep(pool, sources[chosen], LOG_INFO, 0, "12345678", 1));
        counts[chosen]++;
        size_t largest = 0;
        for (size_t i = 0; i < SOURCES; i++)
            largest = counts[i] > counts[largest] ? i : largest;
        if (++total > LINES) {
            counts[largest]--;
            total--;
        }
        for (size_t i = 0; i < SOURCES; i++)
            assert_int_equal(sources[i]->bytes, counts[i] * bytes);
    }
    for (size_t i = 0; i < SOURCES; i++)
        log_pool_source_free(pool, sources[(i * 7) % SOURCES]);
    assert_int_equal(log_pool_bytes(pool), 0);
    log_pool_free(pool);
}

static void test_readers_begin_with_the_last_lines(void **state)
{
    struct log_reader reader;
    (void)state;
    keep(fixture.quiet, "a");
    keep(fixture.loud, "b");
    keep(fixture.quiet, "c");
    log_reader_open(&reader, fixture.pool, NULL, 2);
    expect(&reader, "b");
    expect(&reader, "c");
    log_reader_close(&reader);
    open_for(&reader, "quiet", 2);
    expect(&reader, "a");
    expect(&reader, "c");
    assert_null(log_reader_next(&reader));
    log_reader_close(&reader);
    log_reader_open(&reader, fixture.pool, NULL, 0);
    assert_null(log_reader_next(&reader));
    log_reader_close(&reader);
}

static void test_a_reader_of_several_names_has_their_lines_in_order(void **state)
{
    json_t *names = json_pack("[s, s, s]", "quiet", "loud", "gone");
    struct log_reader reader;
    (void)state;
    keep(fixture.quiet, "one");
    keep(fixture.loud, "two");
    keep(fixture.quiet, "three");
    assert_int_equal(log_reader_open(&reader, fixture.pool, names, 2), 0);
    json_decref(names);
    expect(&reader, "two");
    expect(&reader, "three");
    log_reader_close(&reader);
}

static void test_a_reader_goes_on_with_lines_that_come_later(void **state)
{
    struct log_reader reader;
    (void)state;
    open_for(&reader, "quiet", 10);
    assert_null(log_reader_next(&reader));
    keep(fixture.loud, "not wanted");
    assert_null(log_reader_next(&reader));
    keep(fixture.quiet, "a");
    keep(fixture.quiet, "b");
    expect(&reader, "a");
    expect(&reader, "b");
    assert_null(log_reader_next(&reader));
    assert_int_equal(log_reader_take_missed(&reader), 0);
    log_reader_close(&reader);
}

static void test_a_slow_reader_is_told_how_much_it_missed(void **state)
{
    struct log_reader all, quiet;
    uint64_t seen = 0;
    (void)state;
    log_reader_open(&all, fixture.pool, NULL, 0);
    open_for(&quiet, "quiet", 0);
    keep(fixture.quiet, "here");
    flood(500);
    while (log_reader_next(&all))
        seen++;
    assert_int_equal(seen + log_reader_take_missed(&all), 501);
    assert_int_equal(log_reader_take_missed(&all), 0);
    expect(&quiet, "here");
    assert_int_equal(log_reader_take_missed(&quiet), 0);
    log_reader_close(&all);
    log_reader_close(&quiet);
}

static void test_a_reader_outlives_the_source_that_it_stands_at(void **state)
{
    struct log_reader reader;
    (void)state;
    log_reader_open(&reader, fixture.pool, NULL, 0);
    keep(fixture.loud, "gone");
    keep(fixture.quiet, "left");
    log_pool_source_free(fixture.pool, fixture.loud);
    fixture.loud = NULL;
    expect(&reader, "left");
    assert_int_equal(log_reader_take_missed(&reader), 1);
    log_reader_close(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_keep_what_is_known_of_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_flood_pushes_out_its_own_lines_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_floods_share_the_pool, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_newest_line_is_kept_whatever_it_pushes_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_of_many_sources_the_largest_gives_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_readers_begin_with_the_last_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_of_several_names_has_their_lines_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_goes_on_with_lines_that_come_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_is_told_how_much_it_missed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_outlives_the_source_that_it_stands_at, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
