/* The watch on our own files in /dev/shm: what is told, what is not, and that nobody else's files wake us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <ev.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/sys.h"
#include "daemon/host/file_watch.h"
#include "daemon/segments/shm_store.h"
#include "leftovers.h"
#include "shm_fixture.h"

enum { TOLD_BYTES = 8192, FOREIGN = 1000, TURNS_MAX = 10 };

static struct {
    struct ev_loop *loop;
    struct file_watch *watch;
    char told[TOLD_BYTES]; /* "front back " */
    bool told_all;
    size_t wake_ups;       /* watchers that had something to do */
    int removed_when_told; /* a file's number, or -1 */
} test;

/* Owners are their names here. */
static char front[] = "front", back[] = "back";

static void tell(void *context, void *owner)
{
    size_t length = strlen(test.told);
    assert_ptr_equal(context, &test);
    test.told_all = test.told_all || !owner;
    snprintf(test.told + length, sizeof(test.told) - length, "%s ", owner ? (const char *)owner : "all");
    file_watch_remove(test.watch, test.removed_when_told);
}

/* In the place of libev's own: what is to be called is counted. */
static void count_and_call(struct ev_loop *loop)
{
    test.wake_ups += ev_pending_count(loop);
    ev_invoke_pending(loop);
}

static int set_up(void **state)
{
    fixture_set_up(state);
    memset(&test, 0, sizeof(test));
    test.removed_when_told = -1;
    test.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    assert_non_null(test.loop);
    ev_run(test.loop, EVRUN_NOWAIT); /* what the loop opens for itself is open now */
    fixture.fds_before = count_descriptors();
    ev_set_invoke_pending_cb(test.loop, count_and_call);
    return file_watch_new(&test.watch, test.loop, tell, &test);
}

static int tear_down(void **state)
{
    sys_fault_at(0, 0);
    file_watch_free(test.watch);
    ev_loop_destroy(test.loop);
    return fixture_tear_down(state);
}

/* The kernel queues an event before the call that causes it returns: one turn without waiting sees them. */
static void turn(void)
{
    test.told[0] = '\0';
    test.wake_ups = 0;
    ev_run(test.loop, EVRUN_NOWAIT);
}

/* What is told when the pause after the last time is over: turns that wait, until something is. */
static void turn_after_pause(void)
{
    test.told[0] = '\0';
    for (int turns = 0; turns < TURNS_MAX && test.told[0] == '\0'; turns++)
        ev_run(test.loop, EVRUN_ONCE);
}

static const char *path_of(const char *rest)
{
    static char path[FIXTURE_PATH_BYTES];
    fixture_path(fixture.prefix, rest, path);
    return path;
}

static int make_watched(const char *rest, void *owner)
{
    fixture_make_file(fixture.prefix, rest, 1);
    int number = file_watch_add(test.watch, path_of(rest), owner);

    assert_true(number >= 0);
    return number;
}

static void remove_name(const char *rest)
{
    assert_int_equal(unlink(path_of(rest)), 0);
}

/* Every file that anybody deleted in /dev/shm woke camd: 735 wake-ups a second were seen. */
static void test_nobody_elses_files_wake_us(void **state)
{
    (void)state;
    make_watched("front.info", front);
    make_watched("back.info", back);
    turn();
    assert_int_equal(test.wake_ups, 0);
    for (int i = 0; i < FOREIGN; i++) {
        fixture_make_file(fixture.prefix, "foreign", 1);
        if (i % 2)
            assert_int_equal(rename(path_of("foreign"), "/dev/shm/camd-test-foreign"), 0);
        if (i % 2)
            assert_int_equal(unlink("/dev/shm/camd-test-foreign"), 0);
        else
            remove_name("foreign");
        turn();
        assert_int_equal(test.wake_ups, 0);
    }
    remove_name("front.info"); /* and ours do */
    turn();
    assert_int_equal(test.wake_ups, 1);
    assert_string_equal(test.told, "front ");
}

