/*
 * pattern.h - patterns for names, as a shell has them: * any text, ? any character, [a-z] and [!a-z] one of a set
 *
 * fnmatch of the C library takes exponential time for some patterns with many *, and patterns come from strangers.
 */
#ifndef CAMD_BASE_PATTERN_H
#define CAMD_BASE_PATTERN_H

#include <stdbool.h>

/* Whether text has anything that makes it a pattern. */
bool pattern_is(const char *text);

/* Takes at most as many steps as the lengths of both, multiplied. A [ without its ] is a [. */
bool pattern_matches(const char *pattern, const char *text);

#endif
