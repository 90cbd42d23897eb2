/*
 * contour.h - outer contours of a binary picture
 *
 * Finds the connected figures (8 neighbours) that are not inside a hole of another one, by border following:
 * S. Suzuki, K. Abe, "Topological structural analysis of digitized binary images by border following", 1985,
 * reduced to outermost outer borders. Pure; no memory of its own.
 */
#ifndef CAMD_TRACKER_CONTOUR_H
#define CAMD_TRACKER_CONTOUR_H

#include <stddef.h>
#include <stdint.h>

enum {
    CONTOUR_PAD = 1,  /* pixels of empty margin on each side of the picture */
    CONTOUR_MAX = 64, /* contours kept */
};

/* The bounding rectangle of a contour, and its area: that of the polygon through the centres of its pixels. */
struct contour {
    uint32_t x, y, width, height; /* pixels */
    double area;
};

struct contour_list {
    double total_area; /* of all contours, small ones too */
    uint32_t found;    /* contours larger than the minimum */
    uint32_t count;    /* of those, in kept: the largest ones */
    struct contour kept[CONTOUR_MAX];
};

/* Bytes of a picture with its margin; rows are width + 2 * CONTOUR_PAD apart. */
size_t contour_picture_bytes(uint32_t width, uint32_t height);

/*
 * Lists the contours whose area is larger than min_area. picture: 0 background, 1 figure, with the margin all
 * 0; its figure pixels are changed to marks.
 */
void contour_find(int8_t *picture, uint32_t width, uint32_t height, double min_area,
                  struct contour_list *list);

#endif
