#include "tracker/assignment.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The algorithm wants no more rows than columns: it works on the problem turned over when there are more. */
static double cost_of(const struct assignment *assignment, bool turned, int32_t row, int32_t column)
{
    float worth = turned ? assignment->worth[column][row] : assignment->worth[row][column];
    return worth > 0.0f && isfinite(worth) ? -(double)worth : 0.0;
}

/* Lengthens the tree of cheapest alternating paths by its nearest column; returns that column. */
static int32_t grow(struct assignment *assignment, bool turned, int32_t columns, int32_t from)
{
    int32_t row = assignment->row_at[from], nearest = 0;
    double least = INFINITY;
    assignment->visited[from] = 1;
    for (int32_t column = 1; column <= columns; column++) {
        if (assignment->visited[column])
            continue;
        double reduced = cost_of(assignment, turned, row - 1, column - 1) - assignment->row_potential[row] -
                         assignment->column_potential[column];
        if (reduced < assignment->slack[column]) {
            assignment->slack[column] = reduced;
            assignment->previous[column] = from;
        }
        if (assignment->slack[column] < least) {
            least = assignment->slack[column];
            nearest = column;
        }
    }
    for (int32_t column = 0; column <= columns; column++) {
        if (assignment->visited[column]) {
            assignment->row_potential[assignment->row_at[column]] += least;
            assignment->column_potential[column] -= least;
        } else {
            assignment->slack[column] -= least;
        }
    }
    return nearest;
}

/* Gives a row its column, moving others along the cheapest alternating path. */
static void augment(struct assignment *assignment, bool turned, int32_t row, int32_t columns)
{
    int32_t column = 0;
    assignment->row_at[0] = row;
    for (int32_t i = 0; i <= columns; i++) {
        assignment->slack[i] = INFINITY;
        assignment->visited[i] = 0;
    }
    do
        column = grow(assignment, turned, columns, column);
    while (assignment->row_at[column] != 0);
    while (column != 0) {
        int32_t before = assignment->previous[column];
        assignment->row_at[column] = assignment->row_at[before];
        column = before;
    }
}

void assignment_solve(struct assignment *assignment)
{
    bool turned = assignment->rows > assignment->columns;
    int32_t rows = (int32_t)(turned ? assignment->columns : assignment->rows);
    int32_t columns = (int32_t)(turned ? assignment->rows : assignment->columns);
    memset(assignment->row_potential, 0, sizeof(assignment->row_potential));
    memset(assignment->column_potential, 0, sizeof(assignment->column_potential));
    memset(assignment->row_at, 0, sizeof(assignment->row_at));
    for (uint32_t i = 0; i < assignment->rows; i++)
        assignment->column_of[i] = ASSIGNMENT_NONE;
    for (int32_t row = 1; row <= rows; row++)
        augment(assignment, turned, row, columns);
    for (int32_t column = 1; column <= columns; column++) {
        int32_t row = assignment->row_at[column];
        if (row == 0 || cost_of(assignment, turned, row - 1, column - 1) >= 0.0)
            continue;
        if (turned)
            assignment->column_of[column - 1] = row - 1;
        else
            assignment->column_of[row - 1] = column - 1;
    }
}
