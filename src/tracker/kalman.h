/*
 * kalman.h - a Kalman filter of one coordinate that moves at a constant velocity
 *
 * Coordinates of a box are filtered independently of each other. The time step is one frame. Source: R. E.
 * Kalman, A New Approach to Linear Filtering and Prediction Problems (1960), with the reference's numbers
 *: fed with a measurement each frame it gives what the reference's filter gives. Other than there,
 * the variances grow in frames without a measurement, so that the next one counts for more.
 */
#ifndef CAMD_TRACKER_KALMAN_H
#define CAMD_TRACKER_KALMAN_H

struct kalman {
    double position, velocity; /* pixels, pixels a frame */
    double position_variance, covariance, velocity_variance;
};

/* Variances: of a measurement, and of what a frame adds to position and velocity. Both above 0. */
struct kalman_noise {
    double measurement, process;
};

/* At rest at position. */
void kalman_start(struct kalman *filter, double position);

/* One frame passes. */
void kalman_predict(struct kalman *filter, const struct kalman_noise *noise);

/* What was measured in this frame; once a frame, after kalman_predict. */
void kalman_update(struct kalman *filter, const struct kalman_noise *noise, double measured);

#endif
