/* The values of mask.NAME and zone.NAME: polygons, by their corners in shares of the picture. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_keys.h"

static const char white_space[] = " \t";

/* ---- corners ---- */

/* One corner, "x,y", of length bytes. */
static bool point_parse(const char *text, size_t length, struct config_point *point)
{
    char copy[2 * TEXT_NUMBER_BYTES];
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *comma = strchr(copy, ',');
    if (!comma)
        return false;
    *comma = '\0';
    double x, y;
    if (!text_to_double(copy, &x) || !text_to_double(comma + 1, &y))
        return false;
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1))
        return false;
    *point = (struct config_point){(float)x, (float)y};
    return true;
}

static const char *points_parse(const char *text, struct config_polygon *polygon)
{
    for (;;) {
        text += strspn(text, white_space);
        size_t length = strcspn(text, white_space);
        if (length == 0)
            break;
        if (polygon->point_count == CONFIG_POINTS_MAX)
            return "has too many corners";
        if (!point_parse(text, length, &polygon->points[polygon->point_count]))
            return "has a corner that is not x,y with numbers from 0 to 1";
        polygon->point_count++;
        text += length;
    }
    return polygon->point_count < 3 ? "has too few corners" : NULL;
}

static void points_write(FILE *out, const struct config_polygon *polygon)
{
    for (size_t i = 0; i < polygon->point_count; i++) {
        char x[TEXT_NUMBER_BYTES], y[TEXT_NUMBER_BYTES];
        text_from_float(x, polygon->points[i].x);
        text_from_float(y, polygon->points[i].y);
        fprintf(out, "%s%s,%s", i > 0 ? " " : "", x, y);
    }
}

static json_t *points_json(const struct config_polygon *polygon)
{
    json_t *points = json_array();
    for (size_t i = 0; i < polygon->point_count; i++) {
        const struct config_point *point = &polygon->points[i];
        json_t *pair = json_pack("[f, f]", (double)point->x, (double)point->y);
        if (json_array_append_new(points, pair) != 0) {
            json_decref(points);
            return NULL;
        }
    }
    return points;
}

/* ---- masks ---- */

static const char object_word[] = "object";

/* What stands before the first corner, of length bytes: "motion", "object" or "object:LABEL". */
static const char *kind_parse(const char *text, size_t length, struct config_polygon *polygon)
{
    static const char motion_word[] = "motion";
    static const char no_kind[] = "does not begin with motion, object or object:LABEL";
    size_t object_length = sizeof(object_word) - 1;
    if (length == 0 || (length == sizeof(motion_word) - 1 && memcmp(text, motion_word, length) == 0))
        return NULL;
    if (length < object_length || memcmp(text, object_word, object_length) != 0)
        return no_kind;
    polygon->kind = CONFIG_MASK_OBJECT;
    if (length == object_length)
        return NULL;
    if (text[object_length] != ':')
        return no_kind;
    text += object_length + 1;
    length -= object_length + 1;
    if (length == 0 || length >= sizeof(polygon->label))
        return "has no label of 1 to 31 bytes after object:";
    memcpy(polygon->label, text, length);
    return NULL;
}

static const char *mask_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    struct config_polygon polygon = {.kind = CONFIG_MASK_MOTION};
    /* Labels may have white space in them; corners have a comma, which labels have not. */
    size_t length = strcspn(text, ",");
    while (length > 0 && text[length] && !strchr(white_space, text[length - 1]))
        length--;
    size_t kind_length = length;
    while (kind_length > 0 && strchr(white_space, text[kind_length - 1]))
        kind_length--;
    const char *fault = kind_parse(text, kind_length, &polygon);
    if (!fault)
        fault = points_parse(text + length, &polygon);
    if (!fault)
        *(struct config_polygon *)field = polygon;
    return fault;
}

static char *mask_print(const struct config_key *key, const void *field)
{
    (void)key;
    const struct config_polygon *polygon = field;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    if (polygon->kind == CONFIG_MASK_MOTION)
        fputs("motion ", out);
    else
        fprintf(out, "%s%s%s ", object_word, *polygon->label ? ":" : "", polygon->label);
    points_write(out, polygon);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static json_t *mask_json(const void *field)
{
    const struct config_polygon *polygon = field;
    return json_pack("{s:s, s:s?, s:o}", "kind", polygon->kind == CONFIG_MASK_MOTION ? "motion" : object_word,
                     "label", *polygon->label ? polygon->label : NULL, "points", points_json(polygon));
}

static void mask_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(
        out,
        "none or motion x,y x,y x,y ... or object x,y x,y x,y ... or object:LABEL x,y x,y x,y ... (3 to %d corners, x and y from 0 to 1)",
        CONFIG_POINTS_MAX);
}

const struct config_type config_type_mask = {
    .size = sizeof(struct config_polygon),
    .parse = mask_parse,
    .print = mask_print,
    .json = mask_json,
    .describe = mask_describe,
};

/* ---- zones ---- */

static const char *zone_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    struct config_polygon polygon = {.kind = CONFIG_MASK_MOTION};
    const char *fault = points_parse(text, &polygon);
    if (!fault)
        *(struct config_polygon *)field = polygon;
    return fault;
}

static char *zone_print(const struct config_key *key, const void *field)
{
    (void)key;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    points_write(out, field);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static json_t *zone_json(const void *field)
{
    return json_pack("{s:o}", "points", points_json(field));
}

static void zone_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(out, "none or x,y x,y x,y ... (3 to %d corners, x and y from 0 to 1)", CONFIG_POINTS_MAX);
}

const struct config_type config_type_zone = {
    .size = sizeof(struct config_polygon),
    .parse = zone_parse,
    .print = zone_print,
    .json = zone_json,
    .describe = zone_describe,
};
