/* plain.h - the same without a screen: one table, or one JSON document */
#ifndef CAMD_TOP_PLAIN_H
#define CAMD_TOP_PLAIN_H

#include <stdio.h>

#include "top/rates.h"

/* The rows are sorted. */
void plain_table(FILE *stream, const struct sample *sample, const struct rates *rates);
/* As camctl(1) has it. NULL: memory is short. */
json_t *plain_document(const struct sample *sample, const struct rates *rates);

/*
 * Each into text, which it returns: "14 of 17 cameras up; CPU 34.5 %, memory 512M, 23882 of 24106 MB shm free" and
 * the like.
 */
enum { PLAIN_TEXT_BYTES = 256 };
const char *plain_summary(const struct sample *sample, const struct rates *rates,
                          char text[PLAIN_TEXT_BYTES]);
const char *plain_detector(const struct detector_row *row, char text[PLAIN_TEXT_BYTES]);

#endif
