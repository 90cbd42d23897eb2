/*
 * encode.h - pictures as files: JPEG, PNG, and streams of them: YUV4MPEG2
 *
 * Pure: bytes in memory. The picture is struct picture's I420 of limited range, BT.601.
 */
#ifndef CAMD_PICTURE_ENCODE_H
#define CAMD_PICTURE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "picture/picture.h"

/*
 * Limited to full range, as JFIF wants it: Y 16..235 and Cb, Cr 16..240 become 0..255 (ITU-T T.871 against
 * ITU-R BT.601).
 */
void picture_to_full_range(struct picture *picture);

/* And back. */
void picture_to_limited_range(struct picture *picture);

/*
 * A JPEG (4:2:0) of a picture of full range. quality 1..100. 0 and *jpeg, the caller's to free with
 * picture_jpeg_free; or -ENOMEM, or -EINVAL when the library does not want it.
 */
int picture_jpeg(const struct picture *picture, int quality, uint8_t **jpeg, size_t *bytes);
void picture_jpeg_free(uint8_t *jpeg);

/* A PNG (8-bit RGB) of a picture of limited range. 0 and *png, the caller's to free; -ENOMEM or -EINVAL. */
int picture_png(const struct picture *picture, uint8_t **png, size_t *bytes);

enum { Y4M_HEADER_BYTES = 96 };

/*
 * The first line of a YUV4MPEG2 stream of I420 pictures, and the line before each picture's bytes. fps_milli: frames in
 * 1000 seconds. Returns the header's length.
 */
size_t y4m_header(char header[Y4M_HEADER_BYTES], uint32_t width, uint32_t height, uint32_t fps_milli);
#define Y4M_FRAME "FRAME\n"

#endif
