/*
 * frigate_places.c - masks, zones and filters
 *
 * Corners are shares of the picture, or pixels of the size that Frigate detects at, as older versions wrote them: any
 * number above 1 says that it is pixels.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "import/frigate_private.h"

enum { NUMBERS_MAX = 2 * CONFIG_POINTS_MAX };

struct numbers {
    double values[NUMBERS_MAX];
    size_t count;
    bool is_bad; /* something that is no number, or too many */
};

static void add_number(struct numbers *numbers, const char *text, size_t length)
{
    char copy[TEXT_NUMBER_BYTES];
    const bool has_room = length < sizeof(copy) && numbers->count < NUMBERS_MAX;
    snprintf(copy, sizeof(copy), "%.*s", has_room ? (int)length : 0, text);
    if (has_room && text_to_double(copy, &numbers->values[numbers->count]))
        numbers->count++;
    else
        numbers->is_bad = true;
}

/* Numbers with commas or white space between them. */
static void add_text(struct numbers *numbers, const char *text)
{
    static const char between[] = ", \t\r\n";
    text += strspn(text, between);
    while (*text && !numbers->is_bad) {
        const size_t length = strcspn(text, between);
        add_number(numbers, text, length);
        text += length;
        text += strspn(text, between);
    }
}

/* One text, or a list of texts. */
static void read_numbers(struct numbers *numbers, struct node node)
{
    *numbers = (struct numbers){.count = 0};
    if (node_text(node))
        add_text(numbers, node_text(node));
    for (size_t i = 0; i < node_count(node) && !numbers->is_bad; i++) {
        const char *text = node_text(node_item(node, i));
        if (text)
            add_text(numbers, text);
        else
            numbers->is_bad = true;
    }
}

static bool is_in_pixels(const struct numbers *numbers)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->values[i] > 1)
            return true;
    }
    return false;
}

static double share(double value, double whole)
{
    const double part = value / whole;
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

/* "x,y x,y x,y", the caller's to free; or NULL and a note. */
static char *read_corners(struct frigate *frigate, struct node node, const char *what)
{
    struct numbers numbers;
    read_numbers(&numbers, node);
    const bool in_pixels = is_in_pixels(&numbers);
    if (numbers.is_bad || numbers.count < 6 || numbers.count % 2 != 0) {
        frigate_note(frigate, node, what, "left out: expected the x and y of 3 to %d corners",
                     CONFIG_POINTS_MAX);
        return NULL;
    }
    if (in_pixels && !(frigate->width > 0 && frigate->height > 0)) {
        frigate_note(frigate, node, what,
                     "left out: it is in pixels, and detect.width and detect.height do not say of how many");
        return NULL;
    }
    char *corners = NULL;
    for (size_t i = 0; i < numbers.count; i += 2) {
        char x[TEXT_NUMBER_BYTES], y[TEXT_NUMBER_BYTES];
        text_from_float(x, (float)share(numbers.values[i], in_pixels ? frigate->width : 1));
        text_from_float(y, (float)share(numbers.values[i + 1], in_pixels ? frigate->height : 1));
        char *longer = text_format("%s%s%s,%s", corners ? corners : "", corners ? " " : "", x, y);
        free(corners);
        corners = longer;
    }
    return corners;
}

/* A place that is switched off is none to camd, which has no such switch. */
static bool is_enabled(struct frigate *frigate, struct node place, const char *what)
{
    const bool is_enabled = frigate_is_yes(node_member(place, "enabled"), true);
    if (!is_enabled)
        frigate_note(frigate, place, what, "left out: it is switched off");
    return is_enabled;
}

/* ---- masks ---- */

struct mask {
    const char *what; /* of the file: "motion.mask" */
    const char *name; /* of camd, to which a number is added */
    const char *kind; /* "motion" or "object:person" */
};

static void take_mask(struct frigate *frigate, const struct mask *mask, struct node corners, size_t number)
{
    char name[CAMD_NAME_MAX + 1], plain[CAMD_NAME_MAX + 1];
    char *points = read_corners(frigate, corners, mask->what);
    snprintf(name, sizeof(name), "%.19s%zu", mask->name, number);
    char *key = points && imported_name(name, plain) ? text_format("mask.%s", plain) : NULL;
    char *value = key ? text_format("%s %s", mask->kind, points) : NULL;
    if (value)
        imported_set(frigate->settings, key, value);
    free(value);
    free(key);
    free(points);
}

/* Whether a list is one polygon, corner by corner, as "x,y" each. */
static bool is_one_polygon(struct node list)
{
    struct numbers numbers = {.count = 0};
    const char *first = node_text(node_item(list, 0));
    if (first)
        add_text(&numbers, first);
    return first && numbers.count <= 2;
}

/* A polygon, a list of them, or by name with their coordinates. */
static void take_polygons(struct frigate *frigate, const struct mask *mask, struct node node)
{
    if (node_text(node) || (node_kind(node) == NODE_LIST && is_one_polygon(node))) {
        take_mask(frigate, mask, node, 1);
        return;
    }
    for (size_t i = 0; i < node_count(node); i++) {
        struct node key, value = node_item(node, i);
        if (node_kind(node) == NODE_MAP) {
            node_pair(node, i, &key, &value);
            if (!is_enabled(frigate, value, mask->what))
                continue;
            value = node_member(value, "coordinates");
        }
        take_mask(frigate, mask, value, i + 1);
    }
}

static void take_label_masks(struct frigate *frigate, struct node filters)
{
    for (size_t i = 0; i < node_count(filters); i++) {
        struct node key, value;
        node_pair(filters, i, &key, &value);
        const char *label = node_text(key);
        const struct node polygons = node_member(value, "mask");
        char *kind = label ? text_format("object:%s", label) : NULL;
        if (kind)
            take_polygons(frigate, &(struct mask){"objects.filters.mask", label, kind}, polygons);
        free(kind);
    }
}

void frigate_take_masks(struct frigate *frigate)
{
    take_polygons(frigate, &(struct mask){"motion.mask", "motion", "motion"},
                  frigate_find(frigate, "motion.mask"));
    take_polygons(frigate, &(struct mask){"objects.mask", "object", "object"},
                  frigate_find(frigate, "objects.mask"));
    take_label_masks(frigate, node_at(frigate->root, "objects.filters"));
    take_label_masks(frigate, node_at(frigate->camera, "objects.filters"));
}

/* ---- filters ---- */

void frigate_take_filters(struct frigate *frigate, struct node filters, const char *what, const char *prefix)
{
    static const char *const keys[] = {"min_score", "threshold", "min_area",
                                       "max_area",  "min_ratio", "max_ratio"};
    for (size_t i = 0; i < node_count(filters); i++) {
        struct node label, filter;
        node_pair(filters, i, &label, &filter);
        for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]) && node_text(label); j++) {
            char *key = text_format("%s.%s.%s", prefix, node_text(label), keys[j]);
            if (key)
                frigate_set(frigate, node_member(filter, keys[j]), what, key);
            free(key);
        }
    }
}

