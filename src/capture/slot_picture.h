/*
 * slot_picture.h - a decoded picture into a slot: one copy, or one pass of libswscale
 *
 * A slot holds I420 in limited range without padding. A picture that is that already, in the slot's size, is
 * copied; anything else goes through libswscale once, straight into the slot where its planes are aligned as
 * libswscale's vector code wants them (width a multiple of 128), else with a copy after it.
 */
#ifndef CAMD_CAPTURE_SLOT_PICTURE_H
#define CAMD_CAPTURE_SLOT_PICTURE_H

#include <stdint.h>

struct AVFrame;
struct SwsContext;

struct picture {
    struct SwsContext *scaler; /* for the geometry below; NULL: none made yet */
    struct AVFrame *staging;   /* where libswscale writes when the slot's planes don't suit it, or NULL */
    int source_width, source_height, source_format, source_full_range;
    int width, height;
};

void picture_init(struct picture *picture);
void picture_fini(struct picture *picture);

/*
 * The size in which a source of this size is delivered: I420 needs even numbers, so that an odd last column
 * or row is left out.
 */
uint32_t picture_even(int size);

/* Writes width*height*3/2 bytes; both even. 0 or a negative libav error, pixels undefined then. */
int picture_write(struct picture *picture, const struct AVFrame *frame, uint8_t *pixels, uint32_t width,
                  uint32_t height);

#endif
