#include "tracker/tracker_settings.h"

#include <math.h>
#include <string.h>

#include "camd/shm.h"
#include "tracker/settings_members.h"
#include "tracker/settings_places.h"

#define NS_PER_S       1e9
#define DEFAULT_LABEL  "person"
#define BACKEND_MOTION "motion"
#define FRAMES_MAX     1e6

/* The settings that are numbers. X(identifier, key, default, least, most) */
#define NUMBERS(X)                                                                                           \
    X(THRESHOLD, "motion_threshold", 30, 1, 255)                                                             \
    X(CONTOUR_AREA, "motion_contour_area", 10, 0, FRAMES_MAX)                                                \
    X(FRAME_HEIGHT, "motion_frame_height", 100, 0, CAMD_SIZE_MAX)                                            \
    X(FRAME_ALPHA, "motion_frame_alpha", 0.01, 0, 1)                                                         \
    X(LIGHTNING_THRESHOLD, "motion_lightning_threshold", 0.8, 0.3, 1)                                        \
    X(SKIP_THRESHOLD, "motion_skip_threshold", 0, 0, 1)                                                      \
    X(OFF_DELAY, "motion_off_delay", 30, 0, 86400)                                                           \
    X(FPS, "fps", 5, 0.01, 1000)                                                                             \
    X(MAX_REGIONS, "max_regions", 8, 1, CAMD_REGIONS_MAX)                                                    \
    X(DETECTION_BUDGET, "detection_budget", 0.5, 0.001, 60)                                                  \
    X(STATIONARY_INTERVAL, "stationary_interval", 0, 0, FRAMES_MAX)                                          \
    X(STATIONARY_THRESHOLD, "stationary_threshold", 0, 0, FRAMES_MAX)                                        \
    X(STATIONARY_MAX, "stationary_max_frames", 0, 0, FRAMES_MAX)                                             \
    X(MAX_DISAPPEARED, "max_disappeared", 0, 0, FRAMES_MAX)                                                  \
    X(MIN_INITIALIZED, "min_initialized", 0, 0, FRAMES_MAX)

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

static int read_numbers(const json_t *config, double values[NUMBER_COUNT],
                        char problem[SETTINGS_PROBLEM_BYTES])
{
    for (int i = 0; i < NUMBER_COUNT; i++)
        if (!settings_read_number(config, numbers[i].key, numbers[i].fallback, numbers[i].least,
                                  numbers[i].most, &values[i]))
            return settings_wrong(problem, "%s: expected a number from %g to %g", numbers[i].key,
                                  numbers[i].least, numbers[i].most);
    return 0;
}

static int read_bool(const json_t *config, const char *key, bool fallback, bool *value,
                     char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *member = json_object_get(config, key);
    if (member && !json_is_boolean(member))
        return settings_wrong(problem, "%s: expected true or false", key);
    *value = member ? json_is_true(member) : fallback;
    return 0;
}

/* The settings that are true or false; each is on unless it is said to be off. */
static int read_switches(const json_t *config, struct settings *settings,
                         char problem[SETTINGS_PROBLEM_BYTES])
{
    const struct {
        const char *key;
        bool *value;
    } switches[] = {
        {"motion", &settings->motion},
        {"motion_improve_contrast", &settings->detector.improve_contrast},
        {"motion_ignore_light", &settings->detector.ignore_light},
        {"motion_ignore_restless", &settings->detector.ignore_restless},
    };
    int result = 0;
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]) && result == 0; i++)
        result = read_bool(config, switches[i].key, true, switches[i].value, problem);
    return result;
}

static int read_label(const json_t *label, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    if (!settings_copy_text(settings->labels[settings->label_count], CAMD_LABEL_BYTES, label))
        return settings_wrong(problem, "objects_track: expected labels of 1 to %d bytes",
                              CAMD_LABEL_BYTES - 1);
    settings->label_count++;
    return 0;
}

static int read_labels(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    if (json_object_get(config, "objects_track"))
        return settings_read_list(config, "objects_track", CAMD_LABELS_MAX, read_label, settings, problem);
    memcpy(settings->labels[0], DEFAULT_LABEL, sizeof(DEFAULT_LABEL));
    settings->label_count = 1;
    return 0;
}

/* Those of labels: {LABEL: frames}. */
static int read_stationary_limits(const json_t *config, struct settings *settings,
                                  char problem[SETTINGS_PROBLEM_BYTES])
{
    static const char key[] = "stationary_max_frames_by_label";
    json_t *limits = json_object_get(config, key), *frames;
    const char *label;
    if ((limits && !json_is_object(limits)) || json_object_size(limits) > FILTERS_MAX)
        return settings_wrong(problem, "%s: expected an object of at most %d labels", key, FILTERS_MAX);
    json_object_foreach(limits, label, frames) {
        struct stationary_limit *limit = &settings->stationary_limits[settings->stationary_limit_count++];
        double value;
        if (label[0] == '\0' || strlen(label) >= sizeof(limit->label) ||
            !settings_read_number(limits, label, 0, 0, FRAMES_MAX, &value))
            return settings_wrong(problem, "%s: expected frames from 0 to %g by labels of 1 to %d bytes", key,
                                  FRAMES_MAX, CAMD_LABEL_BYTES - 1);
        memcpy(limit->label, label, strlen(label) + 1);
        limit->frames = (uint32_t)value;
    }
    (void)frames;
    return 0;
}

