/*
 * kept_text.h - a text in words for people that is kept while it is of use, and mostly there is none
 *
 * What says why something failed is short and rare: of a thousand workers only those in trouble have one, and only
 * these pay for it. A text that is all zero has nothing in it.
 */
#ifndef CAMD_BASE_KEPT_TEXT_H
#define CAMD_BASE_KEPT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>

enum { KEPT_TEXT_BYTES = 512 }; /* with its end; what is longer is cut */

struct kept_text {
    char *text; /* own; NULL: there is none, or memory is short */
};

/* "" when there is none. Stays the kept text's, until it is set or forgotten. */
const char *kept_text(const struct kept_text *kept);
bool kept_text_is_empty(const struct kept_text *kept);
/* printf in place of what was there; arguments may be of what was there. */
void kept_text_set(struct kept_text *kept, const char *format, ...) __attribute__((format(printf, 2, 3)));
void kept_text_set_list(struct kept_text *kept, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void kept_text_forget(struct kept_text *kept);

#endif
