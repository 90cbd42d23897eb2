/*
 * object_cut.h - the picture of an object, decoded, and the object cut out of it
 *
 * Pure: bytes in memory. The head is as camd_best_find gives it; the JPEG may be anything.
 */
#ifndef CAMD_PICTURE_OBJECT_CUT_H
#define CAMD_PICTURE_OBJECT_CUT_H

#include "camd/shm.h"
#include "picture/picture.h"

struct object_cut {
    struct picture picture; /* of full range; pixels are the cut's */
    struct camd_box box;    /* the object in it, right and bottom outside; it may be outside of the picture */
};

/* 0, -ENOMEM, or -EBADMSG: it is no picture of that size. object_cut_fini in any case; all zero before. */
int object_cut_decode(struct object_cut *cut, const struct camd_best *head, const uint8_t *jpeg);
/* Leaves the object with a little around it. 0, -ENOMEM, or -EBADMSG: the object is not in the picture. */
int object_cut_crop(struct object_cut *cut);
void object_cut_fini(struct object_cut *cut);

#endif