/* ---- zones ---- */

/* Frigate's units: metres and km/h, or feet and miles an hour. camd has metres, and metres a second. */
static bool is_imperial(const struct frigate *frigate)
{
    const char *system = node_text(node_at(frigate->root, "ui.unit_system"));
    return system && strcmp(system, "imperial") == 0;
}

static void set_numbers(struct frigate *frigate, struct node node, const char *what, const char *key,
                        double unit)
{
    struct numbers numbers;
    char *text = NULL;
    read_numbers(&numbers, node);
    for (size_t i = 0; i < numbers.count; i++) {
        char *longer = text_format("%s%s%.4g", text ? text : "", text ? "," : "", numbers.values[i] * unit);
        free(text);
        text = longer;
    }
    if (numbers.is_bad)
        frigate_note(frigate, node, what, "left out: expected numbers");
    else if (text)
        imported_set(frigate->settings, key, text);
    free(text);
}

/* A member of the zone, KEY of camd being zone.NAME.KEY. */
static void take_members(struct frigate *frigate, const char *name, struct node zone, const char *what)
{
    static const char *const keys[] = {"inertia", "loitering_time"};
    const bool imperial = is_imperial(frigate);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char *key = text_format("zone.%s.%s", name, keys[i]);
        if (key)
            frigate_set(frigate, node_member(zone, keys[i]), what, key);
        free(key);
    }
    char *objects = text_format("zone.%s.objects", name), *distances = text_format("zone.%s.distances", name),
         *speed = text_format("zone.%s.speed_threshold", name), *filter = text_format("zone.%s.filter", name);
    if (objects && distances && speed && filter) {
        frigate_set_list(frigate, node_member(zone, "objects"), what, objects);
        set_numbers(frigate, node_member(zone, "distances"), what, distances, imperial ? 0.3048 : 1);
        set_numbers(frigate, node_member(zone, "speed_threshold"), what, speed, imperial ? 0.44704 : 1 / 3.6);
        frigate_take_filters(frigate, node_member(zone, "filters"), what, filter);
    }
    free(objects);
    free(distances);
    free(speed);
    free(filter);
}

static void take_zone(struct frigate *frigate, const char *name, struct node zone)
{
    char plain[CAMD_NAME_MAX + 1];
    char *what = text_format("zones.%s", name);
    char *corners = what && is_enabled(frigate, zone, what)
                        ? read_corners(frigate, node_member(zone, "coordinates"), what)
                        : NULL;
    char *key = corners && imported_name(name, plain) ? text_format("zone.%s", plain) : NULL;
    if (corners && !key)
        frigate_note(frigate, zone, what, "left out: its name is none for a zone: expected " TEXT_NAME_RULE);
    if (key) {
        if (strcmp(plain, name) != 0)
            frigate_note(frigate, zone, what, "is called %s: a name has letters, digits, _ and - only",
                         plain);
        imported_set(frigate->settings, key, corners);
        take_members(frigate, plain, zone, what);
    }
    free(key);
    free(corners);
    free(what);
}

void frigate_take_zones(struct frigate *frigate)
{
    const struct node zones = node_member(frigate->camera, "zones");
    for (size_t i = 0; i < node_count(zones); i++) {
        struct node key, value;
        node_pair(zones, i, &key, &value);
        if (node_text(key))
            take_zone(frigate, node_text(key), value);
    }
}
