/* clock.h - time, in int64_t with the unit in the name. Policy uses the monotonic clock only. */
#ifndef CAMD_BASE_CLOCK_H
#define CAMD_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S  INT64_C(1000000000)
enum { CLOCK_S_PER_HOUR = 3600, CLOCK_S_PER_DAY = 24 * CLOCK_S_PER_HOUR };

int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);
int64_t clock_wall_ns(void);

/*
 * The first whole second of the monotonic clock that is not before. For deadlines that come again and again and may be
 * a little late: those of many cameras fall together, and wake the daemon once a second at most.
 */
int64_t clock_whole_second_ms(int64_t at_ms);

/* Writes UTC as 2026-01-31T12:34:56.789Z (24 characters and a NUL). */
enum { CLOCK_TEXT_BYTES = 32 };
void clock_format_utc(int64_t wall_ns, char text[CLOCK_TEXT_BYTES]);
/* For people: the machine's local time, as 2026-01-31 13:34:56.789. */
void clock_format_local(int64_t wall_ns, char text[CLOCK_TEXT_BYTES]);
/* What clock_format_utc writes: false, and *wall_ns untouched, for anything else. */
bool clock_parse_utc(const char *text, int64_t *wall_ns);

#endif
