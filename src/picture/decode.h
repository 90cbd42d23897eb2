/*
 * decode.h - a JPEG as a picture
 *
 * Pure: bytes in memory, which may be anything.
 */
#ifndef CAMD_PICTURE_DECODE_H
#define CAMD_PICTURE_DECODE_H

#include <stddef.h>

#include "picture/picture.h"

/*
 * Decodes a JPEG that is to be of the picture's size, and 4:2:0, into picture->pixels, which has width*height*3/2 bytes: of
 * full range then, as picture_jpeg takes them. 0, -ENOMEM, or -EBADMSG: it is no such JPEG, or not a whole one.
 */
int picture_from_jpeg(struct picture *picture, const uint8_t *jpeg, size_t bytes);

#endif
