#include "tracker/colour.h"

#include <stdlib.h>
#include <string.h>

/* Where samples are taken: a raster in the middle of the box, where there is least background. */
enum { ROWS = 8, COLUMNS = 10 };
#define MARGIN_X      0.2
#define MARGIN_TOP    0.08
#define MARGIN_BOTTOM 0.1

/* A level's place among the bins, in 256ths of a bin. */
enum { UNIT = 256, PLACE_MAX = (COLOUR_BINS - 1) * UNIT - 1 };

/* The levels that the bins of a plane share; what is outside falls into the outermost. */
static const struct range {
    int32_t from, levels;
} ranges[COLOUR_PLANES] = {{16, 220}, {95, 66}, {95, 66}};

/* Both looks below are of a grey picture: what is left is the noise of compression. */
#define GREY_CHROMA 3.0f

enum { GREY = 128 };

struct counts {
    uint32_t bins[COLOUR_PLANES][COLOUR_BINS];
    uint32_t chroma; /* sum of the distances from grey */
};

/* Shared between the two nearest bins, so that small changes of light make small differences. */
static void count(struct counts *counts, int plane, uint8_t level)
{
    int32_t place = (level - ranges[plane].from) * (PLACE_MAX + 1) / ranges[plane].levels;
    place = place < 0 ? 0 : place > PLACE_MAX ? PLACE_MAX : place;
    uint32_t *bin = &counts->bins[plane][place / UNIT], share = (uint32_t)place % UNIT;
    bin[0] += UNIT - share;
    bin[1] += share;
}

struct picture_planes {
    const uint8_t *y, *u, *v;
    uint32_t width;
};

static void count_row(struct counts *counts, const struct picture_planes *planes, uint32_t y,
                      const uint32_t columns[COLUMNS])
{
    const uint8_t *ys = planes->y + (size_t)y * planes->width;
    size_t half = (size_t)(y / 2) * (planes->width / 2);
    for (int i = 0; i < COLUMNS; i++) {
        uint8_t u = planes->u[half + columns[i] / 2], v = planes->v[half + columns[i] / 2];
        count(counts, 0, ys[columns[i]]);
        count(counts, 1, u);
        count(counts, 2, v);
        counts->chroma += (uint32_t)(abs(u - GREY) + abs(v - GREY));
    }
}

static void set_bins(float bins[COLOUR_PLANES][COLOUR_BINS], const struct counts *counts)
{
    for (int plane = 0; plane < COLOUR_PLANES; plane++)
        for (int bin = 0; bin < COLOUR_BINS; bin++)
            bins[plane][bin] = (float)counts->bins[plane][bin] / (ROWS * COLUMNS * UNIT);
}

static double within(double value, double most)
{
    return value < 0.0 ? 0.0 : value > most ? most : value;
}

void colour_measure(struct colour *colour, const uint8_t *pixels, uint32_t width, uint32_t height,
                    const struct camd_box *box)
{
    memset(colour, 0, sizeof(*colour));
    double w = (double)box->x2 - box->x1, h = (double)box->y2 - box->y1;
    double x1 = within(box->x1 + w * MARGIN_X, width - 1.0), x2 = within(box->x2 - w * MARGIN_X, width - 1.0);
    double y1 = within(box->y1 + h * MARGIN_TOP, height - 1.0),
           y2 = within(box->y2 - h * MARGIN_BOTTOM, height - 1.0);
    if (!(x2 > x1 && y2 > y1))
        return;
    const uint8_t *u = pixels + (size_t)width * height;
    const struct picture_planes planes = {pixels, u, u + (size_t)(width / 2) * (height / 2), width};
    uint32_t columns[COLUMNS];
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = (uint32_t)(x1 + (x2 - x1) * (i + 0.5) / COLUMNS);
    for (int part = 0; part < COLOUR_PARTS; part++) {
        struct counts counts = {0};
        for (int row = 0; row < ROWS; row++)
            count_row(&counts, &planes,
                      (uint32_t)(y1 + (y2 - y1) * (part * ROWS + row + 0.5) / (COLOUR_PARTS * ROWS)),
                      columns);
        set_bins(colour->bins[part], &counts);
        colour->chroma += (float)counts.chroma / (ROWS * COLUMNS * COLOUR_PARTS);
    }
    colour->known = true;
}

float colour_likeness(const struct colour *a, const struct colour *b)
{
    bool grey = a->chroma < GREY_CHROMA && b->chroma < GREY_CHROMA;
    int planes = grey ? 1 : COLOUR_PLANES;
    float sum = 0.0f;
    for (int part = 0; part < COLOUR_PARTS; part++) {
        const float *x = a->bins[part][0], *y = b->bins[part][0];
        for (int i = 0; i < planes * COLOUR_BINS; i++)
            sum += x[i] < y[i] ? x[i] : y[i];
    }
    return sum / (float)(COLOUR_PARTS * planes);
}

void colour_learn(struct colour *colour, const struct colour *look, float share)
{
    float *x = &colour->bins[0][0][0];
    const float *y = &look->bins[0][0][0];
    if (!colour->known)
        *colour = *look;
    for (int i = 0; i < COLOUR_PARTS * COLOUR_PLANES * COLOUR_BINS; i++)
        x[i] += share * (y[i] - x[i]);
    colour->chroma += share * (look->chroma - colour->chroma);
}
