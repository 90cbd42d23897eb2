/* What settings of a zone have to do with each other: its corners, and what is measured by them. */
#include <string.h>

#include "base/perspective.h"
#include "base/text.h"
#include "config/config_camera.h"
#include "config/config_document.h"
#include "config/config_problem.h"

_Static_assert((int)CONFIG_SIDES == (int)QUADRILATERAL_CORNERS, "a distance for each side");

/* What comes after zone.NAME in the key of a setting of that zone, or NULL. */
static const char *rest_of(const struct config_entry *entry, const struct config_zone *zone)
{
    static const char family[] = "zone.";
    const size_t length = strlen(zone->name);
    const char *name = entry->name + sizeof(family) - 1;
    if (strncmp(entry->name, family, sizeof(family) - 1) != 0 || strncmp(name, zone->name, length) != 0)
        return NULL;
    return name[length] == '\0' || name[length] == '.' ? name + length : NULL;
}

/* The section's setting of that zone with that rest, or NULL. */
static const struct config_entry *find(const struct config_section *section, const struct config_zone *zone,
                                       const char *rest)
{
    for (size_t i = 0; i < section->count; i++) {
        const char *own = rest_of(&section->entries[i], zone);
        if (own && strcmp(own, rest) == 0)
            return &section->entries[i];
    }
    return NULL;
}

/* The zone of the camera's, with corners, that the name may have been meant for, or NULL. */
static const char *nearest_zone(const struct config_camera *camera, const char *name)
{
    const char *names[CONFIG_ZONES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < camera->zone_count; i++) {
        if (camera->zones[i].polygon.point_count > 0)
            names[count++] = camera->zones[i].name;
    }
    return text_nearest(name, names, count);
}

/* A setting of a zone that has no corners: its name is mistyped, or the zone was taken away. */
static void check_corners(const struct config_camera *camera, const struct config_zone *zone,
                          const struct config_section *section, const char *file,
                          struct config_problems *problems)
{
    char suggestion[TEXT_SUGGESTION_BYTES];
    text_suggestion(nearest_zone(camera, zone->name), suggestion);
    for (size_t i = 0; i < section->count; i++) {
        const struct config_entry *entry = &section->entries[i];
        const char *rest = rest_of(entry, zone);
        if (!entry->is_damaged && rest && rest[0] == '.')
            config_problem_add(problems, file, entry->line, entry->name,
                               "there is no zone %s%s: expected its corners, zone.%s = x,y x,y x,y ...",
                               zone->name, suggestion, zone->name);
    }
}

static bool has_distances(const struct config_zone *zone)
{
    return zone->distances.sides[0] > 0;
}

/* Why these can't be the sides of the zone, or NULL. */
static const char *distances_fault(const struct config_zone *zone)
{
    struct quadrilateral corners = {{{0, 0}}}, sides;
    if (zone->polygon.point_count != QUADRILATERAL_CORNERS)
        return "it has not four corners: expected distances only for a zone with four";
    for (size_t i = 0; i < QUADRILATERAL_CORNERS; i++)
        corners.corners[i] =
            (struct plane_point){(double)zone->polygon.points[i].x, (double)zone->polygon.points[i].y};
    if (!quadrilateral_is_convex(&corners))
        return "its corners are not those of a place on the ground: expected them in their order around it, no three on a line and none pointing inwards";
    if (!quadrilateral_of_sides(zone->distances.sides, &sides))
        return "nothing has these sides, since one is as long as the others together: expected each to be shorter";
    return NULL;
}

/* A problem is reported at the setting that was written here; that of [defaults] has been reported there. */
static void check_distances(const struct config_zone *zone, const struct config_section *section,
                            const char *file, struct config_problems *problems)
{
    const struct config_entry *distances = find(section, zone, ".distances"),
                              *corners = find(section, zone, "");
    const struct config_entry *entry = distances ? distances : corners;
    if (!entry || (distances && distances->is_damaged) || (corners && corners->is_damaged) ||
        !has_distances(zone))
        return;
    const char *fault = distances_fault(zone);
    if (fault)
        config_problem_add(problems, file, entry->line, entry->name, "distances of the zone %s: %s",
                           zone->name, fault);
}

static void check_threshold(const struct config_zone *zone, const struct config_section *section,
                            const char *file, struct config_problems *problems)
{
    const struct config_entry *distances = find(section, zone, ".distances"),
                              *threshold = find(section, zone, ".speed_threshold");
    const struct config_entry *entry = threshold ? threshold : distances;
    if (!entry || (distances && distances->is_damaged) || (threshold && threshold->is_damaged) ||
        has_distances(zone) || !(zone->speed_threshold > 0))
        return;
    config_problem_add(
        problems, file, entry->line, entry->name,
        "the zone %s has no distances to measure speed by: expected zone.%s.distances = a,b,c,d, the metres of its sides",
        zone->name, zone->name);
}

void config_camera_check_zones(const struct config_camera *camera, const struct config_section *section,
                               const char *file, struct config_problems *problems)
{
    for (size_t i = 0; i < camera->zone_count; i++) {
        const struct config_zone *zone = &camera->zones[i];
        if (zone->polygon.point_count == 0) {
            check_corners(camera, zone, section, file, problems);
            continue;
        }
        check_distances(zone, section, file, problems);
        check_threshold(zone, section, file, problems);
    }
}
