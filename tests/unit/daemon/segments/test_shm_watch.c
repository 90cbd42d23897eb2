/* The watch on /dev/shm: what is told, what is not, and that it costs nothing while no camera has segments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <ev.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/sys.h"
#include "daemon/segments/shm_store.h"
#include "daemon/segments/shm_watch.h"
#include "shm_fixture.h"

enum { TOLD_BYTES = 8192, MANY = 1000 };

static struct {
    struct ev_loop *loop;
    struct shm_watch *watch;
    char prefix[SHM_STORE_PREFIX_MAX + 1];
    char told[TOLD_BYTES]; /* "front back " */
    size_t calls;
    bool end_when_told;
} test;

static void tell(void *context, const char *camera)
{
    size_t length = strlen(test.told);

    assert_ptr_equal(context, &test);
    snprintf(test.told + length, sizeof(test.told) - length, "%s ", camera);
    test.calls++;
    if (test.end_when_told)
        shm_watch_unregister(test.watch, camera);
}

static int set_up(void **state)
{
    (void)state;
    memset(&test, 0, sizeof(test));
    fixture_prefix(test.prefix);
    test.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    assert_non_null(test.loop);
    ev_run(test.loop, EVRUN_NOWAIT); /* what the loop opens for itself is open now */
    return shm_watch_new(&test.watch, test.loop, test.prefix, tell, &test);
}

static int tear_down(void **state)
{
    (void)state;
    sys_fault_at(0, 0);
    shm_watch_free(test.watch);
    ev_loop_destroy(test.loop);
    fixture_remove_all(test.prefix);
    return 0;
}

/* The kernel queues an event before the call that causes it returns: one turn without waiting sees them. */
static void turn(void)
{
    test.told[0] = '\0';
    test.calls = 0;
    ev_run(test.loop, EVRUN_NOWAIT);
}

static void remove_name(const char *rest)
{
    char path[FIXTURE_PATH_BYTES];

    fixture_path(test.prefix, rest, path);
    assert_int_equal(unlink(path), 0);
}

static void make_and_remove(const char *rest)
{
    fixture_make_file(test.prefix, rest, 1);
    remove_name(rest);
}

static void watch_both(void)
{
    shm_watch_register(test.watch, "front");
    shm_watch_register(test.watch, "back");
}

static void test_removed_names_are_told(void **state)
{
    (void)state;
    watch_both();
    turn();
    assert_string_equal(test.told, "");
    fixture_make_file(test.prefix, "front.info", 1);
    turn();
    assert_string_equal(test.told, "");
    remove_name("front.info");
    turn();
    assert_string_equal(test.told, "front ");
    make_and_remove("back.frame63");
    make_and_remove("front.ctl");
    turn();
    assert_string_equal(test.told, "back front ");
}

static void test_other_names_are_not_told(void **state)
{
    char other[SHM_STORE_PREFIX_MAX + 1];

    (void)state;
    fixture_prefix(other);
    watch_both();
    make_and_remove("lock");
    make_and_remove("front.frame64");
    make_and_remove("front.info.old");
    make_and_remove("unknown.info");
    fixture_make_file(other, "front.info", 1);
    fixture_remove_all(other);
    turn();
    assert_string_equal(test.told, "");
}

static void test_moved_and_replaced_names_are_told(void **state)
{
    char from[FIXTURE_PATH_BYTES], to[FIXTURE_PATH_BYTES];

    (void)state;
    watch_both();
    fixture_make_file(test.prefix, "front.info", 1);
    fixture_path(test.prefix, "front.info", from);
    fixture_path(test.prefix, "elsewhere", to);
    assert_int_equal(rename(from, to), 0);
    turn();
    assert_string_equal(test.told, "front ");
    fixture_make_file(test.prefix, "front.info", 1);
    assert_int_equal(rename(to, from), 0);
    turn();
    assert_string_equal(test.told, "front ");
}

/* A whole camera's names that go at once are one call, not fifty. */
static void test_one_call_for_a_camera_in_a_row(void **state)
{
    (void)state;
    watch_both();
    for (int slot = 0; slot < CAMD_SLOTS_MAX; slot++) {
        char rest[32];

        snprintf(rest, sizeof(rest), "front.frame%d", slot);
        make_and_remove(rest);
    }
    turn();
    assert_string_equal(test.told, "front ");
    turn();
    assert_string_equal(test.told, "");
}

static void test_nothing_is_open_without_segments(void **state)
{
    size_t fds = fixture_count_fds();

    (void)state;
    make_and_remove("front.info");
    turn();
    assert_string_equal(test.told, "");
    assert_int_equal(fixture_count_fds(), fds);

    watch_both();
    watch_both(); /* twice is as once */
    assert_int_equal(fixture_count_fds(), fds + 1);
    shm_watch_unregister(test.watch, "unknown");
    shm_watch_unregister(test.watch, "back");
    make_and_remove("back.info");
    make_and_remove("front.info");
    turn();
    assert_string_equal(test.told, "front ");
    shm_watch_unregister(test.watch, "front");
    assert_int_equal(fixture_count_fds(), fds);
    make_and_remove("front.info");
    turn();
    assert_string_equal(test.told, "");

    watch_both(); /* and again */
    make_and_remove("back.info");
    turn();
    assert_string_equal(test.told, "back ");
}

