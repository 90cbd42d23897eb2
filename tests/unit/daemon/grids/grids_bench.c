#include "grids_bench.h"

#include <dirent.h>
#include <setjmp.h>
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

const char *grids_bench_exec, *grids_bench_helper;

static bool is_wanted(void *context, const char *camera)
{
    const struct grids_bench *bench = context;
    for (size_t i = 0; i < 4 && bench->wanted[i]; i++) {
        if (strcmp(bench->wanted[i], camera) == 0)
            return true;
    }
    return false;
}

static void loaded(void *context, const char *camera)
{
    struct grids_bench *bench = context;
    (void)camera;
    bench->loaded++;
}

static void ready(void *context)
{
    struct grids_bench *bench = context;
    bench->ready++;
}

static unsigned int count_descriptors(void)
{
    unsigned int count = 0;
    DIR *stream = opendir("/proc/self/fd");
    assert_non_null(stream);
    while (readdir(stream))
        count++;
    closedir(stream);
    return count;
}

void grids_bench_open(struct grids_bench *bench, const char *helper)
{
    const struct grids_owner owner = {is_wanted, loaded, ready, bench};
    bench->ready = bench->loaded = 0;
    assert_int_equal(grids_new(&bench->grids, bench->launcher, bench->directory,
                               helper ? helper : grids_bench_helper, &owner),
                     0);
    grids_set_times(bench->grids, 0.0, 0.02, 60.0);
}

void grids_bench_run_until_ready(struct grids_bench *bench)
{
    while (bench->ready == 0)
        ev_run(bench->loop, EVRUN_ONCE);
}

void grids_bench_run_until_stored(struct grids_bench *bench, const char *camera)
{
    while (!grids_is_stored(bench->grids, camera))
        ev_run(bench->loop, EVRUN_ONCE);
}

void grids_bench_run_until_problem(struct grids_bench *bench)
{
    while (!grids_problem(bench->grids))
        ev_run(bench->loop, EVRUN_ONCE);
}

void grids_bench_reopen(struct grids_bench *bench)
{
    grids_free(bench->grids);
    grids_bench_open(bench, NULL);
    grids_bench_run_until_ready(bench);
}

void grids_bench_use_script(struct grids_bench *bench, const char *text)
{
    FILE *file = fopen(bench->script, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nGRID=%s\nGATE=%s\n%s\n", grids_bench_helper, bench->gate, text);
    fclose(file);
    assert_int_equal(chmod(bench->script, 0700), 0);
    grids_free(bench->grids);
    grids_bench_open(bench, bench->script);
}

void grids_bench_sample(struct grids_bench *bench, const char *camera, unsigned int times)
{
    const struct grid_sample sample = {2, 3, 0.25};
    for (unsigned int i = 0; i < times; i++)
        assert_int_equal(grids_add(bench->grids, camera, &sample), 0);
}

unsigned int grids_bench_samples(const struct grids_bench *bench, const char *camera)
{
    struct grid grid;
    grids_get(bench->grids, camera, &grid);
    assert_int_equal(grid.cells[2][3].count, grid_samples(&grid));
    return grid_samples(&grid);
}

bool grids_bench_has_file(const struct grids_bench *bench, const char *ending)
{
    char path[128];
    snprintf(path, sizeof(path), "%s%s", bench->path, ending);
    return access(path, F_OK) == 0;
}

int grids_bench_setup(void **state)
{
    struct grids_bench *bench = calloc(1, sizeof(*bench));
    if (!bench)
        return -1;
    log_set_level(LOG_ERROR);
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    strcpy(bench->directory, "/tmp/camd-grids-XXXXXX");
    if (!mkdtemp(bench->directory))
        return -1;
    snprintf(bench->path, sizeof(bench->path), "%s/grids.mdb", bench->directory);
    snprintf(bench->script, sizeof(bench->script), "%s/helper", bench->directory);
    snprintf(bench->gate, sizeof(bench->gate), "%s/gate", bench->directory);
    bench->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (!bench->loop || launcher_new(&bench->launcher, bench->loop, grids_bench_exec, NULL) < 0)
        return -1;
    bench->descriptors = count_descriptors();
    grids_bench_open(bench, NULL);
    *state = bench;
    return 0;
}

int grids_bench_teardown(void **state)
{
    static const char *const left[] = {"grids.mdb", "grids.mdb-lock", "grids.mdb.damaged", "helper", "gate"};
    struct grids_bench *bench = *state;
    char path[128];
    grids_free(bench->grids);
    launcher_free(bench->launcher);
    const bool leak =
        count_descriptors() > bench->descriptors + 1; /* libev makes its epoll set's helper later */
    ev_loop_destroy(bench->loop);
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", bench->directory, left[i]);
        unlink(path);
    }
    const int error = rmdir(bench->directory);
    free(bench);
    log_close();
    return error != 0 || leak ? -1 : 0;
}
