/* The daemon's end of the stored events, with the real helper and with helpers that fail. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/shared_text.h"
#include "daemon/events/events.h"
#include "daemon/history/chunk.h"
#include "daemon/history/event_query.h"
#include "daemon/history/history.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"

enum { EPOCH = 77 };

static const char *exec_path, *helper_path;
static char directory[32];
static char script[64];
static struct ev_loop *loop;
static struct launcher *launcher;
static struct events *events;
static struct history *history;

static void note(void *context)
{
    (void)context;
    if (history)
        history_note(history);
}

static void emit(unsigned int count)
{
    while (count-- > 0)
        events_emit(events, "motion", "front", NULL, clock_wall_ns());
}

static void use_script(const char *text)
{
    FILE *file = fopen(script, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nEVENTS=%s\n%s\n", helper_path, text);
    fclose(file);
    assert_int_equal(chmod(script, 0700), 0);
}

static void open_history_with(const char *helper, double deadline_s)
{
    const struct history_bounds bounds = {.keep_days = 30, .max_mb = 4};
    assert_int_equal(history_new(&history, launcher, events, directory, helper, &bounds), 0);
    history_set_times(history, 0.02, deadline_s);
    history_resume(history);
}

static void open_history(const char *helper)
{
    open_history_with(helper, 60.0);
}

static int set_up(void **state)
{
    (void)state;
    history = NULL;
    strcpy(directory, "/tmp/camd-history-XXXXXX");
    log_set_level(LOG_ERROR);
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (!loop || !mkdtemp(directory) || launcher_new(&launcher, loop, exec_path, NULL) < 0)
        return -1;
    snprintf(script, sizeof(script), "%s/helper", directory);
    return events_new(&events, EPOCH, note, NULL);
}

static int tear_down(void **state)
{
    static const char *const left[] = {"events.mdb", "events.mdb-lock", "helper"};
    char path[64];
    (void)state;
    history_free(history);
    history = NULL;
    events_free(events);
    launcher_free(launcher);
    ev_loop_destroy(loop);
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, left[i]);
        unlink(path);
    }
    log_close();
    return rmdir(directory);
}

static void finish(void)
{
    history_finish(history);
    while (history_busy(history))
        ev_run(loop, EVRUN_ONCE);
}

/* ---- asking ---- */

struct answer {
    bool is_done;
    int fd, error;
};

static void answered(void *context, int fd, int error)
{
    struct answer *answer = context;
    *answer = (struct answer){true, fd, error};
}

/* How many events are stored. */
static unsigned int count_stored(void)
{
    struct answer answer = {0};
    struct event_frame frame;
    struct shared_text *text;
    struct chunk chunk;
    unsigned int count = 0;
    json_t *query = json_pack("{s:[i,i], s:[i,i]}", "after", 0, 0, "upto", EPOCH, 1000000);
    history_resume(history);
    assert_non_null(history_read(history, 0, query, answered, &answer));
    while (!answer.is_done)
        ev_run(loop, EVRUN_ONCE);
    assert_int_equal(answer.error, 0);
    chunk_init(&chunk);
    chunk_open(&chunk, answer.fd);
    while (chunk_next(&chunk, &frame, &text)) {
        count += frame.kind == EVENT_FRAME_EVENT;
        shared_text_release(text);
    }
    chunk_close(&chunk);
    return count;
}

/* ---- tests ---- */

static void test_what_happens_is_stored_and_read(void **state)
{
    (void)state;
    emit(3); /* before there is a helper */
    open_history(helper_path);
    emit(100);
    finish();
    assert_int_equal(history_stored(history), 103);
    assert_null(history_problem(history));
    assert_true(history_is_idle(history));
    assert_int_equal(count_stored(), 103);
    emit(7); /* and goes on */
    finish();
    assert_int_equal(count_stored(), 110);
}

static void test_a_helper_that_hangs_is_killed_and_the_next_one_is_told_again(void **state)
{
    (void)state;
    use_script("exec sleep 1000");
    open_history_with(script, 0.05);
    emit(4200); /* more than are kept when they need not wait, and than a batch has */
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    assert_non_null(strstr(history_problem(history), "timed out"));
    assert_int_equal(history_stored(history), 0);
    assert_int_equal(events_oldest(events), 1);
    use_script("exec \"$EVENTS\" \"$@\"");
    history_set_times(history, 0.02, 60.0);
    while (history_stored(history) < 4096)
        ev_run(loop, EVRUN_ONCE);
    assert_null(history_problem(history));
    emit(1);
    assert_true(events_oldest(events) > 3000);
    finish();
    assert_int_equal(history_stored(history), 4201);
}

