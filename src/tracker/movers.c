#include "tracker/movers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/box.h"
#include "tracker/movers_candidates.h"

/* Sizes are in pixels of the reduced picture, or, where it says so, shares. */
enum {
    HEIGHT_LEAST = 8,   /* of a figure that is looked at, when nothing is known of sizes */
    PIXELS_LEAST = 24,  /* the same */
    SMALL_HEIGHT = 5,   /* where objects are known to be small: lower is noise */
    SMALL_PIXELS = 12,  /* the same */
    SAMPLES_LEAST = 40, /* figures before the scale is believed */
    FITTED_MAX = 8,     /* objects in one figure beside those that are tracked */
    NOT_HELD = 10,      /* of so many pictures one is learnt as usual of what has not gone anywhere */
};

#define MEMORY_SECONDS   30.0
#define SCALE_KEEP       0.998 /* of the samples' weight, with each new one */
#define SCALE_UNSURE     0.07 /* of their height, by how far feet are off: less so in the mean of more samples */
#define WEATHER_UNSURE   0.15 /* the same, in rain or snow, of which drops hang on figures */
#define UPRIGHT_SHARE    0.6  /* of the figures: then the scene's objects are upright */
#define MOST_WIDTH       1.35 /* of the expected one, of a figure that is one object */
#define MOST_HEIGHT      1.25
#define LEAST_HEIGHT     0.45 /* a lower figure is a part of one, or nothing */
#define AREA_SHARE       0.4  /* of the expected area, where objects are small: fewer pixels are noise */
#define HEIGHT_SHARE     0.6  /* of the expected height, the same: a lower figure is noise */
#define TRACK_SHARE      0.5  /* of a track's box in a figure: it is one of its objects */
#define PARTS_FILL       0.05 /* of their box by the pixels of one object's parts: less are drops of rain */
#define PART_SHARE       0.05 /* of an object's box by the pixels of a small part */
#define SMALL_BY_OBJECT  3.0  /* figures as small by each object, which may be seen in parts */
#define SMALL_MOST       3.0 /* more than those in a picture, in the mean, at most: else they are rain or snow */
#define SMALL_RATE       0.1  /* of a picture in that mean */
#define FITTED_FILL      0.38 /* of a box by figure pixels: an object is there */
#define NEW_FILL         0.50 /* the same where no track is */
#define USUAL_SHARE      1.1  /* of the expected size, or by which it is divided */
#define FIT_REACH        0.15 /* of the object's size: how far from where it is expected */
#define SLENDER          0.2  /* of its height by its width, or the other way: an edge, and no object */
#define OTHER_SHARE      0.5 /* of the picture, where its structure is not the scene's: all of it is another one */
#define OTHER_SECONDS    1.0 /* for so long it may be so for a moment only */
#define TURN_SECONDS     3.0 /* of a camera that turns: then objects are no longer where they were */
#define SCORE_ALONE      0.95F
#define SCORE_UNKNOWN    0.85F /* nothing is known of sizes yet */
#define SCORE_SHARED     0.85F
#define SCORE_NEW_SHARED 0.80F
#define SCORE_PART       0.45F /* lower than expected: can only go on with an object */

/* ---- memory ---- */

void movers_fini(struct movers *movers)
{
    background_fini(&movers->background);
    lighting_fini(&movers->lighting);
    panning_fini(&movers->panning);
    figures_fini(&movers->figures);
    free(movers->looked_at);
    memset(movers, 0, sizeof(*movers));
}

static int prepare_parts(struct movers *movers, const struct movers_input *input)
{
    int result = background_init(&movers->background, input->width, input->height, MOVERS_ROWS);
    if (result < 0)
        return result;
    uint32_t width = movers->background.width, height = movers->background.height;
    movers->looked_at = malloc((size_t)width * height);
    result = movers->looked_at ? mask_draw(input->masks, input->mask_count, input->width, input->height,
                                           movers->looked_at, width, height)
                               : -ENOMEM;
    if (result == 0)
        result = lighting_init(&movers->lighting, width, height);
    if (result == 0)
        result = panning_init(&movers->panning, width, height);
    if (result == 0)
        result = figures_init(&movers->figures, width, height);
    return result;
}

