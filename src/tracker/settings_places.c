#include "tracker/settings_places.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tracker/settings_members.h"

#define NS_PER_S 1e9

enum { LOITERING_MAX_S = 86400, SPEED_MAX = 1000 };

/* ---- polygons ---- */

static bool read_coordinate(const json_t *number, double *value)
{
    double read = json_number_value(number);
    if (!json_is_number(number) || !(read >= 0.0 && read <= 1.0))
        return false;
    *value = read;
    return true;
}

/* kind and name: what it is, for the problem. */
static int read_polygon(const json_t *points, const char *kind, const char *name,
                        struct mask_polygon *polygon, char problem[SETTINGS_PROBLEM_BYTES])
{
    size_t count = json_array_size(points);
    if (count < MASK_POINTS_MIN || count > MASK_POINTS_MAX)
        return settings_wrong(problem, "%s %.*s: expected %d to %d points", kind, CAMD_NAME_MAX, name,
                              MASK_POINTS_MIN, MASK_POINTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(points, i);
        if (!read_coordinate(json_array_get(point, 0), &polygon->points[i].x) ||
            !read_coordinate(json_array_get(point, 1), &polygon->points[i].y))
            return settings_wrong(problem, "%s %.*s: expected points [x, y] of numbers from 0 to 1", kind,
                                  CAMD_NAME_MAX, name);
    }
    polygon->count = (uint32_t)count;
    return 0;
}

static const char *name_of(const json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    return name ? name : "(without a name)";
}

/* ---- masks ---- */

static int read_object_mask(const json_t *mask, struct settings *settings,
                            char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *label = json_object_get(mask, "label");
    struct object_mask *read = &settings->object_masks[settings->object_mask_count];
    if (label && !json_is_null(label) && !settings_copy_text(read->label, sizeof(read->label), label))
        return settings_wrong(problem, "mask %.*s: label: expected a label or null", CAMD_NAME_MAX,
                              name_of(mask));
    int result =
        read_polygon(json_object_get(mask, "points"), "mask", name_of(mask), &read->polygon, problem);
    if (result == 0)
        settings->object_mask_count++;
    return result;
}

static int read_mask(const json_t *mask, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *kind = json_object_get(mask, "kind");
    const char *word = kind ? json_string_value(kind) : "motion";
    if (word && strcmp(word, "object") == 0)
        return read_object_mask(mask, settings, problem);
    if (!word || strcmp(word, "motion") != 0)
        return settings_wrong(problem, "mask %.*s: kind: expected motion or object", CAMD_NAME_MAX,
                              name_of(mask));
    int result = read_polygon(json_object_get(mask, "points"), "mask", name_of(mask),
                              &settings->masks[settings->mask_count], problem);
    if (result == 0)
        settings->mask_count++;
    return result;
}

/* ---- zones ---- */

static int read_zone_objects(const json_t *zone, struct zone *read, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *objects = json_object_get(zone, "objects");
    size_t count = json_array_size(objects);
    bool fits = (!objects || json_is_array(objects)) && count <= ZONE_OBJECTS_MAX;
    for (size_t i = 0; fits && i < count; i++)
        fits = settings_copy_text(read->objects[i], sizeof(read->objects[i]), json_array_get(objects, i));
    if (!fits)
        return settings_wrong(problem, "zone %s: objects: expected a list of at most %d labels", read->name,
                              ZONE_OBJECTS_MAX);
    read->object_count = (uint32_t)count;
    return 0;
}

static int read_zone_filters(const json_t *zone, struct zone *read, char problem[SETTINGS_PROBLEM_BYTES])
{
    static const struct filter fallback = FILTER_OPEN;
    char what[SETTINGS_NAME_BYTES + sizeof "zone : filters"];
    snprintf(what, sizeof(what), "zone %s: filters", read->name);
    return settings_read_filters(json_object_get(zone, "filters"), what, &fallback, ZONE_FILTERS_MAX,
                                 read->filters, &read->filter_count, problem);
}

static int read_distances(const json_t *zone, struct zone *read, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *distances = json_object_get(zone, "distances");
    if (!distances || json_is_null(distances))
        return 0;
    bool are_numbers = json_array_size(distances) == QUADRILATERAL_CORNERS;
    for (size_t i = 0; are_numbers && i < QUADRILATERAL_CORNERS; i++) {
        are_numbers = json_is_number(json_array_get(distances, i));
        read->distances[i] = json_number_value(json_array_get(distances, i));
    }
    if (!are_numbers)
        return settings_wrong(problem, "zone %s: distances: expected %d numbers, or null", read->name,
                              QUADRILATERAL_CORNERS);
    read->has_distances = true;
    const char *fault = zone_measure_ground(read);
    return fault ? settings_wrong(problem, "zone %s: %s", read->name, fault) : 0;
}

