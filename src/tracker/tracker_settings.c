#include "tracker/tracker_settings.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "camd/shm.h"

#define NS_PER_S       1e9
#define DEFAULT_LABEL  "person"
#define BACKEND_MOTION "motion"

/* The settings that are numbers. X(identifier, key, default, least, most) */
#define NUMBERS(X)                                                                                           \
    X(THRESHOLD, "motion_threshold", 30, 1, 255)                                                             \
    X(CONTOUR_AREA, "motion_contour_area", 10, 0, 1e6)                                                       \
    X(FRAME_HEIGHT, "motion_frame_height", 100, 0, CAMD_SIZE_MAX)                                            \
    X(FRAME_ALPHA, "motion_frame_alpha", 0.01, 0, 1)                                                         \
    X(LIGHTNING_THRESHOLD, "motion_lightning_threshold", 0.8, 0.3, 1)                                        \
    X(SKIP_THRESHOLD, "motion_skip_threshold", 0, 0, 1)                                                      \
    X(OFF_DELAY, "motion_off_delay", 30, 0, 86400)                                                           \
    X(FPS, "fps", 5, 0.01, 1000)                                                                             \
    X(MAX_REGIONS, "max_regions", 8, 1, CAMD_REGIONS_MAX)                                                    \
    X(DETECTION_BUDGET, "detection_budget", 0.5, 0.001, 60)                                                  \
    X(STATIONARY_INTERVAL, "stationary_interval", 0, 0, 1e6)                                                 \
    X(STATIONARY_THRESHOLD, "stationary_threshold", 0, 0, 1e6)                                               \
    X(MAX_DISAPPEARED, "max_disappeared", 0, 0, 1e6)                                                         \
    X(MIN_INITIALIZED, "min_initialized", 0, 0, 1e6)

enum {
#define X(id, key, fallback, least, most) NUMBER_##id,
    NUMBERS(X)
#undef X
        NUMBER_COUNT
};

static const struct {
    const char *key;
    double fallback, least, most;
} numbers[NUMBER_COUNT] = {
#define X(id, key, fallback, least, most) {key, fallback, least, most},
    NUMBERS(X)
#undef X
};