static int prepare(struct movers *movers, const struct movers_input *input)
{
    struct movers made = {.ready = true};
    int result = prepare_parts(&made, input);
    if (result < 0)
        movers_fini(&made);
    else
        *movers = made;
    return result;
}

/* ---- scale ---- */

/* The height of an object whose feet are there; 0: not known. */
static double expected_height(const struct movers_scale *scale, double feet)
{
    if (scale->weight < SAMPLES_LEAST || scale->upright < UPRIGHT_SHARE * scale->all)
        return 0.0;
    double mean_y = scale->y / scale->weight, mean_height = scale->height / scale->weight;
    double variance = scale->yy / scale->weight - mean_y * mean_y;
    /* a line through feet that are all alike would say anything elsewhere: A. E. Hoerl, R. W. Kennard, "Ridge regression", 1970 */
    const double share =
                     scale->is_weather ? WEATHER_UNSURE : SCALE_UNSURE * sqrt(SAMPLES_LEAST / scale->weight),
                 unsure = share * mean_height;
    double slope =
        (scale->y_height / scale->weight - mean_y * mean_height) / (fmax(variance, 0.0) + unsure * unsure);
    if (slope < 0.0)
        slope = 0.0;
    double height = mean_height + slope * (feet - mean_y);
    return fmax(height, mean_height / 3.0);
}

static void learn(struct movers_scale *scale, const struct camd_box *box)
{
    double height = figure_height(box), ratio = figure_width(box) / height, feet = box->y2;
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
        if (box_iou(&reduced, box) >= MOVERS_SAME_IOU || box_iou(&seen, box) >= MOVERS_SAME_IOU)
            return true;
    }
    return false;
}

/* Whether it is the edge of something that is the scene's, in a picture that has drifted a little. */
static bool is_edge(const struct camd_box *box)
{
    const double width = figure_width(box), height = figure_height(box);
    return width < SLENDER * height || height < SLENDER * width;
}

/* In pixels of the frame. Tells whether it is believed to be an object. */
static bool emit(const struct scene *scene, const struct figure *figure, const struct camd_box *box,
                 float score)
{
    int32_t step = (int32_t)scene->movers->background.step;
    int32_t right = (int32_t)scene->input->width - 1, bottom = (int32_t)scene->input->height - 1;
    struct camd_box scaled = {box->x1 * step, box->y1 * step, (box->x2 + 1) * step, (box->y2 + 1) * step};
    struct camd_box whole = {0, 0, right, bottom};
    if (score > SCORE_PART && !has_track(scene, box) &&
        (figure->doubtful || !movers_has_moved(scene->movers, box) || is_edge(box)))
        score = SCORE_PART;
    if (scene->found->count == DETECTIONS_MAX || !box_intersection(&scaled, &whole, &scaled))
        return false;
    if (scaled.x2 <= scaled.x1 || scaled.y2 <= scaled.y1)
        return false;
    scene->found->list[scene->found->count++] =
        (struct detection){.box = scaled, .region = whole, .score = score};
    return score > SCORE_PART;
}

static struct camd_box moved(const struct camd_box *box, int32_t dx, int32_t dy)
{
    return (struct camd_box){box->x1 + dx, box->y1 + dy, box->x2 + dx, box->y2 + dy};
}

