/*
 * shade.h - the strong shadow that a figure throws
 *
 * What the sun throws is too dark for a background to forgive, and as new as the person that it belongs to: both are one figure.
 * Two things tell it from dark clothes. All of it is as much darker than the ground, whose structure shows through, as in no
 * clothes: the levels of the scene and of the picture are correlated there, by as much as they are darker (P. L. Rosin, T. Ellis,
 * "Image difference threshold strategies and shadow detection", 1995; J. C. S. Jacques, C. R. Jung, S. R. Musse, 2005, as in
 * light.h). One picture may show that by chance, so that several have to; then the end of a figure, to any side, that is as dark is
 * left out of its box, also where the ground is plain. And a shadow on plain ground lies beside the feet, flat and long: there
 * nothing has to be known. A shadow between two people who share one figure is not told from them. No I/O.
 */
#ifndef CAMD_TRACKER_SHADE_H
#define CAMD_TRACKER_SHADE_H

#include "tracker/figures.h"
#include "tracker/lighting.h"

enum { SHADE_ABOVE, SHADE_BELOW, SHADE_LEFT, SHADE_RIGHT, SHADE_ENDS };

/* What is known of the shadows that lie at that end of figures. */
struct shade_end {
    double ratio;      /* of their levels to those of the ground */
    double trust;      /* how many of late have shown the ground, less those that have not */
    uint32_t pictures; /* since the last one did */
};

/* Of a scene; all 0 at first. */
struct shade {
    struct shade_end ends[SHADE_ENDS];
};

/* After each picture, of so many a second. */
void shade_next(struct shade *shade, double fps);

/*
 * Takes the shadows out of the figure's box and its count of pixels; the mask keeps them. False: it has none, or is doubtful, or
 * larger than there is room for.
 */
bool shade_cut(struct shade *shade, const struct lighting *lighting, const struct figures *figures,
               struct figure *figure);

#endif