static void test_removed_names_are_told(void **state)
{
    (void)state;
    make_watched("front.info", front);
    make_watched("front.ctl", front);
    make_watched("back.frame63", back);
    turn();
    assert_string_equal(test.told, "");
    remove_name("back.frame63");
    remove_name("front.info");
    turn();
    assert_string_equal(test.told, "back front ");
    remove_name("front.ctl");
    turn_after_pause();
    assert_string_equal(test.told, "front ");
}

static void test_moved_and_replaced_names_are_told(void **state)
{
    char other[FIXTURE_PATH_BYTES];
    (void)state;
    make_watched("front.info", front);
    make_watched("back.info", back);
    snprintf(other, sizeof(other), "%s", path_of("elsewhere"));
    assert_int_equal(rename(path_of("front.info"), other), 0);
    turn();
    assert_string_equal(test.told, "front ");
    fixture_make_file(fixture.prefix, "other", 1);
    snprintf(other, sizeof(other), "%s", path_of("other"));
    assert_int_equal(rename(other, path_of("back.info")), 0);
    turn_after_pause();
    assert_string_equal(test.told, "back ");
}

/* Whoever holds a segment open can touch it for ever; how often that wakes us is bounded. */
static void test_a_flood_wakes_us_ten_times_a_second(void **state)
{
    size_t wake_ups = 0;
    const double begun = ev_time();
    (void)state;
    make_watched("front.info", front);
    for (int i = 0; i < FOREIGN; i++) {
        assert_int_equal(chmod(path_of("front.info"), i % 2 ? 0600 : 0640), 0);
        turn();
        wake_ups += test.wake_ups;
    }
    /* a wake-up and the end of its pause, each time */
    assert_true((double)wake_ups <= 2.0 * ((ev_time() - begun) * 10.0 + 1.0));
    assert_true(wake_ups > 0);
}

static void test_what_is_removed_here_is_told_no_more(void **state)
{
    (void)state;
    int info = make_watched("front.info", front), ctl = make_watched("front.ctl", front);

    file_watch_remove(test.watch, info);
    file_watch_remove(test.watch, info);
    remove_name("front.info");
    turn();
    assert_string_equal(test.told, "");
    /* events that are queued already, of a file that is forgotten by the first of them */
    int frame = make_watched("back.frame0", back);

    test.removed_when_told = frame;
    remove_name("front.ctl");
    remove_name("back.frame0");
    turn();
    assert_string_equal(test.told, "front ");
    file_watch_remove(test.watch, ctl); /* the kernel has forgotten it */
}

static void test_a_watch_has_one_descriptor(void **state)
{
    (void)state;
    assert_int_equal(count_descriptors(), fixture.fds_before + 1);
    int info = make_watched("front.info", front);

    make_watched("back.info", back);
    file_watch_remove(test.watch, info);
    remove_name("back.info");
    turn();
    assert_string_equal(test.told, "back ");
    assert_int_equal(count_descriptors(), fixture.fds_before + 1);
}

/* Of this process: the kernel lists them with their descriptor. */
static size_t count_kernel_watches(void)
{
    DIR *directory = opendir("/proc/self/fdinfo");
    size_t count = 0;
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[sizeof("/proc/self/fdinfo/") + sizeof(entry->d_name)], line[256];
        snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file))
            count += strncmp(line, "inotify ", strlen("inotify ")) == 0;
        if (file)
            fclose(file);
    }
    closedir(directory);
    return count;
}

/* The kernel forgets them from then on: closing the descriptor at once would wait for that. */
static void test_after_its_end_nothing_is_watched(void **state)
{
    (void)state;
    int info = make_watched("front.info", front);

    make_watched("front.ctl", front);
    assert_int_equal(count_kernel_watches(), 2);
    file_watch_end(test.watch);
    assert_int_equal(count_kernel_watches(), 0);
    file_watch_remove(test.watch, info);
    remove_name("front.ctl");
    assert_int_equal(file_watch_add(test.watch, path_of("front.info"), front), -1);
    turn();
    assert_string_equal(test.told, "");
}

static size_t kernel_queue_length(void)
{
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    char line[32];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    return strtoul(line, NULL, 10);
}

