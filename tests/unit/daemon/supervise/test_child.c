/* Children of the daemon: what they get, how they end, and what becomes of those that cannot be started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/whole_file.h"
#include "daemon/log/log_pipe.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"
#include "leftovers.h"
#include "on_valgrind.h"

static const char *camd_exec, *spawn_child;

struct fixture {
    struct ev_loop *loop;
    struct launcher *launcher;
    struct child child;
    struct child_end end;
    unsigned int ends;
    int output; /* a file in memory */
};

static void ended(void *context, const struct child_end *end)
{
    struct fixture *fixture = context;
    fixture->end = *end;
    fixture->ends++;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    if (!fixture)
        return -1;
    fixture->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    fixture->output = sys_memfd("output");
    if (!fixture->loop || fixture->output < 0 ||
        launcher_new(&fixture->launcher, fixture->loop, camd_exec, "PASSED,NEVER_SET") < 0)
        return -1;
    child_init(&fixture->child, fixture->launcher, NULL, ended, fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    child_fini(&fixture->child);
    launcher_free(fixture->launcher);
    ev_loop_destroy(fixture->loop);
    sys_close(&fixture->output);
    free(fixture);
    /* no child, not even a dead one */
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static void start(struct fixture *fixture, struct child_program *program)
{
    struct child_end failure;
    assert_int_equal(child_start(&fixture->child, program, &failure), 0);
    assert_true(child_is_running(&fixture->child));
}

static void run_to_the_end(struct fixture *fixture)
{
    while (fixture->ends == 0)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(fixture->ends, 1);
    assert_false(child_is_running(&fixture->child));
    assert_false(child_is_executing(&fixture->child));
}

/* What a shell command writes to its standard output. */
static const char *output_of(struct fixture *fixture, const char *command, const char *user)
{
    static char text[4096];
    char shell[] = "sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)command, NULL};
    struct child_program program = {.path = "/bin/sh",
                                    .argv = argv,
                                    .user = user,
                                    .gains_nothing = true,
                                    .input = -1,
                                    .output = fixture->output};
    start(fixture, &program);
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.kind, CHILD_EXITED);
    assert_int_equal(fixture->end.code, 0);
    const ssize_t length = pread(fixture->output, text, sizeof(text) - 1, 0);
    assert_true(length >= 0);
    text[length] = '\0';
    return text;
}

/* ---- what it gets ---- */

static void test_it_has_its_descriptors_and_no_others(void **state)
{
    struct fixture *fixture = *state;
    char name[] = "spawn-child", argument[] = "argument", *argv[] = {name, argument, NULL};
    int channel = -1;
    struct child_program program = {
        .path = spawn_child, .argv = argv, .input = -1, .output = -1, .channel = &channel};
    char line[256] = "";
    start(fixture, &program);
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.code, 0);
    assert_true(fcntl(channel, F_GETFL) & O_NONBLOCK);
    assert_true(read(channel, line, sizeof(line) - 1) > 0);
    /* signals blocked and ignored (32 and 33 are the C library's own), leader of a session, descriptors 0 to 3 */
    assert_non_null(strstr(line, " 1 f argument -\n"));
    assert_memory_equal(line, "0 ", 2);
    sys_close(&channel);
}

static void test_its_environment_is_camd_s_no_more(void **state)
{
    struct fixture *fixture = *state;
    const struct passwd *own = getpwuid(geteuid());
    char expected[512];
    (void)own;
    snprintf(expected, sizeof(expected), "HOME=%s\nLOGNAME=%s\nPASSED=value\nPATH=", own->pw_dir,
             own->pw_name);
    const char *text =
        output_of(fixture, "env | sort | grep -v ^PWD= | grep -v ^_= | grep -v ^L[AC] | grep -v ^TZ=", NULL);
    assert_memory_equal(text, expected, strlen(expected));
    assert_null(strstr(text, "NOTIFY_SOCKET"));
    assert_null(strstr(text, "SECRET"));
    assert_non_null(strstr(text, "\nUSER="));
}

static void test_its_limits_are_those_that_camd_was_started_with(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before, changed;
    char expected[64];
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    changed = before;
    changed.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &changed), 0);
    limits_remember();
    limits_raise_open_files();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &changed), 0);
    assert_int_equal(changed.rlim_cur, changed.rlim_max);
    snprintf(expected, sizeof(expected), "100\n");
    assert_string_equal(output_of(fixture, "ulimit -Sn", NULL), expected);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    limits_remember();
}