static void test_many_cameras(void **state)
{
    char name[16], rest[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "camera%d", i);
        shm_watch_register(test.watch, name);
    }
    for (int i = 0; i < 100; i += 2) {
        snprintf(name, sizeof(name), "camera%d", i);
        shm_watch_unregister(test.watch, name);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(rest, sizeof(rest), "camera%d.info", i);
        make_and_remove(rest);
    }
    turn();
    assert_int_equal(test.calls, 50);
}

/* One turn reads a bounded part, all of it comes in the end. */
static void test_a_flood_is_told_in_parts(void **state)
{
    size_t told = 0, turns = 0;

    (void)state;
    watch_both();
    for (int i = 0; i < MANY; i++)
        make_and_remove(i % 2 ? "front.info" : "back.info");
    do {
        turn();
        told += test.calls;
        turns++;
    } while (test.calls > 0);
    assert_int_equal(told, MANY);
    assert_true(turns > 3);
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
    if (length > 100000)
        skip();
    watch_both();
    shm_watch_register(test.watch, "quiet");
    for (size_t i = 0; i < length + 10; i++)
        make_and_remove(i % 2 ? "front.info" : "back.info");
    bool told_quiet = false;

    /* others may use /dev/shm, too: a turn may have nothing but their names */
    for (size_t turns = 0; turns < length && !told_quiet; turns++) {
        turn();
        told_quiet = strstr(test.told, "quiet");
    }
    assert_true(told_quiet);
}

static void test_callback_may_end_the_watch(void **state)
{
    size_t fds = fixture_count_fds();

    (void)state;
    watch_both();
    test.end_when_told = true;
    make_and_remove("front.info");
    make_and_remove("back.info");
    turn();
    assert_string_equal(test.told, "front back ");
    assert_int_equal(fixture_count_fds(), fds);
    turn();
    assert_string_equal(test.told, "");
}

static void test_without_a_descriptor_the_next_camera_tries_again(void **state)
{
    size_t fds = fixture_count_fds();

    (void)state;
    sys_fault_at(1, EMFILE);
    shm_watch_register(test.watch, "front");
    sys_fault_at(0, 0);
    assert_int_equal(fixture_count_fds(), fds);
    shm_watch_register(test.watch, "back");
    make_and_remove("front.info"); /* the first one is registered all the same */
    turn();
    assert_string_equal(test.told, "front ");
    shm_watch_unregister(test.watch, "back");
    assert_int_equal(fixture_count_fds(), fds + 1);
    shm_watch_unregister(test.watch, "front");
    assert_int_equal(fixture_count_fds(), fds);
}

static void test_failed_read_is_tried_again(void **state)
{
    (void)state;
    watch_both();
    make_and_remove("front.info");
    sys_fault_at(1, EINTR);
    turn();
    assert_true(sys_fault_happened());
    sys_fault_at(0, 0);
    assert_string_equal(test.told, "");
    turn();
    assert_string_equal(test.told, "front ");
}

/* As the daemon uses it: a store whose name was removed, and one that was removed and made again by its owner.
 */
static void test_owner_tells_its_own_removals_apart(void **state)
{
    struct shm_plan plan = {.prefix = test.prefix,
                            .camera = "front",
                            .width = 16,
                            .height = 16,
                            .slots = CAMD_SLOTS_MIN,
                            .generation = 1,
                            .group = (gid_t)-1};
    struct shm_store *store;

    (void)state;
    watch_both();
    for (int round = 0; round < 2; round++) {
        assert_int_equal(shm_store_new(&store, &plan), 0);
        while (shm_store_step(store) == 0)
            ;
        turn();
        if (round == 1) {
            assert_string_equal(test.told, "front "); /* of the round before */
            assert_true(shm_store_intact(store));
        }
        if (round == 0)
            shm_store_free(store);
    }
    remove_name("front.frame2");
    turn();
    assert_string_equal(test.told, "front ");
    assert_false(shm_store_intact(store));
    shm_store_free(store);
}

/* In a mount namespace of its own: the watch goes with the mount, and the directory below it is watched then.
 */
static void test_unmounted_directory_is_watched_anew(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        skip();
    assert_int_equal(mount("tmpfs", SHM_STORE_DIRECTORY, "tmpfs", 0, "size=1m"), 0);
    watch_both();
    assert_int_equal(umount(SHM_STORE_DIRECTORY), 0);
    turn();
    assert_string_equal(test.told, "back front ");
    make_and_remove("front.info");
    turn();
    assert_string_equal(test.told, "front ");
}

static void test_prefix_too_long(void **state)
{
    char longest[SHM_STORE_PREFIX_MAX + 2] = "";
    struct shm_watch *watch = NULL;

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    assert_int_equal(shm_watch_new(&watch, test.loop, longest, tell, &test), -ENAMETOOLONG);
    assert_null(watch);
    shm_watch_free(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_removed_names_are_told),
        TEST(test_other_names_are_not_told),
        TEST(test_moved_and_replaced_names_are_told),
        TEST(test_one_call_for_a_camera_in_a_row),
        TEST(test_nothing_is_open_without_segments),
        TEST(test_many_cameras),
        TEST(test_a_flood_is_told_in_parts),
        TEST(test_overflow_tells_all),
        TEST(test_callback_may_end_the_watch),
        TEST(test_without_a_descriptor_the_next_camera_tries_again),
        TEST(test_failed_read_is_tried_again),
        TEST(test_owner_tells_its_own_removals_apart),
        TEST(test_prefix_too_long),
        TEST(test_unmounted_directory_is_watched_anew), /* last: it leaves the namespace */
    };

    return cmocka_run_group_tests_name("shm watch", tests, NULL, NULL);
}
