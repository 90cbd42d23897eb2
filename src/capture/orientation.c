#include "capture/orientation.h"

#include <stddef.h>
#include <stdlib.h>

/* A quarter turn reads down columns: small squares stay in the processor's cache. */
enum { SQUARE = 32 };

/*
 * The matrix takes a pixel at p,q to p*m[0] + q*m[3], p*m[1] + q*m[4]; where it stands then, beyond its signs, does not
 * matter.
 */
struct orientation orientation_of_matrix(const int32_t *matrix)
{
    if (!matrix)
        return (struct orientation){0};
    if (matrix[1] == 0 && matrix[3] == 0)
        return (struct orientation){.flips_x = matrix[0] < 0, .flips_y = matrix[4] < 0};
    if (matrix[0] == 0 && matrix[4] == 0)
        return (struct orientation){.transposed = true, .flips_x = matrix[3] < 0, .flips_y = matrix[1] < 0};
    return (struct orientation){0};
}

bool orientation_is_upright(struct orientation orientation)
{
    return !orientation.transposed && !orientation.flips_x && !orientation.flips_y;
}

bool orientations_equal(struct orientation a, struct orientation b)
{
    return a.transposed == b.transposed && a.flips_x == b.flips_x && a.flips_y == b.flips_y;
}

void orientation_turn_size(struct orientation orientation, int *width, int *height)
{
    if (!orientation.transposed)
        return;
    int swapped = *width;
    *width = *height;
    *height = swapped;
}

/* A mirror from left to right after the turn takes flips_x the other way. */
int orientation_degrees(struct orientation orientation, bool *mirrored)
{
    *mirrored = orientation.transposed ? orientation.flips_x == orientation.flips_y
                                       : orientation.flips_x != orientation.flips_y;
    bool flips_x = orientation.flips_x != *mirrored;

    if (orientation.transposed)
        return flips_x ? 90 : 270;
    return flips_x ? 180 : 0;
}

/* Steps from one pixel of the upright plane to the next one, in the given plane. */
struct steps {
    const uint8_t *origin;
    ptrdiff_t right, down;
};

static struct steps steps_of(struct orientation orientation, const uint8_t *plane, ptrdiff_t stride,
                             int width, int height)
{
    struct steps steps = {.right = orientation.transposed ? stride : 1,
                          .down = orientation.transposed ? 1 : stride};
    ptrdiff_t start = 0;
    if (orientation.flips_x) {
        start += (width - 1) * steps.right;
        steps.right = -steps.right;
    }
    if (orientation.flips_y) {
        start += (height - 1) * steps.down;
        steps.down = -steps.down;
    }
    steps.origin = plane + start;
    return steps;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void square_turn(const struct steps *steps, uint8_t *to, int stride, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            to[(ptrdiff_t)y * stride + x] = steps->origin[y * steps->down + x * steps->right];
}

static void plane_turn(struct orientation orientation, uint8_t *to, int to_stride, const uint8_t *from,
                       int stride, int width, int height)
{
    const struct steps whole = steps_of(orientation, from, stride, width, height);
    for (int y = 0; y < height; y += SQUARE)
        for (int x = 0; x < width; x += SQUARE) {
            struct steps steps = whole;
            steps.origin += y * steps.down + x * steps.right;
            square_turn(&steps, to + (ptrdiff_t)y * to_stride + x, to_stride, smaller(SQUARE, width - x),
                        smaller(SQUARE, height - y));
        }
}

void orientation_turn(struct orientation orientation, const struct planes *to, const struct planes *from,
                      int width, int height)
{
    plane_turn(orientation, to->data[0], to->strides[0], from->data[0], from->strides[0], width, height);
    for (int i = 1; i < 3; i++)
        plane_turn(orientation, to->data[i], to->strides[i], from->data[i], from->strides[i], width / 2,
                   height / 2);
}
