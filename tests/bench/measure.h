/* measure.h - what the benchmarks have in common: the clock, the order of what was measured, and cold caches */
#ifndef CAMD_BENCH_MEASURE_H
#define CAMD_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static inline int compare_times(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* From the least to the most: times[0], the median times[count / 2]. */
static inline void sort_times(int64_t *times, size_t count)
{
    qsort(times, count, sizeof(*times), compare_times);
}

/* Fills the caches with something else, as a decoder does before a frame is looked at. */
static inline void flush_caches(void)
{
    enum { FLUSH_BYTES = 8 << 20, CACHE_LINE = 64 };
    static volatile uint8_t bytes[FLUSH_BYTES];
    for (size_t at = 0; at < FLUSH_BYTES; at += CACHE_LINE)
        bytes[at]++;
}

#endif
