#include "tracker/kalman.h"

/* The reference's: little is known about where it is, less about where it goes. */
#define START_POSITION_VARIANCE 10.0
#define START_VELOCITY_VARIANCE 1.0

void kalman_start(struct kalman *filter, double position)
{
    *filter = (struct kalman){
        .position = position,
        .position_variance = START_POSITION_VARIANCE,
        .velocity_variance = START_VELOCITY_VARIANCE,
    };
}

void kalman_predict(struct kalman *filter, const struct kalman_noise *noise)
{
    filter->position += filter->velocity;
    filter->position_variance += 2.0 * filter->covariance + filter->velocity_variance + noise->process;
    filter->covariance += filter->velocity_variance;
    filter->velocity_variance += noise->process;
}

void kalman_update(struct kalman *filter, const struct kalman_noise *noise, double measured)
{
    double innovation = measured - filter->position;
    double variance = filter->position_variance + noise->measurement;
    double position_gain = filter->position_variance / variance;
    double velocity_gain = filter->covariance / variance;

    filter->position += position_gain * innovation;
    filter->velocity += velocity_gain * innovation;
    filter->velocity_variance -= velocity_gain * filter->covariance;
    filter->covariance -= position_gain * filter->covariance;
    filter->position_variance -= position_gain * filter->position_variance;
}
