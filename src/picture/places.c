#include "picture/places.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_BYTES = 128,
    NAMES_MAX = 64, /* that are kept apart; more than a camera has */
};

static const struct {
    enum picture_colour colour;
    enum shape_fill fill;
    const char *word; /* before the name */
} kinds[PLACE_KIND_COUNT] = {
    [PLACE_ZONE] = {PICTURE_ZONE, SHAPE_TINTED, "zone"},
    [PLACE_MOTION_MASK] = {PICTURE_MOTION_MASK, SHAPE_RISING, "motion mask"},
    [PLACE_OBJECT_MASK] = {PICTURE_OBJECT_MASK, SHAPE_FALLING, "object mask"},
    [PLACE_NEW] = {PICTURE_NEW, SHAPE_TINTED, "new:"},
};

/* Where names stand already. */
struct names {
    struct camd_box boxes[NAMES_MAX];
    size_t count;
};

static bool touches(const struct camd_box *a, const struct camd_box *b)
{
    return a->x1 < b->x2 && b->x1 < a->x2 && a->y1 < b->y2 && b->y1 < a->y2;
}

/* The lowest side of the names that stand in the way, or 0. */
static int32_t bottom_of_obstacle(const struct names *names, const struct camd_box *box)
{
    int32_t bottom = 0;
    for (size_t i = 0; i < names->count; i++)
        if (touches(&names->boxes[i], box) && names->boxes[i].y2 > bottom)
            bottom = names->boxes[i].y2;
    return bottom;
}

/* Moved into the picture, and down, while another name is there. */
static struct camd_box find_room(const struct picture *picture, const struct names *names, int32_t x,
                                 int32_t y, int32_t width, int32_t height)
{
    const int32_t right = (int32_t)picture->width - width, bottom = (int32_t)picture->height - height;
    const int32_t left = x > right ? right : x, top = y > bottom ? bottom : y;
    struct camd_box box = {left > 0 ? left : 0, top > 0 ? top : 0, 0, 0};
    for (size_t tries = 0; tries <= names->count; tries++) {
        box.x2 = box.x1 + width;
        box.y2 = box.y1 + height;
        const int32_t below = bottom_of_obstacle(names, &box);
        if (below == 0 || below > bottom)
            break;
        box.y1 = below;
    }
    return box;
}

/* Of its corners: inside, unless its shape is an odd one. */
static struct shape_point middle_of(const struct place *place)
{
    struct shape_point sum = {0, 0};
    for (size_t i = 0; i < place->count; i++)
        sum = (struct shape_point){sum.x + place->points[i].x, sum.y + place->points[i].y};
    return (struct shape_point){sum.x / (double)place->count, sum.y / (double)place->count};
}

static void draw_name(struct picture *picture, const struct place *place, struct names *names)
{
    const uint32_t scale = picture_text_scale(picture);
    const struct shape_point middle = middle_of(place);
    char text[TEXT_BYTES];
    snprintf(text, sizeof(text), "%s %s%s%s", kinds[place->kind].word, place->name,
             place->label ? " for " : "", place->label ? place->label : "");
    const int32_t width = picture_text_width(strlen(text), scale), height = picture_text_height(scale);
    const struct camd_box box = find_room(picture, names, (int32_t)(middle.x * picture->width) - width / 2,
                                          (int32_t)(middle.y * picture->height) - height / 2, width, height);
    picture_draw_text(picture, box.x1, box.y1, kinds[place->kind].colour, text);
    if (names->count < NAMES_MAX)
        names->boxes[names->count++] = box;
}

void places_draw(struct picture *picture, const struct place *places, size_t count)
{
    struct names names = {.count = 0};
    for (size_t i = 0; i < count; i++)
        shape_draw(picture, places[i].points, places[i].count, kinds[places[i].kind].colour,
                   kinds[places[i].kind].fill);
    for (size_t i = 0; i < count; i++)
        if (places[i].count > 0)
            draw_name(picture, &places[i], &names);
}
