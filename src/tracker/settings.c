#include "settings.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "camd/shm.h"

#define NS_PER_S 1e9

/* The settings that are numbers. X(identifier, key, default, least, most) */
#define NUMBERS(X)                                                                                           \
    X(THRESHOLD, "motion_threshold", 30, 1, 255)                                                             \
    X(CONTOUR_AREA, "motion_contour_area", 10, 0, 1e6)                                                       \
    X(FRAME_HEIGHT, "motion_frame_height", 100, 0, CAMD_SIZE_MAX)                                            \
    X(FRAME_ALPHA, "motion_frame_alpha", 0.01, 0, 1)                                                         \
    X(LIGHTNING_THRESHOLD, "motion_lightning_threshold", 0.8, 0.3, 1)                                        \
    X(SKIP_THRESHOLD, "motion_skip_threshold", 0, 0, 1)                                                      \
    X(OFF_DELAY, "motion_off_delay", 30, 0, 86400)

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

static int read_mask(const json_t *mask, struct mask_polygon *polygon, char problem[SETTINGS_PROBLEM_BYTES])
{
    const char *name = json_string_value(json_object_get(mask, "name"));
    const json_t *points = json_object_get(mask, "points");
    size_t count = json_array_size(points);
    if (!name)
        name = "(without a name)";
    if (count < MASK_POINTS_MIN || count > MASK_POINTS_MAX)
        return wrong(problem, "mask %.*s: expected %d to %d points", CAMD_NAME_MAX, name, MASK_POINTS_MIN,
                     MASK_POINTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(points, i);
        if (!read_coordinate(json_array_get(point, 0), &polygon->points[i].x) ||
            !read_coordinate(json_array_get(point, 1), &polygon->points[i].y))
            return wrong(problem, "mask %.*s: expected points [x, y] of numbers from 0 to 1", CAMD_NAME_MAX,
                         name);
    }
    polygon->count = (uint32_t)count;
    return 0;
}

static int read_masks(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *masks = json_object_get(config, "masks");
    size_t count = json_array_size(masks);
    if ((masks && !json_is_array(masks)) || count > MASK_POLYGONS_MAX)
        return wrong(problem, "masks: expected a list of at most %d masks", MASK_POLYGONS_MAX);
    for (size_t i = 0; i < count; i++) {
        int result = read_mask(json_array_get(masks, i), &settings->masks[i], problem);
        if (result < 0)
            return result;
    }
    settings->mask_count = count;
    return 0;
}

int settings_read(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    struct settings read = {0};
    double values[NUMBER_COUNT];
    bool improve_contrast = true;

    int result = read_numbers(config, values, problem);
    if (result == 0)
        result = read_bool(config, "motion", true, &read.motion, problem);
    if (result == 0)
        result = read_bool(config, "motion_improve_contrast", true, &improve_contrast, problem);
    if (result == 0)
        result = read_masks(config, &read, problem);
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
        .improve_contrast = improve_contrast,
    };
    *settings = read;
    return 0;
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

bool settings_masks_are_equal(const struct settings *a, const struct settings *b)
{
    if (a->mask_count != b->mask_count)
        return false;
    for (size_t i = 0; i < a->mask_count; i++)
        if (!polygons_are_equal(&a->masks[i], &b->masks[i]))
            return false;
    return true;
}
