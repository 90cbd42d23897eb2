/*
 * match.h - whether a detection is of a track's object
 *
 * Their worth as a pair is the logarithm of how much likelier the detection is if it is of that object than if it is of
 * another one: R. W. Sittler, An Optimal Data Association Problem in Surveillance Theory (1964), and S. Blackman and R.
 * Popoli, Design and Analysis of Modern Tracking Systems (1999). The track's filter says where the object is, and how
 * little that says after it was missed for some time; colours speak for or against, but never against a box that is where
 * it should be. A detection far from the frame's sides is rather of an object that is known already, for it had to come
 * from somewhere: that is what keeps numbers behind posts. Pure.
 */
#ifndef CAMD_TRACKER_MATCH_H
#define CAMD_TRACKER_MATCH_H

#include "tracker/track.h"

/* Above 0 the more the more alike; 0 when it is likelier another object. */
double match_worth(const struct track *track, const struct track_look *look, const struct track_frame *frame);

#endif
