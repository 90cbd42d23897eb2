#include "common/config_mask.h"

#include <stdlib.h>
#include <string.h>

#include "common/config_keys.h"
#include "common/text.h"

static const char white_space[] = " \t";

/* One corner, "x,y", of length bytes. */
static bool point_parse(const char *text, size_t length, struct config_point *point)
{
    char copy[2 * TEXT_NUMBER_BYTES];
    if (length >= sizeof copy)
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

static const char *points_parse(const char *text, struct config_mask *mask)
{
    static const char kind[] = "motion";
    size_t length = strcspn(text, white_space);
    if (length != sizeof kind - 1 || memcmp(text, kind, length) != 0)
        return "does not begin with the word motion";
    for (;;) {
        text += length;
        text += strspn(text, white_space);
        length = strcspn(text, white_space);
        if (length == 0)
            break;
        if (mask->point_count == CONFIG_POINTS_MAX)
            return "has too many corners";
        if (!point_parse(text, length, &mask->points[mask->point_count]))
            return "has a corner that is not x,y with numbers from 0 to 1";
        mask->point_count++;
    }
    return mask->point_count < 3 ? "has too few corners" : NULL;
}

/* Where the mask of that name is, or where it belongs in the order. */
static size_t mask_position(const struct config_camera *camera, const char *name, bool *is_there)
{
    size_t at = 0;
    int order = 1;
    while (at < camera->mask_count && (order = strcmp(camera->masks[at].name, name)) < 0)
        at++;
    *is_there = at < camera->mask_count && order == 0;
    return at;
}

static void mask_remove(struct config_camera *camera, size_t at)
{
    camera->mask_count--;
    memmove(&camera->masks[at], &camera->masks[at + 1], (camera->mask_count - at) * sizeof *camera->masks);
}

const char *config_mask_parse(struct config_camera *camera, const char *name, const char *text)
{
    struct config_mask mask = {.point_count = 0};
    bool is_there;
    if (!text_is_camera_name(name))
        return "has a name that is not of 1 to 40 letters, digits, _ and -";
    size_t at = mask_position(camera, name, &is_there);
    if (strcmp(text, "none") == 0) {
        if (is_there)
            mask_remove(camera, at);
        return NULL;
    }
    const char *fault = points_parse(text, &mask);
    if (fault)
        return fault;
    if (!is_there) {
        if (camera->mask_count == CONFIG_MASKS_MAX)
            return "is one mask more than the 32 that a camera can have";
        _Static_assert(CONFIG_MASKS_MAX == 32, "the text above");
        struct config_mask *masks = realloc(camera->masks, (camera->mask_count + 1) * sizeof *masks);
        if (!masks)
            return config_value_no_memory;
        camera->masks = masks;
        memmove(&masks[at + 1], &masks[at], (camera->mask_count - at) * sizeof *masks);
        camera->mask_count++;
    }
    memcpy(mask.name, name, strlen(name) + 1);
    camera->masks[at] = mask;
    return NULL;
}

char *config_mask_print(const struct config_mask *mask)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    fputs("motion", out);
    for (size_t i = 0; i < mask->point_count; i++) {
        char x[TEXT_NUMBER_BYTES], y[TEXT_NUMBER_BYTES];
        text_from_float(x, mask->points[i].x);
        text_from_float(y, mask->points[i].y);
        fprintf(out, " %s,%s", x, y);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

const struct config_mask *config_mask_find(const struct config_camera *camera, const char *name)
{
    bool is_there;
    size_t at = mask_position(camera, name, &is_there);
    return is_there ? &camera->masks[at] : NULL;
}

size_t config_mask_corners(const struct config_camera *camera)
{
    size_t corners = 0;
    for (size_t i = 0; i < camera->mask_count; i++)
        corners += camera->masks[i].point_count;
    return corners;
}

static bool mask_is_equal(const struct config_mask *a, const struct config_mask *b)
{
    return strcmp(a->name, b->name) == 0 && a->point_count == b->point_count &&
           memcmp(a->points, b->points, a->point_count * sizeof *a->points) == 0;
}

bool config_masks_are_equal(const struct config_camera *a, const struct config_camera *b)
{
    if (a->mask_count != b->mask_count)
        return false;
    for (size_t i = 0; i < a->mask_count; i++) {
        if (!mask_is_equal(&a->masks[i], &b->masks[i]))
            return false;
    }
    return true;
}

bool config_masks_copy(struct config_camera *to, const struct config_camera *from)
{
    to->masks = NULL;
    to->mask_count = 0;
    if (from->mask_count == 0)
        return true;
    to->masks = calloc(from->mask_count, sizeof *to->masks);
    if (!to->masks)
        return false;
    memcpy(to->masks, from->masks, from->mask_count * sizeof *to->masks);
    to->mask_count = from->mask_count;
    return true;
}

void config_masks_clear(struct config_camera *camera)
{
    free(camera->masks);
    camera->masks = NULL;
    camera->mask_count = 0;
}

static json_t *points_json(const struct config_mask *mask)
{
    json_t *points = json_array();
    for (size_t i = 0; i < mask->point_count; i++) {
        const struct config_point *point = &mask->points[i];
        json_t *pair = json_pack("[f, f]", (double)point->x, (double)point->y);
        if (json_array_append_new(points, pair) != 0) {
            json_decref(points);
            return NULL;
        }
    }
    return points;
}

json_t *config_masks_json(const struct config_camera *camera)
{
    json_t *masks = json_array();
    for (size_t i = 0; i < camera->mask_count; i++) {
        const struct config_mask *mask = &camera->masks[i];
        json_t *object = json_pack("{s:s, s:o}", "name", mask->name, "points", points_json(mask));
        if (json_array_append_new(masks, object) != 0) {
            json_decref(masks);
            return NULL;
        }
    }
    return masks;
}

static void mask_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(out, "none or motion x,y x,y x,y ... (3 to %d corners, x and y from 0 to 1)", CONFIG_POINTS_MAX);
}

const struct config_type config_type_mask = {.is_family = true, .describe = mask_describe};