static void test_a_helper_that_cannot_be_executed_is_a_problem_and_no_more(void **state)
{
    (void)state;
    open_history("/nowhere/camd-events");
    emit(1);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    assert_non_null(strstr(history_problem(history), "/nowhere/camd-events"));
    history_finish(history);
    assert_int_equal(events_oldest(events), 1);
}

/* What a client asked for while segments were removed was an event that nobody stored. */
static void test_what_happens_after_the_end_is_stored_too(void **state)
{
    (void)state;
    open_history(helper_path);
    emit(2);
    finish();
    assert_int_equal(history_stored(history), 2);
    emit(1);
    finish();
    assert_int_equal(history_stored(history), 3);
}

/* The disk was full a moment ago, and the next try was to come in a minute. */
static void test_what_could_not_be_stored_is_tried_once_more_at_the_end(void **state)
{
    (void)state;
    use_script("exit 28");
    open_history(script);
    history_set_times(history, 3600.0, 60.0);
    emit(2);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    use_script("exec $EVENTS \"$@\"");
    finish();
    assert_int_equal(history_stored(history), 2);
}

static void test_what_waits_for_the_disk_is_bounded(void **state)
{
    (void)state;
    use_script("exec sleep 1000");
    open_history(script);
    emit(EVENTS_WAITING + 10);
    assert_int_equal(events_next(events) - events_oldest(events), EVENTS_WAITING);
}

static void test_a_helper_that_ends_by_itself_is_not_started_again_at_once(void **state)
{
    (void)state;
    use_script("exit 0");
    open_history(script);
    emit(1);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    assert_non_null(strstr(history_problem(history), "Broken pipe"));
    assert_true(history_is_idle(history)); /* it waits for the next try */
    assert_int_equal(history_stored(history), 0);
}

/* It went on writing to a file that nobody could read any more, and all of it was lost at the end. */
static void test_a_file_that_is_removed_is_begun_again_with_what_memory_has(void **state)
{
    char path[64];
    (void)state;
    open_history(helper_path);
    emit(4200); /* more than a batch has */
    while (history_stored(history) < 4096)
        ev_run(loop, EVRUN_ONCE);
    snprintf(path, sizeof(path), "%s/events.mdb", directory);
    assert_int_equal(unlink(path), 0);
    emit(1);
    finish();
    assert_null(history_problem(history));
    assert_int_equal(history_stored(history), 4201);
    assert_in_range(count_stored(), 1000, 4200);
}

/* The disk is well then, and so are the events that it was told. */
static void test_a_helper_that_is_killed_is_said_to_be_and_the_next_one_is_told_again(void **state)
{
    (void)state;
    use_script("kill -9 $$");
    open_history(script);
    emit(3);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    assert_non_null(strstr(history_problem(history), "was killed by signal 9"));
    assert_null(strstr(history_problem(history), "cannot write"));
    assert_int_equal(history_stored(history), 0);
    use_script("exec \"$EVENTS\" \"$@\"");
    finish(); /* what was not stored since it was killed is stored before camd ends, without waiting for the next try */
    assert_int_equal(history_stored(history), 3);
    assert_int_equal(count_stored(), 3);
}

