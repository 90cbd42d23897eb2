#include "tracker/movers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/box.h"

/* Sizes are in pixels of the reduced picture, or, where it says so, shares. */
enum {
    HEIGHT_LEAST = 8,   /* of a figure, when nothing is known of sizes */
    PIXELS_LEAST = 24,  /* of a figure that is looked at at all */
    SAMPLES_LEAST = 40, /* figures before the scale is believed */
    NUMBERS_MAX = UINT16_MAX,
    NO_PLACE = UINT16_MAX, /* of a number among the figures */
    FITTED_MAX = 8,        /* objects in one figure beside those that are tracked */
};

#define MEMORY_SECONDS   30.0
#define SCALE_KEEP       0.998 /* of the samples' weight, with each new one */
#define UPRIGHT_SHARE    0.6   /* of the figures: then the scene's objects are upright */
#define MOST_WIDTH       1.35  /* of the expected one, of a figure that is one object */
#define MOST_HEIGHT      1.25
#define LEAST_HEIGHT     0.45 /* a lower figure is a part of one, or nothing */
#define TRACK_SHARE      0.5  /* of a track's box in a figure: it is one of its objects */
#define FITTED_FILL      0.38 /* of a box by figure pixels: an object is there */
#define NEW_FILL         0.50 /* the same where no track is */
#define USUAL_SHARE      1.1  /* of the expected size, or by which it is divided */
#define FIT_REACH        0.15 /* of the object's size: how far from where it is expected */
#define SAME_IOU         0.3  /* of boxes of one object in two pictures */
#define MOVED_SHARE      0.3  /* of its width: so far it has moved to be an object */
#define SCORE_ALONE      0.95F
#define SCORE_UNKNOWN    0.85F /* nothing is known of sizes yet */
#define SCORE_SHARED     0.85F
#define SCORE_NEW_SHARED 0.80F
#define SCORE_PART       0.45F /* lower than expected: can only go on with an object */

struct figure {
    struct camd_box box; /* right and bottom inclusive */
    uint32_t pixels;
    uint16_t number;
};

struct figures {
    uint32_t count;
    struct figure list[MOVERS_FIGURES_MAX];
};

/* ---- memory ---- */

void movers_fini(struct movers *movers)
{
    if (movers->ready)
        background_fini(&movers->background);
    free(movers->looked_at);
    free(movers->figure);
    free(movers->work);
    free(movers->number);
    free(movers->parent);
    free(movers->sums);
    memset(movers, 0, sizeof(*movers));
}

static int prepare(struct movers *movers, const struct movers_input *input)
{
    struct movers made = {.ready = true};
    int result = background_init(&made.background, input->width, input->height, MOVERS_ROWS);
    if (result < 0)
        return result;
    size_t pixels = (size_t)made.background.width * made.background.height;
    made.looked_at = malloc(pixels);
    made.figure = malloc(pixels);
    made.work = malloc(pixels);
    made.number = malloc(pixels * sizeof(*made.number));
    made.parent = malloc((NUMBERS_MAX + 1) * sizeof(*made.parent));
    made.sums =
        malloc((size_t)(made.background.width + 1) * (made.background.height + 1) * sizeof(*made.sums));
    result = made.looked_at && made.figure && made.work && made.number && made.parent && made.sums
                 ? mask_draw(input->masks, input->mask_count, input->width, input->height, made.looked_at,
                             made.background.width, made.background.height)
                 : -ENOMEM;
    if (result < 0) {
        movers_fini(&made);
        return result;
    }
    *movers = made;
    return 0;
}

/* ---- figures ---- */

/* A pixel belongs to a figure when most of the nine about it do. */
static void clean(const uint8_t *from, uint8_t *to, uint32_t width, uint32_t height)
{
    enum { MOST = 5 };
    memset(to, 0, (size_t)width * height);
    for (uint32_t y = 1; y + 1 < height; y++) {
        const uint8_t *row = from + (size_t)y * width, *above = row - width, *below = row + width;
        for (uint32_t x = 1; x + 1 < width; x++)
            to[(size_t)y * width + x] = above[x - 1] + above[x] + above[x + 1] + row[x - 1] + row[x] +
                                            row[x + 1] + below[x - 1] + below[x] + below[x + 1] >=
                                        MOST;
    }
}

