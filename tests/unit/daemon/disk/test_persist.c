/* test_persist.c - files written durably beside the loop; run with the path of camd-sync */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "daemon/disk/persist.h"
#include "daemon/disk/unfinished.h"
#include "daemon/supervise/launcher.h"
#include "leftovers.h"

static const char *camd_sync, *camd_exec;

struct fixture {
    struct ev_loop *loop;
    struct launcher *launcher;
    struct persist *persist;
    char directory[64];
    char path[96];   /* the file written */
    char script[96]; /* a helper of the test's */
    char gate[96];   /* a FIFO that helpers may wait at */
    unsigned int descriptors;
};

/* What a job's callback is told. */
struct outcome {
    unsigned int calls;
    int error;
    unsigned int order;    /* when among all */
    struct fixture *again; /* begins another job from the callback */
};

static unsigned int outcomes;

static void note(void *context, int error)
{
    struct outcome *outcome = context;
    outcome->calls++;
    outcome->error = error;
    outcome->order = ++outcomes;
    if (outcome->again) {
        struct fixture *fixture = outcome->again;
        outcome->again = NULL;
        assert_int_equal(persist_write(fixture->persist, fixture->path, "again", 5, 0600, note, outcome), 0);
    }
}

static int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    if (!fixture)
        return -1;
    strcpy(fixture->directory, "/tmp/camd-persist-XXXXXX");
    if (!mkdtemp(fixture->directory))
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/front.ini", fixture->directory);
    snprintf(fixture->script, sizeof(fixture->script), "%s/.helper", fixture->directory);
    snprintf(fixture->gate, sizeof(fixture->gate), "%s/.gate", fixture->directory);
    fixture->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (!fixture->loop || launcher_new(&fixture->launcher, fixture->loop, camd_exec, NULL) < 0 ||
        persist_new(&fixture->persist, fixture->launcher, camd_sync) < 0)
        return -1;
    fixture->descriptors = count_descriptors();
    outcomes = 0;
    *state = fixture;
    return 0;
}

static int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    persist_free(fixture->persist);
    launcher_free(fixture->launcher);
    const bool leak =
        count_descriptors() > fixture->descriptors + 1; /* libev makes its epoll set's helper later */
    ev_loop_destroy(fixture->loop);
    unlink(fixture->path);
    unlink(fixture->script);
    unlink(fixture->gate);
    const int error = rmdir(fixture->directory);
    free(fixture);
    return error != 0 || leak ? -1 : 0;
}

/* A helper that is a shell script; $SYNC is the real one. */
static void use_script(struct fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->script, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nSYNC=%s\nGATE=%s\n%s\n", camd_sync, fixture->gate, text);
    fclose(file);
    assert_int_equal(chmod(fixture->script, 0700), 0);
    persist_free(fixture->persist);
    assert_int_equal(persist_new(&fixture->persist, fixture->launcher, fixture->script), 0);
}

static void run_until_idle(struct fixture *fixture)
{
    while (persist_busy(fixture->persist))
        ev_run(fixture->loop, EVRUN_ONCE);
}

static void expect_content(const char *path, const char *wanted, mode_t mode)
{
    char text[64] = "";
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof(text) - 1) >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    close(fd);
    assert_string_equal(text, wanted);
    assert_int_equal(status.st_mode & 07777, mode);
}

/* The temporary file begins with a point, and is none of those that count_files counts. */
static void expect_nothing_unfinished(const struct fixture *fixture)
{
    char *unfinished = unfinished_path(fixture->path);
    assert_non_null(unfinished);
    assert_int_equal(access(unfinished, F_OK), -1);
    free(unfinished);
}

static int write_text(struct fixture *fixture, const char *text, struct outcome *outcome)
{
    return persist_write(fixture->persist, fixture->path, text, strlen(text), 0600, note, outcome);
}

