#include "camctl/corners.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Of the picture's side: a click beside the edge is meant on it, one farther away is of another picture. */
#define SLIP 0.02
/* Of the picture: less is a line, whatever was meant. */
#define AREA_LEAST 1e-4
#define PLACES     10000.0

static bool fails(struct corners_problem *problem, enum corners_fault fault, size_t first, size_t second)
{
    *problem = (struct corners_problem){fault, first, second};
    return false;
}

/* ---- reading ---- */

static bool read_point(const char *word, struct shape_point *point)
{
    const char *comma = strchr(word, ',');
    char *x = comma ? text_format("%.*s", (int)(comma - word), word) : NULL;
    const bool is_point = x && text_to_double(x, &point->x) && text_to_double(comma + 1, &point->y);
    free(x);
    return is_point;
}

static bool is_same(const struct shape_point *a, const struct shape_point *b)
{
    return fabs(a->x - b->x) <= 0 && fabs(a->y - b->y) <= 0;
}

/* A corner that was clicked twice is one, and whoever closes the polygon names its first corner again. */
static bool drop_repeated(struct corners *corners, struct corners_problem *problem)
{
    size_t kept = 0;
    for (size_t i = 0; i < corners->count; i++) {
        if (kept > 0 && is_same(&corners->points[i], &corners->points[kept - 1]))
            continue;
        corners->words[kept] = corners->words[i];
        corners->points[kept++] = corners->points[i];
    }
    if (kept > 1 && is_same(&corners->points[0], &corners->points[kept - 1]))
        kept--;
    corners->count = kept;
    return kept >= 3 || fails(problem, CORNERS_TOO_FEW, kept, 0);
}

bool corners_read(struct corners *corners, char *const *words, size_t count, struct corners_problem *problem)
{
    *corners = (struct corners){.count = 0};
    for (size_t i = 0; i < count; i++) {
        struct shape_point *point = &corners->points[corners->count];
        if (corners->count == CONFIG_POINTS_MAX)
            return fails(problem, CORNERS_TOO_MANY, 0, 0);
        if (!read_point(words[i], point))
            return fails(problem, CORNERS_NO_POINT, i + 1, 0);
        corners->are_pixels = corners->are_pixels || point->x > 1 || point->y > 1;
        corners->words[corners->count++] = i + 1;
    }
    return drop_repeated(corners, problem);
}

/* ---- shares ---- */

/* Within 0..1 when it is nearly. */
static bool move_in(double *share, bool *is_moved)
{
    if (!(*share >= -SLIP && *share <= 1 + SLIP))
        return false;
    *is_moved = *is_moved || *share < 0 || *share > 1;
    *share = *share < 0 ? 0 : *share > 1 ? 1 : *share;
    return true;
}

bool corners_scale(struct corners *corners, double width, double height, struct corners_problem *problem)
{
    for (size_t i = 0; i < corners->count; i++) {
        struct shape_point *point = &corners->points[i];
        bool is_moved = false;
        if (corners->are_pixels)
            *point = (struct shape_point){point->x / (width - 1), point->y / (height - 1)};
        if (!move_in(&point->x, &is_moved) || !move_in(&point->y, &is_moved))
            return fails(problem, CORNERS_OUTSIDE, corners->words[i], 0);
        *point = (struct shape_point){round(point->x * PLACES) / PLACES, round(point->y * PLACES) / PLACES};
        corners->moved += is_moved;
    }
    corners->are_pixels = false;
    return drop_repeated(corners, problem); /* what four places do not tell apart */
}

/* ---- whether they make a place ---- */

static double twice_the_area(const struct corners *corners)
{
    double sum = 0;
    for (size_t i = 0; i < corners->count; i++) {
        const struct shape_point *a = &corners->points[i], *b = &corners->points[(i + 1) % corners->count];
        sum += a->x * b->y - b->x * a->y;
    }
    return fabs(sum);
}

/* On which side of the line from a to b the point is: above 0, below, or 0 on it. */
static double side_of(const struct shape_point *a, const struct shape_point *b,
                      const struct shape_point *point)
{
    return (b->x - a->x) * (point->y - a->y) - (b->y - a->y) * (point->x - a->x);
}

static bool is_between(const struct shape_point *a, const struct shape_point *b,
                       const struct shape_point *point)
{
    return fmin(a->x, b->x) <= point->x && point->x <= fmax(a->x, b->x) && fmin(a->y, b->y) <= point->y &&
           point->y <= fmax(a->y, b->y);
}

/* Whether two sides have a point in common. */
static bool meet(const struct shape_point *a, const struct shape_point *b, const struct shape_point *c,
                 const struct shape_point *d)
{
    const double of_c = side_of(a, b, c), of_d = side_of(a, b, d), of_a = side_of(c, d, a),
                 of_b = side_of(c, d, b);
    if (of_c * of_d < 0 && of_a * of_b < 0)
        return true;
    return (!(fabs(of_c) > 0) && is_between(a, b, c)) || (!(fabs(of_d) > 0) && is_between(a, b, d)) ||
           (!(fabs(of_a) > 0) && is_between(c, d, a)) || (!(fabs(of_b) > 0) && is_between(c, d, b));
}

/* Sides that follow each other have a corner in common, and may have no more: one must not go back on the other. */
static bool sides_cross(const struct corners *corners, size_t first, size_t second)
{
    const size_t count = corners->count;
    const struct shape_point *a = &corners->points[first], *b = &corners->points[(first + 1) % count],
                             *c = &corners->points[second], *d = &corners->points[(second + 1) % count];
    if (second == first + 1) /* at b, which is c */
        return !(fabs(side_of(a, b, d)) > 0) && (is_between(a, b, d) || is_between(c, d, a));
    if ((second + 1) % count == first) /* at a, which is d */
        return !(fabs(side_of(c, d, b)) > 0) && (is_between(c, d, b) || is_between(a, b, c));
    return meet(a, b, c, d);
}

bool corners_check(const struct corners *corners, struct corners_problem *problem)
{
    for (size_t first = 0; first < corners->count; first++)
        for (size_t second = first + 1; corners->count > 3 && second < corners->count; second++)
            if (sides_cross(corners, first, second))
                return fails(problem, CORNERS_CROSSING, corners->words[first], corners->words[second]);
    return twice_the_area(corners) / 2 >= AREA_LEAST || fails(problem, CORNERS_ON_A_LINE, 0, 0);
}

/* ---- writing ---- */

void corners_write(const struct corners *corners, char text[CORNERS_TEXT_BYTES])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < corners->count && length < CORNERS_TEXT_BYTES; i++)
        length += (size_t)snprintf(text + length, CORNERS_TEXT_BYTES - length, "%s%.4g,%.4g",
                                   i > 0 ? " " : "", corners->points[i].x, corners->points[i].y);
}