/* Grows by a pixel to the sides and by two up and down, so that parts of one object are one. */
static void bridge(const uint8_t *from, uint8_t *to, uint32_t width, uint32_t height)
{
    enum { UP = 2, SIDE = 1 };
    memset(to, 0, (size_t)width * height);
    for (uint32_t y = UP; y + UP < height; y++)
        for (uint32_t x = SIDE; x + SIDE < width; x++) {
            if (!from[(size_t)y * width + x])
                continue;
            for (uint32_t row = y - UP; row <= y + UP; row++)
                memset(to + (size_t)row * width + x - SIDE, 1, 2 * SIDE + 1);
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
static void number_pixels(struct movers *movers)
{
    uint32_t width = movers->background.width, height = movers->background.height;
    uint16_t *number = movers->number, *parent = movers->parent, next = 1;
    memset(number, 0, (size_t)width * height * sizeof(*number));
    for (uint32_t y = 1; y < height; y++)
        for (uint32_t x = 1; x + 1 < width; x++) {
            size_t at = (size_t)y * width + x;
            if (!movers->work[at])
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
static struct figure *figure_of(struct movers *movers, struct figures *figures, uint16_t number)
{
    uint16_t *place = movers->parent;
    if (place[number] == 0 && figures->count == MOVERS_FIGURES_MAX) {
        place[number] = NO_PLACE;
        movers->left_out++;
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
static void measure(struct movers *movers, struct figures *figures)
{
    uint32_t width = movers->background.width, height = movers->background.height;
    figures->count = 0;
    movers->left_out = 0;
    memset(movers->parent, 0, (NUMBERS_MAX + 1) * sizeof(*movers->parent));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            size_t at = (size_t)y * width + x;
            if (!movers->figure[at] || !movers->number[at])
                continue;
            struct figure *figure = figure_of(movers, figures, movers->number[at]);
            if (!figure)
                continue;
            struct camd_box pixel = {(int32_t)x, (int32_t)y, (int32_t)x, (int32_t)y};
            figure->box = box_union(&figure->box, &pixel);
            figure->pixels++;
        }
}

static int32_t width_of(const struct camd_box *box)
{
    return box->x2 - box->x1 + 1;
}

static int32_t height_of(const struct camd_box *box)
{
    return box->y2 - box->y1 + 1;
}

/* ---- scale ---- */

/* The height of an object whose feet are there; 0: not known. */
static double expected_height(const struct movers_scale *scale, double feet)
{
    if (scale->weight < SAMPLES_LEAST || scale->upright < UPRIGHT_SHARE * scale->all)
        return 0.0;
    double mean_y = scale->y / scale->weight, mean_height = scale->height / scale->weight;
    double variance = scale->yy / scale->weight - mean_y * mean_y;
    double slope = variance > 1.0 ? (scale->y_height / scale->weight - mean_y * mean_height) / variance : 0.0;
    if (slope < 0.0)
        slope = 0.0;
    double height = mean_height + slope * (feet - mean_y);
    return fmax(height, mean_height / 3.0);
}

static void learn(struct movers_scale *scale, const struct camd_box *box)
{
    double height = height_of(box), ratio = width_of(box) / height, feet = box->y2;
    double expected = expected_height(scale, feet);
    bool upright = ratio < 0.8;
    scale->all = scale->all * SCALE_KEEP + 1.0;
    scale->upright = scale->upright * SCALE_KEEP + upright;
    if (!upright || ratio < 0.2 || (expected > 0.0 && (height > expected * 1.4 || height < expected * 0.7)))
        return;
    scale->weight = scale->weight * SCALE_KEEP + 1.0;
    scale->y = scale->y * SCALE_KEEP + feet;
    scale->yy = scale->yy * SCALE_KEEP + feet * feet;
    scale->height = scale->height * SCALE_KEEP + height;
    scale->y_height = scale->y_height * SCALE_KEEP + feet * height;
    scale->ratio += (ratio - scale->ratio) / fmin(scale->weight, 1.0 / (1.0 - SCALE_KEEP));
}

static bool is_at_side(const struct movers *movers, const struct camd_box *box)
{
    return box->x1 <= 2 || box->y1 <= 2 || box->x2 + 3 >= (int32_t)movers->background.width ||
           box->y2 + 3 >= (int32_t)movers->background.height;
}

/* ---- objects in figures ---- */

struct scene {
    struct movers *movers;
    const struct movers_input *input;
    struct detection_list *found;
    uint32_t track_count;
    struct camd_box tracks[TRACKS_MAX]; /* where present tracks should be */
};

/* A box of the frame in pixels of the reduced picture: what emit turns into the same box again. */
static struct camd_box shrunk(const struct camd_box *box, int32_t step)
{
    return (struct camd_box){box->x1 / step, box->y1 / step, box->x2 / step - 1, box->y2 / step - 1};
}

static bool has_track(const struct scene *scene, const struct camd_box *box)
{
    int32_t step = (int32_t)scene->movers->background.step;
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &scene->input->tracks->list[i];
        if (track->id == 0 || !track->confirmed)
            continue;
        struct camd_box reduced = shrunk(&track->estimate, step), seen = shrunk(&track->detected, step);
        if (box_iou(&reduced, box) >= SAME_IOU || box_iou(&seen, box) >= SAME_IOU)
            return true;
    }
    return false;
}

static double middle(int32_t a, int32_t b)
{
    return (a + b) / 2.0;
}

/* What changed at one place and stays there is a door, a lamp or a parked car: it has to move to be an object. */
static bool has_moved(struct movers *movers, const struct camd_box *box)
{
    struct movers_candidate *candidate = NULL;
    double best = SAME_IOU;
    for (uint32_t i = 0; i < movers->candidate_count; i++) {
        double iou = box_iou(&movers->candidates[i].last, box);
        if (iou >= best && !movers->candidates[i].seen) {
            best = iou;
            candidate = &movers->candidates[i];
        }
    }
    if (!candidate) {
        if (movers->candidate_count < MOVERS_CANDIDATES_MAX)
            movers->candidates[movers->candidate_count++] = (struct movers_candidate){*box, *box, true};
        return false;
    }
    candidate->last = *box;
    candidate->seen = true;
    double dx = middle(box->x1, box->x2) - middle(candidate->first.x1, candidate->first.x2),
           dy = box->y2 - candidate->first.y2;
    return hypot(dx, dy) >= MOVED_SHARE * width_of(&candidate->first);
}

/* Those that were not there any more are forgotten. */
static void forget_candidates(struct movers *movers)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < movers->candidate_count; i++) {
        if (!movers->candidates[i].seen)
            continue;
        movers->candidates[kept] = movers->candidates[i];
        movers->candidates[kept++].seen = false;
    }
    movers->candidate_count = kept;
}

/* In pixels of the frame. */
static void emit(const struct scene *scene, const struct camd_box *box, float score)
{
    int32_t step = (int32_t)scene->movers->background.step;
    int32_t right = (int32_t)scene->input->width - 1, bottom = (int32_t)scene->input->height - 1;
    struct camd_box scaled = {box->x1 * step, box->y1 * step, (box->x2 + 1) * step, (box->y2 + 1) * step};
    struct camd_box whole = {0, 0, right, bottom};
    if (score > SCORE_PART && !has_track(scene, box) && !has_moved(scene->movers, box))
        score = SCORE_PART;
    if (scene->found->count == DETECTIONS_MAX || !box_intersection(&scaled, &whole, &scaled))
        return;
    if (scaled.x2 > scaled.x1 && scaled.y2 > scaled.y1)
        scene->found->list[scene->found->count++] =
            (struct detection){.box = scaled, .region = whole, .score = score};
}

/* Adds up a figure's pixels that are still unclaimed, for count_pixels: F. C. Crow, "Summed-area tables", 1984. */
static void sum_pixels(const struct movers *movers, const struct figure *figure)
{
    size_t width = movers->background.width, stride = width + 1;
    const struct camd_box *box = &figure->box;
    for (int32_t x = box->x1; x <= box->x2 + 1; x++)
        movers->sums[(size_t)box->y1 * stride + (size_t)x] = 0;
    for (int32_t y = box->y1; y <= box->y2; y++) {
        uint32_t row = 0, *above = movers->sums + (size_t)y * stride, *below = above + stride;
        below[box->x1] = 0;
        for (int32_t x = box->x1; x <= box->x2; x++) {
            size_t at = (size_t)y * width + (size_t)x;
            row += movers->figure[at] && movers->number[at] == figure->number;
            below[x + 1] = above[x + 1] + row;
        }
    }
}

/* Of those that were added up, the ones in a box. */
static uint32_t count_pixels(const struct movers *movers, const struct figure *figure,
                             const struct camd_box *box)
{
    size_t stride = movers->background.width + 1;
    struct camd_box inside;
    if (!box_intersection(box, &figure->box, &inside))
        return 0;
    const uint32_t *above = movers->sums + (size_t)inside.y1 * stride,
                   *below = movers->sums + (size_t)(inside.y2 + 1) * stride;
    return below[inside.x2 + 1] - above[inside.x2 + 1] - below[inside.x1] + above[inside.x1];
}

static void claim(struct movers *movers, const struct figure *figure, const struct camd_box *box)
{
    uint32_t width = movers->background.width;
    struct camd_box whole = {0, 0, (int32_t)width - 1, (int32_t)movers->background.height - 1}, inside;
    if (!box_intersection(box, &whole, &inside))
        return;
    for (int32_t y = inside.y1; y <= inside.y2; y++)
        for (int32_t x = inside.x1; x <= inside.x2; x++)
            if (movers->number[(size_t)y * width + (size_t)x] == figure->number)
                movers->figure[(size_t)y * width + (size_t)x] = 0;
    sum_pixels(movers, figure);
}

static struct camd_box moved(const struct camd_box *box, int32_t dx, int32_t dy)
{
    return (struct camd_box){box->x1 + dx, box->y1 + dy, box->x2 + dx, box->y2 + dy};
}

/* The place near the box that holds most figure pixels, near ones first; their share of it. */
static double fit(const struct movers *movers, const struct figure *figure, const struct camd_box *box,
                  struct camd_box *best)
{
    int32_t reach_x = (int32_t)lround(FIT_REACH * 2 * width_of(box)),
            reach_y = (int32_t)lround(FIT_REACH * height_of(box));
    double best_value = -1.0, best_share = 0.0, area = (double)box_area(box);
    for (int32_t dy = -reach_y; dy <= reach_y; dy++)
        for (int32_t dx = -reach_x; dx <= reach_x; dx++) {
            struct camd_box place = moved(box, dx, dy);
            double share = count_pixels(movers, figure, &place) / area;
            double value =
                share - 0.02 * (fabs((double)dx) / (reach_x + 1) + fabs((double)dy) / (reach_y + 1));
            if (value > best_value) {
                best_value = value;
                best_share = share;
                *best = place;
            }
        }
    return best_share;
}

/* A track's box, not much larger or smaller than objects are there: else it would take in its neighbours bit by bit. */
static struct camd_box of_usual_size(const struct movers *movers, const struct camd_box *track)
{
    double height = expected_height(&movers->scale, track->y2), width = height * movers->scale.ratio;
    int32_t high = (int32_t)fmin(fmax(height_of(track), height / USUAL_SHARE), height * USUAL_SHARE);
    int32_t wide = (int32_t)fmin(fmax(width_of(track), width / USUAL_SHARE), width * USUAL_SHARE);
    int32_t left = track->x1 + (width_of(track) - wide) / 2;
    return (struct camd_box){left, track->y2 - high + 1, left + wide - 1, track->y2};
}

static void add_tracked(const struct scene *scene, const struct figure *figure, const struct camd_box *tracks,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct camd_box place, wanted = of_usual_size(scene->movers, &tracks[i]);
        if (fit(scene->movers, figure, &wanted, &place) < FITTED_FILL)
            continue;
        emit(scene, &place, SCORE_SHARED);
        claim(scene->movers, figure, &place);
    }
}

/* What is left of a figure, by boxes of the size that objects have there. */
static void add_expected(const struct scene *scene, const struct figure *figure)
{
    struct movers *movers = scene->movers;
    for (int n = 0; n < FITTED_MAX; n++) {
        struct camd_box best = {0};
        double best_share = 0.0;
        for (int32_t feet = figure->box.y1; feet <= figure->box.y2; feet += 2) {
            int32_t height = (int32_t)expected_height(&movers->scale, feet);
            int32_t width = (int32_t)(height * movers->scale.ratio);
            if (height < HEIGHT_LEAST || width < 2 || feet - height + 1 < figure->box.y1 - height / 5)
                continue;
            for (int32_t x = figure->box.x1 - width / 4; x + width <= figure->box.x2 + 1 + width / 4; x++) {
                struct camd_box box = {x, feet - height + 1, x + width - 1, feet};
                double share = count_pixels(movers, figure, &box) / (double)box_area(&box);
                if (share > best_share) {
                    best_share = share;
                    best = box;
                }
            }
        }
        if (best_share < NEW_FILL)
            return;
        emit(scene, &best, SCORE_NEW_SHARED);
        claim(movers, figure, &best);
    }
}

/* The tracks in a figure, those with the lowest feet, which hide others, first. */
static uint32_t tracks_in(const struct scene *scene, const struct figure *figure, struct camd_box *inside)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scene->track_count; i++) {
        const struct camd_box *track = &scene->tracks[i];
        double common = (double)box_common_area(track, &figure->box), area = (double)box_area(track);
        if (common < TRACK_SHARE * area)
            continue;
        uint32_t at = count++;
        for (; at > 0 && inside[at - 1].y2 < track->y2; at--)
            inside[at] = inside[at - 1];
        inside[at] = *track;
    }
    return count;
}

