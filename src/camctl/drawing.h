/*
 * drawing.h - what is drawn over a camera's picture: region grid, ruler, zones and masks, boxes, stamp
 *
 * What camd has to be asked for is asked for once, before the picture is taken; drawing itself waits for nobody.
 */
#ifndef CAMD_CAMCTL_DRAWING_H
#define CAMD_CAMCTL_DRAWING_H

#include "camctl/view.h"
#include "picture/places.h"

enum drawing_layer {
    DRAWING_GRID = 1,
    DRAWING_ZONES = 2, /* and masks */
    DRAWING_BOXES = 4,
    DRAWING_RULER = 8,
    DRAWING_STAMP = 16,
    DRAWING_ALL = 31,
};

struct drawing {
    unsigned int layers; /* bits of enum drawing_layer */
    json_t *zone, *grid; /* the answers to these verbs; NULL: not asked for */
    bool stamp_has_no_name, stamp_is_utc;
    const struct place *extra; /* one more place, the caller's; NULL: none */
};

/* The layers that the options of snapshot name. */
unsigned int drawing_layers(const struct options *options);
/* Asks camd for what the layers need. */
enum status drawing_ask(struct command *command, struct drawing *drawing, const char *camera);
/* Draws on the view's picture, or on a copy of another size. How many boxes, or cells of the grid, were drawn. */
size_t drawing_draw(const struct drawing *drawing, const struct view *view, struct picture *picture);
void drawing_fini(struct drawing *drawing);

#endif
