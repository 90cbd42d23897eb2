#include "tracker/figures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/box.h"

enum {
    NUMBERS_MAX = UINT16_MAX,
    NO_PLACE = UINT16_MAX, /* of a number among the figures */
};

int figures_init(struct figures *figures, uint32_t width, uint32_t height)
{
    size_t pixels = (size_t)width * height;
    struct figures made = {
        .width = width,
        .height = height,
        .mask = calloc(pixels, 1),
        .number = calloc(pixels, sizeof(*made.number)),
        .work = calloc(pixels, 1),
        .parent = calloc(NUMBERS_MAX + 1, sizeof(*made.parent)),
        .sums = calloc((size_t)(width + 1) * (height + 1), sizeof(*made.sums)),
    };
    if (!made.mask || !made.number || !made.work || !made.parent || !made.sums) {
        figures_fini(&made);
        return -ENOMEM;
    }
    *figures = made;
    return 0;
}

void figures_fini(struct figures *figures)
{
    free(figures->mask);
    free(figures->number);
    free(figures->work);
    free(figures->parent);
    free(figures->sums);
    memset(figures, 0, sizeof(*figures));
}

int32_t figure_width(const struct camd_box *box)
{
    return box->x2 - box->x1 + 1;
}

int32_t figure_height(const struct camd_box *box)
{
    return box->y2 - box->y1 + 1;
}

/* ---- finding them ---- */

void figures_clean(struct figures *figures, const uint8_t *pixels)
{
    enum { MOST = 5 }; /* of the nine about a pixel */
    uint32_t width = figures->width, height = figures->height;
    uint8_t *to = figures->mask;
    memset(to, 0, (size_t)width * height);
    for (uint32_t y = 1; y + 1 < height; y++) {
        const uint8_t *row = pixels + (size_t)y * width, *above = row - width, *below = row + width;
        for (uint32_t x = 1; x + 1 < width; x++)
            to[(size_t)y * width + x] = above[x - 1] + above[x] + above[x + 1] + row[x - 1] + row[x] +
                                            row[x + 1] + below[x - 1] + below[x] + below[x + 1] >=
                                        MOST;
    }
}

/* Grows by a pixel to the sides and by two up and down, so that parts of one object are one. */
static void bridge(struct figures *figures)
{
    enum { UP = 2, SIDE = 1 };
    uint32_t width = figures->width, height = figures->height;
    memset(figures->work, 0, (size_t)width * height);
    for (uint32_t y = UP; y + UP < height; y++)
        for (uint32_t x = SIDE; x + SIDE < width; x++) {
            if (!figures->mask[(size_t)y * width + x])
                continue;
            for (uint32_t row = y - UP; row <= y + UP; row++)
                memset(figures->work + (size_t)row * width + x - SIDE, 1, 2 * SIDE + 1);
        }
}

static uint16_t root(uint16_t *parent, uint16_t number)
{
    while (parent[number] != number) {
        parent[number] = parent[parent[number]];
        number = parent[number];
    }
    return number;
}

static void join(uint16_t *parent, uint16_t a, uint16_t b)
{
    a = root(parent, a);
    b = root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Numbers connected pixels (8 neighbours) of work; numbers are roots in parent. */
static void number_pixels(struct figures *figures)
{
    uint32_t width = figures->width, height = figures->height;
    uint16_t *number = figures->number, *parent = figures->parent, next = 1;
    memset(number, 0, (size_t)width * height * sizeof(*number));
    for (uint32_t y = 1; y < height; y++)
        for (uint32_t x = 1; x + 1 < width; x++) {
            size_t at = (size_t)y * width + x;
            if (!figures->work[at])
                continue;
            const uint16_t neighbours[] = {number[at - 1], number[at - width - 1], number[at - width],
                                           number[at - width + 1]};
            uint16_t own = 0;
            for (int i = 0; i < 4; i++) {
                if (neighbours[i] == 0)
                    continue;
                if (own != 0)
                    join(parent, own, neighbours[i]);
                own = root(parent, neighbours[i]);
            }
            if (own == 0 && next < NUMBERS_MAX) {
                own = next++;
                parent[own] = own;
            }
            number[at] = own;
        }
    for (size_t at = 0; at < (size_t)width * height; at++)
        number[at] = number[at] ? root(parent, number[at]) : 0;
}

/* NULL: there is no room for it. */
static struct figure *figure_of(struct figures *figures, uint16_t number)
{
    uint16_t *place = figures->parent;
    if (place[number] == 0 && figures->count == FIGURES_MAX) {
        place[number] = NO_PLACE;
        figures->left_out++;
    }
    if (place[number] == NO_PLACE)
        return NULL;
    if (place[number] == 0) {
        figures->list[figures->count] =
            (struct figure){.box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN}, .number = number};
        place[number] = (uint16_t)++figures->count;
    }
    return &figures->list[place[number] - 1];
}

