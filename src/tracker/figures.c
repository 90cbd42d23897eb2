#include "tracker/figures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/box.h"

enum {
    NUMBERS_MAX = UINT16_MAX,
    NO_PLACE = UINT16_MAX, /* of a number among the figures */
    UP = 2,
    SIDE = 1, /* how far a pixel reaches to others of its figure, up and down and to the sides */
};

/* Each reaches to both sides, and leaves a gap. */
static size_t runs_of_a_row(uint32_t width)
{
    return width / (2 * SIDE + 2) + 1;
}

int figures_init(struct figures *figures, uint32_t width, uint32_t height)
{
    size_t pixels = (size_t)width * height;
    struct figures made = {
        .width = width,
        .height = height,
        .mask = calloc(pixels, 1),
        .number = calloc(pixels, sizeof(*made.number)),
        .line = calloc(width, 2),
        .blank = calloc(width, 1),
        .runs = calloc(runs_of_a_row(width) * height, sizeof(*made.runs)),
        .parent = calloc(NUMBERS_MAX + 1, sizeof(*made.parent)),
        .sums = calloc((size_t)(width + 1) * (height + 1), sizeof(*made.sums)),
    };
    if (!made.mask || !made.number || !made.line || !made.blank || !made.runs || !made.parent || !made.sums) {
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
    free(figures->line);
    free(figures->blank);
    free(figures->runs);
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

static void add_rows(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *restrict sums,
                     size_t width)
{
    for (size_t x = 0; x < width; x++)
        sums[x] = (uint8_t)(above[x] + row[x] + below[x]);
}

static void keep_agreed(const uint8_t *restrict sums, uint8_t *restrict row, size_t width)
{
    enum { MOST = 5 }; /* of the nine about a pixel */
    for (size_t x = 1; x + 1 < width; x++)
        row[x] = (uint8_t)(sums[x - 1] + sums[x] + sums[x + 1]) >= MOST;
}

void figures_clean(struct figures *figures, const uint8_t *pixels)
{
    size_t width = figures->width;
    for (size_t y = 1; y + 1 < figures->height; y++) {
        const uint8_t *row = pixels + y * width;
        add_rows(row - width, row, row + width, figures->line, width);
        keep_agreed(figures->line, figures->mask + y * width, width);
    }
}

static void join_rows(const uint8_t *const rows[2 * UP + 1], uint8_t *restrict joined, size_t width)
{
    const uint8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4];
    for (size_t x = 0; x < width; x++)
        joined[x] = a[x] | b[x] | c[x] | d[x] | e[x];
}

static void widen(const uint8_t *restrict joined, uint8_t *restrict wide, size_t width)
{
    for (size_t x = SIDE; x + SIDE < width; x++)
        wide[x] = (joined[x - 1] | joined[x] | joined[x + 1]) != 0;
}

/* The pixels of a row with what reaches to it, so that parts of one object are one: 1 for each of them. */
static const uint8_t *bridged(const struct figures *figures, uint32_t y)
{
    const uint8_t *rows[2 * UP + 1];
    uint8_t *joined = figures->line, *wide = joined + figures->width;
    for (uint32_t i = 0; i <= 2 * UP; i++) {
        bool is_inside = y + i >= 2 * UP && y + i < figures->height;
        rows[i] = is_inside ? figures->mask + (size_t)(y + i - UP) * figures->width : figures->blank;
    }
    join_rows(rows, joined, figures->width);
    joined[0] = joined[figures->width - 1] = 0;
    widen(joined, wide, figures->width);
    return wide;
}

static uint16_t root(uint16_t *parent, uint16_t number)
{
    while (parent[number] != number) {
        parent[number] = parent[parent[number]];
        number = parent[number];
    }
    return number;
}

static uint16_t join(uint16_t *parent, uint16_t a, uint16_t b)
{
    a = root(parent, a);
    b = root(parent, b);
    if (a < b)
        return parent[b] = a;
    return parent[a] = b;
}

/* Adds the runs of a row, without numbers. */
static void list_runs(struct figures *figures, uint32_t y, const uint8_t *row)
{
    const uint8_t *end = row + figures->width - SIDE, *at = row + SIDE;
    while (at < end && (at = memchr(at, 1, (size_t)(end - at)))) {
        const uint8_t *after = memchr(at, 0, (size_t)(end - at));
        if (!after)
            after = end;
        figures->runs[figures->run_count++] =
            (struct figures_run){(uint16_t)y, (uint16_t)(at - row), (uint16_t)(after - row), 0};
        at = after;
    }
}

/* Numbers the runs from first on as those of the row above that they touch, by a corner too. Returns the next number. */
static uint16_t number_runs(struct figures *figures, uint32_t above, uint32_t first, uint16_t next)
{
    struct figures_run *runs = figures->runs;
    for (uint32_t i = first; i < figures->run_count; i++) {
        struct figures_run *run = &runs[i];
        while (above < first && runs[above].end < run->begin)
            above++;
        for (uint32_t k = above; k < first && runs[k].begin <= run->end; k++)
            if (runs[k].number != 0)
                run->number = run->number == 0 ? root(figures->parent, runs[k].number)
                                               : join(figures->parent, run->number, runs[k].number);
        if (run->number == 0 && next < NUMBERS_MAX) {
            figures->parent[next] = next;
            run->number = next++;
        }
    }
    return next;
}

/* Lists the runs; numbers are roots in parent then. Returns the next number. */
static uint16_t find_runs(struct figures *figures)
{
    uint32_t above = 0, first = 0;
    uint16_t next = 1;
    figures->run_count = 0;
    for (uint32_t y = 1; y < figures->height; y++) {
        list_runs(figures, y, bridged(figures, y));
        next = number_runs(figures, above, first, next);
        above = first;
        first = figures->run_count;
    }
    return next;
}

/* Gives its pixels to each run's figure, or takes them away. */
static void number_pixels(struct figures *figures, bool taken)
{
    for (uint32_t i = 0; i < figures->run_count; i++) {
        struct figures_run *run = &figures->runs[i];
        uint16_t *row = figures->number + (size_t)run->y * figures->width;
        uint16_t number = taken ? root(figures->parent, run->number) : 0;
        run->number = number;
        for (size_t x = run->begin; x < run->end; x++)
            row[x] = number;
    }
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

/* What a run adds to its figure: pixels, of which those of the bridges are none. */
static struct figure measure_run(const struct figures *figures, const struct figures_run *run)
{
    const uint8_t *row = figures->mask + (size_t)run->y * figures->width;
    struct figure part = {.box = {run->end, run->y, -1, run->y}};
    for (int32_t x = run->begin; x < run->end; x++) {
        if (!row[x])
            continue;
        if (part.pixels++ == 0)
            part.box.x1 = x;
        part.box.x2 = x;
        part.doubtful |= row[x] == FIGURES_DOUBTFUL;
    }
    return part;
}

/* The extent of each figure. parent is not needed any more: it keeps the places. */
static void measure(struct figures *figures, uint16_t next)
{
    figures->count = 0;
    figures->left_out = 0;
    memset(figures->parent, 0, next * sizeof(*figures->parent));
    for (uint32_t i = 0; i < figures->run_count; i++) {
        const struct figures_run *run = &figures->runs[i];
        const struct figure part = measure_run(figures, run);
        struct figure *figure = part.pixels > 0 && run->number != 0 ? figure_of(figures, run->number) : NULL;
        if (!figure)
            continue;
        figure->box = box_union(&figure->box, &part.box);
        figure->pixels += part.pixels;
        figure->doubtful |= part.doubtful;
    }
}

void figures_find(struct figures *figures)
{
    number_pixels(figures, false);
    uint16_t next = find_runs(figures);
    number_pixels(figures, true);
    measure(figures, next);
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
