#include "picture/sheet.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 512 };

/* ---- the tiles ---- */

/* Tiles of so many columns at most; more have the last one's. */
static const struct {
    uint32_t columns, width, height;
} tiles[] = {{1, 1280, 720}, {2, 960, 540}, {3, 640, 360}, {4, 480, 270}, {8, 320, 180}};

struct sheet sheet_arrange(size_t count)
{
    struct sheet sheet = {.columns = 1};
    size_t size = 0;
    while ((size_t)sheet.columns * sheet.columns < count)
        sheet.columns++;
    sheet.rows = (uint32_t)((count + sheet.columns - 1) / sheet.columns);
    while (size + 1 < sizeof(tiles) / sizeof(tiles[0]) && tiles[size].columns < sheet.columns)
        size++;
    sheet.tile_width = tiles[size].width;
    sheet.tile_height = tiles[size].height;
    return sheet;
}

uint32_t sheet_width(const struct sheet *sheet)
{
    return sheet->columns * sheet->tile_width;
}

uint32_t sheet_height(const struct sheet *sheet)
{
    return sheet->rows * sheet->tile_height;
}

void sheet_place(const struct sheet *sheet, struct picture *whole, size_t index, const struct picture *tile)
{
    sheet_paste(whole, tile, (uint32_t)(index % sheet->columns) * sheet->tile_width,
                (uint32_t)(index / sheet->columns) * sheet->tile_height);
}

static uint32_t even(uint64_t pixels)
{
    return pixels < 2 ? 2 : (uint32_t)(pixels & ~UINT64_C(1));
}

void sheet_fit(uint32_t *width, uint32_t *height, uint32_t room_width, uint32_t room_height)
{
    const uint64_t w = *width, h = *height;
    if (w <= room_width && h <= room_height)
        return;
    if (w * room_height > h * room_width) {
        *width = even(room_width);
        *height = even(h * room_width / w);
    } else {
        *width = even(w * room_height / h);
        *height = even(room_height);
    }
}

static void paste_plane(uint8_t *to, uint32_t to_stride, const uint8_t *from, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++)
        memcpy(to + (size_t)y * to_stride, from + (size_t)y * width, width);
}

void sheet_paste(struct picture *to, const struct picture *from, uint32_t x, uint32_t y)
{
    const size_t to_luma = (size_t)to->width * to->height, from_luma = (size_t)from->width * from->height;
    const uint32_t stride = to->width / 2;
    uint8_t *chroma = to->pixels + to_luma + (size_t)(y / 2) * stride + x / 2;
    paste_plane(to->pixels + (size_t)y * to->width + x, to->width, from->pixels, from->width, from->height);
    paste_plane(chroma, stride, from->pixels + from_luma, from->width / 2, from->height / 2);
    paste_plane(chroma + to_luma / 4, stride, from->pixels + from_luma + from_luma / 4, from->width / 2,
                from->height / 2);
}

/* ---- text ---- */

/* The bytes of text that are on the next line of so many letters. */
static size_t line_length(const char *text, size_t letters)
{
    const size_t length = strlen(text);
    size_t end = letters;
    if (length <= letters)
        return length;
    while (end > 0 && text[end] != ' ')
        end--;
    return end > 0 ? end : letters;
}

int32_t sheet_draw_lines(struct picture *picture, int32_t x, int32_t y, int32_t bottom, uint32_t scale,
                         enum picture_colour colour, const char *text)
{
    const int32_t height = picture_text_height(scale), room = (int32_t)picture->width - x;
    const int32_t letter = picture_text_width(1, scale) - picture_text_width(0, scale);
    const size_t letters = room > 2 * letter ? (size_t)(room / letter) - 1 : 1;
    int32_t at = y;
    while (*text && at + height <= bottom) {
        const size_t length = line_length(text, letters < LINE_BYTES ? letters : LINE_BYTES - 1);
        char line[LINE_BYTES];
        snprintf(line, sizeof(line), "%.*s", (int)length, text);
        picture_draw_text_scaled(picture, x, at, scale, colour, line);
        text += length + strspn(text + length, " ");
        at += height;
    }
    return at - y;
}
