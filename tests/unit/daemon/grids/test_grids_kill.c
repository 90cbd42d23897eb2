/*
 * test_grids_kill.c - kill -9 during commits, again and again: nothing is damaged and nothing committed is lost
 *
 * A child is the daemon: it learns and stores without a pause, and tells each time that all is stored. It is killed at
 * any moment, at every other time together with its helper, in the middle of a commit that is. Run with the path of
 * camd-grid; CAMD_TEST_FULL=1: a thousand times.
 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "grids_fixture.h"

enum { CAMERAS = 40, KILLS = 30, KILLS_FULL = 1000, LONGEST_US = 6000 };

static void name_of(char name[16], int camera)
{
    snprintf(name, 16, "camera-%d", camera);
}

/* All cameras have the same number of samples, since they are written in one transaction. */
static unsigned int samples_of_all(const struct grids_fixture *fixture)
{
    char name[16];
    struct grid grid;
    unsigned int samples = 0;
    for (int i = 0; i < CAMERAS; i++) {
        name_of(name, i);
        grids_get(fixture->grids, name, &grid);
        assert_true(i == 0 || grid_samples(&grid) == samples);
        samples = grid_samples(&grid);
    }
    return samples;
}

/* Never returns. A cell after the other, since each stops counting. */
static void learn_for_ever(struct grids_fixture *fixture, int tell)
{
    char name[16];
    unsigned int samples = samples_of_all(fixture);
    for (;;) {
        const unsigned int cell = samples / GRID_COUNT_MAX;
        const struct grid_sample sample = {cell % CAMD_GRID_SIDE, cell / CAMD_GRID_SIDE, 0.25};
        for (int i = 0; i < CAMERAS; i++) {
            name_of(name, i);
            if (grids_add(fixture->grids, name, &sample) < 0)
                _exit(1);
        }
        grids_fixture_run_until_stored(fixture, name);
        samples = samples_of_all(fixture);
        if (write(tell, &samples, sizeof(samples)) != (ssize_t)sizeof(samples))
            _exit(1);
    }
}

/* Those of the child that it left behind: adopted by us. */
static void end_orphans(bool killing)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *list = killing ? fopen(path, "re") : NULL;
    int pid;
    while (list && fscanf(list, "%d", &pid) == 1)
        kill(pid, SIGKILL);
    if (list)
        fclose(list);
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

/* So many times, or to the end. The last one, or else before. */
static unsigned int told(int fd, unsigned int times, unsigned int before)
{
    unsigned int samples;
    while (times-- > 0 && read(fd, &samples, sizeof(samples)) == (ssize_t)sizeof(samples))
        before = samples;
    return before;
}

/* Kills it so long after it has stored so many times. Returns what it said last to be stored; 0: nothing. */
static unsigned int run_and_kill(struct grids_fixture *fixture, unsigned int commits, long after_us,
                                 bool with_helper)
{
    int fds[2];
    const struct timespec pause = {0, after_us * 1000};
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ev_loop_fork(fixture->loop);
        grids_fixture_open(fixture, NULL);
        grids_fixture_run_until_ready(fixture);
        learn_for_ever(fixture, fds[1]);
    }
    close(fds[1]);
    const unsigned int first = told(fds[0], commits, 0);
    nanosleep(&pause, NULL); /* any moment will do */
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    end_orphans(with_helper);
    const unsigned int last = told(fds[0], UINT_MAX, first);
    close(fds[0]);
    return last;
}

static void test_killed_at_any_moment(void **state)
{
    struct grids_fixture *fixture = *state;
    const char *full = getenv("CAMD_TEST_FULL");
    const int kills = full && strcmp(full, "1") == 0 ? KILLS_FULL : KILLS;
    unsigned short seed[3] = {7, 8, 9};
    unsigned int stored = 0;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    grids_fixture_run_until_ready(fixture);
    grids_free(fixture->grids);
    for (int i = 0; i < kills; i++) {
        const unsigned int last =
            run_and_kill(fixture, (unsigned int)i % 4, (long)(erand48(seed) * LONGEST_US), i % 2 == 0);
        grids_fixture_open(fixture, NULL);
        grids_fixture_run_until_ready(fixture);
        assert_null(grids_problem(fixture->grids));
        assert_false(grids_fixture_has_file(fixture, ".damaged"));
        const unsigned int samples = samples_of_all(fixture);
        assert_true(samples >= stored && samples >= last);
        stored = samples;
        grids_free(fixture->grids);
    }
    assert_true(stored >= (unsigned int)kills); /* or most were killed before they did anything */
    grids_fixture_open(fixture, NULL);
    grids_fixture_run_until_ready(fixture);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_killed_at_any_moment, grids_fixture_setup,
                                        grids_fixture_teardown),
    };
    if (argc != 3)
        return 2;
    grids_fixture_exec = argv[1];
    grids_fixture_helper = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
