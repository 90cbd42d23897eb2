/*
 * panning.h - whether the camera itself turns, tilts or zooms
 *
 * Then most of what has structure in the picture, in most parts of it, is found again somewhere else, all of it displaced alike, and
 * what seems to be new in the scene says nothing of objects. Pictures are compared at a quarter of the movers' size each way, by
 * their structure, so that light makes no difference, with one some time before, so that slow turns are seen as well. A camera
 * that sways a little about its place does not turn. What can't be told from a turn: a thing that fills more than half of the
 * picture and goes through it. What is not seen as one: a turn so fast that two pictures have little in common, which is left to
 * lighting.h, and a drift of less than about four pixels a second, whose edges movers.c leaves out. No I/O; memory is taken by panning_init only.
 */
#ifndef CAMD_TRACKER_PANNING_H
#define CAMD_TRACKER_PANNING_H

#include <stdbool.h>
#include <stdint.h>

enum panning_state {
    PANNING_RESTS,
    PANNING_MOVES,
    PANNING_HAS_MOVED, /* it rests since this picture, and shows another view than before, or has shown others for long */
};

/* Quartered pixels, and a share of the picture's size. */
struct panning_place {
    double x, y, zoom;
};

struct panning {
    uint32_t whole_width, whole_height; /* of the picture */
    uint32_t width, height;             /* of the quartered one */
    int8_t *picture;                    /* structure: the levels less those around them */
    int8_t *reference;                  /* the same, of an earlier picture */
    uint8_t *levels;                    /* the quartered picture */
    uint32_t *columns;                  /* sums of levels of whole columns, and of those about a row */
    bool has_begun;
    struct panning_place place; /* of the view, from where it rested */
    struct panning_place reference_place;
    struct panning_place stood; /* where it was about so many pictures ago: */
    uint32_t still;
    uint32_t lost;    /* pictures in a row in which the reference was not found */
    uint32_t astray;  /* of a camera that turns: such pictures, less those in which it was found */
    bool has_strayed; /* there was one since it began to turn: how far it has gone is not known */
    uint32_t reference_age, moving; /* pictures since it, and since the view began to move */
    enum panning_state state;
};

/* width, height: of the whole picture. 0 or -ENOMEM; untouched then. */
int panning_init(struct panning *panning, uint32_t width, uint32_t height);
void panning_fini(struct panning *panning);

/* Looks at the next picture (width * height levels), of so many a second, if enough of it (0..1) is new in the scene. */
enum panning_state panning_look(struct panning *panning, const uint8_t *luma, double new_share, double fps);

/* For how many seconds it has moved. */
double panning_seconds(const struct panning *panning, double fps);

#endif
