/* A worker's log, from the pipe into the pool and into the log. */
#include "daemon/log/log_pipe.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

struct fixture {
    struct ev_loop *loop;
    struct log_pool *pool;
    struct log_pipe pipe;
    int writer;
    char path[64];
};

static struct fixture fixture;

static void open_pipe(void)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    fixture.writer = fds[1];
    log_pipe_open(&fixture.pipe, fixture.loop, fds[0]);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(fixture.path, sizeof(fixture.path), "/tmp/camd-test-pipe.XXXXXX");
    int fd = mkstemp(fixture.path);
    if (fd < 0 || log_open(fixture.path, LOG_STYLE_PRIORITY, LOG_WARNING) < 0)
        return -1;
    close(fd);
    fixture.loop = ev_loop_new(EVBACKEND_EPOLL);
    if (!fixture.loop || log_pool_new(&fixture.pool, LOG_POOL_BYTES, NULL, NULL) < 0)
        return -1;
    log_pipe_init(&fixture.pipe, fixture.pool, "front capture", "front", "front", "capture");
    open_pipe();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(fixture.writer);
    log_pipe_close(&fixture.pipe, fixture.loop);
    log_pipe_fini(&fixture.pipe);
    log_pool_free(fixture.pool);
    ev_loop_destroy(fixture.loop);
    log_close();
    unlink(fixture.path);
    return 0;
}

static void say(const char *text)
{
    assert_int_equal(write(fixture.writer, text, strlen(text)), (ssize_t)strlen(text));
    ev_run(fixture.loop, EVRUN_NOWAIT);
}

static const char *logged(void)
{
    static char text[65536];
    FILE *file = fopen(fixture.path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The last lines of the pool, checked one after the other. */
static void expect_kept(const char *const *texts, uint64_t count)
{
    struct log_reader reader;
    log_reader_open(&reader, fixture.pool, NULL, count);
    for (uint64_t i = 0; i < count; i++) {
        const struct log_line *line = log_reader_next(&reader);
        assert_non_null(line);
        assert_string_equal(line->text, texts[i]);
    }
    assert_null(log_reader_next(&reader));
    log_reader_close(&reader);
}

static void test_lines_are_kept_whatever_the_log_level_is(void **state)
{
    (void)state;
    say("<7>front: a detail\n<3>trouble\nplain\n");
    expect_kept((const char *const[]){"a detail", "trouble", "plain"}, 3);
    assert_string_equal(logged(), "<3>front capture: trouble\n");
}

static void test_secrets_are_hidden_before_a_line_is_kept(void **state)
{
    (void)state;
    say("cannot open rtsp://admin:geheim@10.0.0.7/1\n");
    expect_kept((const char *const[]){"cannot open rtsp://admin:***@10.0.0.7/1"}, 1);
}

static void test_what_is_left_after_the_exit_is_read_to_the_end(void **state)
{
    (void)state;
    const char text[] = "one\ntwo\nunfinished";
    assert_int_equal(write(fixture.writer, text, strlen(text)), (ssize_t)strlen(text));
    log_pipe_close(&fixture.pipe, fixture.loop);
    expect_kept((const char *const[]){"one", "two", "unfinished"}, 3);
}

static void flood(int lines)
{
    for (int i = 0; i < lines; i++)
        say("<3>again\n");
}

static void test_what_comes_too_fast_is_dropped_and_told_once(void **state)
{
    (void)state;
    enum { LINES = 3 * LOG_PIPE_BURST };
    flood(LINES);
    log_pipe_close(&fixture.pipe, fixture.loop);
    struct log_reader reader;
    const struct log_line *line;
    uint64_t dropped = 0, kept = 0, told = 0;
    log_reader_open(&reader, fixture.pool, NULL, UINT64_MAX);
    while ((line = log_reader_next(&reader)) != NULL) {
        dropped += line->dropped;
        told += line->dropped > 0;
        kept += line->dropped == 0;
    }
    log_reader_close(&reader);
    assert_true(kept >= LOG_PIPE_BURST);
    assert_int_equal(kept + dropped, LINES);
    assert_int_equal(told, 1);
    assert_non_null(strstr(logged(), "wrote too much: "));
}

static void test_a_flood_that_ends_is_told_without_a_further_line(void **state)
{
    (void)state;
    flood(LOG_PIPE_BURST + 50);
    assert_null(strstr(logged(), "wrote too much"));
    assert_true(ev_is_active(&fixture.pipe.dropped_timer));
    ev_invoke(fixture.loop, &fixture.pipe.dropped_timer, EV_TIMER);
    assert_non_null(strstr(logged(), "wrote too much"));
}

static void test_last_words_are_logged_once_and_without_those_that_are_in_the_log(void **state)
{
    (void)state;
    say("the one before\n");
    close(fixture.writer);
    log_pipe_close(&fixture.pipe, fixture.loop);
    open_pipe();
    say("<6>opening\n<3>cannot\n<7>at line 7");
    log_pipe_close(&fixture.pipe, fixture.loop);
    log_pipe_last_words(&fixture.pipe);
    log_pipe_last_words(&fixture.pipe);
    assert_string_equal(logged(), "<3>front capture: cannot\n"
                                  "<4>front capture: wrote before it died: opening\n"
                                  "<4>front capture: wrote before it died: at line 7\n");
}

static void test_last_words_are_the_last_ten(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_PIPE_LAST_WORDS + 2; i++) {
        char text[16];
        snprintf(text, sizeof(text), "word %d\n", i);
        say(text);
    }
    log_pipe_close(&fixture.pipe, fixture.loop);
    log_pipe_last_words(&fixture.pipe);
    assert_null(strstr(logged(), "word 1\n"));
    assert_non_null(strstr(logged(), "word 2\n"));
    assert_non_null(strstr(logged(), "word 11\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_are_kept_whatever_the_log_level_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_secrets_are_hidden_before_a_line_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_left_after_the_exit_is_read_to_the_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_comes_too_fast_is_dropped_and_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_flood_that_ends_is_told_without_a_further_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_last_words_are_logged_once_and_without_those_that_are_in_the_log,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_words_are_the_last_ten, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
