#include "picture/stamp.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 128 };

/* Flush right, so many lines above the lowest. */
static void draw_line(struct picture *picture, int32_t lines_above, const char *text)
{
    const uint32_t scale = picture_text_scale(picture);
    const int32_t height = picture_text_height(scale);
    picture_draw_text(picture, (int32_t)picture->width - picture_text_width(strlen(text), scale),
                      (int32_t)picture->height - height * (lines_above + 1), PICTURE_SHADE, text);
}

void stamp_draw(struct picture *picture, const char *name, const char *time)
{
    const uint32_t scale = picture_text_scale(picture);
    char text[TEXT_BYTES];
    snprintf(text, sizeof(text), "%s%s%s", name ? name : "", name ? " " : "", time);
    if (!name || picture_text_width(strlen(text), scale) <= (int32_t)picture->width) {
        draw_line(picture, 0, text);
    } else {
        draw_line(picture, 1, name);
        draw_line(picture, 0, time);
    }
}
