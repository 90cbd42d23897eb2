/*
 * picture_sample.h - a picture in small: what is looked at of each one to see whether the camera still sees
 *
 * Small blocks in a grid over the picture: how bright each is, how rough, and a number for the bytes of all of them. That
 * costs a hundredth of copying the picture. Pure.
 */
#ifndef CAMD_CAPTURE_PICTURE_SAMPLE_H
#define CAMD_CAPTURE_PICTURE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum {
    PICTURE_COLUMNS = 32, /* of blocks, at most; fewer in a picture that is too small for so many */
    PICTURE_ROWS = 18,
    PICTURE_BLOCKS = PICTURE_COLUMNS * PICTURE_ROWS,
    PICTURE_BLOCK = 8, /* pixels a side */
    PICTURE_BLOCK_PIXELS = PICTURE_BLOCK * PICTURE_BLOCK,
    PICTURE_BLOCK_STEPS = PICTURE_BLOCK_PIXELS / 2, /* from a pixel to its neighbour: each is in one */
    PICTURE_STRIP_PIXELS = PICTURE_BLOCK_PIXELS / 4,
};

struct picture_sample {
    uint32_t columns, rows;
    uint64_t bytes;                      /* another number: other bytes */
    uint16_t brightness[PICTURE_BLOCKS]; /* a block's pixels added up, row by row of blocks */
    uint16_t roughness[PICTURE_BLOCKS];  /* a block's steps added up, without their sign */
    /*
     * Of a block's four strips, each added up, the outer two less the inner two: an edge or a line makes it large, an even
     * slope, as on what is close to the lens, does not.
     */
    int16_t bend_across[PICTURE_BLOCKS], bend_down[PICTURE_BLOCKS];
};

/* luma: width * height bytes, each side at least PICTURE_BLOCK. */
void picture_sample_take(struct picture_sample *sample, const uint8_t *luma, uint32_t width, uint32_t height);

/* A number for all of the bytes, which costs as much as copying them. */
uint64_t picture_bytes(const uint8_t *pixels, size_t length);

#endif