static int read_zone_numbers(const json_t *zone, struct zone *read, char problem[SETTINGS_PROBLEM_BYTES])
{
    double inertia, loitering_s;
    if (!settings_read_number(zone, "inertia", ZONE_INERTIA_DEFAULT, 1, UINT16_MAX, &inertia))
        return settings_wrong(problem, "zone %s: inertia: expected frames from 1 to %d", read->name,
                              UINT16_MAX);
    if (!settings_read_number(zone, "loitering_time", 0, 0, LOITERING_MAX_S, &loitering_s))
        return settings_wrong(problem, "zone %s: loitering_time: expected seconds from 0 to %d", read->name,
                              LOITERING_MAX_S);
    if (!settings_read_number(zone, "speed_threshold", 0, 0, SPEED_MAX, &read->speed_threshold) ||
        (read->speed_threshold > 0.0 && !read->has_distances))
        return settings_wrong(
            problem,
            "zone %s: speed_threshold: expected metres a second from 0 to %d, of a zone with distances",
            read->name, SPEED_MAX);
    read->inertia = (uint32_t)inertia;
    read->loitering_ns = (int64_t)llround(loitering_s * NS_PER_S);
    return 0;
}

static int read_zone(const json_t *zone, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    struct zone *read = &settings->zones[settings->zone_count];
    if (!settings_copy_text(read->name, sizeof(read->name), json_object_get(zone, "name")))
        return settings_wrong(problem, "zones: expected each with a name of 1 to %d bytes", CAMD_NAME_MAX);
    int result = read_polygon(json_object_get(zone, "points"), "zone", read->name, &read->polygon, problem);
    if (result == 0)
        result = read_zone_objects(zone, read, problem);
    if (result == 0)
        result = read_zone_filters(zone, read, problem);
    if (result == 0)
        result = read_distances(zone, read, problem);
    if (result == 0)
        result = read_zone_numbers(zone, read, problem);
    if (result == 0)
        settings->zone_count++;
    return result;
}

int settings_read_places(const json_t *config, struct settings *settings,
                         char problem[SETTINGS_PROBLEM_BYTES])
{
    int result = settings_read_list(config, "masks", MASK_POLYGONS_MAX, read_mask, settings, problem);
    return result < 0 ? result : settings_read_list(config, "zones", ZONES_MAX, read_zone, settings, problem);
}

/* ---- comparing ---- */

static bool polygons_are_equal(const struct mask_polygon *a, const struct mask_polygon *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->points[i].x != b->points[i].x || a->points[i].y != b->points[i].y)
            return false;
    return true;
}

bool tracker_settings_masks_are_equal(const struct settings *a, const struct settings *b)
{
    if (a->mask_count != b->mask_count)
        return false;
    for (size_t i = 0; i < a->mask_count; i++)
        if (!polygons_are_equal(&a->masks[i], &b->masks[i]))
            return false;
    return true;
}

static bool filters_are_equal(const struct filter *a, const struct filter *b)
{
    return strcmp(a->label, b->label) == 0 && a->min_score == b->min_score && a->threshold == b->threshold &&
           a->min_area == b->min_area && a->max_area == b->max_area && a->min_ratio == b->min_ratio &&
           a->max_ratio == b->max_ratio;
}

static bool speeds_are_equal(const struct zone *a, const struct zone *b)
{
    bool are_equal = a->has_distances == b->has_distances && a->speed_threshold == b->speed_threshold;
    for (uint32_t i = 0; i < QUADRILATERAL_CORNERS; i++)
        are_equal = are_equal && a->distances[i] == b->distances[i];
    return are_equal;
}

static bool zones_are_equal(const struct zone *a, const struct zone *b)
{
    if (strcmp(a->name, b->name) != 0 || a->inertia != b->inertia || a->loitering_ns != b->loitering_ns ||
        a->object_count != b->object_count || a->filter_count != b->filter_count || !speeds_are_equal(a, b) ||
        !polygons_are_equal(&a->polygon, &b->polygon))
        return false;
    for (uint32_t i = 0; i < a->object_count; i++)
        if (strcmp(a->objects[i], b->objects[i]) != 0)
            return false;
    for (uint32_t i = 0; i < a->filter_count; i++)
        if (!filters_are_equal(&a->filters[i], &b->filters[i]))
            return false;
    return true;
}

bool tracker_settings_zones_are_equal(const struct settings *a, const struct settings *b)
{
    if (a->zone_count != b->zone_count)
        return false;
    for (uint32_t i = 0; i < a->zone_count; i++)
        if (!zones_are_equal(&a->zones[i], &b->zones[i]))
            return false;
    return true;
}
