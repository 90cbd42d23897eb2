/*
 * corners.h - a polygon as it is read off a picture: corners in pixels or in shares of it, and whether they make a place
 *
 * Pure. Shares are 0 to 1 from the left and the top.
 */
#ifndef CAMD_CAMCTL_CORNERS_H
#define CAMD_CAMCTL_CORNERS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "picture/shape.h"

struct corners {
    struct shape_point points[CONFIG_POINTS_MAX];
    size_t words[CONFIG_POINTS_MAX]; /* which of the words each of them is, from 1 */
    size_t count;
    bool are_pixels; /* of a picture, until corners_scale */
    size_t moved;    /* that were outside, and are on the edge now */
};

enum corners_fault {
    CORNERS_NO_POINT, /* not x,y with two numbers */
    CORNERS_TOO_MANY,
    CORNERS_TOO_FEW,
    CORNERS_OUTSIDE,   /* by more than a hand may slip */
    CORNERS_ON_A_LINE, /* nothing is inside */
    CORNERS_CROSSING,  /* two sides cross */
    CORNERS_FAULT_COUNT
};

/* Where it is: two corners or sides, counted from 1 as the words are; a side is named after the corner that it begins at. */
struct corners_problem {
    enum corners_fault fault;
    size_t first, second;
};

/*
 * Reads words of the form x,y. They are pixels unless none is above 1: no place is one pixel wide. Corners that come
 * twice in a row are one, the first and the last, too. False: what is wrong.
 */
bool corners_read(struct corners *corners, char *const *words, size_t count, struct corners_problem *problem);
/*
 * Pixels of a picture of that size become shares: the first pixel 0 and the last one 1. What is a little outside is moved to
 * the edge.
 */
bool corners_scale(struct corners *corners, double width, double height, struct corners_problem *problem);
/* Whether something is inside, and no side crosses another. */
bool corners_check(const struct corners *corners, struct corners_problem *problem);

/* Bytes of "0.1234,0.5" for each, with spaces between them. */
enum { CORNERS_TEXT_BYTES = CONFIG_POINTS_MAX * 16 };
/* As a setting has them, with four places: half a pixel of the largest pictures. */
void corners_write(const struct corners *corners, char text[CORNERS_TEXT_BYTES]);

#endif