static void test_write_and_replace(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_false(persist_busy(fixture->persist));
    assert_int_equal(persist_write(fixture->persist, fixture->path, "one", 3, 0640, note, &outcome), 0);
    assert_true(persist_busy(fixture->persist));
    assert_int_equal(outcome.calls, 0); /* not from within */
    assert_int_equal(count_files(fixture->directory), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.error, 0);
    expect_content(fixture->path, "one", 0640);
    assert_int_equal(write_text(fixture, "", &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, 0);
    expect_content(fixture->path, "", 0600);
    assert_int_equal(count_files(fixture->directory), 1);
    expect_nothing_unfinished(fixture);
}

/* What people edit, too: theirs is not overwritten, and what the file was stays. */
static void test_a_file_that_somebody_changed_is_not_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    struct stat before;
    assert_int_equal(persist_write(fixture->persist, fixture->path, "one", 3, 0640, note, &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(stat(fixture->path, &before), 0);
    assert_int_equal(persist_replace(fixture->persist, fixture->path, &before, "two", 3, note, &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, 0);
    expect_content(fixture->path, "two", 0640);

    /* it is another file by now */
    assert_int_equal(persist_replace(fixture->persist, fixture->path, &before, "three", 5, note, &outcome),
                     0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, -ESTALE);
    expect_content(fixture->path, "two", 0640);

    /* or the same one, written to */
    assert_int_equal(stat(fixture->path, &before), 0);
    const int fd = open(fixture->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "!", 1), 1);
    close(fd);
    assert_int_equal(persist_replace(fixture->persist, fixture->path, &before, "three", 5, note, &outcome),
                     0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, -ESTALE);
    expect_content(fixture->path, "two!", 0640);
    assert_int_equal(count_files(fixture->directory), 1);
    expect_nothing_unfinished(fixture);
}

static void test_a_move_replaces_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    char other[sizeof(fixture->path) + 8];
    snprintf(other, sizeof(other), "%s.other", fixture->path);
    assert_int_equal(persist_move(fixture->persist, fixture->path, other, note, &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, -ENOENT);
    assert_int_equal(write_text(fixture, "one", &outcome), 0);
    assert_int_equal(persist_move(fixture->persist, fixture->path, other, note, &outcome), 0); /* after it */
    run_until_idle(fixture);
    assert_int_equal(outcome.error, 0);
    expect_content(other, "one", 0600);
    assert_int_equal(write_text(fixture, "two", &outcome), 0);
    assert_int_equal(persist_move(fixture->persist, fixture->path, other, note, &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, -EEXIST);
    expect_content(fixture->path, "two", 0600);
    expect_content(other, "one", 0600);
    assert_int_equal(unlink(other), 0);
}

static void test_left_over_is_no_hindrance(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    char left[160];
    snprintf(left, sizeof(left), "%s/.%s.camd-new", fixture->directory, strrchr(fixture->path, '/') + 1);
    assert_int_equal(symlink("/nonexistent/elsewhere", left), 0);
    assert_int_equal(write_text(fixture, "one", &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, 0);
    expect_content(fixture->path, "one", 0600);
    assert_int_equal(count_files(fixture->directory), 1);
}

/* What a camd that was killed had not finished may have a password, and stayed until that camera was written again. */
static void test_left_overs_are_removed_and_files_of_others_stay(void **state)
{
    static const char *const left[] = {".front.ini.camd-new", ".front door.ini.camd-new"},
                             *const others[] = {"front.ini",      "front.ini.camd-new",  ".front.ini",
                                                ".front.ini.new", "..ini.camd-new",      ".ini.camd-new",
                                                ".camd-new",      ".front.json.camd-new"};
    const struct fixture *fixture = *state;
    const unsigned int all = sizeof(left) / sizeof(left[0]) + sizeof(others) / sizeof(others[0]);
    char path[160], link[160];
    for (size_t i = 0; i < all; i++) {
        snprintf(path, sizeof(path), "%s/%s", fixture->directory, i < 2 ? left[i] : others[i - 2]);
        const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    snprintf(link, sizeof(link), "%s/.link.ini.camd-new", fixture->directory);
    assert_int_equal(symlink(path, link), 0);
    unfinished_remove(fixture->directory, ".ini");
    for (size_t i = 0; i < all; i++) {
        snprintf(path, sizeof(path), "%s/%s", fixture->directory, i < 2 ? left[i] : others[i - 2]);
        assert_int_equal(unlink(path), i < 2 ? -1 : 0);
    }
    assert_int_equal(unlink(link), 0);
    unfinished_remove("/nonexistent", ".ini"); /* no error of its own */
}

/* front.ini.new may be what an administrator works at. */
static void test_files_of_others_stay(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    char other[128];
    snprintf(other, sizeof(other), "%s.new", fixture->path);
    assert_int_equal(symlink("/nonexistent/elsewhere", other), 0);
    assert_int_equal(write_text(fixture, "one", &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, 0);
    assert_int_equal(count_files(fixture->directory), 2);
    assert_int_equal(unlink(other), 0);
}

static void test_remove(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(write_text(fixture, "one", &outcome), 0);
    assert_int_equal(persist_remove(fixture->persist, fixture->path, note, &outcome), 0);
    assert_int_equal(persist_remove(fixture->persist, fixture->path, note, &outcome),
                     0); /* there is none by then */
    assert_int_equal(persist_remove(fixture->persist, fixture->path, NULL, NULL), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.calls, 3);
    assert_int_equal(outcome.error, 0);
    assert_int_equal(count_files(fixture->directory), 0);
}

static void test_jobs_of_a_path_are_in_order(void **state)
{
    enum { COUNT = 20 };
    struct fixture *fixture = *state;
    struct outcome writes[COUNT];
    memset(writes, 0, sizeof(writes));
    char text[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(write_text(fixture, text, &writes[i]), 0);
    }
    run_until_idle(fixture);
    for (unsigned int i = 0; i < COUNT; i++) {
        assert_int_equal(writes[i].calls, 1);
        assert_int_equal(writes[i].error, 0);
        assert_int_equal(writes[i].order, i + 1);
    }
    expect_content(fixture->path, "19", 0600);
}

static void test_helpers_are_bounded(void **state)
{
    enum { COUNT = 30 };
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    char path[128];
    const unsigned int before = count_descriptors();
    unsigned int most = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof(path), "%s/%d.ini", fixture->directory, i);
        assert_int_equal(persist_write(fixture->persist, path, "x", 1, 0600, note, &outcome), 0);
    }
    while (persist_busy(fixture->persist)) {
        ev_run(fixture->loop, EVRUN_ONCE);
        const unsigned int now = count_descriptors() - before;
        most = now > most ? now : most;
    }
    assert_int_equal(outcome.calls, COUNT);
    assert_true(most > 1);                            /* they run beside each other */
    assert_true(most <= 2 * PERSIST_RUNNING_MAX + 1); /* until they are executed, a socket, too */
    assert_int_equal(count_files(fixture->directory), COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof(path), "%s/%d.ini", fixture->directory, i);
        unlink(path);
    }
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    char *large = calloc(1, PERSIST_BYTES_MAX + 1);
    assert_non_null(large);
    assert_int_equal(
        persist_write(fixture->persist, fixture->path, large, PERSIST_BYTES_MAX + 1, 0600, note, &outcome),
        -EFBIG);
    for (int i = 0; i < PERSIST_JOBS_MAX; i++)
        assert_int_equal(persist_remove(fixture->persist, fixture->path, note, &outcome), 0);
    assert_int_equal(persist_remove(fixture->persist, fixture->path, note, &outcome), -ENOBUFS);
    assert_int_equal(write_text(fixture, "x", &outcome), -ENOBUFS);
    free(large);
    assert_int_equal(outcome.calls, 0);
}

static void expect_failure(struct fixture *fixture, int wanted)
{
    struct outcome outcome = {0};
    assert_int_equal(write_text(fixture, "new", &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.error, wanted);
    expect_content(fixture->path, "old", 0600);
    assert_int_equal(count_files(fixture->directory), 1);
    expect_nothing_unfinished(fixture);
}

static void test_failing_helper(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(write_text(fixture, "old", &outcome), 0);
    run_until_idle(fixture);
    use_script(fixture, "exit 28");
    expect_failure(fixture, -ENOSPC);
    use_script(fixture, "kill -9 $$");
    expect_failure(fixture, -EOWNERDEAD);
    assert_non_null(
        strstr(persist_reason(-EOWNERDEAD), "was killed")); /* "Owner died" tells nobody of what */
    assert_int_equal(unlink(fixture->script), 0);
    expect_failure(fixture, -ENOPKG); /* -ENOENT would blame the file that was to be written */
}

static void test_missing_directory(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(persist_write(fixture->persist, "/nonexistent/a", "x", 1, 0600, note, &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(outcome.error, -ENOENT);
}

/* The helper waits at a gate until we open it: the loop goes on meanwhile, and the old content stays. */
static void test_slow_disk_does_not_block(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0}, other = {0};
    assert_int_equal(write_text(fixture, "old", &outcome), 0);
    run_until_idle(fixture);
    assert_int_equal(mkfifo(fixture->gate, 0600), 0);
    use_script(fixture, "case \"$2\" in *front.ini) read line <\"$GATE\";; esac\nexec \"$SYNC\" \"$@\"");
    assert_int_equal(write_text(fixture, "new", &outcome), 0);
    char path[128];
    snprintf(path, sizeof(path), "%s/other.ini", fixture->directory);
    assert_int_equal(persist_write(fixture->persist, path, "x", 1, 0600, note, &other), 0);
    while (other.calls == 0) /* a later job of another path passes it */
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(outcome.calls, 1);
    expect_content(fixture->path, "old", 0600);
    const int gate = open(fixture->gate, O_WRONLY | O_CLOEXEC);
    assert_true(gate >= 0);
    close(gate);
    run_until_idle(fixture);
    assert_int_equal(outcome.calls, 2);
    assert_int_equal(outcome.error, 0);
    expect_content(fixture->path, "new", 0600);
    unlink(path);
}

static void test_hanging_helper_is_given_up(void **state)
{
    struct fixture *fixture = *state;
    struct outcome hung = {.again = fixture}, waiting = {0};
    assert_int_equal(mkfifo(fixture->gate, 0600), 0);
    use_script(fixture, "grep -q hang \"$1\" && read line <\"$GATE\"\nexec \"$SYNC\" \"$@\"");
    persist_set_deadline(fixture->persist, 0.2);
    assert_int_equal(write_text(fixture, "hang", &hung), 0);
    persist_set_deadline(fixture->persist, 0.1); /* the one that waits gives up first */
    assert_int_equal(write_text(fixture, "waiting", &waiting), 0);
    while (hung.calls == 0 || waiting.calls == 0)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(waiting.error, -ETIMEDOUT); /* its turn did not come */
    persist_set_deadline(fixture->persist, PERSIST_DEADLINE_S);
    hung.again = NULL;
    while (hung.calls < 2) /* begun from the callback: that one was -ETIMEDOUT, too */
        ev_run(fixture->loop, EVRUN_ONCE);
    hung.calls = 0;
    assert_int_equal(write_text(fixture, "after", &hung), 0);
    run_until_idle(fixture);
    assert_int_equal(hung.calls, 1);
    assert_int_equal(hung.error, 0);
    expect_content(fixture->path, "after", 0600); /* and not what hung */
    assert_int_equal(count_files(fixture->directory), 1);
}

/* They were forgotten before, and one that hung outlived the daemon. */
static void test_free_forgets_jobs_and_ends_their_helpers(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(mkfifo(fixture->gate, 0600), 0);
    use_script(fixture, "read line <\"$GATE\"");
    const unsigned int idle = count_descriptors();
    for (int i = 0; i < 3; i++)
        assert_int_equal(write_text(fixture, "x", &outcome), 0);
    ev_run(fixture->loop, EVRUN_NOWAIT); /* the first helper runs */
    persist_free(fixture->persist);
    assert_int_equal(count_descriptors(), idle);
    fixture->persist = NULL;
    ev_run(fixture->loop, EVRUN_NOWAIT);
    assert_int_equal(outcome.calls, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nor a zombie */
    assert_int_equal(errno, ECHILD);
    assert_int_equal(count_files(fixture->directory), 0);
}

static void test_every_failure_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    unsigned int failures = 0;
    struct outcome outcome = {0};
    assert_int_equal(write_text(fixture, "old", &outcome), 0);
    run_until_idle(fixture);
    const unsigned int before = count_descriptors();
    for (unsigned int n = 1;; n++) {
        outcome = (struct outcome){0};
        assert_int_equal(persist_write(fixture->persist, fixture->path, "new", 3, 0640, note, &outcome), 0);
        sys_fault_at(n, EMFILE);
        run_until_idle(fixture);
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_int_equal(outcome.calls, 1);
        assert_int_equal(count_descriptors(), before);
        assert_int_equal(count_files(fixture->directory), 1);
        expect_nothing_unfinished(fixture);
        if (!happened) {
            assert_int_equal(outcome.error, 0);
            break;
        }
        failures++;
        if (outcome.error == 0) { /* camd-exec's report could not be read: it had none */
            expect_content(fixture->path, "new", 0640);
            assert_int_equal(write_text(fixture, "old", &outcome), 0);
            run_until_idle(fixture);
            continue;
        }
        assert_int_equal(outcome.error, -EMFILE);
        expect_content(fixture->path, "old", 0600);
    }
    assert_true(failures >= 8); /* open, write, mode; socket, plan, place, spawn, pidfd */
    expect_content(fixture->path, "new", 0640);
}

static int run_sync(const char *first, const char *second)
{
    const pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        execl(camd_sync, "camd-sync", first, second, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_exit_statuses_of_the_helper(void **state)
{
    struct fixture *fixture = *state;
    char temporary[128];
    snprintf(temporary, sizeof(temporary), "%s.new", fixture->path);
    assert_int_equal(run_sync(temporary, fixture->path), ENOENT);
    assert_int_equal(symlink("/etc/passwd", temporary), 0);
    assert_int_equal(run_sync(temporary, fixture->path), ELOOP);
    assert_int_equal(unlink(temporary), 0);
    assert_int_equal(run_sync("--remove", fixture->path), 0);
    assert_int_equal(run_sync("--remove", fixture->directory), EISDIR);
    assert_int_equal(run_sync("--else", fixture->path), EINVAL);
    assert_int_equal(run_sync(temporary, NULL), EINVAL);
}

#define PERSIST_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* "look at state_dir" helps nobody who is short of memory. */
static void test_each_error_has_a_hint_of_its_own(void **state)
{
    static const int errors[] = {ENOSPC, EDQUOT, EFBIG,  EACCES, EROFS,     ENOTDIR,
                                 ENOENT, EIO,    ENOMEM, EMFILE, ETIMEDOUT, ENOPKG};
    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        assert_null(strstr(persist_hint(-errors[i], PERSIST_STATE_DIR), "look at state_dir"));
    assert_string_equal(persist_hint(-EINVAL, PERSIST_STATE_DIR), "look at state_dir: space, permissions");
    assert_string_equal(
        persist_hint(-EROFS, PERSIST_CAMERAS_DIR),
        "cameras_dir is read-only: mount it for writing, or name it in ReadWritePaths= of the service (systemctl edit)");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s CAMD-EXEC CAMD-SYNC\n", argv[0]);
        return 2;
    }
    camd_exec = argv[1];
    camd_sync = argv[2];
    signal(SIGPIPE, SIG_IGN);
    alarm(60); /* a job that never ends ends the test */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_has_a_hint_of_its_own),
        PERSIST_TEST(test_write_and_replace),
        PERSIST_TEST(test_a_file_that_somebody_changed_is_not_replaced),
        PERSIST_TEST(test_a_move_replaces_nothing),
        PERSIST_TEST(test_left_over_is_no_hindrance),
        PERSIST_TEST(test_files_of_others_stay),
        PERSIST_TEST(test_remove),
        PERSIST_TEST(test_jobs_of_a_path_are_in_order),
        PERSIST_TEST(test_helpers_are_bounded),
        PERSIST_TEST(test_limits),
        PERSIST_TEST(test_failing_helper),
        PERSIST_TEST(test_missing_directory),
        PERSIST_TEST(test_left_overs_are_removed_and_files_of_others_stay),
        PERSIST_TEST(test_slow_disk_does_not_block),
        PERSIST_TEST(test_hanging_helper_is_given_up),
        PERSIST_TEST(test_free_forgets_jobs_and_ends_their_helpers),
        PERSIST_TEST(test_every_failure_leaves_nothing),
        PERSIST_TEST(test_exit_statuses_of_the_helper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