/* Says what is wrong, and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) static int wrong(char problem[SETTINGS_PROBLEM_BYTES],
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, SETTINGS_PROBLEM_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int read_numbers(const json_t *config, double values[NUMBER_COUNT],
                        char problem[SETTINGS_PROBLEM_BYTES])
{
    for (int i = 0; i < NUMBER_COUNT; i++) {
        const json_t *member = json_object_get(config, numbers[i].key);
        values[i] = numbers[i].fallback;
        if (!member || json_is_null(member))
            continue;
        values[i] = json_number_value(member);
        if (!json_is_number(member) || !(values[i] >= numbers[i].least && values[i] <= numbers[i].most))
            return wrong(problem, "%s: expected a number from %g to %g", numbers[i].key, numbers[i].least,
                         numbers[i].most);
    }
    return 0;
}

static int read_bool(const json_t *config, const char *key, bool fallback, bool *value,
                     char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *member = json_object_get(config, key);
    if (member && !json_is_boolean(member))
        return wrong(problem, "%s: expected true or false", key);
    *value = member ? json_is_true(member) : fallback;
    return 0;
}

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
        return wrong(problem, "%s %.*s: expected %d to %d points", kind, CAMD_NAME_MAX, name, MASK_POINTS_MIN,
                     MASK_POINTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(points, i);
        if (!read_coordinate(json_array_get(point, 0), &polygon->points[i].x) ||
            !read_coordinate(json_array_get(point, 1), &polygon->points[i].y))
            return wrong(problem, "%s %.*s: expected points [x, y] of numbers from 0 to 1", kind,
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

/* Text that fits, or false. */
static bool copy_text(char *to, size_t size, const json_t *from)
{
    const char *text = json_string_value(from);
    if (!text || text[0] == '\0' || strlen(text) >= size)
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

/* ---- masks, zones, filters: one item each, and its place in the settings ---- */

static int read_object_mask(const json_t *mask, struct settings *settings,
                            char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *label = json_object_get(mask, "label");
    struct object_mask *read = &settings->object_masks[settings->object_mask_count];
    if (label && !json_is_null(label) && !copy_text(read->label, sizeof(read->label), label))
        return wrong(problem, "mask %.*s: label: expected a label or null", CAMD_NAME_MAX, name_of(mask));
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
        return wrong(problem, "mask %.*s: kind: expected motion or object", CAMD_NAME_MAX, name_of(mask));
    int result = read_polygon(json_object_get(mask, "points"), "mask", name_of(mask),
                              &settings->masks[settings->mask_count], problem);
    if (result == 0)
        settings->mask_count++;
    return result;
}

static int read_zone_objects(const json_t *zone, struct zone *read, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *objects = json_object_get(zone, "objects");
    size_t count = json_array_size(objects);
    bool fits = (!objects || json_is_array(objects)) && count <= ZONE_OBJECTS_MAX;
    for (size_t i = 0; fits && i < count; i++)
        fits = copy_text(read->objects[i], sizeof(read->objects[i]), json_array_get(objects, i));
    if (!fits)
        return wrong(problem, "zone %s: objects: expected a list of at most %d labels", read->name,
                     ZONE_OBJECTS_MAX);
    read->object_count = (uint32_t)count;
    return 0;
}

/* A number of an object, or the default where there is none; false when it is none from least to most. */
static bool read_member(const json_t *object, const char *key, double fallback, double least, double most,
                        double *value)
{
    const json_t *member = json_object_get(object, key);
    *value = member && !json_is_null(member) ? json_number_value(member) : fallback;
    return (!member || json_is_null(member) || json_is_number(member)) && *value >= least && *value <= most;
}

static int read_zone(const json_t *zone, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    struct zone *read = &settings->zones[settings->zone_count];
    double inertia, loitering_s;
    if (!copy_text(read->name, sizeof(read->name), json_object_get(zone, "name")))
        return wrong(problem, "zones: expected each with a name of 1 to %d bytes", CAMD_NAME_MAX);
    int result = read_polygon(json_object_get(zone, "points"), "zone", read->name, &read->polygon, problem);
    if (result < 0)
        return result;
    if (!read_member(zone, "inertia", ZONE_INERTIA_DEFAULT, 1, UINT16_MAX, &inertia))
        return wrong(problem, "zone %s: inertia: expected frames from 1 to %d", read->name, UINT16_MAX);
    if (!read_member(zone, "loitering_time", 0, 0, 86400, &loitering_s))
        return wrong(problem, "zone %s: loitering_time: expected seconds from 0 to 86400", read->name);
    result = read_zone_objects(zone, read, problem);
    if (result < 0)
        return result;
    read->inertia = (uint32_t)inertia;
    read->loitering_ns = (int64_t)llround(loitering_s * NS_PER_S);
    settings->zone_count++;
    return 0;
}

static int read_label(const json_t *label, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    if (!copy_text(settings->labels[settings->label_count], CAMD_LABEL_BYTES, label))
        return wrong(problem, "objects_track: expected labels of 1 to %d bytes", CAMD_LABEL_BYTES - 1);
    settings->label_count++;
    return 0;
}

/* A member that is a list of at most most items; absent: an empty one. */
static int read_list(const json_t *config, const char *key, size_t most,
                     int (*read)(const json_t *item, struct settings *settings,
                                 char problem[SETTINGS_PROBLEM_BYTES]),
                     struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *list = json_object_get(config, key);
    if ((list && !json_is_array(list)) || json_array_size(list) > most)
        return wrong(problem, "%s: expected a list of at most %zu", key, most);
    for (size_t i = 0; i < json_array_size(list); i++) {
        int result = read(json_array_get(list, i), settings, problem);
        if (result < 0)
            return result;
    }
    return 0;
}

static int read_labels(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    if (json_object_get(config, "objects_track"))
        return read_list(config, "objects_track", CAMD_LABELS_MAX, read_label, settings, problem);
    memcpy(settings->labels[0], DEFAULT_LABEL, sizeof(DEFAULT_LABEL));
    settings->label_count = 1;
    return 0;
}

static int read_filter(const char *label, const json_t *object, struct filter *filter,
                       char problem[SETTINGS_PROBLEM_BYTES])
{
    struct filter read = FILTER_DEFAULTS;
    double min_score, threshold;
    struct {
        const char *key;
        double fallback, most, *value;
    } members[] = {
        {"min_score", read.min_score, 1.0, &min_score},
        {"threshold", read.threshold, 1.0, &threshold},
        {"min_area", read.min_area, 1e9, &read.min_area},
        {"max_area", read.max_area, 1e9, &read.max_area},
        {"min_ratio", read.min_ratio, 1e9, &read.min_ratio},
        {"max_ratio", read.max_ratio, 1e9, &read.max_ratio},
    };
    if (label[0] == '\0' || strlen(label) >= sizeof(read.label) || !json_is_object(object))
        return wrong(problem, "filters: expected objects by labels of 1 to %d bytes", CAMD_LABEL_BYTES - 1);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!read_member(object, members[i].key, members[i].fallback, 0.0, members[i].most, members[i].value))
            return wrong(problem, "filters: %s: %s: expected a number from 0 to %g", label, members[i].key,
                         members[i].most);
    read.min_score = (float)min_score;
    read.threshold = (float)threshold;
    memcpy(read.label, label, strlen(label) + 1);
    *filter = read;
    return 0;
}