static void take_figure(const struct scene *scene, const struct figure *figure)
{
    struct camd_box inside[TRACKS_MAX];
    struct movers *movers = scene->movers;
    double height = expected_height(&movers->scale, figure->box.y2), width = height * movers->scale.ratio;
    bool at_side = is_at_side(movers, &figure->box);
    if (figure->pixels < PIXELS_LEAST || height_of(&figure->box) < HEIGHT_LEAST)
        return;
    if (height <= 0.0) {
        emit(scene, &figure->box, SCORE_UNKNOWN);
        if (!at_side)
            learn(&movers->scale, &figure->box);
        return;
    }
    uint32_t count = tracks_in(scene, figure, inside);
    bool is_one =
        width_of(&figure->box) <= MOST_WIDTH * width && height_of(&figure->box) <= MOST_HEIGHT * height;
    if (is_one) {
        bool whole = height_of(&figure->box) >= LEAST_HEIGHT * height;
        emit(scene, &figure->box, whole ? SCORE_ALONE : SCORE_PART);
        if (!at_side && count <= 1 && whole)
            learn(&movers->scale, &figure->box);
        return;
    }
    sum_pixels(movers, figure);
    add_tracked(scene, figure, inside, count);
    add_expected(scene, figure);
}

/* Parts of one object above each other become one figure. */
static void merge_parts(struct movers *movers, struct figures *figures)
{
    for (uint32_t i = 0; i < figures->count; i++)
        for (uint32_t k = 0; k < figures->count; k++) {
            struct figure *lower = &figures->list[i], *upper = &figures->list[k];
            if (i == k || lower->pixels == 0 || upper->pixels == 0 || upper->box.y2 > lower->box.y2)
                continue;
            double height = expected_height(&movers->scale, lower->box.y2),
                   width = height * movers->scale.ratio;
            struct camd_box whole = box_union(&lower->box, &upper->box);
            if (height <= 0.0 || height_of(&whole) > MOST_HEIGHT * height ||
                width_of(&whole) > MOST_WIDTH * width)
                continue;
            lower->box = whole;
            lower->pixels += upper->pixels;
            upper->pixels = 0;
        }
}

