/*
 * limits.h - the limits that this process was started with
 *
 * A process that changes its own remembers those of before, for the programs that it starts.
 */
#ifndef CAMD_BASE_LIMITS_H
#define CAMD_BASE_LIMITS_H

#include <stddef.h>
#include <sys/resource.h>

enum { LIMITS_MAX = 2 };

struct limit {
    int resource; /* RLIMIT_... */
    struct rlimit value;
};

/* To be called before any of them is changed, once. */
void limits_remember(void);
/* Those of the program of before, of which this one goes on as the same process. */
void limits_remember_these(const struct limit *limits, size_t count);
/* The remembered ones of those that may have been changed since; returns how many, none before limits_remember. */
size_t limits_at_start(struct limit limits[LIMITS_MAX]);
/* As many open files as the hard limit allows. */
void limits_raise_open_files(void);

#endif