/* The place near the box that holds most figure pixels, near ones first; their share of it. */
static double fit(const struct movers *movers, const struct figure *figure, const struct camd_box *box,
                  struct camd_box *best)
{
    int32_t reach_x = (int32_t)lround(FIT_REACH * 2 * figure_width(box)),
            reach_y = (int32_t)lround(FIT_REACH * figure_height(box));
    double best_value = -1.0, best_share = 0.0, area = (double)box_area(box);
    for (int32_t dy = -reach_y; dy <= reach_y; dy++)
        for (int32_t dx = -reach_x; dx <= reach_x; dx++) {
            struct camd_box place = moved(box, dx, dy);
            double share = figures_count(&movers->figures, figure, &place) / area;
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
    int32_t high = (int32_t)fmin(fmax(figure_height(track), height / USUAL_SHARE), height * USUAL_SHARE);
    int32_t wide = (int32_t)fmin(fmax(figure_width(track), width / USUAL_SHARE), width * USUAL_SHARE);
    int32_t left = track->x1 + (figure_width(track) - wide) / 2;
    return (struct camd_box){left, track->y2 - high + 1, left + wide - 1, track->y2};
}

static void add_tracked(const struct scene *scene, const struct figure *figure, const struct camd_box *tracks,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct camd_box place, wanted = of_usual_size(scene->movers, &tracks[i]);
        if (fit(scene->movers, figure, &wanted, &place) < FITTED_FILL)
            continue;
        emit(scene, figure, &place, SCORE_SHARED);
        figures_claim(&scene->movers->figures, figure, &place);
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
            if (height < SMALL_HEIGHT || width < 2 || feet - height + 1 < figure->box.y1 - height / 5)
                continue;
            for (int32_t x = figure->box.x1 - width / 4; x + width <= figure->box.x2 + 1 + width / 4; x++) {
                struct camd_box box = {x, feet - height + 1, x + width - 1, feet};
                double share = figures_count(&movers->figures, figure, &box) / (double)box_area(&box);
                if (share > best_share) {
                    best_share = share;
                    best = box;
                }
            }
        }
        if (best_share < NEW_FILL)
            return;
        emit(scene, figure, &best, SCORE_NEW_SHARED);
        figures_claim(&movers->figures, figure, &best);
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

/* Far away objects are small. height, width: the expected ones, 0: not known. */
static bool is_large_enough(const struct figure *figure, double height, double width)
{
    double least_height = HEIGHT_LEAST, least_pixels = PIXELS_LEAST;
    if (height > 0.0) {
        least_height = fmin(least_height, fmax(HEIGHT_SHARE * height, SMALL_HEIGHT));
        least_pixels = fmin(least_pixels, fmax(AREA_SHARE * height * width, SMALL_PIXELS));
    }
    return figure_height(&figure->box) >= least_height && figure->pixels >= least_pixels;
}

static void take_figure(const struct scene *scene, const struct figure *figure)
{
    struct camd_box inside[TRACKS_MAX];
    struct movers *movers = scene->movers;
    double height = expected_height(&movers->scale, figure->box.y2), width = height * movers->scale.ratio;
    bool at_side = is_at_side(movers, &figure->box);
    if (!is_large_enough(figure, height, width))
        return;
    if (height <= 0.0) {
        bool is_believed = emit(scene, figure, &figure->box, SCORE_UNKNOWN);
        if (is_believed && !at_side && !figure->doubtful)
            learn(&movers->scale, &figure->box);
        return;
    }
    uint32_t count = tracks_in(scene, figure, inside);
    bool is_one = figure_width(&figure->box) <= MOST_WIDTH * width &&
                  figure_height(&figure->box) <= MOST_HEIGHT * height;
    if (is_one) {
        bool whole = figure_height(&figure->box) >= LEAST_HEIGHT * height;
        bool is_believed = emit(scene, figure, &figure->box, whole ? SCORE_ALONE : SCORE_PART);
        if (is_believed && !at_side && !figure->doubtful && count <= 1 && whole)
            learn(&movers->scale, &figure->box);
        return;
    }
    figures_sum(&movers->figures, figure);
    add_tracked(scene, figure, inside, count);
    add_expected(scene, figure);
}

/* Whether a figure is so small that it is a part of an object at most. */
static bool is_small_part(const struct movers *movers, const struct figure *figure)
{
    const double height = expected_height(&movers->scale, figure->box.y2);
    return figure->pixels < PART_SHARE * height * height * movers->scale.ratio;
}

/* Whether its middle is in the box of a track. */
static bool is_in_track(const struct scene *scene, const struct camd_box *box)
{
    const int32_t x = (box->x1 + box->x2) / 2, y = (box->y1 + box->y2) / 2;
    for (uint32_t i = 0; i < scene->track_count; i++) {
        const struct camd_box *track = &scene->tracks[i];
        if (x >= track->x1 && x <= track->x2 && y >= track->y1 && y <= track->y2)
            return true;
    }
    return false;
}

/*
 * Tells whether there are so many small figures that one near an object is as likely rain or snow as a part of it. Many people, too,
 * leave many parts.
 */
static bool is_weather(const struct scene *scene)
{
    struct movers *movers = scene->movers;
    uint32_t small = 0;
    for (uint32_t i = 0; i < movers->figures.count; i++) {
        const struct figure *figure = &movers->figures.list[i];
        small += figure->pixels > 0 && is_small_part(movers, figure) && !is_in_track(scene, &figure->box);
    }
    const double more = small - SMALL_BY_OBJECT * scene->track_count;
    movers->small_mean += SMALL_RATE * (more - movers->small_mean);
    return movers->small_mean > SMALL_MOST;
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
            bool is_sparse = lower->pixels + upper->pixels < PARTS_FILL * (double)box_area(&whole);
            bool is_drop =
                movers->scale.is_weather && (is_small_part(movers, lower) || is_small_part(movers, upper));
            if (height <= 0.0 || is_sparse || is_drop || figure_height(&whole) > MOST_HEIGHT * height ||
                figure_width(&whole) > MOST_WIDTH * width)
                continue;
            lower->box = whole;
            lower->pixels += upper->pixels;
            lower->doubtful |= upper->doubtful;
            upper->pixels = 0;
        }
}

