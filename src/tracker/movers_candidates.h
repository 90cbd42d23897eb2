/* movers_candidates.h - what may come to be an object, from picture to picture, until it has moved */
#ifndef CAMD_TRACKER_MOVERS_CANDIDATES_H
#define CAMD_TRACKER_MOVERS_CANDIDATES_H

#include <stdbool.h>

#include "tracker/movers.h"

#define MOVERS_SAME_IOU 0.3 /* at least, of boxes of one object in two pictures */

/*
 * Notes a box of this picture and says whether it has moved. What changed at one place and stays there is a door, a lamp or a
 * parked car: it has to move to be an object. And it has to last: the more is new in each picture, as in rain, the likelier one
 * new thing is taken for another.
 */
bool movers_has_moved(struct movers *movers, const struct camd_box *box);
/* At the end of a picture: candidates that were not there any more are forgotten. */
void movers_forget_candidates(struct movers *movers);

#endif
