/* test_pidfile.c - the pid file: whole, locked, replaced when stale, removed at the end */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/pidfile.h"
#include "base/sys.h"
#include "leftovers.h"

struct place {
    char directory[64], path[96];
};

static int place_setup(void **state)
{
    static struct place place;
    strcpy(place.directory, "/tmp/camd-pidfile-XXXXXX");
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(place.path, sizeof(place.path), "%s/camd.pid", place.directory);
    *state = &place;
    return 0;
}

static int place_teardown(void **state)
{
    const struct place *place = *state;
    return rmdir(place->directory); /* nothing is left behind */
}

static void expect_content(const char *path, const char *wanted)
{
    char text[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof(text) - 1) >= 0);
    close(fd);
    assert_string_equal(text, wanted);
}

static void expect_ours(const char *path)
{
    char wanted[32];
    snprintf(wanted, sizeof(wanted), "%d\n", (int)getpid());
    expect_content(path, wanted);
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
}

static void write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void test_made_and_removed(void **state)
{
    const struct place *place = *state;
    struct pidfile *pidfile = NULL;
    const mode_t old = umask(0077);
    assert_int_equal(pidfile_new(&pidfile, place->path), 0);
    umask(old);
    expect_ours(place->path);
    assert_int_equal(count_files(place->directory), 1);
    pidfile_free(pidfile);
    assert_int_equal(count_files(place->directory), 0);
}

static void test_stale_is_replaced(void **state)
{
    const struct place *place = *state;
    struct pidfile *pidfile = NULL;
    write_file(place->path, "1\n"); /* a living process, but not the file's */
    char left[128];
    snprintf(left, sizeof(left), "%s.new", place->path);
    write_file(left, "half");
    assert_int_equal(pidfile_new(&pidfile, place->path), 0);
    expect_ours(place->path);
    pidfile_free(pidfile);
}

static void test_held_is_refused(void **state)
{
    const struct place *place = *state;
    struct pidfile *first = NULL, *second = NULL;
    assert_int_equal(pidfile_new(&first, place->path), 0);
    const unsigned int before = count_descriptors();
    assert_int_equal(pidfile_new(&second, place->path), -EEXIST);
    assert_null(second);
    assert_int_equal(count_descriptors(), before);
    expect_ours(place->path);
    assert_int_equal(count_files(place->directory), 1);
    pidfile_free(first);
    assert_int_equal(pidfile_new(&second, place->path), 0);
    pidfile_free(second);
}

static void test_replaced_file_is_not_removed(void **state)
{
    const struct place *place = *state;
    struct pidfile *pidfile = NULL;
    assert_int_equal(pidfile_new(&pidfile, place->path), 0);
    assert_int_equal(unlink(place->path), 0);
    write_file(place->path, "7\n");
    pidfile_free(pidfile);
    expect_content(place->path, "7\n");
    assert_int_equal(unlink(place->path), 0);
}

/* A symbolic link could make us write anywhere. */
static void test_link_is_not_followed(void **state)
{
    const struct place *place = *state;
    struct pidfile *pidfile = NULL;
    assert_int_equal(symlink("/etc/passwd", place->path), 0);
    assert_int_equal(pidfile_new(&pidfile, place->path), -ELOOP);
    assert_int_equal(unlink(place->path), 0);
}

/* Of those that start at once over a stale file, exactly one gets it. */
static void test_race_has_one_winner(void **state)
{
    enum { STARTERS = 8, ROUNDS = 20 };
    const struct place *place = *state;
    for (int round = 0; round < ROUNDS; round++) {
        int go[2], hold[2], results[2];
        assert_int_equal(sys_pipe(go, 0), 0);
        assert_int_equal(sys_pipe(hold, 0), 0);
        assert_int_equal(sys_pipe(results, 0), 0);
        write_file(place->path, "1\n");
        pid_t children[STARTERS];
        for (int i = 0; i < STARTERS; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] > 0)
                continue;
            struct pidfile *pidfile = NULL;
            char byte;
            close(go[1]);
            close(hold[1]);
            if (read(go[0], &byte, 1) < 0) /* its end is the signal */
                _exit(2);
            close(STDERR_FILENO); /* losers say so */
            byte = pidfile_new(&pidfile, place->path) == 0;
            if (write(results[1], &byte, 1) != 1 || read(hold[0], &byte, 1) < 0)
                _exit(2);
            _exit(0); /* without removing it: the next round's stale file */
        }
        close(go[0]);
        close(go[1]);
        int winners = 0;
        for (int i = 0; i < STARTERS; i++) {
            char byte = 0;
            assert_int_equal(read(results[0], &byte, 1), 1);
            winners += byte;
        }
        assert_int_equal(winners, 1);
        close(hold[0]);
        close(hold[1]);
        close(results[0]);
        close(results[1]);
        for (int i = 0; i < STARTERS; i++) {
            int status = -1;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
    }
    assert_int_equal(unlink(place->path), 0);
}

static void test_every_failure_leaves_nothing(void **state)
{
    const struct place *place = *state;
    const unsigned int before = count_descriptors();
    unsigned int failures = 0;
    for (unsigned int n = 1;; n++) {
        write_file(place->path, "1\n");
        struct pidfile *pidfile = NULL;
        sys_fault_at(n, ENOSPC);
        const int error = pidfile_new(&pidfile, place->path);
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        if (!happened) {
            assert_int_equal(error, 0);
            pidfile_free(pidfile);
            break;
        }
        failures++;
        assert_int_equal(error, -ENOSPC);
        assert_null(pidfile);
        assert_int_equal(count_descriptors(), before);
        expect_content(place->path, "1\n"); /* the stale one stays whole */
        assert_int_equal(unlink(place->path), 0);
        char lock[128];
        snprintf(lock, sizeof(lock), "%s.lock", place->path);
        if (n == 2) /* a lock file that could not be locked may be another's: it stays, and hinders nobody */
            assert_int_equal(unlink(lock), 0);
        assert_int_equal(count_files(place->directory), 0);
    }
    assert_true(failures >= 9); /* lock and flock, old and flock, new and flock, write, mode, rename */
    assert_int_equal(count_descriptors(), before);
}

#define PIDFILE_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

static void test_lost_one_is_written_again(void **state)
{
    const struct place *place = *state;
    struct pidfile *pidfile = NULL;
    assert_int_equal(pidfile_new(&pidfile, place->path), 0);
    const unsigned int descriptors = count_descriptors();
    assert_int_equal(pidfile_restore(pidfile), 0); /* it is there */
    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(pidfile_restore(pidfile), 0);
    expect_ours(place->path);
    assert_int_equal(count_descriptors(), descriptors);
    struct pidfile *other = NULL;
    assert_int_equal(pidfile_new(&other, place->path), -EEXIST); /* and is held */

    assert_int_equal(unlink(place->path) + rmdir(place->directory), 0);
    assert_int_equal(pidfile_restore(pidfile), -ENOENT);
    assert_int_equal(mkdir(place->directory, 0700), 0);
    assert_int_equal(pidfile_restore(pidfile), 0);
    expect_ours(place->path);
    pidfile_free(pidfile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIDFILE_TEST(test_made_and_removed),
        PIDFILE_TEST(test_lost_one_is_written_again),
        PIDFILE_TEST(test_stale_is_replaced),
        PIDFILE_TEST(test_held_is_refused),
        PIDFILE_TEST(test_replaced_file_is_not_removed),
        PIDFILE_TEST(test_link_is_not_followed),
        PIDFILE_TEST(test_race_has_one_winner),
        PIDFILE_TEST(test_every_failure_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
