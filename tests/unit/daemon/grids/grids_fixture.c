#include "grids_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "daemon/supervise/launcher.h"
#include "leftovers.h"

const char *grids_fixture_exec, *grids_fixture_helper;

static bool is_wanted(void *context, const char *camera)
{
    const struct grids_fixture *fixture = context;
    for (size_t i = 0; i < 4 && fixture->wanted[i]; i++) {
        if (strcmp(fixture->wanted[i], camera) == 0)
            return true;
    }
    return false;
}

static void loaded(void *context, const char *camera)
{
    struct grids_fixture *fixture = context;
    (void)camera;
    fixture->loaded++;
}

static void ready(void *context)
{
    struct grids_fixture *fixture = context;
    fixture->ready++;
}

void grids_fixture_open(struct grids_fixture *fixture, const char *helper)
{
    const struct grids_owner owner = {is_wanted, loaded, ready, fixture};
    fixture->ready = fixture->loaded = 0;
    assert_int_equal(grids_new(&fixture->grids, fixture->launcher, fixture->directory,
                               helper ? helper : grids_fixture_helper, &owner),
                     0);
    grids_set_times(fixture->grids, 0.0, 0.02, 60.0);
}

void grids_fixture_run_until_ready(struct grids_fixture *fixture)
{
    while (fixture->ready == 0)
        ev_run(fixture->loop, EVRUN_ONCE);
}

void grids_fixture_run_until_stored(struct grids_fixture *fixture, const char *camera)
{
    while (!grids_is_stored(fixture->grids, camera))
        ev_run(fixture->loop, EVRUN_ONCE);
}

void grids_fixture_run_until_problem(struct grids_fixture *fixture)
{
    while (!grids_problem(fixture->grids))
        ev_run(fixture->loop, EVRUN_ONCE);
}

void grids_fixture_reopen(struct grids_fixture *fixture)
{
    grids_free(fixture->grids);
    grids_fixture_open(fixture, NULL);
    grids_fixture_run_until_ready(fixture);
}

void grids_fixture_use_script(struct grids_fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->script, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nGRID=%s\nGATE=%s\n%s\n", grids_fixture_helper, fixture->gate, text);
    fclose(file);
    assert_int_equal(chmod(fixture->script, 0700), 0);
    grids_free(fixture->grids);
    grids_fixture_open(fixture, fixture->script);
}

void grids_fixture_sample(struct grids_fixture *fixture, const char *camera, unsigned int times)
{
    const struct grid_sample sample = {2, 3, 0.25};
    for (unsigned int i = 0; i < times; i++)
        assert_int_equal(grids_add(fixture->grids, camera, &sample), 0);
}

unsigned int grids_fixture_samples(const struct grids_fixture *fixture, const char *camera)
{
    struct grid grid;
    grids_get(fixture->grids, camera, &grid);
    assert_int_equal(grid.cells[2][3].count, grid_samples(&grid));
    return grid_samples(&grid);
}

bool grids_fixture_has_file(const struct grids_fixture *fixture, const char *ending)
{
    char path[128];
    snprintf(path, sizeof(path), "%s%s", fixture->path, ending);
    return access(path, F_OK) == 0;
}

int grids_fixture_setup(void **state)
{
    struct grids_fixture *fixture = calloc(1, sizeof(*fixture));
    if (!fixture)
        return -1;
    signal(SIGPIPE, SIG_IGN); /* as camd's own */
    log_set_level(LOG_ERROR);
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    strcpy(fixture->directory, "/tmp/camd-grids-XXXXXX");
    if (!mkdtemp(fixture->directory))
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/grids.mdb", fixture->directory);
    snprintf(fixture->script, sizeof(fixture->script), "%s/helper", fixture->directory);
    snprintf(fixture->gate, sizeof(fixture->gate), "%s/gate", fixture->directory);
    fixture->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (!fixture->loop || launcher_new(&fixture->launcher, fixture->loop, grids_fixture_exec, NULL) < 0)
        return -1;
    fixture->descriptors = count_descriptors();
    grids_fixture_open(fixture, NULL);
    *state = fixture;
    return 0;
}

int grids_fixture_teardown(void **state)
{
    static const char *const left[] = {"grids.mdb", "grids.mdb-lock", "grids.mdb.damaged", "helper", "gate"};
    struct grids_fixture *fixture = *state;
    char path[128];
    grids_free(fixture->grids);
    launcher_free(fixture->launcher);
    const bool leak =
        count_descriptors() > fixture->descriptors + 1; /* libev makes its epoll set's helper later */
    ev_loop_destroy(fixture->loop);
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", fixture->directory, left[i]);
        unlink(path);
    }
    const int error = rmdir(fixture->directory);
    free(fixture);
    log_close();
    return error != 0 || leak ? -1 : 0;
}
