#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/contrast.h"

static uint32_t count_levels(const uint8_t *levels, uint32_t count, uint32_t histogram[CONTRAST_LEVELS])
{
    memset(histogram, 0, CONTRAST_LEVELS * sizeof(*histogram));
    for (uint32_t i = 0; i < count; i++)
        histogram[levels[i]]++;
    return count;
}

static uint8_t percentile(const uint8_t *levels, uint32_t count, double percent)
{
    uint32_t histogram[CONTRAST_LEVELS];
    count_levels(levels, count, histogram);
    return contrast_percentile(histogram, count, percent);
}

static int compare(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Values that numpy.percentile gave, truncated. */
static void percentiles_are_those_of_numpy(void **state)
{
    (void)state;
    const uint8_t two[] = {10, 20}, five[] = {0, 50, 100, 150, 200}, one[] = {7}, three[] = {0, 0, 225};
    uint8_t ramp[101];
    for (uint8_t i = 0; i < 101; i++)
        ramp[i] = i;
    assert_int_equal(percentile(two, 2, 4), 10);     /* 10.4 */
    assert_int_equal(percentile(two, 2, 96), 19);    /* 19.6 */
    assert_int_equal(percentile(five, 5, 4), 8);     /* 8.0 */
    assert_int_equal(percentile(five, 5, 96), 192);  /* 192.0 */
    assert_int_equal(percentile(three, 3, 96), 207); /* 207.0; from the lower end it would be 206.999... */
    assert_int_equal(percentile(one, 1, 4), 7);
    assert_int_equal(percentile(one, 1, 96), 7);
    assert_int_equal(percentile(ramp, 101, 4), 4);
    assert_int_equal(percentile(ramp, 101, 96), 96);
}

/* Against sorting and interpolating in whole numbers: rank = (count - 1) * percent / 100. */
static void percentiles_are_those_of_the_sorted_levels(void **state)
{
    (void)state;
    uint8_t levels[600];
    srand(1);
    for (int round = 0; round < 2000; round++) {
        uint32_t count = 1 + (uint32_t)rand() % 600;
        for (uint32_t i = 0; i < count; i++)
            levels[i] = (uint8_t)(rand() % (1 + rand() % 256));
        uint8_t low = percentile(levels, count, 4), high = percentile(levels, count, 96);
        qsort(levels, count, 1, compare);
        for (uint32_t percent = 4; percent <= 96; percent += 92) {
            uint32_t hundredths = (count - 1) * percent, rank = hundredths / 100, part = hundredths % 100;
            uint32_t next = rank + 1 < count ? rank + 1 : rank;
            uint32_t exact = levels[rank] * 100u + (uint32_t)(levels[next] - levels[rank]) * part;
            /* A whole number may come out a hair below itself, as in NumPy. */
            uint32_t value = percent == 4 ? low : high;
            assert_true(value == exact / 100 || (exact % 100 == 0 && value + 1 == exact / 100));
        }
    }
}

static void one_colour_teaches_nothing(void **state)
{
    (void)state;
    struct contrast contrast;
    uint32_t histogram[CONTRAST_LEVELS] = {0};
    uint8_t table[CONTRAST_LEVELS];
    contrast_init(&contrast);
    histogram[77] = 1000;
    histogram[200] = 20; /* less than 4 % */
    struct contrast before = contrast;
    assert_false(contrast_update(&contrast, histogram, 1020, table));
    assert_memory_equal(&contrast, &before, sizeof(contrast));
}

static void table_is_made_of_the_means_of_the_history(void **state)
{
    (void)state;
    struct contrast contrast;
    uint32_t histogram[CONTRAST_LEVELS] = {0};
    uint8_t table[CONTRAST_LEVELS];
    contrast_init(&contrast);
    histogram[50] = 100;
    histogram[150] = 100;

    /* the first pair is all of the history: nothing rises to it frame by frame, which would be motion everywhere */
    assert_true(contrast_update(&contrast, histogram, 200, table));
    assert_int_equal(contrast.low_sum, 50 * CONTRAST_HISTORY);
    assert_int_equal(contrast.high_sum, 150 * CONTRAST_HISTORY);
    assert_int_equal(table[49], 0);
    assert_int_equal(table[100], 127); /* 127.5, truncated */
    assert_int_equal(table[151], 255);

    histogram[50] = histogram[150] = 0;
    histogram[100] = histogram[200] = 100;
    assert_true(contrast_update(&contrast, histogram, 200, table));
    /* black = (49 * 50 + 100) / 50 = 51, white = 151 */
    assert_int_equal(table[51], 0);
    assert_int_equal(table[52], 2); /* 2.55 */
    assert_int_equal(table[150], 252);
    assert_int_equal(table[151], 255);
}

static void oldest_pair_is_replaced_first(void **state)
{
    (void)state;
    struct contrast contrast;
    uint32_t dark[CONTRAST_LEVELS] = {0}, bright[CONTRAST_LEVELS] = {0};
    uint8_t table[CONTRAST_LEVELS];
    contrast_init(&contrast);
    dark[10] = dark[20] = 100;
    bright[200] = bright[240] = 100;
    for (int i = 0; i < CONTRAST_HISTORY; i++)
        contrast_update(&contrast, dark, 200, table);
    contrast_update(&contrast, bright, 200, table);
    assert_int_equal(contrast.low_sum, 49 * 10 + 200);
    assert_int_equal(contrast.high_sum, 49 * 20 + 240);
    assert_int_equal(contrast.low[0], 200);
    assert_int_equal(contrast.low[1], 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_those_of_numpy),
        cmocka_unit_test(percentiles_are_those_of_the_sorted_levels),
        cmocka_unit_test(one_colour_teaches_nothing),
        cmocka_unit_test(table_is_made_of_the_means_of_the_history),
        cmocka_unit_test(oldest_pair_is_replaced_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