static void test_another_user_s_is_that_user_s(void **state)
{
    struct fixture *fixture = *state;
    const struct passwd *nobody = getpwnam("nobody");
    char expected[256];
    if (geteuid() != 0 || !nobody)
        skip();
    snprintf(expected, sizeof(expected), "%u %u %u\n%s nobody\nNoNewPrivs:\t1\n", nobody->pw_uid,
             nobody->pw_gid, nobody->pw_gid, nobody->pw_dir);
    assert_string_equal(
        output_of(fixture,
                  "echo $(id -u) $(id -g) $(id -G); echo $HOME $USER; grep NoNewPrivs /proc/self/status",
                  "nobody"),
        expected);
    const struct launcher_user *first, *again;
    assert_int_equal(launcher_user(fixture->launcher, "nobody", &first), 0);
    assert_int_equal(launcher_user(fixture->launcher, "nobody", &again), 0);
    assert_ptr_equal(first, again);
}

/* ---- how it ends ---- */

static void test_its_log_is_read_before_its_end_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct log_pool *pool;
    struct log_pipe log_pipe;
    struct log_reader reader;
    char shell[] = "sh", option[] = "-c", command[] = "sleep 1000 & echo out; echo err >&2; kill -9 $$";
    char *argv[] = {shell, option, command, NULL};
    struct child_program program = {.path = "/bin/sh", .argv = argv, .input = -1};
    char text[128];
    assert_int_equal(log_pool_new(&pool, 10000, NULL, NULL), 0);
    log_pipe_init(&log_pipe, pool, "a child", "front", "front", "test");
    child_fini(&fixture->child);
    child_init(&fixture->child, fixture->launcher, &log_pipe, ended, fixture);
    start(fixture, &program);
    run_to_the_end(fixture);
    child_explain(&fixture->child, &fixture->end, text, sizeof(text));
    assert_string_equal(text, "was killed by signal 9 (Killed)");
    assert_int_equal(child_end_error(&fixture->end), -EOWNERDEAD);
    log_reader_open(&reader, pool, NULL, 10);
    assert_string_equal(log_reader_next(&reader)->text, "out");
    assert_string_equal(log_reader_next(&reader)->text, "err");
    assert_null(log_reader_next(&reader));
    log_reader_close(&reader);
    child_fini(&fixture->child);
    log_pipe_fini(&log_pipe);
    log_pool_free(pool);
    child_init(&fixture->child, fixture->launcher, NULL, ended, fixture);
}

static void test_a_kill_ends_all_of_its_group(void **state)
{
    struct fixture *fixture = *state;
    char shell[] = "sh", option[] = "-c", command[] = "sleep 1000 & exec sleep 1000";
    char *argv[] = {shell, option, command, NULL};
    int channel = -1;
    struct child_program program = {
        .path = "/bin/sh", .argv = argv, .input = -1, .output = -1, .channel = &channel};
    char byte;
    start(fixture, &program);
    child_kill(&fixture->child);
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.kind, CHILD_SIGNALLED);
    assert_int_equal(fixture->end.code, SIGKILL);
    /* whoever had the other end is gone */
    fcntl(channel, F_SETFL, 0);
    assert_int_equal(read(channel, &byte, 1), 0);
    sys_close(&channel);
    assert_int_equal(child_signal(&fixture->child, SIGTERM), -ESRCH);
}

/* A parent that starts a child, tells its pid, and is killed. */
static void test_it_dies_with_camd(void **state)
{
    struct fixture *fixture = *state;
    char name[] = "sleep", time[] = "1000", *argv[] = {name, time, NULL};
    int fds[2], status;
    pid_t child = 0;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(sys_pipe(fds, 0), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        struct child_program program = {.path = "/bin/sleep", .argv = argv, .input = -1, .output = -1};
        struct child_end failure;
        ev_loop_fork(fixture->loop);
        if (child_start(&fixture->child, &program, &failure) < 0)
            _exit(1);
        while (child_is_executing(&fixture->child))
            ev_run(fixture->loop, EVRUN_ONCE);
        (void)!write(fds[1], &fixture->child.pid, sizeof(pid_t));
        raise(SIGKILL);
    }
    sys_close(&fds[1]);
    assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
    sys_close(&fds[0]);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

/* ---- what cannot be started ---- */

static void expect_not_executed(struct fixture *fixture, const char *path, const char *words)
{
    char name[] = "x", *argv[] = {name, NULL};
    struct child_program program = {.path = path, .argv = argv, .input = -1, .output = -1};
    char text[256];
    fixture->ends = 0;
    start(fixture, &program);
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.kind, CHILD_NOT_EXECUTED);
    assert_int_equal(fixture->end.stage, EXEC_STAGE_PROGRAM);
    child_explain(&fixture->child, &fixture->end, text, sizeof(text));
    assert_string_equal(text, words);
}

