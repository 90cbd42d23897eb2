/* grids_bench.h - a directory, a loop and grids, for the tests of grids.c */
#ifndef GRIDS_BENCH_H
#define GRIDS_BENCH_H

#include <ev.h>
#include <stdbool.h>

#include "daemon/grids/grids.h"

struct grids_bench {
    struct ev_loop *loop;
    struct launcher *launcher;
    struct grids *grids;
    char directory[64];
    char path[96];             /* of the database */
    char script[96], gate[96]; /* a helper of the test's, and a FIFO that it may wait at */
    const char *wanted[4];     /* the cameras there are; NULL: none more */
    unsigned int loaded, ready;
    unsigned int descriptors;
};

/* The paths of camd-exec and camd-grid: the program's arguments. */
extern const char *grids_bench_exec, *grids_bench_helper;

/* cmocka's; the bench becomes *state. */
int grids_bench_setup(void **state);
int grids_bench_teardown(void **state);

/* Without waiting for anything. helper NULL: the bench's. */
void grids_bench_open(struct grids_bench *bench, const char *helper);
/* Another start of the daemon: forgets the grids, and reads them again to the end. */
void grids_bench_reopen(struct grids_bench *bench);
void grids_bench_run_until_ready(struct grids_bench *bench);
void grids_bench_run_until_stored(struct grids_bench *bench, const char *camera);
/* Runs until there is a problem. */
void grids_bench_run_until_problem(struct grids_bench *bench);
/* Writes a shell script that has $GRID, the real helper, and $GATE; and makes it the helper. */
void grids_bench_use_script(struct grids_bench *bench, const char *text);
void grids_bench_sample(struct grids_bench *bench, const char *camera, unsigned int times);
/* Samples in the camera's grid. */
unsigned int grids_bench_samples(const struct grids_bench *bench, const char *camera);
bool grids_bench_has_file(const struct grids_bench *bench, const char *ending);

#endif