static void test_overflow_tells_all(void **state)
{
    size_t length = kernel_queue_length();
    (void)state;
    (void)state;
    if (length > 100000)
        skip();
    make_watched("front.info", front);
    make_watched("back.info", back);
    for (size_t i = 0; i < length + 10; i++)
        assert_int_equal(chmod(path_of(i % 2 ? "front.info" : "back.info"), i % 4 < 2 ? 0600 : 0640), 0);
    turn();
    for (size_t turns = 0; turns < length && !test.told_all; turns++)
        turn_after_pause();
    assert_true(test.told_all);
}

/* As when descriptors were short at the start. */
static void test_without_a_descriptor_the_next_file_is_watched(void **state)
{
    (void)state;
    file_watch_free(test.watch);
    sys_fault_at(1, EMFILE);
    assert_int_equal(file_watch_new(&test.watch, test.loop, tell, &test), 0);
    fixture_make_file(fixture.prefix, "front.info", 1);
    sys_fault_at(1, EMFILE);
    assert_int_equal(file_watch_add(test.watch, path_of("front.info"), front), -1);
    sys_fault_at(0, 0);
    assert_int_equal(count_descriptors(), fixture.fds_before);
    make_watched("back.info", back);
    remove_name("back.info");
    turn();
    assert_string_equal(test.told, "back ");
}

static void test_failed_read_is_tried_again(void **state)
{
    (void)state;
    make_watched("front.info", front);
    remove_name("front.info");
    sys_fault_at(1, EINTR);
    turn();
    assert_true(sys_fault_happened());
    sys_fault_at(0, 0);
    assert_string_equal(test.told, "");
    turn();
    assert_string_equal(test.told, "front ");
}

/* As the daemon uses it: what a store does to its own files is not told, what others do is. */
static void test_a_store_is_not_told_of_itself(void **state)
{
    struct shm_plan plan = fixture_plan();
    (void)state;
    plan.watch = test.watch;
    plan.owner = front;
    for (int round = 0; round < 2; round++) {
        struct shm_store *store = fixture_store_of(&plan);
        turn();
        assert_string_equal(test.told, "");
        shm_store_free(store);
        turn();
        assert_string_equal(test.told, "");
    }
    struct shm_store *store = fixture_store_of(&plan);

    remove_name("front.frame2");
    turn();
    assert_string_equal(test.told, "front ");
    assert_false(shm_store_intact(store, NULL));
    shm_store_free(store);
}

/* In a mount namespace of its own: the files go with the mount. */
static void test_unmounting_is_told(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
        skip();
    assert_int_equal(mount("tmpfs", SHM_DIRECTORY, "tmpfs", 0, "size=1m"), 0);
    make_watched("front.info", front);
    assert_int_equal(umount(SHM_DIRECTORY), 0);
    turn();
    assert_string_equal(test.told, "front ");
    make_watched("back.info", back);
    remove_name("back.info");
    turn_after_pause();
    assert_string_equal(test.told, "back ");
}

static void test_without_a_watch_nothing_happens(void **state)
{
    (void)state;
    assert_int_equal(file_watch_add(NULL, "/dev/shm", front), -1);
    file_watch_remove(NULL, 1);
    file_watch_remove(test.watch, -1);
    file_watch_free(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_elses_files_wake_us),
        TEST(test_removed_names_are_told),
        TEST(test_moved_and_replaced_names_are_told),
        TEST(test_a_flood_wakes_us_ten_times_a_second),
        TEST(test_what_is_removed_here_is_told_no_more),
        TEST(test_a_watch_has_one_descriptor),
        TEST(test_after_its_end_nothing_is_watched),
        TEST(test_overflow_tells_all),
        TEST(test_without_a_descriptor_the_next_file_is_watched),
        TEST(test_failed_read_is_tried_again),
        TEST(test_a_store_is_not_told_of_itself),
        TEST(test_without_a_watch_nothing_happens),
        TEST(test_unmounting_is_told), /* last: it leaves the namespace */
    };

    return cmocka_run_group_tests_name("file watch", tests, NULL, NULL);
}