static void test_a_program_that_cannot_be_executed_says_why(void **state)
{
    struct fixture *fixture = *state;
    expect_not_executed(fixture, "/nonexistent/program",
                        "cannot execute /nonexistent/program: No such file or directory");
    assert_int_equal(child_end_error(&fixture->end), -ENOENT);
    expect_not_executed(fixture, "/", "cannot execute /: Permission denied");
    assert_null(child_hint(&fixture->end));
}

static void test_a_missing_camd_exec_is_named(void **state)
{
    if (is_on_valgrind())
        skip(); /* valgrind makes a fork of vfork: nobody learns why a program could not be started */
    struct fixture *fixture = *state;
    char name[] = "x", *argv[] = {name, NULL}, text[256];
    struct child_program program = {.path = "/bin/true", .argv = argv, .input = -1, .output = -1};
    struct child_end failure;
    sys_close(&fixture->launcher->image);
    free(fixture->launcher->program);
    fixture->launcher->program = strdup("/nonexistent/camd-exec");
    assert_int_equal(child_start(&fixture->child, &program, &failure), -ENOENT);
    assert_false(child_is_running(&fixture->child));
    child_explain(&fixture->child, &failure, text, sizeof(text));
    assert_string_equal(
        text,
        "cannot execute /nonexistent/camd-exec, which is to start /bin/true: No such file or directory");
    assert_non_null(strstr(child_hint(&failure), "installed as a whole"));
}

static void test_a_user_that_is_not_there_is_named(void **state)
{
    struct fixture *fixture = *state;
    char name[] = "x", *argv[] = {name, NULL}, text[256];
    struct child_program program = {
        .path = "/bin/true", .argv = argv, .user = "camd-nobody-at-all", .input = -1, .output = -1};
    struct child_end failure;
    assert_int_equal(child_start(&fixture->child, &program, &failure), -ENOENT);
    child_explain(&fixture->child, &failure, text, sizeof(text));
    assert_string_equal(text, "cannot find the user of /bin/true: there is no user camd-nobody-at-all");
}

/* Asking for a user may wait for a server: it is done when a configuration is taken over, not when a program is started. */
static void test_users_are_looked_up_when_they_are_met_and_not_when_a_program_starts(void **state)
{
    struct fixture *fixture = *state;
    struct launcher *launcher = fixture->launcher;
    const struct launcher_user *user;
    launcher_meet_user(launcher, "camd-nobody-at-all");
    assert_int_equal(launcher->user_count, 1);
    /* the user is made meanwhile */
    free(launcher->users[0]->name);
    launcher->users[0]->name = strdup("root");
    assert_int_equal(launcher_user(launcher, "root", &user), -ENOENT);
    launcher_meet_user(launcher, "root");
    assert_int_equal(launcher_user(launcher, "root", &user), -ENOENT);
    launcher_look_again(launcher);
    assert_int_equal(launcher_user(launcher, "root", &user), 0);
    assert_int_equal(user->user.uid, 0);
    assert_int_equal(launcher->user_count, 1);
}

static void test_want_of_descriptors_says_what_to_raise(void **state)
{
    struct fixture *fixture = *state;
    char name[] = "x", *argv[] = {name, NULL}, text[256];
    struct child_program program = {.path = "/bin/true", .argv = argv, .input = -1, .output = -1};
    struct child_end failure;
    sys_fault_at(1, EMFILE);
    assert_int_equal(child_start(&fixture->child, &program, &failure), -EMFILE);
    sys_fault_at(0, 0);
    child_explain(&fixture->child, &failure, text, sizeof(text));
    assert_string_equal(text, "cannot start /bin/true: Too many open files");
    assert_non_null(strstr(child_hint(&failure), "ulimit -n"));
}

