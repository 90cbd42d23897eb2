#include "tracker/settings_members.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define NUMBER_MAX 1e9

int settings_wrong(char problem[SETTINGS_PROBLEM_BYTES], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, SETTINGS_PROBLEM_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

bool settings_copy_text(char *to, size_t size, const json_t *from)
{
    const char *text = json_string_value(from);
    if (!text || text[0] == '\0' || strlen(text) >= size)
        return false;
    memcpy(to, text, strlen(text) + 1);
    return true;
}

bool settings_read_number(const json_t *object, const char *key, double fallback, double least, double most,
                          double *value)
{
    const json_t *member = json_object_get(object, key);
    if (!member || json_is_null(member)) {
        *value = fallback;
        return true;
    }
    *value = json_number_value(member);
    return json_is_number(member) && *value >= least && *value <= most;
}

int settings_read_list(const json_t *config, const char *key, size_t most, settings_item_reader *read,
                       struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES])
{
    const json_t *list = json_object_get(config, key);
    if ((list && !json_is_array(list)) || json_array_size(list) > most)
        return settings_wrong(problem, "%s: expected a list of at most %zu", key, most);
    for (size_t i = 0; i < json_array_size(list); i++) {
        int result = read(json_array_get(list, i), settings, problem);
        if (result < 0)
            return result;
    }
    return 0;
}

static int read_filter(const char *label, const json_t *object, const char *what, struct filter *filter,
                       char problem[SETTINGS_PROBLEM_BYTES])
{
    double min_score, threshold;
    struct {
        const char *key;
        double fallback, most, *value;
    } members[] = {
        {"min_score", filter->min_score, 1.0, &min_score},
        {"threshold", filter->threshold, 1.0, &threshold},
        {"min_area", filter->min_area, NUMBER_MAX, &filter->min_area},
        {"max_area", filter->max_area, NUMBER_MAX, &filter->max_area},
        {"min_ratio", filter->min_ratio, NUMBER_MAX, &filter->min_ratio},
        {"max_ratio", filter->max_ratio, NUMBER_MAX, &filter->max_ratio},
    };
    if (label[0] == '\0' || strlen(label) >= sizeof(filter->label) || !json_is_object(object))
        return settings_wrong(problem, "%s: expected objects by labels of 1 to %d bytes", what,
                              CAMD_LABEL_BYTES - 1);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!settings_read_number(object, members[i].key, members[i].fallback, 0.0, members[i].most,
                                  members[i].value))
            return settings_wrong(problem, "%s: %s: %s: expected a number from 0 to %g", what, label,
                                  members[i].key, members[i].most);
    filter->min_score = (float)min_score;
    filter->threshold = (float)threshold;
    memcpy(filter->label, label, strlen(label) + 1);
    return 0;
}

int settings_read_filters(const json_t *object, const char *what, const struct filter *fallback,
                          uint32_t most, struct filter *filters, uint32_t *count,
                          char problem[SETTINGS_PROBLEM_BYTES])
{
    uint32_t read = 0;
    const char *label;
    json_t *member;
    if ((object && !json_is_object(object)) || json_object_size(object) > most)
        return settings_wrong(problem, "%s: expected an object of at most %u labels", what, most);
    json_members_foreach(object, label, member) {
        filters[read] = *fallback;
        int result = read_filter(label, member, what, &filters[read], problem);
        if (result < 0)
            return result;
        read++;
    }
    *count = read;
    return 0;
}
