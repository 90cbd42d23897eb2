/*
 * kalman.h - a Kalman filter of one coordinate that moves at a velocity that wanders
 *
 * Coordinates of a box are filtered independently of each other. Time is in seconds: what a step of any length adds to
 * the variances is what steps that make it up would add, so that frames that are left out, another rate and gaps need
 * no care. Sources: R. E. Kalman, A New Approach to Linear Filtering and Prediction Problems (1960); Y. Bar-Shalom, X. R.
 * Li and T. Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), 6.2, for a velocity driven by
 * white noise and a position with white noise of its own. Other than the reference's (spec C6), whose step is one frame
 * and whose noise is a number of pixels, it means the same at every rate and size.
 */
#ifndef CAMD_TRACKER_KALMAN_H
#define CAMD_TRACKER_KALMAN_H

struct kalman {
    double position, velocity; /* pixels, pixels a second */
    double position_variance, covariance, velocity_variance;
};

/* What a second adds to the variances of position (pixels squared) and velocity (pixels a second, squared). */
struct kalman_noise {
    double walk, acceleration;
};

/* At rest, as far as is known. Variances: of the position, and of the velocity that it may have. */
void kalman_start(struct kalman *filter, double position, double position_variance, double velocity_variance);

/* Time passes: seconds, 0 or more. */
void kalman_predict(struct kalman *filter, const struct kalman_noise *noise, double seconds);

/* It was measured now, with that variance (above 0). */
void kalman_update(struct kalman *filter, double measured, double variance);

#endif
