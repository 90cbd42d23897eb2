/* fuzz.h - what every fuzzer has: its entry, and how it tells that something does not hold */
#ifndef CAMD_FUZZ_H
#define CAMD_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Called by libFuzzer with each input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input with which a program aborts. */
static inline void check(bool holds)
{
    if (!holds)
        abort();
}

#endif
