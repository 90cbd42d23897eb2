/*
 * rates.h - what happens in a second, of two samples; and the order that rows are shown in. Pure.
 *
 * Of a first sample alone the rates are means: of a process since it was started, of the stream over the last hour.
 */
#ifndef CAMD_TOP_RATES_H
#define CAMD_TOP_RATES_H

#include "top/sample.h"

/* Of both processes of a camera. Negative: not known. */
struct row {
    const struct sample_camera *camera; /* the sample's */
    double cpu_percent;                 /* 100: one processor */
    double memory_mb;
    double bit_rate_kbps;
};

struct detector_row {
    const struct sample_detector *detector;
    double cpu_percent, memory_mb;
    double load_percent; /* of the time it looked into regions; negative: not known */
};

struct rates {
    struct row *rows;
    size_t row_count;
    struct detector_row *detectors;
    size_t detector_count;
    double cpu_percent, memory_mb; /* of all that is known */
    size_t up;                     /* cameras with pictures */
};

/* before: NULL, or an earlier sample. 0 or -ENOMEM; to be freed in any case. The rows are in the order of now's cameras. */
int rates_make(struct rates *rates, const struct sample *before, const struct sample *now);
void rates_free(struct rates *rates);

/* The most urgent has 0: given up, dark, on the way, degraded, up with a remark, well, not wanted. */
int rates_rank(const struct sample_camera *camera);

#endif