/* The extent of each number's pixels, those of the bridges left out. parent is not needed any more: it keeps the places. */
static void measure(struct figures *figures)
{
    figures->count = 0;
    figures->left_out = 0;
    memset(figures->parent, 0, (NUMBERS_MAX + 1) * sizeof(*figures->parent));
    for (uint32_t y = 0; y < figures->height; y++)
        for (uint32_t x = 0; x < figures->width; x++) {
            size_t at = (size_t)y * figures->width + x;
            if (!figures->mask[at] || !figures->number[at])
                continue;
            struct figure *figure = figure_of(figures, figures->number[at]);
            if (!figure)
                continue;
            struct camd_box pixel = {(int32_t)x, (int32_t)y, (int32_t)x, (int32_t)y};
            figure->box = box_union(&figure->box, &pixel);
            figure->pixels++;
            figure->doubtful |= figures->mask[at] == FIGURES_DOUBTFUL;
        }
}

void figures_find(struct figures *figures)
{
    bridge(figures);
    number_pixels(figures);
    measure(figures);
}

/* ---- taking one apart ---- */

/* F. C. Crow, "Summed-area tables for texture mapping", 1984. */
void figures_sum(struct figures *figures, const struct figure *figure)
{
    size_t stride = (size_t)figures->width + 1;
    const struct camd_box *box = &figure->box;
    for (int32_t x = box->x1; x <= box->x2 + 1; x++)
        figures->sums[(size_t)box->y1 * stride + (size_t)x] = 0;
    for (int32_t y = box->y1; y <= box->y2; y++) {
        uint32_t row = 0, *above = figures->sums + (size_t)y * stride, *below = above + stride;
        below[box->x1] = 0;
        for (int32_t x = box->x1; x <= box->x2; x++) {
            row += figures_has(figures, figure, x, y);
            below[x + 1] = above[x + 1] + row;
        }
    }
}

uint32_t figures_count(const struct figures *figures, const struct figure *figure, const struct camd_box *box)
{
    size_t stride = figures->width + 1;
    struct camd_box inside;
    if (!box_intersection(box, &figure->box, &inside))
        return 0;
    const uint32_t *above = figures->sums + (size_t)inside.y1 * stride,
                   *below = figures->sums + (size_t)(inside.y2 + 1) * stride;
    return below[inside.x2 + 1] - above[inside.x2 + 1] - below[inside.x1] + above[inside.x1];
}

void figures_claim(struct figures *figures, const struct figure *figure, const struct camd_box *box)
{
    uint32_t width = figures->width;
    struct camd_box whole = {0, 0, (int32_t)width - 1, (int32_t)figures->height - 1}, inside;
    if (!box_intersection(box, &whole, &inside))
        return;
    for (int32_t y = inside.y1; y <= inside.y2; y++)
        for (int32_t x = inside.x1; x <= inside.x2; x++)
            if (figures->number[(size_t)y * width + (size_t)x] == figure->number)
                figures->mask[(size_t)y * width + (size_t)x] = 0;
    figures_sum(figures, figure);
}
