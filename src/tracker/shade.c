#include "tracker/shade.h"

enum { COLUMNS_MAX = 1024 }; /* of a figure; wider ones are none that stands */

#define FLAT_SHARE   0.4 /* of the figure's highest column by one of a shadow, at most */
#define GROUND_SHARE 0.5 /* of the figure's height: a shadow lies below */
#define LENGTH_SHARE 0.6 /* of what is left of the figure by a shadow's length, at least: a foot is shorter */
#define DARK_SHARE   0.7 /* of its pixels, which have to be as dark as a shadow is */

struct column {
    uint32_t pixels, dark;
    int32_t top, bottom;
};

static struct column column_of(const struct lighting *lighting, const struct figures *figures,
                               const struct figure *figure, int32_t x)
{
    struct column column = {.top = figure->box.y2, .bottom = figure->box.y1};
    for (int32_t y = figure->box.y1; y <= figure->box.y2; y++) {
        if (!figures_has(figures, figure, x, y))
            continue;
        column.top = column.pixels == 0 ? y : column.top;
        column.bottom = y;
        column.pixels++;
        column.dark += lighting_is_shade(lighting, x, y);
    }
    return column;
}

/* Whether the column may be one of a shadow. */
static bool is_flat(const struct column *column, const struct figure *figure, uint32_t highest)
{
    const int32_t ground = figure->box.y1 + (int32_t)(GROUND_SHARE * figure_height(&figure->box));
    return column->pixels > 0 && column->pixels <= FLAT_SHARE * highest && column->top >= ground;
}

/* How many columns from there on, each step further, are a shadow's; 0: they are none. */
static int32_t length_of(const struct column *columns, int32_t count, int32_t from, int32_t step,
                         const struct figure *figure, uint32_t highest)
{
    uint32_t pixels = 0, dark = 0;
    int32_t length = 0;
    for (int32_t i = from; length < count && is_flat(&columns[i], figure, highest); i += step, length++) {
        pixels += columns[i].pixels;
        dark += columns[i].dark;
    }
    return dark >= DARK_SHARE * pixels ? length : 0;
}

/* What is left of the figure, of so many columns from the first one. */
static void shrink(struct figure *figure, const struct column *columns, int32_t first, int32_t count)
{
    struct camd_box rest = {figure->box.x1 + first, figure->box.y2, figure->box.x1 + first + count - 1,
                            figure->box.y1};
    figure->pixels = 0;
    for (int32_t i = first; i < first + count; i++) {
        rest.y1 = columns[i].top < rest.y1 ? columns[i].top : rest.y1;
        rest.y2 = columns[i].bottom > rest.y2 ? columns[i].bottom : rest.y2;
        figure->pixels += columns[i].pixels;
    }
    figure->box = rest;
}

bool shade_cut(const struct lighting *lighting, const struct figures *figures, struct figure *figure)
{
    struct column columns[COLUMNS_MAX];
    const int32_t count = figure_width(&figure->box);
    uint32_t highest = 0;
    if (count > COLUMNS_MAX || figure->doubtful)
        return false;
    for (int32_t i = 0; i < count; i++) {
        columns[i] = column_of(lighting, figures, figure, figure->box.x1 + i);
        highest = columns[i].pixels > highest ? columns[i].pixels : highest;
    }
    const int32_t left = length_of(columns, count, 0, 1, figure, highest),
                  right = length_of(columns, count, count - 1, -1, figure, highest),
                  longer = left > right ? left : right, rest = count - longer;
    if (rest <= 0 || longer < LENGTH_SHARE * rest)
        return false;
    shrink(figure, columns, left > right ? left : 0, rest);
    return true;
}
