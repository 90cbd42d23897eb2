#include "config/config_flat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FLAT_MOST 1e-7 /* of the picture: less than a pixel of any camera's */

/* Whether the corners lie on one line, or are one: nothing is within them. */
static bool is_flat(const struct config_polygon *polygon)
{
    const struct config_point *first = &polygon->points[0];
    double x = 0.0, y = 0.0; /* to the corner that is farthest from the first */
    for (size_t i = 1; i < polygon->point_count; i++) {
        const double dx = (double)polygon->points[i].x - (double)first->x,
                     dy = (double)polygon->points[i].y - (double)first->y;
        if (hypot(dx, dy) > hypot(x, y)) {
            x = dx;
            y = dy;
        }
    }
    for (size_t i = 1; i < polygon->point_count; i++)
        if (fabs(x * ((double)polygon->points[i].y - (double)first->y) -
                 y * ((double)polygon->points[i].x - (double)first->x)) > FLAT_MOST)
            return false;
    return polygon->point_count > 0;
}

static bool has_same_corners(const struct config_polygon *a, const struct config_polygon *b)
{
    return a->point_count == b->point_count &&
           memcmp(a->points, b->points, a->point_count * sizeof(a->points[0])) == 0;
}

struct flat {
    const struct config_camera *camera;
    config_warning *warn;
    void *context;
};

/* shared: that of [defaults] with the same name, or NULL. */
static void look(const struct flat *flat, const char *family, const char *name,
                 const struct config_polygon *polygon, const struct config_polygon *shared)
{
    const char *owner = flat->camera->name[0] ? flat->camera->name : "[defaults]";
    if (!is_flat(polygon) || (shared && has_same_corners(polygon, shared)))
        return;
    char *text = text_format(
        "%s.%s of %s has all its corners on one line, so that nothing is within it: camctl zone makes the line for another",
        family, name, owner);
    flat->warn(flat->context, text ? text : "memory is short: not everything was checked");
    free(text);
}

static const struct config_polygon *find_zone(const struct config_camera *camera, const char *name)
{
    for (size_t i = 0; camera && i < camera->zone_count; i++)
        if (strcmp(camera->zones[i].name, name) == 0)
            return &camera->zones[i].polygon;
    return NULL;
}

static const struct config_polygon *find_mask(const struct config_camera *camera, const char *name)
{
    for (size_t i = 0; camera && i < camera->mask_count; i++)
        if (strcmp(camera->masks[i].name, name) == 0)
            return &camera->masks[i].polygon;
    return NULL;
}

void config_warn_flat(const struct config_camera *camera, const struct config_camera *defaults,
                      config_warning *warn, void *context)
{
    const struct flat flat = {camera, warn, context};
    for (size_t i = 0; i < camera->zone_count; i++) {
        const struct config_zone *zone = &camera->zones[i];
        look(&flat, "zone", zone->name, &zone->polygon, find_zone(defaults, zone->name));
    }
    for (size_t i = 0; i < camera->mask_count; i++) {
        const struct config_mask *mask = &camera->masks[i];
        look(&flat, "mask", mask->name, &mask->polygon, find_mask(defaults, mask->name));
    }
}
