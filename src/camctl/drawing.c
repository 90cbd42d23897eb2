#include "camctl/drawing.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camctl/grid_overlay.h"
#include "config/config.h"
#include "picture/ruler.h"
#include "picture/stamp.h"

enum { PLACES_MAX = CONFIG_MASKS_MAX + CONFIG_ZONES_MAX + 1 };

static const struct {
    enum option_id option;
    enum drawing_layer layer;
} layer_options[] = {
    {OPTION_GRID, DRAWING_GRID},   {OPTION_ZONES, DRAWING_ZONES}, {OPTION_BOXES, DRAWING_BOXES},
    {OPTION_RULER, DRAWING_RULER}, {OPTION_STAMP, DRAWING_STAMP},
};

unsigned int drawing_layers(const struct options *options)
{
    unsigned int layers = 0;
    for (size_t i = 0; i < sizeof(layer_options) / sizeof(layer_options[0]); i++)
        if (options->given[layer_options[i].option])
            layers |= layer_options[i].layer;
    return layers;
}

static enum status ask(struct command *command, enum verb verb, const char *camera, json_t **answer)
{
    json_decref(*answer);
    return command_ask_camera(command, verb, camera, answer);
}

enum status drawing_ask(struct command *command, struct drawing *drawing, const char *camera)
{
    enum status status = STATUS_DONE;
    drawing->stamp_is_utc = command->output->utc;
    if (drawing->layers & DRAWING_ZONES)
        status = ask(command, VERB_ZONE, camera, &drawing->zone);
    if (status == STATUS_DONE && drawing->layers & DRAWING_GRID)
        status = ask(command, VERB_GRID, camera, &drawing->grid);
    return status;
}

/* ---- zones and masks ---- */

/* The corners of all of them, and the places that point to them. */
struct places {
    struct shape_point points[CONFIG_CORNERS_MAX];
    size_t point_count;
    struct place list[PLACES_MAX];
    size_t count;
};

static size_t add_points(struct places *places, const json_t *points)
{
    const size_t room = CONFIG_CORNERS_MAX - places->point_count;
    const size_t count = json_array_size(points) < room ? json_array_size(points) : room;
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(points, i);
        places->points[places->point_count + i] = (struct shape_point){
            json_number_value(json_array_get(point, 0)), json_number_value(json_array_get(point, 1))};
    }
    places->point_count += count;
    return count;
}

static void add_places(struct places *places, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && places->count < PLACES_MAX; i++) {
        const json_t *item = json_array_get(list, i);
        const char *kind = json_member_string(item, "kind", NULL);
        struct place *place = &places->list[places->count++];
        place->kind = !kind                         ? PLACE_ZONE
                      : strcmp(kind, "motion") == 0 ? PLACE_MOTION_MASK
                                                    : PLACE_OBJECT_MASK;
        place->name = json_member_string(item, "name", "");
        place->label = json_member_string(item, "label", NULL);
        place->points = places->points + places->point_count;
        place->count = add_points(places, json_object_get(item, "points"));
    }
}

static void draw_places(const struct drawing *drawing, struct picture *picture)
{
    struct places *places = calloc(1, sizeof(*places));
    if (!places)
        return;
    if (drawing->layers & DRAWING_ZONES) {
        add_places(places, json_object_get(drawing->zone, "masks"));
        add_places(places, json_object_get(drawing->zone, "zones"));
    }
    if (drawing->extra && places->count < PLACES_MAX)
        places->list[places->count++] = *drawing->extra;
    places_draw(picture, places->list, places->count);
    free(places);
}

/* ---- the rest ---- */

/* "2026-11-27 19:05:59", where this machine is, or in UTC with --utc: thousandths are of no use on a picture. */
static void draw_stamp(const struct drawing *drawing, const struct view *view, struct picture *picture)
{
    char text[CLOCK_TEXT_BYTES];
    if (drawing->stamp_is_utc)
        clock_format_utc(view->frame.wall_ns, text);
    else
        clock_format_local(view->frame.wall_ns, text);
    if (text[strcspn(text, ".")] != '\0')
        strcpy(text + strcspn(text, "."), drawing->stamp_is_utc ? "Z" : "");
    stamp_draw(picture, drawing->stamp_has_no_name ? NULL : view->camera, text);
}

size_t drawing_draw(const struct drawing *drawing, const struct view *view, struct picture *picture)
{
    size_t drawn = 0;
    if (drawing->layers & DRAWING_GRID)
        drawn += grid_overlay_draw(picture, json_object_get(drawing->grid, "cells"));
    if (drawing->layers & DRAWING_RULER)
        ruler_draw_lines(picture);
    draw_places(drawing, picture);
    if (drawing->layers & DRAWING_BOXES)
        drawn += view_draw_boxes(view, picture);
    if (drawing->layers & DRAWING_RULER)
        ruler_draw_numbers(picture);
    if (drawing->layers & DRAWING_STAMP)
        draw_stamp(drawing, view, picture);
    return drawn;
}

void drawing_fini(struct drawing *drawing)
{
    json_decref(drawing->zone);
    json_decref(drawing->grid);
    drawing->zone = drawing->grid = NULL;
}
