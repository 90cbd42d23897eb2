#include "tracker/shade.h"

#include <math.h>

#include "tracker/box.h"

enum {
    COLUMNS_MAX = 1024, /* of a figure; wider ones are none that stands */
    EDGE = 2,           /* pixels at a figure's edge: a shadow's are half in the light */
    ALIKE_LEAST = 200,  /* pixels that have to be alike */
};

#define FLAT_SHARE    0.4 /* of the figure's highest column by one of a shadow, at most */
#define GROUND_SHARE  0.5 /* of the figure's height: a shadow lies below */
#define LENGTH_SHARE  0.6 /* of what is left of the figure by a shadow's length, at least: a foot is shorter */
#define DARK_SHARE    0.7  /* of its pixels, which have to be as dark as a shadow is */
#define END_SHARE     0.15 /* of what is left of the figure's height by a shadow above or below, at least */
#define BODY_SHARE    0.3  /* of the figure's height by what is left of it, at least */
#define END_DARK      0.9  /* of the pixels, which have to be as dark as a shadow is */
#define CORRELATION   0.7  /* of the ground and its shadow: light.h asks for the same */
#define GAIN_OFF      0.5  /* of the darkness by how far off the ground's structure may be multiplied */
#define LINE_OFF      0.2  /* the same, by one line's */
#define KNOWN_OFF     0.1  /* the same, by that of another shadow */
#define KNOWN_SECONDS 30.0 /* for so long one is known */
#define GROUND_NOISE  2.0  /* of the picture's by the ground's structure, at least: less is not seen */
#define HIDDEN        0.5  /* of the structure, of which less is seen where the ground is hidden */
#define TRUST_LEAST   3.0  /* pictures in which an end shows the ground, less those in which one does not */
#define TRUST_MOST    10.0
#define TRUST_LOST    0.25 /* by one that does not */

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
        const struct lighting_levels levels = lighting_levels_at(lighting, x, y);
        column.dark += lighting_is_shade(&levels);
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

/* ---- to any side, where the ground shows through ---- */

/* Sums over some of a figure's pixels: of the scene's levels there, and of those now. */
struct likeness {
    double count, dark, scene, now, scene_scene, now_now, scene_now;
};

static void add_pixel(struct likeness *likeness, const struct lighting_levels *levels)
{
    const double scene = levels->scene, now = levels->now;
    likeness->count++;
    likeness->dark += lighting_is_shade(levels);
    likeness->scene += scene;
    likeness->now += now;
    likeness->scene_scene += scene * scene;
    likeness->now_now += now * now;
    likeness->scene_now += scene * now;
}

static void add(struct likeness *sum, const struct likeness *likeness)
{
    sum->count += likeness->count;
    sum->dark += likeness->dark;
    sum->scene += likeness->scene;
    sum->now += likeness->now;
    sum->scene_scene += likeness->scene_scene;
    sum->now_now += likeness->now_now;
    sum->scene_now += likeness->scene_now;
}

static double ratio_of(const struct likeness *likeness)
{
    return likeness->now / fmax(likeness->scene, 1.0);
}

/* How far levels vary, and vary together, summed up over the pixels: structure. */
struct structure {
    double scene, now, both;
    double expected; /* of both, in a shadow: the scene's, multiplied by the same as the levels */
};

static struct structure structure_of(const struct likeness *of)
{
    const double scene = of->scene_scene - of->scene * of->scene / of->count;
    return (struct structure){scene, of->now_now - of->now * of->now / of->count,
                              of->scene_now - of->scene * of->now / of->count, ratio_of(of) * scene};
}

/* Whether the ground shows through. */
static bool shows_ground(const struct likeness *of)
{
    const struct structure structure = structure_of(of);
    return structure.both > 0.0 &&
           structure.both * structure.both >= CORRELATION * CORRELATION * structure.scene * structure.now &&
           fabs(structure.both - structure.expected) <= GAIN_OFF * structure.expected;
}

/*
 * Whether what is there hides structure that the ground has: legs do, where the lines of a shadow end. Less is asked for than
 * where the ground has to show: a shadow is not always of one darkness, and a few hundred pixels are compared.
 */
static bool hides_ground(const struct likeness *of, double noise)
{
    const struct structure structure = structure_of(of);
    const double least = GROUND_NOISE * noise;
    return ratio_of(of) * structure.expected > least * least * of->count &&
           structure.both < HIDDEN * structure.expected;
}

/* Of a row or a column of a figure, the pixels that are not at its edge. */
static struct likeness line_of(const struct lighting *lighting, const struct figures *figures,
                               const struct figure *figure, bool is_row, int32_t at)
{
    const int32_t begin = is_row ? figure->box.x1 : figure->box.y1,
                  end = is_row ? figure->box.x2 : figure->box.y2;
    struct likeness line = {0};
    int32_t run = 0;
    for (int32_t i = begin; i <= end; i++) {
        run = figures_has(figures, figure, is_row ? i : at, is_row ? at : i) ? run + 1 : 0;
        if (run <= 2 * EDGE)
            continue;
        const int32_t middle = i - EDGE;
        const struct lighting_levels levels =
            lighting_levels_at(lighting, is_row ? middle : at, is_row ? at : middle);
        add_pixel(&line, &levels);
    }
    return line;
}

/* An end of a figure that may be a shadow: lines, 0: it is none. */
struct end {
    int32_t length;
    bool is_seen; /* the ground shows through */
    double ratio;
};

static bool is_about(double ratio, double other, double off)
{
    return fabs(ratio - other) <= off * other;
}