static int read_detector(const json_t *config, struct settings *settings,
                         char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *detector = json_object_get(config, "detector"),
                 *backend = json_object_get(detector, "backend");
    struct settings_detector *detection = &settings->detection;
    double width, height;
    if (!detector || json_is_null(detector))
        return 0;
    if (!settings_copy_text(detection->name, sizeof(detection->name), json_object_get(detector, "name")) ||
        !json_is_string(backend))
        return settings_wrong(problem, "detector: expected an object with a name and a back-end");
    if (!settings_read_number(detector, "width", 0, 0, CAMD_SIZE_MAX, &width) ||
        !settings_read_number(detector, "height", 0, 0, CAMD_SIZE_MAX, &height))
        return settings_wrong(problem, "detector: expected width and height from 1 to %d", CAMD_SIZE_MAX);
    bool is_motion = strcmp(json_string_value(backend), BACKEND_MOTION) == 0;
    if (!is_motion && (width < 1 || height < 1))
        return settings_wrong(problem, "detector: expected width and height of its input from 1 to %d",
                              CAMD_SIZE_MAX);
    detection->backend = is_motion ? SETTINGS_BACKEND_MOTION : SETTINGS_BACKEND_PROCESS;
    detection->width = (uint32_t)width;
    detection->height = (uint32_t)height;
    return read_bool(detector, "letterbox", false, &detection->letterbox, problem);
}

static int read_filters(const json_t *config, struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    static const struct filter fallback = FILTER_DEFAULTS;
    return settings_read_filters(json_object_get(config, "filters"), "filters", &fallback, FILTERS_MAX,
                                 settings->filters, &settings->filter_count, problem);
}

static int64_t ns_of(double seconds)
{
    return (int64_t)llround(seconds * NS_PER_S);
}

static int read_all_numbers(const json_t *config, struct settings *settings,
                            char problem[SETTINGS_PROBLEM_BYTES])
{
    double values[NUMBER_COUNT];
    int result = read_numbers(config, values, problem);
    if (result < 0)
        return result;
    settings->motion_height = (uint32_t)values[NUMBER_FRAME_HEIGHT];
    settings->off_delay_ns = ns_of(values[NUMBER_OFF_DELAY]);
    settings->detector.threshold = (int)values[NUMBER_THRESHOLD];
    settings->detector.contour_area = values[NUMBER_CONTOUR_AREA];
    settings->detector.frame_alpha = values[NUMBER_FRAME_ALPHA];
    settings->detector.lightning_threshold = values[NUMBER_LIGHTNING_THRESHOLD];
    settings->detector.skip_threshold = values[NUMBER_SKIP_THRESHOLD];
    settings->max_regions = (uint32_t)values[NUMBER_MAX_REGIONS];
    settings->detection_budget_ns = ns_of(values[NUMBER_DETECTION_BUDGET]);
    settings->stationary_limit = (uint32_t)values[NUMBER_STATIONARY_MAX];
    settings->tracking = (struct tracker_settings_tracking){
        .fps = values[NUMBER_FPS],
        .stationary_interval = (uint32_t)values[NUMBER_STATIONARY_INTERVAL],
        .stationary_threshold = (uint32_t)values[NUMBER_STATIONARY_THRESHOLD],
        .max_disappeared = (uint32_t)values[NUMBER_MAX_DISAPPEARED],
        .min_initialized = (uint32_t)values[NUMBER_MIN_INITIALIZED],
    };
    return 0;
}

int tracker_settings_read(const json_t *config, struct settings *settings,
                          char problem[SETTINGS_PROBLEM_BYTES])
{
    static int (*const parts[])(const json_t *config, struct settings *settings,
                                char problem[SETTINGS_PROBLEM_BYTES]) = {
        read_all_numbers, read_switches, settings_read_places, read_stationary_limits,
        read_labels,      read_filters,  read_detector,
    };
    static const struct settings empty;
    static struct settings read; /* too large for the stack */
    int result = 0;
    read = empty;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && result == 0; i++)
        result = parts[i](config, &read, problem);
    if (result == 0)
        *settings = read;
    return result;
}

static uint32_t frames_or(uint32_t frames, double seconds, double fps, uint32_t least)
{
    uint32_t derived = (uint32_t)(seconds * fps);
    return frames != 0 ? frames : derived > least ? derived : least;
}

/* Of one that is given and one that is derived, the derived one gives way: an object must be sure before it is lost. */
static void keep_apart(const struct tracker_settings_tracking *given,
                       struct tracker_settings_tracking *tracking)
{
    if (tracking->min_initialized < tracking->max_disappeared)
        return;
    if (given->min_initialized == 0 && tracking->max_disappeared > 1)
        tracking->min_initialized = tracking->max_disappeared - 1;
    else if (given->max_disappeared == 0)
        tracking->max_disappeared = tracking->min_initialized + 1;
}

struct tracker_settings_tracking tracker_settings_tracking(const struct settings *settings)
{
    const struct tracker_settings_tracking *given = &settings->tracking;
    struct tracker_settings_tracking tracking = {
        .fps = given->fps,
        .stationary_interval = frames_or(given->stationary_interval, 10.0, given->fps, 1),
        .stationary_threshold = frames_or(given->stationary_threshold, 10.0, given->fps, 1),
        .max_disappeared = frames_or(given->max_disappeared, 5.0, given->fps, 3),
        .min_initialized = frames_or(given->min_initialized, 0.5, given->fps, 2),
    };
    keep_apart(given, &tracking);
    return tracking;
}
