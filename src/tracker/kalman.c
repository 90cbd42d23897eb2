#include "tracker/kalman.h"

void kalman_start(struct kalman *filter, double position, double position_variance, double velocity_variance)
{
    *filter = (struct kalman){
        .position = position,
        .position_variance = position_variance,
        .velocity_variance = velocity_variance,
    };
}

void kalman_predict(struct kalman *filter, const struct kalman_noise *noise, double seconds)
{
    double gained = noise->acceleration * seconds; /* variance of the velocity */
    filter->position += filter->velocity * seconds;
    filter->position_variance +=
        (2.0 * filter->covariance + (filter->velocity_variance + gained / 3.0) * seconds + noise->walk) *
        seconds;
    filter->covariance += (filter->velocity_variance + gained / 2.0) * seconds;
    filter->velocity_variance += gained;
}

void kalman_update(struct kalman *filter, double measured, double variance)
{
    double innovation = measured - filter->position;
    double whole = filter->position_variance + variance;
    double position_gain = filter->position_variance / whole;
    double velocity_gain = filter->covariance / whole;
    filter->position += position_gain * innovation;
    filter->velocity += velocity_gain * innovation;
    filter->velocity_variance -= velocity_gain * filter->covariance;
    filter->covariance -= position_gain * filter->covariance;
    filter->position_variance -= position_gain * filter->position_variance;
}