/* The side of a figure from which its lines are counted. */
struct side {
    bool are_rows;
    int32_t first, step; /* the line at that side, and from one to the next */
};

/*
 * From there on as far as the ground shows through, or all is as dark as a shadow is known to be. A long shadow would still show
 * the ground together with legs that are about as dark. So no block of lines that are enough to tell may hide it by itself, nor
 * may fewer lines together with the block before: it ends before those that do.
 */
static struct end end_of(const struct lighting *lighting, const struct figures *figures,
                         const struct figure *figure, const struct side *side, int32_t count,
                         double known_ratio)
{
    struct likeness sum = {0}, block = {0}, block_before = {0};
    struct end end = {0}, sure = {0};
    for (int32_t n = EDGE; n < count; n++) {
        const struct likeness line =
            line_of(lighting, figures, figure, side->are_rows, side->first + n * side->step);
        if (sum.count >= ALIKE_LEAST && line.count > 0.0 &&
            !is_about(ratio_of(&line), ratio_of(&sum), LINE_OFF))
            break;
        add(&sum, &line);
        add(&block, &line);
        if (sum.count < ALIKE_LEAST)
            continue;
        if (sum.dark < END_DARK * sum.count)
            break;
        const bool is_whole = block.count >= ALIKE_LEAST;
        struct likeness last = block;
        if (!is_whole)
            add(&last, &block_before);
        if (hides_ground(&last, lighting->noise))
            return sure;
        const bool is_seen = shows_ground(&sum);
        if (is_seen || is_about(ratio_of(&sum), known_ratio, KNOWN_OFF))
            end = (struct end){n + 1, end.is_seen || is_seen, ratio_of(&sum)};
        if (!is_whole)
            continue;
        sure = end;
        block_before = block;
        block = (struct likeness){0};
    }
    return end;
}

/* What one picture of a figure shows may be its clothes; what several show are shadows. Tells whether this is one. */
static bool learn_end(struct shade_end *known, const struct end *end)
{
    const bool is_known = is_about(end->ratio, known->ratio, KNOWN_OFF);
    if (end->is_seen && !is_known && known->trust < 1.0)
        *known = (struct shade_end){.ratio = end->ratio, .trust = 1.0};
    else if (end->is_seen && is_known)
        *known = (struct shade_end){known->ratio, fmin(known->trust + 1.0, TRUST_MOST), 0};
    else if (end->length > 0)
        known->trust = fmax(known->trust - TRUST_LOST, 0.0);
    return is_known && known->trust >= TRUST_LEAST;
}

/* Leaves of the figure what is in a box. False: that would be nothing, and it stays. */
static bool keep(const struct figures *figures, struct figure *figure, const struct camd_box *box)
{
    struct figure rest = *figure;
    rest.pixels = 0;
    for (int32_t y = box->y1; y <= box->y2; y++)
        for (int32_t x = box->x1; x <= box->x2; x++) {
            if (!figures_has(figures, figure, x, y))
                continue;
            const struct camd_box pixel = {x, y, x, y};
            rest.box = rest.pixels++ == 0 ? pixel : box_union(&rest.box, &pixel);
        }
    if (rest.pixels == 0)
        return false;
    *figure = rest;
    return true;
}

/* The longer one of the shadows at both ends. */
static bool cut_ends(struct shade *shade, const struct lighting *lighting, const struct figures *figures,
                     struct figure *figure, bool are_rows)
{
    const int32_t count = are_rows ? figure_height(&figure->box) : figure_width(&figure->box),
                  first = are_rows ? figure->box.y1 : figure->box.x1;
    const struct side sides[] = {{are_rows, first, 1}, {are_rows, first + count - 1, -1}};
    struct shade_end *known = &shade->ends[are_rows ? SHADE_ABOVE : SHADE_LEFT];
    const struct end before = end_of(lighting, figures, figure, &sides[0], count, known[0].ratio),
                     after = end_of(lighting, figures, figure, &sides[1], count, known[1].ratio);
    const bool is_before = before.length > after.length;
    const struct end *longer = is_before ? &before : &after;
    const int32_t rest = count - longer->length;
    struct camd_box box = figure->box;
    if (rest < BODY_SHARE * count || longer->length < (are_rows ? END_SHARE : LENGTH_SHARE) * rest ||
        !learn_end(&known[is_before ? 0 : 1], longer))
        return false;
    if (is_before)
        *(are_rows ? &box.y1 : &box.x1) += longer->length;
    else
        *(are_rows ? &box.y2 : &box.x2) -= longer->length;
    return keep(figures, figure, &box);
}

/* ---- beside the feet ---- */

static bool cut_columns(const struct lighting *lighting, const struct figures *figures, struct figure *figure)
{
    struct column columns[COLUMNS_MAX];
    const int32_t count = figure_width(&figure->box);
    uint32_t highest = 0;
    if (count > COLUMNS_MAX)
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

void shade_next(struct shade *shade, double fps)
{
    for (int i = 0; i < SHADE_ENDS; i++)
        if (++shade->ends[i].pictures > KNOWN_SECONDS * fps)
            shade->ends[i].trust = 0.0;
}

bool shade_cut(struct shade *shade, const struct lighting *lighting, const struct figures *figures,
               struct figure *figure)
{
    if (figure->doubtful)
        return false;
    const bool rows = cut_ends(shade, lighting, figures, figure, true),
               columns = cut_ends(shade, lighting, figures, figure, false),
               flat = cut_columns(lighting, figures, figure);
    return rows || columns || flat;
}
