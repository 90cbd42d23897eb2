/*
 * tensor.h - a region of a frame as the detector's input
 *
 * Cuts a region out of an I420 picture (limited range, BT.601), resizes it (bilinear; when it shrinks to less than
 * half, over all that a sample covers) and converts it to three bytes a pixel, straight into the tensor: height x
 * width x 3. The region keeps its aspect: scaled by r = min(width / region's width, height / region's height), put at
 * the left top, the rest is grey 114. What of the region lies outside of the frame is black (Y 16, U and V 128).
 *
 * The planes are resized before they are converted, so that the work is that of the tensor's size. Chroma samples stand for
 * two by two pixels of luma. As in the reference they begin at x/2 and at an even row, y/4*2.
 */
#ifndef CAMD_TRACKER_TENSOR_H
#define CAMD_TRACKER_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

struct tensor_format {
    uint32_t width, height; /* pixels, 1..CAMD_SIZE_MAX */
    bool rgb;               /* R, G, B; else B, G, R */
};

/* For each sample of a resized row or column, the first one it is made of, and the weights of it and those after it. */
struct tensor_taps {
    uint32_t count; /* weights a sample */
    uint32_t *first;
    uint16_t *weights; /* count each; their sum is 256 */
};

/* Memory for one camera's tensors. Made by tensor_init, freed by tensor_fini; one owner. */
struct tensor_maker {
    uint32_t frame_width, frame_height; /* pixels, even */
    struct tensor_format format;
    uint32_t side_max;                      /* of a region */
    struct tensor_taps columns[2], rows[2]; /* luma, chroma */
    uint16_t *line;                         /* one row of a plane, resized vertically: 256 times the value */
    uint8_t *samples;                       /* the same row of all three planes, resized */
};

/* 0, -EINVAL for sizes out of range, -ENOMEM; *maker is untouched then. */
int tensor_init(struct tensor_maker *maker, uint32_t frame_width, uint32_t frame_height,
                const struct tensor_format *format);
void tensor_fini(struct tensor_maker *maker);

/*
 * Writes the tensor (width * height * 3 bytes) of a region of the frame at pixels. The region has its left top corner
 * in the frame; right and bottom are exclusive and may lie outside. -EINVAL for other regions and for those with a
 * side longer than twice the frame's longer one, the tensor's longer one, and 320, the least region: no region is.
 */
int tensor_write(struct tensor_maker *maker, const uint8_t *pixels, const struct camd_box *region,
                 uint8_t *tensor);

/* The part of the tensor, from its left top, that shows the region. */
struct tensor_size {
    uint32_t width, height;
};
struct tensor_size tensor_content(uint32_t region_width, uint32_t region_height, uint32_t tensor_width,
                                  uint32_t tensor_height);

/* A region's part of a plane of the frame: where it begins, and its size, outside of the frame included. */
struct tensor_plane {
    uint32_t x, y, width, height;
};
struct tensor_plane tensor_luma(const struct camd_box *region);
struct tensor_plane tensor_chroma(const struct camd_box *region);

#endif
