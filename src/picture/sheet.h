/*
 * sheet.h - a contact sheet: many pictures on one, each on a tile of its own
 *
 * Pure. Tiles are of one size, 16 to 9, in columns and rows; a picture is made smaller so that it fits, never larger.
 */
#ifndef CAMD_PICTURE_SHEET_H
#define CAMD_PICTURE_SHEET_H

#include "picture/picture.h"

struct sheet {
    uint32_t columns, rows, tile_width, tile_height; /* tiles in pixels, both sides even */
};

/* How to lay out so many (at least 1): as many columns as rows, or one more; tiles are smaller the more there are. */
struct sheet sheet_arrange(size_t count);
uint32_t sheet_width(const struct sheet *sheet);
uint32_t sheet_height(const struct sheet *sheet);
/* Puts a tile, of the sheet's tile size, on the whole sheet's picture, at its place: the first is at the left top. */
void sheet_place(const struct sheet *sheet, struct picture *whole, size_t index, const struct picture *tile);

/* The size (at least 2x2, even) at which a picture fits into width x height, its shape kept, no larger than it is. */
void sheet_fit(uint32_t *width, uint32_t *height, uint32_t room_width, uint32_t room_height);

/* Copies a picture onto another at x, y, both even; it has to fit. */
void sheet_paste(struct picture *to, const struct picture *from, uint32_t x, uint32_t y);

/*
 * Text in lines, broken at spaces (or where a word is longer than a line), from x, y down to bottom, right to the picture's
 * right side; what has no room is left out. Returns the height that was used.
 */
int32_t sheet_draw_lines(struct picture *picture, int32_t x, int32_t y, int32_t bottom, uint32_t scale,
                         enum picture_colour colour, const char *text);

#endif
