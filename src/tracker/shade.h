/*
 * shade.h - the strong shadow that a figure throws beside itself
 *
 * What the sun throws is too dark for a background to forgive, and as new as the person that it belongs to: both are one figure.
 * Nothing in a few dark pixels tells them from dark clothes, but where they lie does: a shadow lies on the ground, beside the
 * feet, flat and long, and nearly all of it is darker than the ground, but not black. Where a figure has such an end, to its left
 * or right, that is left out of its box. A shadow straight towards the camera or away from it is not told from the figure, nor is that between two
 * people who share one. Pure.
 */
#ifndef CAMD_TRACKER_SHADE_H
#define CAMD_TRACKER_SHADE_H

#include "tracker/figures.h"
#include "tracker/lighting.h"

/*
 * Takes the longer shadow, at the figure's left or right, out of its box and its count of pixels; the mask keeps it. False: it has
 * none, or is doubtful, or wider than there is room for.
 */
bool shade_cut(const struct lighting *lighting, const struct figures *figures, struct figure *figure);

#endif
