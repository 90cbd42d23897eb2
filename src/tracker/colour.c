#include "colour.h"

#include <string.h>

/* Where samples are taken: a raster in the middle of the box, where there is least background. */
enum { ROWS = 10, COLUMNS = 10 };
#define MARGIN_X      0.2
#define MARGIN_TOP    0.08
#define MARGIN_BOTTOM 0.1

/* The range of levels that the bins of a plane share; what is outside falls into the outermost. */
static const struct range {
    float from, step;
} ranges[COLOUR_PLANES] = {
    {16.0f, 220.0f / (COLOUR_BINS - 1)},
    {128.0f - 33.0f, 66.0f / (COLOUR_BINS - 1)},
    {128.0f - 33.0f, 66.0f / (COLOUR_BINS - 1)},
};

/* Shared between the two nearest bins, so that small changes of light make small differences. */
static void count(float bins[COLOUR_BINS], const struct range *range, uint8_t level)
{
    float place = ((float)level - range->from) / range->step;
    place = place < 0.0f ? 0.0f : place;
    place = place > COLOUR_BINS - 1 ? COLOUR_BINS - 1 : place;
    int bin = (int)place;
    bin = bin > COLOUR_BINS - 2 ? COLOUR_BINS - 2 : bin;
    float share = place - (float)bin;
    bins[bin] += (1.0f - share) / (ROWS * COLUMNS);
    bins[bin + 1] += share / (ROWS * COLUMNS);
}

static void count_part(float bins[COLOUR_PLANES][COLOUR_BINS], const uint8_t *pixels, uint32_t width,
                       uint32_t height, double x1, double y1, double x2, double y2)
{
    const uint8_t *u = pixels + (size_t)width * height, *v = u + (size_t)(width / 2) * (height / 2);
    for (int row = 0; row < ROWS; row++) {
        uint32_t y = (uint32_t)(y1 + (y2 - y1) * (row + 0.5) / ROWS);
        for (int column = 0; column < COLUMNS; column++) {
            uint32_t x = (uint32_t)(x1 + (x2 - x1) * (column + 0.5) / COLUMNS);
            size_t half = (size_t)(y / 2) * (width / 2) + x / 2;
            count(bins[0], &ranges[0], pixels[(size_t)y * width + x]);
            count(bins[1], &ranges[1], u[half]);
            count(bins[2], &ranges[2], v[half]);
        }
    }
}

static double within(double value, double most)
{
    return value < 0.0 ? 0.0 : value > most ? most : value;
}

void colour_measure(struct colour *colour, const uint8_t *pixels, uint32_t width, uint32_t height,
                    const struct camd_box *box)
{
    memset(colour, 0, sizeof *colour);
    double w = (double)box->x2 - box->x1, h = (double)box->y2 - box->y1;
    double x1 = within(box->x1 + w * MARGIN_X, width - 1.0), x2 = within(box->x2 - w * MARGIN_X, width - 1.0);
    double y1 = within(box->y1 + h * MARGIN_TOP, height - 1.0),
           y2 = within(box->y2 - h * MARGIN_BOTTOM, height - 1.0);
    if (!(x2 > x1 && y2 > y1))
        return;
    for (int part = 0; part < COLOUR_PARTS; part++) {
        double top = y1 + (y2 - y1) * part / COLOUR_PARTS,
               bottom = y1 + (y2 - y1) * (part + 1) / COLOUR_PARTS;
        count_part(colour->bins[part], pixels, width, height, x1, top, x2, bottom);
    }
    colour->known = true;
}

float colour_likeness(const struct colour *a, const struct colour *b)
{
    const float *x = &a->bins[0][0][0], *y = &b->bins[0][0][0];
    float sum = 0.0f;
    for (int i = 0; i < COLOUR_PARTS * COLOUR_PLANES * COLOUR_BINS; i++)
        sum += x[i] < y[i] ? x[i] : y[i];
    return sum / (COLOUR_PARTS * COLOUR_PLANES);
}

void colour_learn(struct colour *colour, const struct colour *look, float share)
{
    float *x = &colour->bins[0][0][0];
    const float *y = &look->bins[0][0][0];
    if (!colour->known)
        *colour = *look;
    for (int i = 0; i < COLOUR_PARTS * COLOUR_PLANES * COLOUR_BINS; i++)
        x[i] += share * (y[i] - x[i]);
}
