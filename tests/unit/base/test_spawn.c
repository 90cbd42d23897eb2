#include "base/sys.h"
#include "leftovers.h"
#include "on_valgrind.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *child_program;

/* Signals 32 and 33 are glibc's own: it lets its children ignore them until they set a handler themselves. */
static const unsigned long long libc_signals = 3ULL << 31;

/* What the child told. */
struct report {
    unsigned long long blocked, ignored, fds;
    int is_leader;
    char argument[32], variable[32];
};

static void read_report(int fd, struct report *report)
{
    char line[256];
    size_t length = 0;
    ssize_t count;
    while ((count = sys_read(fd, line + length, sizeof(line) - 1 - length)) > 0)
        length += (size_t)count;
    line[length] = '\0';
    assert_int_equal(sscanf(line, "%llx %llx %d %llx %31s %31s", &report->blocked, &report->ignored,
                            &report->is_leader, &report->fds, report->argument, report->variable),
                     6);
}

static void wait_for(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Everything that a child of a careless parent would inherit. */
static void make_a_mess(void)
{
    sigset_t all;
    sigfillset(&all);
    assert_int_equal(sigprocmask(SIG_BLOCK, &all, NULL), 0);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_true(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
    assert_true(fcntl(STDERR_FILENO, F_DUPFD, 20) >= 20);
    assert_true(fcntl(STDERR_FILENO, F_DUPFD, 200) >= 200);
}

static void test_the_child_is_clean(void **state)
{
    char *argv[] = {child_program, "argument", NULL};
    char *environment[] = {"SPAWN_CHILD=here", NULL};
    int answer[2], log[2];
    struct report report;
    char text[32] = "";
    (void)state;
    assert_int_equal(sys_pipe(answer, 0), 0);
    assert_int_equal(sys_pipe(log, 0), 0);

    const int fds[] = {-1, log[1], log[1], answer[1]};
    const struct sys_spawn spawn = {child_program, argv, environment, fds, 4};
    const pid_t pid = sys_spawn(&spawn);

    assert_true(pid > 0);
    sys_close(&answer[1]);
    sys_close(&log[1]);
    read_report(answer[0], &report);
    wait_for(pid);
    assert_true(report.blocked == 0);
    assert_true((report.ignored & ~libc_signals) == 0);
    assert_int_equal(report.is_leader, 1);
    assert_true(report.fds == 0xf);
    assert_string_equal(report.argument, "argument");
    assert_string_equal(report.variable, "here");
    assert_true(sys_read(log[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "to stderr\n");
    sys_close(&answer[0]);
    sys_close(&log[0]);
}

/* Those that a child has open that was given these, of which ANSWER is where it reports; a bit each. */
enum { ANSWER = -2 };

static unsigned long long child_descriptors(const int *given, size_t count)
{
    char *argv[] = {child_program, "stdout", NULL};
    char *environment[] = {NULL};
    int answer[2], fds[8];
    struct report report;
    assert_int_equal(sys_pipe(answer, 0), 0);
    for (size_t i = 0; i < count; i++)
        fds[i] = given[i] == ANSWER ? answer[1] : given[i];

    const struct sys_spawn spawn = {child_program, argv, environment, fds, count};
    const pid_t pid = sys_spawn(&spawn);

    assert_true(pid > 0);
    sys_close(&answer[1]);
    read_report(answer[0], &report);
    wait_for(pid);
    sys_close(&answer[0]);
    return report.fds;
}

static void test_without_a_channel_descriptor_3_is_closed(void **state)
{
    (void)state;
    assert_true(child_descriptors((const int[]){-1, ANSWER, -1}, 3) == 0x7);
}

/* As a worker's channel that is not there, beside something that is at 4. */
static void test_a_gap_among_the_descriptors_stays_closed(void **state)
{
    (void)state;
    assert_true(child_descriptors((const int[]){-1, ANSWER, -1, -1, ANSWER}, 5) == 0x17);
}

/* They were moved to 64 and above before: where the limit was no higher, no worker ever started. */
static void test_few_descriptors_are_enough(void **state)
{
    char *argv[] = {child_program, "argument", NULL};
    char *environment[] = {NULL};
    int answer[2], pidfd = -1;
    struct rlimit before, few;
    struct report report;
    pid_t pid = 0;
    (void)state;
    assert_int_equal(sys_pipe(answer, 0), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 24;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);

    const int fds[] = {STDIN_FILENO, STDERR_FILENO, STDERR_FILENO, answer[1]};
    const struct sys_spawn spawn = {child_program, argv, environment, fds, 4};
    const int result = sys_spawn_watched(&spawn, &pid, &pidfd);

    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, 0);
    sys_close(&answer[1]);
    read_report(answer[0], &report);
    wait_for(pid);
    assert_true(report.fds == 0xf);
    sys_close(&answer[0]);
    sys_close(&pidfd);
}

/* Sources that are targets of one another: with plain dup2s in order, 3 would get what became 1. */
static void test_sources_may_be_the_others_targets(void **state)
{
    char *argv[] = {child_program, "argument", NULL};
    char *environment[] = {NULL};
    int answer[2], log[2];
    struct report report;
    char text[32] = "";
    (void)state;
    assert_int_equal(sys_pipe(answer, 0), 0);
    assert_int_equal(sys_pipe(log, 0), 0);

    const int saved_input = sys_dup_above(STDIN_FILENO, 100);
    const int saved_output = sys_dup_above(STDOUT_FILENO, 100);

    assert_int_equal(dup2(log[1], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(dup2(answer[1], STDOUT_FILENO), STDOUT_FILENO);

    const int fds[] = {-1, STDIN_FILENO, STDIN_FILENO, STDOUT_FILENO};
    const struct sys_spawn spawn = {child_program, argv, environment, fds, 4};
    const pid_t pid = sys_spawn(&spawn);

    assert_int_equal(dup2(saved_input, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(dup2(saved_output, STDOUT_FILENO), STDOUT_FILENO);
    close(saved_input);
    close(saved_output);
    assert_true(pid > 0);
    sys_close(&answer[1]);
    sys_close(&log[1]);
    read_report(answer[0], &report);
    wait_for(pid);
    assert_true(report.fds == 0xf);
    assert_true(sys_read(log[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "to stderr\n");
    sys_close(&answer[0]);
    sys_close(&log[0]);
}

static void test_a_program_that_is_not_there_is_an_error_at_once(void **state)
{
    if (is_on_valgrind())
        skip(); /* valgrind makes a fork of vfork: nobody learns why a program could not be started */
    char *argv[] = {"absent", NULL};
    char *environment[] = {NULL};
    const int fds[] = {-1, -1, -1};
    const struct sys_spawn absent = {"/nonexistent/absent", argv, environment, fds, 3};
    const struct sys_spawn directory = {"/", argv, environment, fds, 3};

    (void)state;
    assert_int_equal(sys_spawn(&absent), -ENOENT);
    assert_int_equal(sys_spawn(&directory), -EACCES);
}

/* Fails the n-th call for every n, and looks whether a descriptor or a child stays behind. */
static void test_every_call_of_spawn_can_fail(void **state)
{
    char *argv[] = {child_program, "stdout", NULL};
    char *environment[] = {NULL};
    const int fds[] = {STDIN_FILENO, STDIN_FILENO, STDIN_FILENO, STDIN_FILENO};
    const struct sys_spawn spawn = {child_program, argv, environment, fds, 4};
    const size_t before = count_descriptors();
    unsigned int failures = 0;
    (void)state;
    for (unsigned int n = 1;; n++) {
        sys_fault_at(n, ENOMEM);

        const pid_t pid = sys_spawn(&spawn);
        const bool happened = sys_fault_happened();

        sys_fault_at(0, 0);
        assert_int_equal(count_descriptors(), before);
        if (!happened) {
            assert_true(pid > 0);
            assert_int_equal(waitpid(pid, NULL, 0), pid);
            break;
        }
        assert_int_equal(pid, -ENOMEM);
        failures++;
    }
    assert_int_equal(failures, 5); /* four descriptors, one process */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* Of the fault in pidfd_open, too: a child whose end nobody would see must not run. */
static void test_a_watched_child_has_a_descriptor_or_is_gone(void **state)
{
    char *argv[] = {child_program, "stdout", NULL};
    char *environment[] = {NULL};
    const int fds[] = {-1, STDIN_FILENO, -1};
    const struct sys_spawn spawn = {child_program, argv, environment, fds, 3};
    const size_t before = count_descriptors();
    unsigned int failures = 0;
    pid_t pid = 0;
    int pidfd = -1;
    (void)state;
    for (;;) {
        sys_fault_at(failures + 1, EMFILE);

        const int result = sys_spawn_watched(&spawn, &pid, &pidfd);

        sys_fault_at(0, 0);
        if (result == 0)
            break;
        assert_int_equal(result, -EMFILE);
        assert_int_equal(pid, 0);
        assert_int_equal(pidfd, -1);
        assert_int_equal(count_descriptors(), before);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        failures++;
    }
    assert_int_equal(failures, 4); /* a place, one descriptor, one process, its descriptor */
    siginfo_t info = {0};
    assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
    assert_int_equal(info.si_pid, pid);
    sys_close(&pidfd);
    assert_int_equal(count_descriptors(), before);
}

/* Whatever becomes of the signal, who ends a child goes on: here it is one that no signal reaches. */
static void test_the_end_of_a_child_is_not_waited_for_long(void **state)
{
    char *argv[] = {"cat", NULL}, *environment[] = {NULL};
    int input[2], pidfd = -1;
    siginfo_t info = {0};
    pid_t pid;
    (void)state;
    assert_int_equal(sys_pipe(input, 0), 0);
    const int fds[] = {input[0], -1, -1};
    const struct sys_spawn spawn = {"/bin/cat", argv, environment, fds, 3};
    assert_int_equal(sys_spawn_watched(&spawn, &pid, &pidfd), 0);
    sys_close(&input[0]);

    sys_fault_at(1, EPERM);
    sys_end_child(pidfd, 1);
    assert_true(sys_fault_happened());
    sys_fault_at(0, 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
    assert_int_equal(info.si_pid, 0);

    sys_end_child(pidfd, 60000);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    sys_close(&pidfd);
    sys_close(&input[1]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_child_is_clean),
        cmocka_unit_test(test_without_a_channel_descriptor_3_is_closed),
        cmocka_unit_test(test_a_gap_among_the_descriptors_stays_closed),
        cmocka_unit_test(test_few_descriptors_are_enough),
        cmocka_unit_test(test_sources_may_be_the_others_targets),
        cmocka_unit_test(test_a_program_that_is_not_there_is_an_error_at_once),
        cmocka_unit_test(test_every_call_of_spawn_can_fail),
        cmocka_unit_test(test_a_watched_child_has_a_descriptor_or_is_gone),
        cmocka_unit_test(test_the_end_of_a_child_is_not_waited_for_long),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: test-spawn CHILD-PROGRAM\n");
        return 2;
    }
    child_program = argv[1];
    make_a_mess();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
