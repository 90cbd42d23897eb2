#include "tracker/exposure.h"

#include <math.h>

enum {
    BINS = EXPOSURE_BINS,
    SAMPLES_LEAST = 64, /* fewer tell nothing */
};

#define CLIPPED      230.0F /* brighter may have been brighter still */
#define SCENE_LEAST  12.0F  /* levels above black: lower is noise */
#define NOW_LEAST    1.0F
#define AGREED_SHARE 0.5  /* of the samples, in the median's bin and those beside it */
#define RATIO_LEAST  0.04 /* its logarithm: less is noise */
#define TAKEN_OUT    0.95 /* of the difference */

void exposure_add(struct exposure_samples *samples, float scene, float now)
{
    if (scene - EXPOSURE_BLACK < SCENE_LEAST || now - EXPOSURE_BLACK < NOW_LEAST || scene > CLIPPED ||
        now > CLIPPED)
        return;
    const float ratio =
        logf((now - EXPOSURE_BLACK) / (scene - EXPOSURE_BLACK)) / (2.0F * logf(EXPOSURE_MOST));
    samples->bins[(int)fminf(fmaxf((ratio + 0.5F) * BINS, 0.0F), BINS - 1)]++;
    samples->count++;
}

static int median_of(const struct exposure_samples *samples)
{
    uint32_t below = 0;
    int bin = 0;
    while (bin + 1 < BINS && 2 * (below + samples->bins[bin]) < samples->count)
        below += samples->bins[bin++];
    return bin;
}

float exposure_correction(const struct exposure_samples *samples)
{
    const int median = median_of(samples);
    uint32_t agreed = 0;
    double sum = 0.0;
    if (median == 0 || median == BINS - 1) /* which have all that is beyond them, too */
        return 1.0F;
    for (int bin = median - 1; bin <= median + 1; bin++) {
        agreed += samples->bins[bin];
        sum += (bin + 0.5) * samples->bins[bin];
    }
    if (samples->count < SAMPLES_LEAST || agreed < AGREED_SHARE * samples->count)
        return 1.0F;
    const double ratio = (sum / agreed / BINS - 0.5) * 2.0 * log((double)EXPOSURE_MOST);
    return fabs(ratio) < RATIO_LEAST ? 1.0F : (float)exp(-TAKEN_OUT * ratio);
}

void exposure_correct(float *y, float *u, float *v, size_t width, float correction)
{
    for (size_t x = 0; x < width; x++) {
        y[x] = EXPOSURE_BLACK + (y[x] - EXPOSURE_BLACK) * correction;
        u[x] = EXPOSURE_GREY + (u[x] - EXPOSURE_GREY) * correction;
        v[x] = EXPOSURE_GREY + (v[x] - EXPOSURE_GREY) * correction;
    }
}