/*
 * What is new about the tracks is learnt slowly, so that an object that waits is not taken for the scene: less slowly what has not
 * gone anywhere, as a door that was opened.
 */
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
        const bool is_held = track->has_travelled ? background->frames > 0 || background->is_restarted
                                                  : background->frames % NOT_HELD != 0;
        for (int32_t y = box.y1; is_held && y <= box.y2; y++)
            memset(background->hold + (size_t)y * background->width + box.x1, 1, (size_t)figure_width(&box));
    }
}

/* Takes what is no thing out of the figures that light explains: of all, when there are more than there is room for. */
static void leave_out_light(struct movers *movers)
{
    struct figures *figures = &movers->figures;
    bool any = figures->left_out > 0;
    if (any)
        lighting_reduce(&movers->lighting, figures, NULL);
    for (uint32_t i = 0; i < figures->count && figures->left_out == 0; i++) {
        const struct figure *figure = &figures->list[i];
        if (!lighting_explains(&movers->lighting, figures, figure))
            continue;
        lighting_reduce(&movers->lighting, figures, figure);
        any = true;
    }
    if (any)
        figures_find(figures);
}

/* What was part of the scene and goes, as a car that was parked, leaves a figure where it was, which is no object. */
static void leave_out_gaps(struct movers *movers)
{
    struct figures *figures = &movers->figures;
    for (uint32_t i = 0; i < figures->count; i++)
        if (lighting_is_gap(&movers->lighting, figures, &figures->list[i]))
            figures->list[i].pixels = 0;
}

static void find_figures(struct movers *movers, bool ignore_light)
{
    const struct background *background = &movers->background;
    size_t pixels = (size_t)background->width * background->height;
    const uint8_t *restrict looked_at = movers->looked_at;
    uint8_t *restrict figure = background->figure;
    for (size_t i = 0; i < pixels; i++)
        figure[i] &= looked_at[i];
    figures_clean(&movers->figures, figure);
    figures_find(&movers->figures);
    if (ignore_light)
        leave_out_light(movers);
    movers->left_out = movers->figures.left_out;
}

