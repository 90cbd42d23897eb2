/*
 * places.h - zones and masks on a picture, with their names
 *
 * Pure. Colour, stripes and words tell the kinds apart: zones are tinted, masks are striped, those of motion the one way
 * and those of objects the other.
 */
#ifndef CAMD_PICTURE_PLACES_H
#define CAMD_PICTURE_PLACES_H

#include "picture/shape.h"

enum place_kind {
    PLACE_ZONE,
    PLACE_MOTION_MASK,
    PLACE_OBJECT_MASK,
    PLACE_NEW, /* one that is being drawn up */
    PLACE_KIND_COUNT
};

struct place {
    enum place_kind kind;
    const char *name;
    const char *label; /* of a mask for objects of one label; NULL: of all */
    const struct shape_point *points;
    size_t count;
};

/* Draws them in their order and their names above all; names don't cover each other where there is room. */
void places_draw(struct picture *picture, const struct place *places, size_t count);

#endif
