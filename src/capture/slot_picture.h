/*
 * slot_picture.h - a decoded picture into a slot: one copy, or one pass that converts
 *
 * A slot holds I420 in BT.601 and limited range, upright and without padding. A picture that is that already, in the
 * slot's size, is copied; one that differs in colours or orientation only is converted or turned on its way into the
 * slot. Anything else goes through libswscale once, straight into the slot where its planes are aligned as
 * libswscale's vector code wants them (width a multiple of 128) and it is upright, else with a copy or a turn after
 * it; another matrix is converted after it, in the slot.
 */
#ifndef CAMD_CAPTURE_SLOT_PICTURE_H
#define CAMD_CAPTURE_SLOT_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/colours.h"
#include "capture/orientation.h"
#include "capture/scaler.h"

struct AVFrame;

struct picture {
    const struct colours *said; /* over what pictures are marked as; not owned; NULL: nothing */
    struct scaler scaler;       /* none is made as long as pictures need no scaling */
    struct AVFrame *staging;    /* where libswscale writes when the slot's planes don't suit it, or NULL */
};

/* said: of the key `colours`, or NULL for auto; may change meanwhile. */
void picture_init(struct picture *picture, const struct colours *said);
void picture_fini(struct picture *picture);

/*
 * The size in which a source of this size is delivered: I420 needs even numbers, so that an odd last column
 * or row is left out.
 */
uint32_t picture_even(int size);
/* Whether frames can have that size: CAMD_SIZE_MIN to CAMD_SIZE_MAX, both. */
bool picture_size_is_possible(uint32_t width, uint32_t height);

/*
 * Writes width*height*3/2 bytes of the upright picture; both even. 0 or a negative libav error, pixels undefined then.
 */
int picture_write(struct picture *picture, const struct AVFrame *frame, struct orientation orientation,
                  uint8_t *pixels, uint32_t width, uint32_t height);

#endif