/* It was a minute, as after a failure of the disk. */
static void test_the_next_one_after_one_that_was_killed_comes_soon(void **state)
{
    (void)state;
    use_script("kill -9 $$");
    open_history(script);
    history_set_times(history, 3600.0, 3600.0);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    use_script("exec \"$EVENTS\" \"$@\"");
    while (history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    finish();
}

/* What it had been told was lost with camd. */
static void test_one_that_is_killed_at_the_end_is_followed_by_another_one(void **state)
{
    char text[160], once[64];
    (void)state;
    snprintf(once, sizeof(once), "%s/once", directory);
    snprintf(text, sizeof(text), "mkdir '%s' 2>/dev/null && kill -9 $$; exec \"$EVENTS\" \"$@\"", once);
    use_script(text);
    open_history(script);
    emit(3);
    finish();
    assert_int_equal(history_stored(history), 3);
    /* the problem stood after all was stored: what reads then did not wait for the next writer */
    assert_null(history_problem(history));
    assert_int_equal(count_stored(), 3);
    assert_int_equal(rmdir(once), 0);
}

/* Where a file's name never leads to it, as on some network's disk, helpers began and ended without a pause. */
static void test_a_file_that_is_gone_as_soon_as_it_is_begun_is_not_begun_without_end(void **state)
{
    char text[32];
    (void)state;
    snprintf(text, sizeof(text), "exit %d", ESTALE);
    use_script(text);
    open_history(script);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    assert_non_null(strstr(history_problem(history), "cannot write"));
}

/* The problem stood in the status until the next event was stored, hours later where nothing moves. */
static void test_that_a_helper_was_killed_is_over_when_the_next_one_is_at_work(void **state)
{
    (void)state;
    use_script("kill -9 $$");
    open_history(script);
    while (!history_problem(history))
        ev_run(loop, EVRUN_ONCE);
    use_script("exec \"$EVENTS\" \"$@\"");
    while (history_problem(history)) /* and nothing happens */
        ev_run(loop, EVRUN_ONCE);
    finish();
}

/* The helper of a camd that was killed has its lock until its last events are on the disk. */
struct predecessor {
    int fd;
    const struct answer *answer;
    bool was_answered_too_early;
};

static void let_go(struct ev_loop *its_loop, ev_timer *timer, int revents)
{
    struct predecessor *predecessor = timer->data;
    (void)its_loop;
    (void)revents;
    predecessor->was_answered_too_early = predecessor->answer->is_done;
    close(predecessor->fd);
}

static void test_nothing_is_read_before_a_killed_one_has_stored_its_last_events(void **state)
{
    struct answer answer = {0};
    struct predecessor predecessor = {.answer = &answer};
    char path[64];
    ev_timer timer;
    (void)state;
    open_history(helper_path);
    emit(1);
    finish();
    snprintf(path, sizeof(path), "%s/events.mdb", directory);
    predecessor.fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(predecessor.fd, LOCK_EX), 0);
    history_resume(history);
    assert_non_null(history_read(history, 0, json_pack("{s:[i,i], s:[i,i]}", "after", 0, 0, "upto", EPOCH, 9),
                                 answered, &answer));
    ev_timer_init(&timer, let_go, 0.1, 0.0); /* time enough for an answer that does not wait */
    timer.data = &predecessor;
    ev_timer_start(loop, &timer);
    while (!answer.is_done || ev_is_active(&timer))
        ev_run(loop, EVRUN_ONCE);
    assert_false(predecessor.was_answered_too_early);
    assert_int_equal(answer.error, 0);
    close(answer.fd);
}

/* As with a disk that does not answer, on which even SIGKILL waits. */
static bool kills_nothing;

void __real_child_kill(const struct child *child);
void __wrap_child_kill(const struct child *child);

void __wrap_child_kill(const struct child *child)
{
    if (!kills_nothing)
        __real_child_kill(child);
}

static void test_who_waits_behind_readers_that_hang_is_told(void **state)
{
    struct answer answers[HISTORY_READERS_MAX + 2] = {0};
    const size_t count = sizeof(answers) / sizeof(answers[0]);
    (void)state;
    use_script("test $1 = read && exec sleep 1000\nexec \"$EVENTS\" \"$@\"");
    open_history(script);
    history_set_times(history, 0.02, 0.05);
    kills_nothing = true;
    for (size_t i = 0; i < count; i++)
        assert_non_null(history_read(history, (uid_t)i, json_object(), answered, &answers[i]));
    while (!answers[count - 1].is_done)
        ev_run(loop, EVRUN_ONCE);
    kills_nothing = false;
    for (size_t i = 0; i < count; i++) {
        assert_true(answers[i].is_done);
        assert_int_equal(answers[i].error, -ETIMEDOUT);
        assert_int_equal(answers[i].fd, -1);
    }
}

/* A reader that hangs as long as it may when the query has that name. */
static const char hanging[] =
    "if [ $1 = read ] && grep -q hang /proc/self/fd/0; then exec sleep 1000; fi\nexec \"$EVENTS\" \"$@\"";

static json_t *query_of(const char *name)
{
    return json_pack("{s:[i,i], s:[i,i], s:s}", "after", 0, 0, "upto", EPOCH, 9, "name", name);
}

/* Who has his answer when: the users, in that order. */
static char order[64];

static void note_user(void *context, int fd, int error)
{
    assert_int_equal(error, 0);
    close(fd);
    strcat(order, context);
}

