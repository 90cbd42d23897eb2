/*
 * visible_text.h - text that a terminal shows and does not act on
 *
 * Names, reasons and messages come from cameras and files. Control characters, bytes that are no text in the locale,
 * and marks that turn the direction of writing become \xNN. LC_CTYPE has to be set.
 */
#ifndef CAMD_BASE_VISIBLE_TEXT_H
#define CAMD_BASE_VISIBLE_TEXT_H

#include <stddef.h>

/* The caller's to free; NULL when memory is short. *columns (may be NULL) gets how wide it appears. */
char *visible_text(const char *text, size_t *columns);
/* How wide the first bytes of such a text appear. */
size_t visible_columns(const char *visible, size_t bytes);
/* How many bytes of it have room in so many columns: whole characters. */
size_t visible_fitting(const char *visible, size_t columns);

#endif
