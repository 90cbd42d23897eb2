/* on_valgrind.h - what cannot be tested under valgrind; whoever asks says why */
#ifndef TESTS_ON_VALGRIND_H
#define TESTS_ON_VALGRIND_H

#include <stdbool.h>
#include <stdlib.h>

/* As tests/run.sh --full starts it, with tests/valgrind/pidfd.c. */
static inline bool is_on_valgrind(void)
{
    return getenv("CAMD_TEST_VALGRIND") != NULL;
}

#endif
