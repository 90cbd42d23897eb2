/* grids_fixture.h - a directory, a loop and grids, for the tests of grids.c */
#ifndef GRIDS_FIXTURE_H
#define GRIDS_FIXTURE_H

#include <ev.h>
#include <stdbool.h>

#include "daemon/grids/grids.h"

struct grids_fixture {
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
extern const char *grids_fixture_exec, *grids_fixture_helper;

/* cmocka's; the fixture becomes *state. */
int grids_fixture_setup(void **state);
int grids_fixture_teardown(void **state);

/* Without waiting for anything. helper NULL: the fixture's. */
void grids_fixture_open(struct grids_fixture *fixture, const char *helper);
/* Another start of the daemon: forgets the grids, and reads them again to the end. */
void grids_fixture_reopen(struct grids_fixture *fixture);
void grids_fixture_run_until_ready(struct grids_fixture *fixture);
void grids_fixture_run_until_stored(struct grids_fixture *fixture, const char *camera);
/* Runs until there is a problem. */
void grids_fixture_run_until_problem(struct grids_fixture *fixture);
/* Writes a shell script that has $GRID, the real helper, and $GATE; and makes it the helper. */
void grids_fixture_use_script(struct grids_fixture *fixture, const char *text);
void grids_fixture_sample(struct grids_fixture *fixture, const char *camera, unsigned int times);
/* Samples in the camera's grid. */
unsigned int grids_fixture_samples(const struct grids_fixture *fixture, const char *camera);
bool grids_fixture_has_file(const struct grids_fixture *fixture, const char *ending);

#endif
