#include "detector/detector_settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Says what is wrong, and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) static int wrong(char problem[DETECTOR_PROBLEM_BYTES],
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, DETECTOR_PROBLEM_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* NULL for what is not configured. */
static const json_t *member_of(const json_t *config, const char *key)
{
    const json_t *member = json_object_get(config, key);
    return member && !json_is_null(member) ? member : NULL;
}

static int read_string(const json_t *config, const char *key, const char **value,
                       char problem[DETECTOR_PROBLEM_BYTES])
{
    const json_t *member = member_of(config, key);
    if (!member)
        return 0;
    if (!json_is_string(member))
        return wrong(problem, "%s: expected a string", key);
    *value = json_string_value(member);
    return 0;
}

static int read_strings(const json_t *config, const char **backend, struct detector_settings *settings,
                        char problem[DETECTOR_PROBLEM_BYTES])
{
    const struct {
        const char *key;
        const char **value;
    } strings[] = {{"backend", backend}, {"model", &settings->model}, {"head", &settings->head}};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        int result = read_string(config, strings[i].key, strings[i].value, problem);
        if (result < 0)
            return result;
    }
    return 0;
}

static const struct {
    const char *key;
    size_t offset;
    double least, most;
} integers[] = {
    {"width", offsetof(struct detector_settings, width), 16, CAMD_SIZE_MAX},
    {"height", offsetof(struct detector_settings, height), 16, CAMD_SIZE_MAX},
    {"threads", offsetof(struct detector_settings, threads), 1, DETECTOR_THREADS_MAX},
};

static const struct {
    const char *key;
    size_t offset, count;
    double least, most;
} numbers[] = {
    {"mean", offsetof(struct detector_settings, mean), 3, -1e6, 1e6},
    {"scale", offsetof(struct detector_settings, scale), 3, -1e6, 1e6},
    {"score_threshold", offsetof(struct detector_settings, score_threshold), 1, 0, 1},
    {"nms_threshold", offsetof(struct detector_settings, nms_threshold), 1, 0, 1},
};

static bool is_number_in(const json_t *number, double least, double most)
{
    return json_is_number(number) && json_number_value(number) >= least && json_number_value(number) <= most;
}

static int read_integers(const json_t *config, struct detector_settings *settings,
                         char problem[DETECTOR_PROBLEM_BYTES])
{
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        const json_t *member = member_of(config, integers[i].key);
        if (!member)
            continue;
        if (!json_is_integer(member) || !is_number_in(member, integers[i].least, integers[i].most))
            return wrong(problem, "%s: expected a whole number from %.0f to %.0f", integers[i].key,
                         integers[i].least, integers[i].most);
        const uint32_t value = (uint32_t)json_integer_value(member);
        memcpy((char *)settings + integers[i].offset, &value, sizeof(value));
    }
    return 0;
}

/* One number stands for all of them. */
static int read_numbers(const json_t *config, struct detector_settings *settings,
                        char problem[DETECTOR_PROBLEM_BYTES])
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const json_t *member = member_of(config, numbers[i].key);
        if (member && json_is_array(member) && json_array_size(member) != numbers[i].count)
            return wrong(problem, "%s: expected %zu numbers", numbers[i].key, numbers[i].count);
        for (size_t k = 0; member && k < numbers[i].count; k++) {
            const json_t *number = json_is_array(member) ? json_array_get(member, k) : member;
            if (!is_number_in(number, numbers[i].least, numbers[i].most))
                return wrong(problem, "%s: expected a number from %g to %g", numbers[i].key, numbers[i].least,
                             numbers[i].most);
            const float value = (float)json_number_value(number);
            memcpy((char *)settings + numbers[i].offset + k * sizeof(value), &value, sizeof(value));
        }
    }
    return 0;
}

static int read_order(const json_t *config, struct detector_settings *settings,
                      char problem[DETECTOR_PROBLEM_BYTES])
{
    const char *word = NULL;
    int result = read_string(config, "colour_order", &word, problem);
    if (result < 0 || !word)
        return result;
    if (strcmp(word, "rgb") != 0 && strcmp(word, "bgr") != 0)
        return wrong(problem, "colour_order: expected rgb or bgr");
    settings->order = word[0] == 'r' ? DETECTOR_ORDER_RGB : DETECTOR_ORDER_BGR;
    settings->order_is_given = true;
    return 0;
}

int detector_settings_read(const json_t *config, const char **backend, struct detector_settings *settings,
                           char problem[DETECTOR_PROBLEM_BYTES])
{
    const char *name = "";
    struct detector_settings read = {
        .head = "auto",
        .order = DETECTOR_ORDER_BGR,
        .mean = {DETECTOR_UNSET, DETECTOR_UNSET, DETECTOR_UNSET},
        .scale = {DETECTOR_UNSET, DETECTOR_UNSET, DETECTOR_UNSET},
        .score_threshold = DETECTOR_UNSET,
        .nms_threshold = DETECTOR_UNSET,
        .threads = 1,
        .label_count = (uint32_t)json_array_size(json_object_get(config, "labels")),
    };
    int result = read_strings(config, &name, &read, problem);
    if (result == 0)
        result = read_integers(config, &read, problem);
    if (result == 0)
        result = read_numbers(config, &read, problem);
    if (result == 0)
        result = read_order(config, &read, problem);
    if (result == 0 && (read.width == 0 || read.height == 0))
        result = wrong(problem, "width and height of the input are missing");
    if (result < 0)
        return result;
    *backend = name;
    *settings = read;
    return 0;
}
