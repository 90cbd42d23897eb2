/*
 * picture_width.h - the widths at which pictures are served
 *
 * There are only a few, so that viewers with windows of different sizes share what is scaled and encoded. Pure.
 */
#ifndef CAMD_WEB_PICTURE_WIDTH_H
#define CAMD_WEB_PICTURE_WIDTH_H

#include <stddef.h>
#include <stdint.h>

enum { PICTURE_WIDTHS = 8 };

/* The least step that is at least as wide as is wanted, 0 to PICTURE_WIDTHS - 1; the last one for all that is wider. */
size_t picture_width_step(uint32_t wanted);
/* The size of a picture of a frame at that step, both sides even: never larger than the frame. */
void picture_width_scale(size_t step, uint32_t frame_width, uint32_t frame_height, uint32_t *width,
                         uint32_t *height);

#endif