/* The number and the state, as of /proc/PID/stat, of our one child; false: there is none, or the kernel does not tell. */
static bool look_at_child(int *pid, char *child_state)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    const int found = fscanf(file, "%d", pid);
    fclose(file);
    if (found != 1)
        return false;
    snprintf(path, sizeof(path), "/proc/%d/stat", *pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    const int read = fscanf(file, "%*d (%*[^)]) %c", child_state);
    fclose(file);
    return read == 1;
}

/* A child gets as far as it can: it has ended, or waits for us. */
static void let_child_go_on(void)
{
    enum { TURNS = 10000 };
    const struct timespec moment = {.tv_nsec = 1000000};
    char child_state = 'R';
    int pid;
    for (int turn = 0; turn < TURNS && look_at_child(&pid, &child_state); turn++) {
        if (child_state == 'Z' || child_state == 'S')
            return;
        nanosleep(&moment, NULL);
    }
}

/*
 * Every call fails once: it starts, or nothing is left, and nothing is done: a child that could not be watched went on until it
 * was killed, and what it was to write could be there, though it was said to have failed.
 */
static void test_every_call_of_a_start_can_fail(void **state)
{
    struct fixture *fixture = *state;
    char name[] = "touch", made[64], *argv[] = {name, made, NULL};
    int channel = -1;
    struct child_program program = {
        .path = "/usr/bin/touch", .argv = argv, .input = -1, .output = -1, .channel = &channel};
    snprintf(made, sizeof(made), "/tmp/camd-child-made-%d", getpid());
    const unsigned int before = count_descriptors();
    unsigned int failures = 0;
    for (unsigned int n = 1;; n++) {
        struct child_end failure;
        fixture->ends = 0;
        sys_fault_at(n, ENOMEM);
        sys_fault_tell(let_child_go_on);
        const int error = child_start(&fixture->child, &program, &failure);
        sys_fault_tell(NULL);
        if (error == 0) {
            run_to_the_end(fixture);
            sys_close(&channel);
        }
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_in_range(count_descriptors(), before,
                        before + 1); /* libev makes its epoll set's helper later */
        assert_int_equal(channel, -1);
        assert_int_equal(unlink(made) == 0, error == 0);
        if (!happened)
            break;
        failures++;
        if (error < 0)
            assert_int_equal(error, -ENOMEM);
    }
    assert_true(failures >= 6); /* two sockets, a place, the process, its descriptor, the plan */
}

/*
 * The program's file system does not answer: a lease of ours on the file makes whoever opens it wait. The loop turns
 * meanwhile, where it hung before.
 */
static void test_an_execution_that_hangs_holds_up_nobody(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/camd-child-XXXXXX", name[] = "x", *argv[] = {name, NULL};
    struct child_program program = {.path = path, .argv = argv, .input = -1, .output = -1};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "#!/bin/sh\nexit 3\n", 17), 17);
    assert_int_equal(fchmod(fd, 0755), 0);
    close(fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    signal(SIGIO, SIG_IGN);
    if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
        close(fd);
        unlink(path);
        skip();
    }
    start(fixture, &program);
    for (int turns = 0; turns < 100; turns++)
        ev_run(fixture->loop, EVRUN_NOWAIT);
    assert_true(child_is_executing(&fixture->child));
    assert_int_equal(fixture->ends, 0);
    child_kill(&fixture->child);
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.kind, CHILD_SIGNALLED);

    fixture->ends = 0;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    assert_int_equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
    start(fixture, &program);
    ev_run(fixture->loop, EVRUN_NOWAIT);
    assert_true(child_is_executing(&fixture->child));
    fcntl(fd, F_SETLEASE, F_UNLCK); /* it answers at last */
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.kind, CHILD_EXITED);
    assert_int_equal(fixture->end.code, 3);
    close(fd);
    unlink(path);
}

/* The same of camd-exec itself, for which posix_spawn waits: nobody opens its file after the start. */
static void test_camd_exec_on_a_file_system_that_hangs_holds_up_nobody(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/camd-child-XXXXXX", name[] = "true", *argv[] = {name, NULL};
    struct child_program program = {.path = "/bin/true", .argv = argv, .input = -1, .output = -1};
    char *bytes;
    size_t length;
    struct launcher *launcher, *of_fixture = fixture->launcher;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(whole_file_read(camd_exec, 8 << 20, &bytes, &length), 0);
    assert_int_equal(whole_file_write_to(fd, bytes, length), 0);
    free(bytes);
    assert_int_equal(fchmod(fd, 0755), 0);
    close(fd);
    assert_int_equal(launcher_new(&launcher, fixture->loop, path, NULL), 0);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    signal(SIGIO, SIG_IGN);
    if (launcher->image >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0) {
        fixture->child.launcher = launcher;
        start(fixture, &program);
        run_to_the_end(fixture);
        assert_int_equal(fixture->end.kind, CHILD_EXITED);
        assert_int_equal(fixture->end.code, 0);
        fixture->child.launcher = of_fixture;
    }
    close(fd);
    unlink(path);
    launcher_free(launcher);
}

