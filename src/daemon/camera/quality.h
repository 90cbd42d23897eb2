/*
 * quality.h - how well a camera's pictures have come in the last hour and the last day
 *
 * Outages, tries to connect, stalls, the time without pictures and the bytes are counted in steps: an hour in six of ten
 * minutes, a day in twelve of two hours. The present step is the last of them, so that the sums are those of 50 to 60
 * minutes, and of 22 to 24 hours; and all of it since the camera was added, bytes aside. Less than 320 bytes a camera, and
 * nothing that has to be done at a time. Pure: times come in as arguments, in ms on the monotonic clock.
 */
#ifndef CAMD_DAEMON_CAMERA_QUALITY_H
#define CAMD_DAEMON_CAMERA_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

enum quality_span { QUALITY_HOUR, QUALITY_DAY, QUALITY_SPANS };
enum quality_count { QUALITY_OUTAGES, QUALITY_RECONNECTS, QUALITY_STALLS, QUALITY_COUNTS };

enum {
    QUALITY_HOUR_STEPS = 6,
    QUALITY_DAY_STEPS = 12,
    QUALITY_STEPS = QUALITY_HOUR_STEPS + QUALITY_DAY_STEPS
};

/* The first steps are those of the hour. All zero at first. */
struct quality {
    uint32_t kilobytes[QUALITY_STEPS];
    uint16_t measured_s[QUALITY_STEPS], dark_s[QUALITY_STEPS];
    uint16_t counts[QUALITY_COUNTS][QUALITY_STEPS];
    uint32_t step[QUALITY_SPANS];                        /* number of the present one */
    uint32_t total_counts[QUALITY_COUNTS], total_dark_s; /* since the camera was added */
    uint16_t dark_rest_ms;                               /* that made no whole second */
    bool is_out;                                         /* the present darkness was counted as an outage */
    int64_t dark_ms;                                     /* since then; 0: it is not dark */
    int64_t bytes_ms; /* when bytes were counted last; 0: nothing is counted */
    uint64_t bytes;   /* of the worker's count, that are in kilobytes */
};

struct quality_sum {
    uint32_t counts[QUALITY_COUNTS];
    uint32_t dark_s;
    double kilobits_a_second; /* while pictures came; negative: not known */
};

void quality_count(struct quality *quality, enum quality_count what, int64_t now_ms);
/* There are no pictures, since since_ms; again and again is fine. is_failure: that is an outage, which counts once. */
void quality_dark(struct quality *quality, int64_t since_ms, bool is_failure, int64_t now_ms);
/* There are some, or there should be none. */
void quality_light(struct quality *quality, int64_t now_ms);

/*
 * The count of bytes by the worker's word, which begins again with new segments: what no network carries is not
 * believed. The first one begins a measurement, which ends with the last one.
 */
void quality_bytes(struct quality *quality, uint64_t bytes, int64_t now_ms);
void quality_bytes_end(struct quality *quality);

void quality_sum(const struct quality *quality, enum quality_span span, int64_t now_ms,
                 struct quality_sum *sum);
/* Since the camera was added; the bit rate is not known. */
void quality_total(const struct quality *quality, int64_t now_ms, struct quality_sum *sum);

#endif
