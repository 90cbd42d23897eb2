/* test_name_watch.c - a file that loses its name is told, and what others do beside it wakes nobody */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/host/file_watch.h"
#include "daemon/host/name_watch.h"

enum { PATIENCE_S = 20 };

static struct place {
    struct ev_loop *loop;
    struct file_watch *files;
    struct name_watch *watch;
    char directory[64], first[96], second[96], other[96], held[96], inside[128], alone[128];
    unsigned int told;
} place;

static void make_file(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void changed(void *context)
{
    (void)context;
    place.told++;
    ev_break(place.loop, EVBREAK_ALL);
}

static void touched(void *context, void *owner)
{
    (void)context;
    assert_ptr_equal(owner, place.watch);
    name_watch_touched(owner);
}

static void out_of_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void run_until_told(void)
{
    const unsigned int before = place.told;
    ev_timer timer;
    ev_timer_init(&timer, out_of_patience, PATIENCE_S, 0.0);
    ev_timer_start(place.loop, &timer);
    ev_run(place.loop, 0);
    ev_timer_stop(place.loop, &timer);
    assert_int_equal(place.told, before + 1);
}

static void set(void)
{
    const char *const paths[] = {place.first, place.second};
    name_watch_set(place.watch, paths, 2, place.held, place.alone);
}

static int setup(void **state)
{
    (void)state;
    memset(&place, 0, sizeof(place));
    strcpy(place.directory, "/tmp/camd-names-XXXXXX");
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(place.first, sizeof(place.first), "%s/first", place.directory);
    snprintf(place.second, sizeof(place.second), "%s/second", place.directory);
    snprintf(place.other, sizeof(place.other), "%s/other", place.directory);
    snprintf(place.held, sizeof(place.held), "%s-held", place.directory);
    snprintf(place.inside, sizeof(place.inside), "%s/inside", place.held);
    snprintf(place.alone, sizeof(place.alone), "%s-alone", place.directory);
    make_file(place.first);
    make_file(place.second);
    make_file(place.alone);
    if (mkdir(place.held, 0700) < 0)
        return -1;
    make_file(place.inside);
    place.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!place.loop || file_watch_new(&place.files, place.loop, touched, NULL) < 0 ||
        name_watch_new(&place.watch, place.loop, place.files, changed, NULL) < 0)
        return -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    name_watch_free(place.watch);
    file_watch_free(place.files);
    ev_loop_destroy(place.loop);
    unlink(place.first);
    unlink(place.second);
    unlink(place.other);
    rmdir(place.directory);
    unlink(place.inside);
    unlink(place.alone);
    rmdir(place.held);
    return 0;
}

static void test_unlinked(void **state)
{
    (void)state;
    int held = open(place.first, O_RDONLY | O_CLOEXEC); /* as a socket that is listened on, it stays */
    set();
    assert_int_equal(unlink(place.first), 0);
    run_until_told();
    close(held);
    set(); /* what is not there is left out, the other is watched */
    assert_int_equal(unlink(place.second), 0);
    run_until_told();
}

static void test_one_alone(void **state)
{
    (void)state;
    set();
    assert_int_equal(unlink(place.alone), 0);
    run_until_told();
}

static void test_renamed(void **state)
{
    (void)state;
    set();
    assert_int_equal(rename(place.second, place.other), 0);
    run_until_told();
}

static void test_replaced(void **state)
{
    (void)state;
    make_file(place.other);
    set();
    assert_int_equal(rename(place.other, place.first), 0);
    run_until_told();
}

static void test_directory_renamed_and_removed(void **state)
{
    char moved[96];
    (void)state;
    snprintf(moved, sizeof(moved), "%s-moved", place.directory);
    set();
    assert_int_equal(rename(place.directory, moved), 0);
    run_until_told();
    set(); /* nothing at all is there */
    assert_int_equal(rename(moved, place.directory), 0);
    set();
    assert_int_equal(unlink(place.first) + unlink(place.second) + rmdir(place.directory), 0);
    run_until_told(); /* once, for all of it */
}

/* state_dir, which camd holds a lock on: that another one was in its place was not seen. */
static void test_held_directory_removed(void **state)
{
    (void)state;
    int held = open(place.held, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    set();
    assert_int_equal(unlink(place.inside) + rmdir(place.held) + mkdir(place.held, 0700), 0);
    run_until_told();
    set();
    char moved[128];
    snprintf(moved, sizeof(moved), "%s-moved", place.held);
    assert_int_equal(rename(place.held, moved), 0);
    run_until_told();
    assert_int_equal(rmdir(moved), 0);
    close(held);
}

/* Told is what is asked for only: 735 wake-ups a second came from files of others. */
static void test_others_wake_nobody(void **state)
{
    (void)state;
    (void)unlink(place.inside); /* made and closed again, both, is what shall wake nobody */
    set();
    const unsigned int before = ev_iteration(place.loop);
    for (int i = 0; i < 100; i++) {
        make_file(place.other);
        assert_int_equal(unlink(place.other), 0);
        make_file(place.inside);
    }
    ev_run(place.loop, EVRUN_NOWAIT);
    assert_int_equal(ev_iteration(place.loop), before + 1);
    assert_int_equal(ev_pending_count(place.loop), 0);
    assert_int_equal(place.told, 0);
}

/* At the end of the file_watch, when camd stops. */
static void test_ended_tells_nothing(void **state)
{
    (void)state;
    set();
    file_watch_end(place.files);
    assert_int_equal(unlink(place.first), 0);
    set();
    assert_int_equal(unlink(place.second), 0);
    ev_run(place.loop, 0); /* nothing is waited for any more */
    assert_int_equal(place.told, 0);
}

#define NAMES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMES_TEST(test_unlinked),
        NAMES_TEST(test_one_alone),
        NAMES_TEST(test_renamed),
        NAMES_TEST(test_replaced),
        NAMES_TEST(test_directory_renamed_and_removed),
        NAMES_TEST(test_others_wake_nobody),
        NAMES_TEST(test_ended_tells_nothing),
        NAMES_TEST(test_held_directory_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
