/*
 * perspective.h - a flat four-cornered place, and how a picture shows it
 *
 * What is flat (a road, a yard) and its picture are related by a projective map, which four corners determine: P. S.
 * Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), section 2.2. Pure.
 */
#ifndef CAMD_BASE_PERSPECTIVE_H
#define CAMD_BASE_PERSPECTIVE_H

#include <stdbool.h>

enum { QUADRILATERAL_CORNERS = 4 };

struct plane_point {
    double x, y;
};

/* Corners in their order, either way round. */
struct quadrilateral {
    struct plane_point corners[QUADRILATERAL_CORNERS];
};

/* Whether no side crosses another, no corner points inwards, and no three corners lie on a line. */
bool quadrilateral_is_convex(const struct quadrilateral *quadrilateral);

/*
 * The shape that has these sides, the first one from the first corner to the second. Sides alone leave it free to lean; of
 * all such shapes this is the one with the largest area, whose corners lie on a circle: a rectangle where opposite sides
 * are equal. False, and shape untouched, when one side is as long as the others together, so that nothing has them.
 */
bool quadrilateral_of_sides(const double sides[QUADRILATERAL_CORNERS], struct quadrilateral *shape);

/* A map from one plane to the other. */
struct perspective {
    double matrix[3][3], determinant;
    double least_weight; /* of a place that is near enough to the corners */
};

/* The map that takes each corner of one to that of the other; both are convex. */
void perspective_make(struct perspective *perspective, const struct quadrilateral *from,
                      const struct quadrilateral *to);

/*
 * Where a place is in the other plane, and *magnification: how much larger an area about it is there. False, and nothing
 * written, when it is at the horizon, or so far towards it from the corners that they tell nothing about it.
 */
bool perspective_map(const struct perspective *perspective, struct plane_point place,
                     struct plane_point *mapped, double *magnification);

#endif