static void test_who_asks_for_much_keeps_no_other_user_waiting(void **state)
{
    static char names[3][2] = {"a", "b", "c"};
    struct answer hangs = {0};
    (void)state;
    order[0] = '\0';
    open_history(helper_path);
    emit(1);
    finish();
    history_free(history);
    use_script(hanging);
    open_history(script);
    assert_non_null(history_read(history, 99, query_of("hang"), answered, &hangs)); /* one place is left */
    for (uid_t user = 0; user < 3; user++)
        for (unsigned int count = user == 0 ? 6 : 2; count > 0; count--)
            assert_non_null(history_read(history, user, query_of("front"), note_user, names[user]));
    while (strlen(order) < 10)
        ev_run(loop, EVRUN_ONCE);
    assert_string_equal(order, "abcabcaaaa");
    assert_false(hangs.is_done);
}

static void test_one_user_has_one_reader_at_a_time(void **state)
{
    struct answer answers[3] = {0};
    char path[64], command[256];
    (void)state;
    snprintf(path, sizeof(path), "%s/one", directory);
    snprintf(command, sizeof(command),
             "if [ $1 = read ]; then mkdir %s || exit 5; sleep 0.05; rmdir %s; fi\nexec \"$EVENTS\" \"$@\"",
             path, path);
    use_script(command);
    open_history(script);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(history_read(history, 7,
                                     json_pack("{s:[i,i], s:[i,i]}", "after", 0, 0, "upto", EPOCH, 9),
                                     answered, &answers[i]));
    while (!answers[0].is_done || !answers[1].is_done || !answers[2].is_done)
        ev_run(loop, EVRUN_ONCE);
    for (size_t i = 0; i < 3; i++) {
        assert_true(answers[i].error == 0 || answers[i].error == -ENOENT); /* nothing is stored yet */
        if (answers[i].fd >= 0)
            close(answers[i].fd);
    }
}

static void test_who_waits_behind_his_own_reader_that_hangs_is_told(void **state)
{
    struct answer first = {0}, second = {0}, other = {0};
    (void)state;
    use_script(hanging);
    open_history_with(script, 0.05);
    kills_nothing = true;
    assert_non_null(history_read(history, 7, query_of("hang"), answered, &first));
    while (!first.is_done)
        ev_run(loop, EVRUN_ONCE);
    history_set_times(history, 0.02, 60.0);
    assert_non_null(history_read(history, 7, query_of("front"), answered, &second));
    assert_non_null(history_read(history, 8, query_of("front"), answered, &other));
    while (!second.is_done || !other.is_done)
        ev_run(loop, EVRUN_ONCE);
    kills_nothing = false;
    assert_int_equal(first.error, -ETIMEDOUT);
    assert_int_equal(second.error, -ETIMEDOUT);
    assert_int_not_equal(other.error, -ETIMEDOUT);
    if (other.fd >= 0)
        close(other.fd);
}

int main(int argc, char **argv)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_happens_is_stored_and_read),
        TEST(test_a_helper_that_hangs_is_killed_and_the_next_one_is_told_again),
        TEST(test_a_helper_that_cannot_be_executed_is_a_problem_and_no_more),
        TEST(test_what_happens_after_the_end_is_stored_too),
        TEST(test_what_could_not_be_stored_is_tried_once_more_at_the_end),
        TEST(test_what_waits_for_the_disk_is_bounded),
        TEST(test_a_helper_that_ends_by_itself_is_not_started_again_at_once),
        TEST(test_a_file_that_is_removed_is_begun_again_with_what_memory_has),
        TEST(test_a_helper_that_is_killed_is_said_to_be_and_the_next_one_is_told_again),
        TEST(test_a_file_that_is_gone_as_soon_as_it_is_begun_is_not_begun_without_end),
        TEST(test_the_next_one_after_one_that_was_killed_comes_soon),
        TEST(test_one_that_is_killed_at_the_end_is_followed_by_another_one),
        TEST(test_that_a_helper_was_killed_is_over_when_the_next_one_is_at_work),
        TEST(test_nothing_is_read_before_a_killed_one_has_stored_its_last_events),
        TEST(test_who_waits_behind_readers_that_hang_is_told),
        TEST(test_who_asks_for_much_keeps_no_other_user_waiting),
        TEST(test_one_user_has_one_reader_at_a_time),
        TEST(test_who_waits_behind_his_own_reader_that_hangs_is_told),
    };
    if (argc != 3)
        return 1;
    exec_path = argv[1];
    helper_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
