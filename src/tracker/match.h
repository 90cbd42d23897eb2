/*
 * match.h - whether a detection is of a track's object
 *
 * Their worth as a pair is the logarithm of how much likelier the detection is if it is of that object than if it is of
 * another one: R. W. Sittler, An Optimal Data Association Problem in Surveillance Theory (1964), and S. Blackman and R.
 * Popoli, Design and Analysis of Modern Tracking Systems (1999). The track's filter says where the object is, and how
 * little that says after it was missed for some time; colours speak for or against, but never against a box that is where
 * it should be. A detection far from the frame's sides is rather of an object that is known already, for it had to come
 * from somewhere: that is what keeps numbers behind posts.
 *
 * Places where objects vanish and come out are not learnt, for there is next to nothing to gain. Footage of a street with a
 * sign post, at 10, 5 and 2.5 frames a second, MOTA/IDF1: without the last rule 92.5/83.7, 90.8/83.1, 86.9/80.3; with it
 * 92.8/84.0, 91.6/83.7, 88.3/82.3; with the post's place marked by hand and detections there worth 1 more 93.0/84.6,
 * 91.9/84.2, 88.6/82.9, worth 3 more 93.6/81.3, 92.1/83.9, 88.7/82.6; with predictions there shown for a second 93.0/83.9,
 * 92.1/83.7, 88.9/82.5. Pure.
 */
#ifndef CAMD_TRACKER_MATCH_H
#define CAMD_TRACKER_MATCH_H

#include "tracker/track.h"

/* Above 0 the more the more alike; 0 when it is likelier another object. */
double match_worth(const struct track *track, const struct track_look *look, const struct track_frame *frame);

#endif
