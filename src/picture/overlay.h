/*
 * overlay.h - what the tracker found in a frame, drawn on its picture
 *
 * Regions below, motion over them, objects on top with label, id and score. The same drawing for snapshots and for
 * camd-replay's pictures.
 */
#ifndef CAMD_PICTURE_OVERLAY_H
#define CAMD_PICTURE_OVERLAY_H

#include "picture/picture.h"

/*
 * Ids of objects begin with the second of their tracker's start: what comes after it is shown, and is enough to ask
 * for one.
 */
enum { OBJECT_IDS_A_SECOND = 1000000 };

enum overlay_layers { OVERLAY_MOTION = 1, OVERLAY_REGIONS = 2, OVERLAY_OBJECTS = 4, OVERLAY_ALL = 7 };

/* The boxes of a result for a picture of another size than the frame was. */
void overlay_scale(struct camd_result *result, uint32_t from_width, uint32_t from_height, uint32_t to_width,
                   uint32_t to_height);

/*
 * Draws the wanted layers (bits of enum overlay_layers) of a result, motion only when it is calibrated. labels: those of
 * `info`; an object's label beyond label_count appears as its number. Counts in result beyond their limits are cut.
 * Returns the number of boxes drawn.
 */
uint32_t overlay_draw(struct picture *picture, const struct camd_result *result,
                      const char (*labels)[CAMD_LABEL_BYTES], uint32_t label_count, unsigned int layers);

#endif
