#include "picture/overlay.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_BYTES = CAMD_LABEL_BYTES + 40 };

static uint32_t at_most(uint32_t count, uint32_t limit)
{
    return count < limit ? count : limit;
}

static enum picture_colour colour_of(const struct camd_object *object)
{
    if (object->flags & CAMD_OBJECT_FALSE_POSITIVE)
        return PICTURE_DOUBTFUL;
    return object->flags & CAMD_OBJECT_STATIONARY ? PICTURE_STATIONARY : PICTURE_OBJECT;
}

/* "person 12 0.87"; a box that is only estimated has no score of this frame. */
static void describe(const struct camd_object *object, const char (*labels)[CAMD_LABEL_BYTES],
                     uint32_t label_count, char text[TEXT_BYTES])
{
    char number[16];
    const char *label = number;
    uint64_t id = object->id % OBJECT_IDS_A_SECOND;
    snprintf(number, sizeof(number), "%" PRIu32, object->label);
    if (object->label < label_count && labels[object->label][0] != '\0')
        label = labels[object->label];
    if (object->flags & CAMD_OBJECT_PREDICTED)
        snprintf(text, TEXT_BYTES, "%.*s %" PRIu64, CAMD_LABEL_BYTES - 1, label, id);
    else
        snprintf(text, TEXT_BYTES, "%.*s %" PRIu64 " %.2f", CAMD_LABEL_BYTES - 1, label, id,
                 (double)object->score);
}

/* The label stands on the box, or in it where there is no room above. */
static void draw_object(struct picture *picture, const struct camd_object *object,
                        const char (*labels)[CAMD_LABEL_BYTES], uint32_t label_count)
{
    char text[TEXT_BYTES];
    const int32_t bar = picture_text_height(picture_text_scale(picture));
    enum picture_colour colour = colour_of(object);
    describe(object, labels, label_count, text);
    picture_draw_box(picture, &object->box, colour);
    picture_draw_text(picture, object->box.x1, object->box.y1 >= bar ? object->box.y1 - bar : object->box.y1,
                      colour, text);
}

/* Lengths of one picture, in another one of the same scene. */
struct scale {
    uint32_t from_width, from_height, to_width, to_height;
};

static int32_t scaled(int32_t value, uint32_t from, uint32_t to)
{
    return from > 0 ? (int32_t)((int64_t)value * to / from) : value;
}

static void scale_box(struct camd_box *box, const struct scale *scale)
{
    *box = (struct camd_box){
        scaled(box->x1, scale->from_width, scale->to_width),
        scaled(box->y1, scale->from_height, scale->to_height),
        scaled(box->x2, scale->from_width, scale->to_width),
        scaled(box->y2, scale->from_height, scale->to_height),
    };
}

void overlay_scale(struct camd_result *result, uint32_t from_width, uint32_t from_height, uint32_t to_width,
                   uint32_t to_height)
{
    const struct scale scale = {from_width, from_height, to_width, to_height};
    for (uint32_t i = 0; i < at_most(result->object_count, CAMD_OBJECTS_MAX); i++)
        scale_box(&result->objects[i].box, &scale);
    for (uint32_t i = 0; i < at_most(result->motion_count, CAMD_MOTION_MAX); i++)
        scale_box(&result->motion[i], &scale);
    for (uint32_t i = 0; i < at_most(result->region_count, CAMD_REGIONS_MAX); i++)
        scale_box(&result->regions[i], &scale);
}

uint32_t overlay_draw(struct picture *picture, const struct camd_result *result,
                      const char (*labels)[CAMD_LABEL_BYTES], uint32_t label_count, unsigned int layers)
{
    uint32_t regions = layers & OVERLAY_REGIONS ? at_most(result->region_count, CAMD_REGIONS_MAX) : 0;
    uint32_t motion = layers & OVERLAY_MOTION && !(result->flags & CAMD_RESULT_CALIBRATING)
                          ? at_most(result->motion_count, CAMD_MOTION_MAX)
                          : 0;
    uint32_t objects = layers & OVERLAY_OBJECTS ? at_most(result->object_count, CAMD_OBJECTS_MAX) : 0;
    for (uint32_t i = 0; i < regions; i++)
        picture_draw_box(picture, &result->regions[i], PICTURE_REGION);
    for (uint32_t i = 0; i < motion; i++)
        picture_draw_box(picture, &result->motion[i], PICTURE_MOTION);
    for (uint32_t i = 0; i < objects; i++)
        draw_object(picture, &result->objects[i], labels, at_most(label_count, CAMD_LABELS_MAX));
    return regions + motion + objects;
}
