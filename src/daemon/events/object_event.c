#include "daemon/events/object_event.h"

#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "camd/shm.h"

#define MEASURE_MAX 1000.0 /* metres a second, degrees */

/* Each copies one member, NULL when it is absent, or returns NULL when it is not of its form. */

static json_t *copy_phase(const json_t *value)
{
    static const char *const words[] = {"start", "update", "end"};
    const char *word = json_string_value(value);
    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0)
            return json_string(words[i]);
    return NULL;
}

/* Names, labels, reasons: short ones. */
static json_t *copy_word(const json_t *value)
{
    const char *word = json_string_value(value);
    return word && strlen(word) <= CAMD_NAME_MAX ? json_string_lossy(word) : NULL;
}

/* Only an end has one, and then needs it: see object_event_copy. */
static json_t *copy_reason(const json_t *value)
{
    return !value || json_is_null(value) ? json_string("") : copy_word(value);
}

static json_t *copy_count(const json_t *value)
{
    json_int_t count = json_integer_value(value);
    return json_is_integer(value) && count >= 0 ? json_integer(count) : NULL;
}

static json_t *copy_score(const json_t *value)
{
    double score = json_number_value(value);
    return json_is_number(value) && score >= 0.0 && score <= 1.0 ? json_real(score) : NULL;
}

static json_t *copy_flag(const json_t *value)
{
    return json_is_boolean(value) ? json_boolean(json_is_true(value)) : NULL;
}

static json_t *copy_box(const json_t *value)
{
    json_t *box = json_array();
    bool whole = json_array_size(value) == 4;
    for (size_t i = 0; whole && i < 4; i++) {
        const json_t *corner = json_array_get(value, i);
        json_int_t pixels = json_integer_value(corner);
        whole = json_is_integer(corner) && pixels >= -CAMD_SIZE_MAX && pixels <= 2 * CAMD_SIZE_MAX;
        json_array_append_new(box, json_integer(pixels));
    }
    if (whole)
        return box;
    json_decref(box);
    return NULL;
}

/* A list, each item of which `copy` understands; of more than most, the last ones. */
static json_t *copy_list(const json_t *value, size_t most, json_t *(*copy)(const json_t *item))
{
    size_t count = json_array_size(value), first = count > most ? count - most : 0;
    if (!json_is_array(value))
        return NULL;
    json_t *list = json_array();
    for (size_t i = first; i < count; i++)
        if (json_array_append_new(list, copy(json_array_get(value, i))) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* null is "unknown", and so is nothing: a tracker need not measure. */
static json_t *copy_measure(const json_t *value)
{
    double number = json_number_value(value);
    if (!value || json_is_null(value))
        return json_null();
    return json_is_number(value) && number >= 0.0 && number <= MEASURE_MAX ? json_copy_of(value) : NULL;
}

static json_t *copy_zones(const json_t *value)
{
    return copy_list(value, OBJECT_EVENT_ZONES_MAX, copy_word);
}

static json_t *copy_point(const json_t *value)
{
    return json_array_size(value) == 3 ? copy_list(value, 3, copy_count) : NULL;
}

static json_t *copy_path(const json_t *value)
{
    return copy_list(value, OBJECT_EVENT_PATH_MAX, copy_point);
}

struct member {
    const char *name;
    json_t *(*copy)(const json_t *value);
};

static json_t *copy_members(const json_t *object, const struct member *members, size_t count,
                            const char **problem)
{
    json_t *copied = json_object();
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        json_t *copy = members[i].copy(value);
        if (!copy || json_object_set_new(copied, members[i].name, copy) < 0) {
            *problem = members[i].name;
            json_decref(copied);
            return NULL;
        }
    }
    return copied;
}

static json_t *copy_best(const json_t *value)
{
    static const struct member members[] = {
        {"frame_id", copy_count}, {"wall_ns", copy_count}, {"score", copy_score},
        {"box", copy_box},        {"region", copy_box},
    };
    const char *problem;
    return copy_members(value, members, sizeof(members) / sizeof(members[0]), &problem);
}

/* What there is of it in the segment best; only of one that is kept there is more to say. Not all trackers say. */
static json_t *copy_picture(const json_t *value)
{
    static const char *const words[] = {"none", "kept", "full", "gone", "off"};
    static const struct member state[] = {{"state", copy_word}};
    static const struct member whole[] = {
        {"state", copy_word}, {"frame_id", copy_count}, {"wall_ns", copy_count}, {"box", copy_box}};
    const char *word = json_string_value(json_object_get(value, "state")), *problem;
    if (!value || json_is_null(value))
        return json_null();
    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) != 0)
            continue;
        bool is_kept = strcmp(word, "kept") == 0;
        return is_kept ? copy_members(value, whole, sizeof(whole) / sizeof(whole[0]), &problem)
                       : copy_members(value, state, sizeof(state) / sizeof(state[0]), &problem);
    }
    return NULL;
}

json_t *object_event_copy(const json_t *message, const char **problem)
{
    static const struct member members[] = {
        {"phase", copy_phase},
        {"reason", copy_reason},
        {"id", copy_count},
        {"label", copy_word},
        {"score", copy_score},
        {"computed_score", copy_score},
        {"top_score", copy_score},
        {"box", copy_box},
        {"region", copy_box},
        {"area", copy_count},
        {"zones", copy_zones},
        {"entered_zones", copy_zones},
        {"stationary", copy_flag},
        {"motionless", copy_count},
        {"position_changes", copy_count},
        {"start_ns", copy_count},
        {"seen_ns", copy_count},
        {"wall_ns", copy_count},
        {"frame_id", copy_count},
        {"path", copy_path},
        {"best", copy_best},
        {"speed", copy_measure},
        {"average_speed", copy_measure},
        {"direction", copy_measure},
        {"picture", copy_picture},
    };
    json_t *copy = copy_members(message, members, sizeof(members) / sizeof(members[0]), problem);
    const bool is_end = strcmp(json_member_string(copy, "phase", ""), "end") == 0;
    if (copy && !is_end)
        json_object_set_new(copy, "reason", json_string(""));
    if (!copy || !is_end || json_member_string(copy, "reason", "")[0] != '\0')
        return copy;
    *problem = "reason";
    json_decref(copy);
    return NULL;
}
