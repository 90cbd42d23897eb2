/*
 * picture.h - a picture of one's own: drawing on it and making a JPEG of it
 *
 * Pure: no files, no segments.
 */
#ifndef CAMCTL_PICTURE_H
#define CAMCTL_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"

/* I420: planes Y, U, V one after the other, width*height*3/2 bytes; both sides even. Limited range at first.
 */
struct picture {
    uint32_t width, height;
    uint8_t *pixels; /* the caller's */
};

/* What a box stands for decides its colour. */
enum picture_colour { PICTURE_MOTION, PICTURE_COLOUR_COUNT };

/* Draws the outline of a box, as far as it lies within the picture; anything may be in the box. */
void picture_draw_box(struct picture *picture, const struct camd_box *box, enum picture_colour colour);

/*
 * Limited to full range, as JFIF wants it: Y 16..235 and Cb, Cr 16..240 become 0..255 (ITU-T T.871 against
 * ITU-R BT.601).
 */
void picture_to_full_range(struct picture *picture);

/*
 * A JPEG (4:2:0) of a picture of full range. quality 1..100. 0 and *jpeg, the caller's to free with
 * picture_jpeg_free; or -ENOMEM, or -EINVAL when the library does not want it.
 */
int picture_jpeg(const struct picture *picture, int quality, uint8_t **jpeg, size_t *bytes);
void picture_jpeg_free(uint8_t *jpeg);

#endif
