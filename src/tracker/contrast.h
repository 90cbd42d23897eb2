/*
 * contrast.h - stretching the motion picture's contrast
 *
 * Step 3 of the reference's motion detector: the 4th and the 96th percentile of each picture go
 * into a history of 50, and their means over the history become black and white. Pure; no memory of its own.
 */
#ifndef CAMD_TRACKER_CONTRAST_H
#define CAMD_TRACKER_CONTRAST_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CONTRAST_LEVELS = 256,
    CONTRAST_HISTORY = 50,
};

struct contrast {
    uint8_t low[CONTRAST_HISTORY], high[CONTRAST_HISTORY];
    uint32_t low_sum, high_sum;
    uint32_t next; /* index of the oldest pair */
    bool begun;
};

/*
 * An empty history, which the first picture's pair fills. (The reference's begins with 50 pairs (0, 255), so that for 50
 * pictures the contrast rises, which looks like motion.)
 */
void contrast_init(struct contrast *contrast);

/*
 * The percentile of the levels that the histogram counts (count of them, at least 1), interpolated linearly
 * between neighbours in the sorted order as NumPy does (Hyndman and Fan's definition 7), and truncated to a
 * level.
 */
uint8_t contrast_percentile(const uint32_t histogram[CONTRAST_LEVELS], uint32_t count, double percent);

/*
 * Learns from a picture's histogram and writes the table that maps its levels. False, with nothing learnt and
 * no table written, when both percentiles are the same: a picture of one colour stays as it is.
 */
bool contrast_update(struct contrast *contrast, const uint32_t histogram[CONTRAST_LEVELS], uint32_t count,
                     uint8_t table[CONTRAST_LEVELS]);

#endif
