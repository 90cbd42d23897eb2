#include "tracker/contrast.h"

#include <math.h>
#include <string.h>

#define LOW_PERCENT  4.0
#define HIGH_PERCENT 96.0

void contrast_init(struct contrast *contrast)
{
    *contrast = (struct contrast){0};
}

/* The level with the given rank (from 0) in the sorted order. */
static unsigned int level_of_rank(const uint32_t histogram[CONTRAST_LEVELS], uint32_t rank)
{
    unsigned int level = 0;
    uint32_t below = histogram[0];
    while (below <= rank && level < CONTRAST_LEVELS - 1)
        below += histogram[++level];
    return level;
}

uint8_t contrast_percentile(const uint32_t histogram[CONTRAST_LEVELS], uint32_t count, double percent)
{
    double position = (double)(count - 1) * (percent / 100.0);
    double whole = floor(position);
    double part = position - whole;
    uint32_t rank = (uint32_t)whole;
    uint32_t next = rank + 1 < count ? rank + 1 : count - 1;
    double a = level_of_rank(histogram, rank);
    double b = level_of_rank(histogram, next);
    /* From the nearer end, as NumPy: the two forms round differently, and the result is truncated. */
    double value = part < 0.5 ? a + (b - a) * part : b - (b - a) * (1.0 - part);
    return (uint8_t)value;
}

static void history_push(struct contrast *contrast, uint8_t low, uint8_t high)
{
    contrast->low_sum += (uint32_t)low - contrast->low[contrast->next];
    contrast->high_sum += (uint32_t)high - contrast->high[contrast->next];
    contrast->low[contrast->next] = low;
    contrast->high[contrast->next] = high;
    contrast->next = (contrast->next + 1) % CONTRAST_HISTORY;
}

static void history_fill(struct contrast *contrast, uint8_t low, uint8_t high)
{
    memset(contrast->low, low, sizeof(contrast->low));
    memset(contrast->high, high, sizeof(contrast->high));
    contrast->low_sum = (uint32_t)CONTRAST_HISTORY * low;
    contrast->high_sum = (uint32_t)CONTRAST_HISTORY * high;
    contrast->next = 1;
    contrast->begun = true;
}

bool contrast_update(struct contrast *contrast, const uint32_t histogram[CONTRAST_LEVELS], uint32_t count,
                     uint8_t table[CONTRAST_LEVELS])
{
    uint8_t low = contrast_percentile(histogram, count, LOW_PERCENT);
    uint8_t high = contrast_percentile(histogram, count, HIGH_PERCENT);
    if (low >= high)
        return false;
    if (!contrast->begun)
        history_fill(contrast, low, high);
    else
        history_push(contrast, low, high);

    /* Every pair has low < high, so the means differ. */
    double black = contrast->low_sum / (double)CONTRAST_HISTORY;
    double white = contrast->high_sum / (double)CONTRAST_HISTORY;
    for (int level = 0; level < CONTRAST_LEVELS; level++) {
        double raised = level > black ? level : black;
        double clipped = raised < white ? raised : white;
        table[level] = (uint8_t)((clipped - black) / (white - black) * 255.0);
    }
    return true;
}