static int read_filters(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    json_t *filters = json_object_get(config, "filters"), *object;
    const char *label;
    if ((filters && !json_is_object(filters)) || json_object_size(filters) > FILTERS_MAX)
        return wrong(problem, "filters: expected an object of at most %d labels", FILTERS_MAX);
    json_object_foreach(filters, label, object)
    {
        int result = read_filter(label, object, &settings->filters[settings->filter_count], problem);
        if (result < 0)
            return result;
        settings->filter_count++;
    }
    return 0;
}

static int read_detector(const json_t *config, struct settings_detector *detection,
                         char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *detector = json_object_get(config, "detector"),
                 *backend = json_object_get(detector, "backend");
    double width, height;
    if (!detector || json_is_null(detector))
        return 0;
    if (!copy_text(detection->name, sizeof(detection->name), json_object_get(detector, "name")) ||
        !json_is_string(backend))
        return wrong(problem, "detector: expected an object with a name and a back-end");
    if (!read_member(detector, "width", 0, 0, CAMD_SIZE_MAX, &width) ||
        !read_member(detector, "height", 0, 0, CAMD_SIZE_MAX, &height))
        return wrong(problem, "detector: expected width and height from 1 to %d", CAMD_SIZE_MAX);
    bool is_motion = strcmp(json_string_value(backend), BACKEND_MOTION) == 0;
    if (!is_motion && (width < 1 || height < 1))
        return wrong(problem, "detector: expected width and height of its input from 1 to %d", CAMD_SIZE_MAX);
    detection->backend = is_motion ? SETTINGS_BACKEND_MOTION : SETTINGS_BACKEND_PROCESS;
    detection->width = (uint32_t)width;
    detection->height = (uint32_t)height;
    return read_bool(detector, "letterbox", false, &detection->letterbox, problem);
}

