/*
 * speed.h - how fast an object moves over the ground, by where its bottom centre was
 *
 * The places of the last two seconds are taken to the ground, in metres, by the map of a zone whose sides were measured, and
 * a line is laid through them over time, so that a box that jitters changes little. A place counts by how large a pixel
 * is there on the ground: far away, where it is much, it counts less.
 *
 * The reference takes the metres that a pixel is from the lengths of the zone's sides, the same in all directions,
 * and multiplies by pixels a frame and the configured rate. A pixel along the line of sight is several times one
 * across it, though, and frames are not evenly spaced: it is wrong by as much. Pure.
 */
#ifndef CAMD_TRACKER_SPEED_H
#define CAMD_TRACKER_SPEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/perspective.h"

enum { SPEED_PLACES = 32 };
#define SPEED_WINDOW_NS INT64_C(2000000000)

/* Where it was during a part of the window, on the mean. */
struct speed_place {
    int64_t since_ns;
    uint32_t count;
    double seconds, x, y; /* sums: after since_ns, and shares of the frame */
};

/* All 0: nowhere yet. */
struct speed_places {
    uint32_t count; /* the oldest first */
    struct speed_place list[SPEED_PLACES];
};

struct speed {
    bool known;
    double value; /* metres a second */
    /* where to in the picture: degrees, 0 to the right, 90 down, below 360; means something while it moves (value above 0) */
    double direction;
};

/* It was seen there. taken_ns rises. */
void speed_note(struct speed_places *places, int64_t taken_ns, double x, double y);

/*
 * How fast it is at that time, known when it was seen often enough in the window. ground: from shares of the frame to metres.
 * aspect: the frame's width by its height, for the direction.
 */
struct speed speed_measure(const struct speed_places *places, const struct perspective *ground, double aspect,
                           int64_t now_ns);

#endif