/* Where files in memory are not executed, it goes by the path. */
static void test_camd_exec_is_executed_by_its_path_where_memory_cannot_be(void **state)
{
    if (is_on_valgrind())
        skip(); /* valgrind makes a fork of vfork: nobody learns why a program could not be started */
    struct fixture *fixture = *state;
    char name[] = "true", *argv[] = {name, NULL};
    struct child_program program = {.path = "/bin/true", .argv = argv, .input = -1, .output = -1};
    sys_close(&fixture->launcher->image);
    fixture->launcher->image = open("/", O_PATH | O_CLOEXEC); /* -EACCES */
    start(fixture, &program);
    assert_int_equal(fixture->launcher->image, -1);
    run_to_the_end(fixture);
    assert_int_equal(fixture->end.kind, CHILD_EXITED);
    assert_int_equal(fixture->end.code, 0);
}

static void test_the_image_of_camd_exec_cannot_be_changed(void **state)
{
    const struct fixture *fixture = *state;
    if (fixture->launcher->image < 0)
        skip();
    assert_int_equal(pwrite(fixture->launcher->image, "#!", 2, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fixture->launcher->image, 0), -1);
}

/* ---- camd-exec ---- */

static void test_a_plan_of_another_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char name[] = "camd-exec", path[] = "/bin/true", *argv[] = {name, path, path, NULL}, plan[] = "too short";
    int pair[2], status;
    struct exec_report report;
    assert_int_equal(sys_socketpair(SOCK_SEQPACKET, pair), 0);
    assert_int_equal(write(pair[0], plan, sizeof(plan)), sizeof(plan));
    const int fds[] = {-1, -1, -1, -1, pair[1]};
    const struct sys_spawn spawn = {camd_exec, argv, fixture->launcher->own.environment, fds, 5};
    const pid_t pid = sys_spawn(&spawn);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED);
    assert_int_equal(read(pair[0], &report, sizeof(report)), sizeof(report));
    assert_int_equal(report.stage, EXEC_STAGE_PLAN);
    assert_int_equal(report.error, EPROTO);
    sys_close(&pair[0]);
    sys_close(&pair[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_has_its_descriptors_and_no_others),
        TEST(test_its_environment_is_camd_s_no_more),
        TEST(test_its_limits_are_those_that_camd_was_started_with),
        TEST(test_another_user_s_is_that_user_s),
        TEST(test_its_log_is_read_before_its_end_is_told),
        TEST(test_a_kill_ends_all_of_its_group),
        TEST(test_it_dies_with_camd),
        TEST(test_a_program_that_cannot_be_executed_says_why),
        TEST(test_a_missing_camd_exec_is_named),
        TEST(test_a_user_that_is_not_there_is_named),
        TEST(test_users_are_looked_up_when_they_are_met_and_not_when_a_program_starts),
        TEST(test_want_of_descriptors_says_what_to_raise),
        TEST(test_every_call_of_a_start_can_fail),
        TEST(test_an_execution_that_hangs_holds_up_nobody),
        TEST(test_camd_exec_on_a_file_system_that_hangs_holds_up_nobody),
        TEST(test_camd_exec_is_executed_by_its_path_where_memory_cannot_be),
        TEST(test_the_image_of_camd_exec_cannot_be_changed),
        TEST(test_a_plan_of_another_version_is_refused),
    };
    if (argc != 3) {
        fprintf(stderr, "usage: %s CAMD-EXEC SPAWN-CHILD\n", argv[0]);
        return 2;
    }
    camd_exec = argv[1];
    spawn_child = argv[2];
    setenv("NOTIFY_SOCKET", "/run/notify", 1);
    setenv("SECRET", "1", 1);
    setenv("PASSED", "value", 1);
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    limits_remember();
    alarm(60); /* what never ends ends the test */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
