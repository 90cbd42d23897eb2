/*
 * assignment.h - the cheapest one-to-one assignment of rows to columns
 *
 * Source: H. W. Kuhn, The Hungarian Method for the Assignment Problem (1955), in the form with shortest
 * augmenting paths and potentials (R. Jonker and A. Volgenant, 1987). Pure, no heap, always ends; equal costs
 * always give the same result.
 */
#ifndef CAMD_TRACKER_ASSIGNMENT_H
#define CAMD_TRACKER_ASSIGNMENT_H

#include <stdint.h>

enum {
    ASSIGNMENT_ROWS_MAX = 128,
    ASSIGNMENT_COLUMNS_MAX = 256,
    ASSIGNMENT_NONE = -1,
};

/* A problem and room to solve it in; large, so not for the stack. */
struct assignment {
    uint32_t rows, columns;
    /*
     * What a pair is worth: above 0 the more the better; 0 or less, and anything that is not a number, never
     * becomes a pair.
     */
    float worth[ASSIGNMENT_ROWS_MAX][ASSIGNMENT_COLUMNS_MAX];
    int32_t column_of[ASSIGNMENT_ROWS_MAX]; /* result: a column, or ASSIGNMENT_NONE */

    /* of the algorithm; one place more for the column that stands for "not assigned yet" */
    double row_potential[ASSIGNMENT_COLUMNS_MAX + 1], column_potential[ASSIGNMENT_COLUMNS_MAX + 1];
    double slack[ASSIGNMENT_COLUMNS_MAX + 1];
    int32_t row_at[ASSIGNMENT_COLUMNS_MAX + 1], previous[ASSIGNMENT_COLUMNS_MAX + 1];
    uint8_t visited[ASSIGNMENT_COLUMNS_MAX + 1];
};

/* Fills in column_of so that the sum of the worth of all pairs is the greatest possible. */
void assignment_solve(struct assignment *assignment);

#endif
