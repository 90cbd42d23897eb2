/*
 * best_view.h - which part of a frame the picture of an object shows
 *
 * The object with its surroundings, at the size that the frame has them: as much around it as there is room for, up to the
 * whole frame. What a picture is kept for is the object, and a whole frame reduced to a small file would show little of it;
 * so surroundings are given up before size is. Only an object that is too large itself is reduced. Pure.
 */
#ifndef CAMD_TRACKER_BEST_VIEW_H
#define CAMD_TRACKER_BEST_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

struct best_view {
    struct camd_box part;   /* of the frame; even corners, right and bottom outside of it */
    uint32_t width, height; /* of the picture: the part's, or less; even */
};

/*
 * The view of an object (a box, right and bottom outside of it) in a frame of even sides, of about so many pixels at most.
 * Around the object there is a fourth of its larger side, where the frame goes on. False when the object is not in the frame.
 */
bool best_view_choose(struct best_view *view, const struct camd_box *object, uint32_t width, uint32_t height,
                      uint64_t pixels);

#endif