/* What is new about the tracks is learnt slowly, so that an object that waits is not taken for the scene. */
static void hold_tracks(struct scene *scene)
{
    struct background *background = &scene->movers->background;
    int32_t step = (int32_t)background->step;
    struct camd_box whole = {0, 0, (int32_t)background->width - 1, (int32_t)background->height - 1};
    memset(background->hold, 0, (size_t)background->width * background->height);
    scene->track_count = 0;
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &scene->input->tracks->list[i];
        struct camd_box box = {track->estimate.x1 / step, track->estimate.y1 / step,
                               track->estimate.x2 / step, track->estimate.y2 / step};
        if (track->id == 0 || !track->present || !box_intersection(&box, &whole, &box))
            continue;
        scene->tracks[scene->track_count++] = box;
        for (int32_t y = box.y1; y <= box.y2; y++)
            memset(background->hold + (size_t)y * background->width + box.x1, 1, (size_t)width_of(&box));
    }
}

int movers_detect(struct movers *movers, const struct movers_input *input, struct detection_list *found)
{
    struct figures figures;
    if (!movers->ready) {
        int result = prepare(movers, input);
        if (result < 0)
            return result;
    }
    struct background *background = &movers->background;
    size_t pixels = (size_t)background->width * background->height;
    struct scene scene = {.movers = movers, .input = input, .found = found};
    found->count = 0;
    hold_tracks(&scene);
    background_update(background, input->pixels, MEMORY_SECONDS * input->fps);
    for (size_t i = 0; i < pixels; i++)
        background->figure[i] = background->figure[i] && movers->looked_at[i];
    clean(background->figure, movers->figure, background->width, background->height);
    bridge(movers->figure, movers->work, background->width, background->height);
    number_pixels(movers);
    measure(movers, &figures);
    merge_parts(movers, &figures);
    for (uint32_t i = 0; i < figures.count; i++)
        take_figure(&scene, &figures.list[i]);
    forget_candidates(movers);
    return 0;
}
