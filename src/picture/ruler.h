/*
 * ruler.h - coordinates on a picture, to read places off it
 *
 * Pure. 0 to 1 from the left and from the top: light lines at every tenth, with their numbers along the top and the
 * left, and marks along all edges, at every hundredth where there is room.
 */
#ifndef CAMD_PICTURE_RULER_H
#define CAMD_PICTURE_RULER_H

#include "picture/picture.h"

/* To be drawn before everything else. */
void ruler_draw_lines(struct picture *picture);
/* To be drawn after everything else. */
void ruler_draw_numbers(struct picture *picture);

#endif
