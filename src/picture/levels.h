/* levels.h - the levels of samples, of limited and of full range (ITU-R BT.601, and JFIF) */
#ifndef CAMD_PICTURE_LEVELS_H
#define CAMD_PICTURE_LEVELS_H

#include <stdint.h>

enum {
    LIMITED_BLACK = 16,
    LIMITED_LUMA = 219,   /* steps from black to white */
    LIMITED_CHROMA = 224, /* steps of a chroma sample, round its middle */
    LEVEL_MIDDLE = 128,
    LEVEL_MOST = 255,
};

static inline uint8_t level_cut(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > LEVEL_MOST ? LEVEL_MOST : value);
}

#endif
