/* moment.h - a point in time as people write it */
#ifndef CAMD_CAMCTL_MOMENT_H
#define CAMD_CAMCTL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* What moment_parse understands, for usage errors. */
#define MOMENT_EXPECTED                                                                                      \
    "a time before now (2h, 30 min), today, yesterday, 07:30, 2026-01-31, \"2026-01-31 07:30\" or "          \
    "2026-01-31T06:30:00Z"

/*
 * A duration is counted back from now_ns, the wall clock; days and times of the day are the local ones, unless the text
 * ends with Z; a time of the day alone is the last one of that. A date and time that clocks showed twice, since they were
 * put back, is the first of them, or as an end the second. False: it is none of these.
 */
bool moment_parse(const char *text, int64_t now_ns, bool is_end, int64_t *wall_ns);

#endif