int tracker_settings_read(const json_t *config, struct settings *settings,
                          char problem[SETTINGS_PROBLEM_BYTES])
{
    static const struct settings empty;
    static struct settings read; /* too large for the stack */
    double values[NUMBER_COUNT];
    struct motion_settings detector = {0};

    read = empty;
    int result = read_numbers(config, values, problem);
    if (result == 0)
        result = read_bool(config, "motion", true, &read.motion, problem);
    if (result == 0)
        result = read_bool(config, "motion_improve_contrast", true, &detector.improve_contrast, problem);
    if (result == 0)
        result = read_bool(config, "motion_ignore_light", true, &detector.ignore_light, problem);
    if (result == 0)
        result = read_bool(config, "motion_ignore_restless", true, &detector.ignore_restless, problem);
    if (result == 0)
        result = read_list(config, "masks", MASK_POLYGONS_MAX, read_mask, &read, problem);
    if (result == 0)
        result = read_list(config, "zones", ZONES_MAX, read_zone, &read, problem);
    if (result == 0)
        result = read_labels(config, &read, problem);
    if (result == 0)
        result = read_filters(config, &read, problem);
    if (result == 0)
        result = read_detector(config, &read.detection, problem);
    if (result < 0)
        return result;

    read.motion_height = (uint32_t)values[NUMBER_FRAME_HEIGHT];
    read.off_delay_ns = (int64_t)llround(values[NUMBER_OFF_DELAY] * NS_PER_S);
    read.detector = (struct motion_settings){
        .threshold = (int)values[NUMBER_THRESHOLD],
        .contour_area = values[NUMBER_CONTOUR_AREA],
        .frame_alpha = values[NUMBER_FRAME_ALPHA],
        .lightning_threshold = values[NUMBER_LIGHTNING_THRESHOLD],
        .skip_threshold = values[NUMBER_SKIP_THRESHOLD],
        .improve_contrast = detector.improve_contrast,
        .ignore_light = detector.ignore_light,
        .ignore_restless = detector.ignore_restless,
    };
    read.max_regions = (uint32_t)values[NUMBER_MAX_REGIONS];
    read.detection_budget_ns = (int64_t)llround(values[NUMBER_DETECTION_BUDGET] * NS_PER_S);
    read.tracking = (struct tracker_settings_tracking){
        .fps = values[NUMBER_FPS],
        .stationary_interval = (uint32_t)values[NUMBER_STATIONARY_INTERVAL],
        .stationary_threshold = (uint32_t)values[NUMBER_STATIONARY_THRESHOLD],
        .max_disappeared = (uint32_t)values[NUMBER_MAX_DISAPPEARED],
        .min_initialized = (uint32_t)values[NUMBER_MIN_INITIALIZED],
    };
    *settings = read;
    return 0;
}

static uint32_t frames_or(uint32_t frames, double seconds, double fps, uint32_t least)
{
    uint32_t derived = (uint32_t)(seconds * fps);
    return frames != 0 ? frames : derived > least ? derived : least;
}

struct tracker_settings_tracking tracker_settings_tracking(const struct settings *settings)
{
    const struct tracker_settings_tracking *given = &settings->tracking;
    return (struct tracker_settings_tracking){
        .fps = given->fps,
        .stationary_interval = frames_or(given->stationary_interval, 10.0, given->fps, 1),
        .stationary_threshold = frames_or(given->stationary_threshold, 10.0, given->fps, 1),
        .max_disappeared = frames_or(given->max_disappeared, 5.0, given->fps, 3),
        .min_initialized = frames_or(given->min_initialized, 0.5, given->fps, 2),
    };
}

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

static bool zones_are_equal(const struct zone *a, const struct zone *b)
{
    if (strcmp(a->name, b->name) != 0 || a->inertia != b->inertia || a->loitering_ns != b->loitering_ns ||
        a->object_count != b->object_count || !polygons_are_equal(&a->polygon, &b->polygon))
        return false;
    for (uint32_t i = 0; i < a->object_count; i++)
        if (strcmp(a->objects[i], b->objects[i]) != 0)
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
