/* The assignment beside one that tries everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/assignment.h"

static struct assignment assignment;

static double worth_of(uint32_t row, uint32_t column)
{
    float worth = assignment.worth[row][column];
    return worth > 0.0f && isfinite(worth) ? (double)worth : 0.0;
}

/* The greatest sum there is, by trying everything. */
static double best_sum(uint32_t row, uint32_t taken)
{
    if (row == assignment.rows)
        return 0.0;
    double best = best_sum(row + 1, taken);
    for (uint32_t column = 0; column < assignment.columns; column++) {
        if (taken & (1U << column))
            continue;
        double sum = worth_of(row, column) + best_sum(row + 1, taken | (1U << column));
        best = sum > best ? sum : best;
    }
    return best;
}

/* The sum of the result; fails when it is not one-to-one or has pairs that are worth nothing. */
static double checked_sum(void)
{
    static bool taken[ASSIGNMENT_COLUMNS_MAX];
    double sum = 0.0;
    memset(taken, 0, sizeof(taken));
    for (uint32_t row = 0; row < assignment.rows; row++) {
        int32_t column = assignment.column_of[row];
        if (column == ASSIGNMENT_NONE)
            continue;
        assert_in_range(column, 0, assignment.columns - 1);
        assert_false(taken[column]);
        taken[column] = true;
        assert_true(worth_of(row, (uint32_t)column) > 0.0);
        sum += worth_of(row, (uint32_t)column);
    }
    return sum;
}

/* Few levels make many equal sums; some are negative or no numbers. */
static float random_worth(int round)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f, -3.0f};
    if (rand() % 8 == 0)
        return odd[rand() % 5];
    return round % 2 ? (float)(rand() % 4) : (float)rand() / (float)RAND_MAX - 0.3f;
}

static void no_other_assignment_is_worth_more(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 3000; round++) {
        assignment.rows = (uint32_t)rand() % 7;
        assignment.columns = (uint32_t)rand() % 7;
        for (uint32_t row = 0; row < assignment.rows; row++)
            for (uint32_t column = 0; column < assignment.columns; column++)
                assignment.worth[row][column] = random_worth(round);
        assignment_solve(&assignment);
        assert_true(fabs(checked_sum() - best_sum(0, 0)) < 1e-5);
    }
}

/* Where taking the best pair first goes wrong. */
static void is_not_greedy(void **state)
{
    (void)state;
    assignment.rows = assignment.columns = 2;
    assignment.worth[0][0] = 0.9f;
    assignment.worth[0][1] = 0.8f;
    assignment.worth[1][0] = 0.8f;
    assignment.worth[1][1] = 0.1f;
    assignment_solve(&assignment);
    assert_int_equal(assignment.column_of[0], 1);
    assert_int_equal(assignment.column_of[1], 0);
}

static void largest_problem_ends_and_gives_the_same_again(void **state)
{
    (void)state;
    static int32_t first[ASSIGNMENT_ROWS_MAX];
    srand(9);
    assignment.rows = ASSIGNMENT_ROWS_MAX;
    assignment.columns = ASSIGNMENT_COLUMNS_MAX;
    for (uint32_t row = 0; row < assignment.rows; row++)
        for (uint32_t column = 0; column < assignment.columns; column++)
            assignment.worth[row][column] = random_worth((int)row);
    assignment_solve(&assignment);
    assert_true(checked_sum() > 100.0);
    memcpy(first, assignment.column_of, sizeof(first));
    assignment_solve(&assignment);
    assert_memory_equal(first, assignment.column_of, sizeof(first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_other_assignment_is_worth_more),
        cmocka_unit_test(is_not_greedy),
        cmocka_unit_test(largest_problem_ends_and_gives_the_same_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
