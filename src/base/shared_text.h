/*
 * shared_text.h - a text that several have and none changes: printed once, freed when the last one lets go
 */
#ifndef CAMD_BASE_SHARED_TEXT_H
#define CAMD_BASE_SHARED_TEXT_H

#include <stddef.h>

struct shared_text {
    unsigned int references;
    size_t length;
    char bytes[]; /* and a NUL behind them */
};

/* A copy, with one reference, the caller's; NULL when memory is short. */
struct shared_text *shared_text_new(const char *bytes, size_t length);
/* One reference more; returns text. */
struct shared_text *shared_text_keep(struct shared_text *text);
/* One reference less. NULL is fine. */
void shared_text_release(struct shared_text *text);

#endif
