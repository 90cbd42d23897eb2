/*
 * reduce.h - one detection for each object
 *
 * Regions overlap, so an object is found more than once, and cut off where a region ends. The reference's
 * reduction: non-maximum suppression within a label, in which a box cut off by its region's side counts as not very
 * certain; then boxes that lie within a larger one of their label go. Pure, no memory of its own.
 */
#ifndef CAMD_TRACKER_REDUCE_H
#define CAMD_TRACKER_REDUCE_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/detection.h"
#include "tracker/label.h"

#define REDUCE_SCORE_MIN 0.5F /* what the reference takes as the least score */

/* Whether a side of the region cuts the box off: it is near it, and the frame goes on there. */
bool reduce_is_clipped(const struct detection *detection, int32_t frame_width, int32_t frame_height);

/*
 * Whether a box is a part of a larger one of its label: nearly all of it is inside, and it is not so small that it stands for
 * itself.
 */
bool reduce_is_inside(const struct camd_box *small, const struct camd_box *large,
                      const struct label_traits *traits);

/*
 * Reduces the list in place; detections with a score of score_min or less go. traits: of each label that occurs.
 * What is left is ordered by label, and within it as the reference leaves it: by area, smallest first, or a single one.
 */
void reduce_detections(struct detection_list *list, const struct label_traits *const *traits,
                       int32_t frame_width, int32_t frame_height, float score_min);

#endif