/* Looks at the picture as a whole: it may be another one, for a moment or from now on. */
static void look_at_light(struct movers *movers, double fps, double memory)
{
    struct lighting *lighting = &movers->lighting;
    const struct background *background = &movers->background;
    lighting_look(lighting, background->luma);
    bool is_other = lighting_thing_share(lighting) > OTHER_SHARE;
    movers->other_pictures = is_other ? movers->other_pictures + 1 : 0;
    movers->is_unsure = is_other && movers->other_pictures <= fmax(OTHER_SECONDS * fps, 1.0);
    if (is_other && !movers->is_unsure)
        lighting_restart(lighting);
    if (!movers->is_unsure)
        lighting_learn(lighting, background->hold, memory);
}

/* Of what is looked at. Of a row at a time: so many small sums are made at once. */
static double new_share(const struct movers *movers)
{
    const struct background *background = &movers->background;
    const size_t width = background->width, height = background->height;
    size_t count = 0, all = 0;
    for (size_t y = 0; y < height; y++) {
        const uint8_t *restrict figure = background->figure + y * width;
        const uint8_t *restrict looked_at = movers->looked_at + y * width;
        uint16_t row = 0, row_all = 0;
        for (size_t x = 0; x < width; x++) {
            row = (uint16_t)(row + (figure[x] & looked_at[x]));
            row_all = (uint16_t)(row_all + (looked_at[x] & 1));
        }
        count += row;
        all += row_all;
    }
    return all > 0 ? (double)count / (double)all : 0.0;
}

/*
 * How a scene looked in another light is not told from who looks like that now: when most of it has been new for a while, as after
 * a switch to infra-red, what was known of it is forgotten.
 */
static void forget_other_light(struct movers *movers, double share, double fps)
{
    movers->changed_pictures = share > OTHER_SHARE ? movers->changed_pictures + 1 : 0;
    if (movers->changed_pictures <= fmax(OTHER_SECONDS * fps, 1.0))
        return;
    background_restart(&movers->background);
    movers->changed_pictures = 0;
}

/*
 * While the camera itself moves all of the picture is new. Objects stay where they were for a jolt; for a turn they are gone. Tells
 * whether the picture says anything.
 */
static bool is_at_rest(struct movers *movers, double share, double fps)
{
    const struct background *background = &movers->background;
    enum panning_state state = panning_look(&movers->panning, background->luma, share, fps);
    if (state == PANNING_MOVES)
        movers->is_unsure = panning_seconds(&movers->panning, fps) < TURN_SECONDS;
    if (state == PANNING_HAS_MOVED)
        movers_fini(movers); /* another scene, and other sizes: begins again with the next picture */
    return state == PANNING_RESTS;
}

int movers_detect(struct movers *movers, const struct movers_input *input, struct detection_list *found)
{
    struct figures *figures = &movers->figures;
    struct scene scene = {.movers = movers, .input = input, .found = found};
    const double memory = fmax(MEMORY_SECONDS * input->fps, 1.0); /* pictures */
    found->count = 0;
    if (!movers->ready) {
        int result = prepare(movers, input);
        if (result < 0)
            return result;
    }
    hold_tracks(&scene);
    background_update(&movers->background, input->pixels, memory, input->ignore_light);
    movers->is_unsure = false;
    movers->left_out = 0;
    const double share = new_share(movers);
    if (!is_at_rest(movers, share, input->fps))
        return 0;
    forget_other_light(movers, share, input->fps);
    if (input->ignore_light)
        look_at_light(movers, input->fps, memory);
    if (movers->is_unsure)
        return 0;
    find_figures(movers, input->ignore_light);
    if (input->ignore_light)
        leave_out_gaps(movers);
    /* before parts are merged: then no pixel tells any more whose it is */
    for (uint32_t i = 0; input->ignore_light && i < figures->count; i++)
        if (figures->list[i].pixels > 0)
            (void)shade_cut(&movers->shade, &movers->lighting, figures, &figures->list[i]);
    shade_next(&movers->shade, input->fps);
    movers->scale.is_weather = is_weather(&scene);
    merge_parts(movers, figures);
    for (uint32_t i = 0; i < figures->count; i++)
        take_figure(&scene, &figures->list[i]);
    movers_forget_candidates(movers);
    return 0;
}
