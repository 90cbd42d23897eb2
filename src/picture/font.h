/* font.h - letters of 5 by 7 dots, so that pictures can be labelled without fonts of the system */
#ifndef CAMD_PICTURE_FONT_H
#define CAMD_PICTURE_FONT_H

#include <stdbool.h>
#include <stdint.h>

enum { FONT_COLUMNS = 5, FONT_ROWS = 7 };

/* FONT_ROWS rows from the top; bit FONT_COLUMNS - 1 is the left dot. A box for what is not printable ASCII. */
const uint8_t *font_glyph(char letter);
/* Whether it stands a dot lower than others, as g and p do. */
bool font_descends(char letter);

#endif
