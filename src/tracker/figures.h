/*
 * figures.h - connected pixels of a mask, and their extent
 *
 * Stray pixels go, gaps of a pixel or two are bridged, and what hangs together then is a figure with a number and a
 * box. No I/O; memory is taken by figures_init only.
 */
#ifndef CAMD_TRACKER_FIGURES_H
#define CAMD_TRACKER_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"

enum { FIGURES_MAX = 128 }; /* of one picture */

/* What the mask has of a pixel that belongs to a figure. */
enum { FIGURES_CERTAIN = 1, FIGURES_DOUBTFUL = 2 };

struct figure {
    struct camd_box box; /* pixels of the mask; right and bottom inclusive */
    uint32_t pixels;
    uint16_t number; /* from 1 */
    bool doubtful;   /* some of its pixels are */
};

/* Pixels of a row that hang together; those of the bridges too. */
struct figures_run {
    uint16_t y, begin, end; /* end: the pixel after it */
    uint16_t number;        /* of the figure */
};

struct figures {
    uint32_t width, height;
    uint8_t *mask;            /* of a figure: FIGURES_CERTAIN, FIGURES_DOUBTFUL, or 0 */
    uint16_t *number;         /* of the figure that a pixel belongs to, those of the bridges too; 0: none */
    uint8_t *line, *blank;    /* a row while it is made; and one without pixels */
    struct figures_run *runs; /* of the whole picture, row by row */
    uint32_t run_count;
    uint16_t *parent;  /* of provisional numbers */
    uint32_t *sums;    /* of one figure's pixels above and left of each corner of a pixel, within its box */
    uint32_t left_out; /* figures for which there was no room */
    uint32_t count;
    struct figure list[FIGURES_MAX];
};

/* 0 or -ENOMEM; untouched then. */
int figures_init(struct figures *figures, uint32_t width, uint32_t height);
void figures_fini(struct figures *figures);

/* Takes the pixels of another mask (1: set) that most of their neighbours agree with. */
void figures_clean(struct figures *figures, const uint8_t *pixels);
/* Lists the figures of the mask. */
void figures_find(struct figures *figures);

/* Whether a pixel is one of the figure. */
static inline bool figures_has(const struct figures *figures, const struct figure *figure, int32_t x,
                               int32_t y)
{
    size_t at = (size_t)y * figures->width + (size_t)x;
    return figures->mask[at] != 0 && figures->number[at] == figure->number;
}

int32_t figure_width(const struct camd_box *box);
int32_t figure_height(const struct camd_box *box);

/* Adds up the pixels of a figure that nobody claimed, for figures_count. */
void figures_sum(struct figures *figures, const struct figure *figure);
/* Of those that were added up, the ones in a box. */
uint32_t figures_count(const struct figures *figures, const struct figure *figure,
                       const struct camd_box *box);
/* Takes the pixels in the box out of the figure, and adds up again. */
void figures_claim(struct figures *figures, const struct figure *figure, const struct camd_box *box);

#endif
