#include "daemon/events/event_filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/pattern.h"

/* ---- reading ---- */

/* A word, or an array of words, as an array: a new reference; NULL: there is none, or it is something else. */
static json_t *list_of(const json_t *value)
{
    if (json_is_string(value))
        return json_pack("[O]", value);
    return json_is_array(value) ? json_hold(value) : NULL;
}

static int read_names(struct event_filter *filter, const json_t *body, char *problem)
{
    const json_t *one = json_object_get(body, "name"), *several = json_object_get(body, "names"), *word;
    size_t i, patterns = 0;
    if (!one && !several)
        return 0;
    filter->names = list_of(one ? one : several);
    if (!filter->names || json_array_size(filter->names) == 0 ||
        json_array_size(filter->names) > EVENT_FILTER_NAMES_MAX) {
        snprintf(problem, EVENT_FILTER_PROBLEM_BYTES,
                 "\"names\": expected 1 to %d names or patterns of cameras", EVENT_FILTER_NAMES_MAX);
        return -EINVAL;
    }
    json_array_foreach(filter->names, i, word) {
        patterns += json_is_string(word) && pattern_is(json_string_value(word));
        if (patterns <= EVENT_FILTER_PATTERNS_MAX && json_is_string(word) &&
            json_string_length(word) <= EVENT_FILTER_NAME_BYTES)
            continue;
        snprintf(problem, EVENT_FILTER_PROBLEM_BYTES,
                 "\"names\": expected text of at most %d bytes each, and at most %d patterns",
                 EVENT_FILTER_NAME_BYTES, EVENT_FILTER_PATTERNS_MAX);
        return -EINVAL;
    }
    filter->verdicts = json_object();
    return filter->verdicts ? 0 : -ENOMEM;
}

static void refuse_word(const char *word, char *problem)
{
    const char *nearest = word && strlen(word) <= EVENT_FILTER_NAME_BYTES ? event_filter_nearest(word) : NULL;
    const char *shown = !word ? "what is no text" : word[0] ? word : "an empty word";
    snprintf(problem, EVENT_FILTER_PROBLEM_BYTES, "\"type\": %.40s is no kind of event%s%s%s", shown,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int read_words(struct event_filter *filter, const json_t *body, char *problem)
{
    const json_t *value = json_object_get(body, "type"), *word;
    json_t *list = list_of(value);
    uint64_t words = 0;
    size_t i;
    filter->words = UINT64_MAX;
    if (!value)
        return 0;
    json_array_foreach(list, i, word) {
        const char *text = json_string_value(word);
        const uint64_t more = text ? event_words_of(text) : 0;
        if (more == 0) {
            refuse_word(text, problem);
            json_decref(list);
            return -EINVAL;
        }
        words |= more;
    }
    json_decref(list);
    if (words == 0) {
        snprintf(problem, EVENT_FILTER_PROBLEM_BYTES, "\"type\": expected a word or an array of words");
        return -EINVAL;
    }
    filter->words = words;
    return 0;
}

static int read_time(const json_t *body, const char *name, int64_t *wall_ns, char *problem)
{
    const json_t *value = json_object_get(body, name);
    if (!value || clock_parse_utc(json_is_string(value) ? json_string_value(value) : "", wall_ns))
        return 0;
    snprintf(problem, EVENT_FILTER_PROBLEM_BYTES, "\"%s\": expected a time such as 2026-01-31T12:34:56.789Z",
             name);
    return -EINVAL;
}

int event_filter_read(struct event_filter *filter, const json_t *body,
                      char problem[EVENT_FILTER_PROBLEM_BYTES])
{
    *filter = (struct event_filter){.since_ns = INT64_MIN, .until_ns = INT64_MAX};
    int error = read_names(filter, body, problem);
    if (error == 0)
        error = read_words(filter, body, problem);
    if (error == 0)
        error = read_time(body, "since", &filter->since_ns, problem);
    if (error == 0)
        error = read_time(body, "until", &filter->until_ns, problem);
    if (error < 0)
        event_filter_clear(filter);
    return error;
}

/* ---- writing ---- */

static void write_time(json_t *body, const char *name, int64_t wall_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format_utc(wall_ns, text);
    json_object_set_new(body, name, json_string(text));
}

json_t *event_filter_write(const struct event_filter *filter)
{
    json_t *body = json_object(), *words = filter->words == UINT64_MAX ? NULL : json_array();
    for (unsigned int at = 0; words && at < EVENT_WORD_COUNT; at++)
        if (filter->words >> at & 1)
            json_array_append_new(words, json_string(event_word_text((enum event_word)at)));
    if (words)
        json_object_set_new(body, "type", words);
    if (filter->names)
        json_object_set(body, "names", filter->names);
    if (filter->since_ns != INT64_MIN)
        write_time(body, "since", filter->since_ns);
    if (filter->until_ns != INT64_MAX)
        write_time(body, "until", filter->until_ns);
    return body;
}

void event_filter_clear(struct event_filter *filter)
{
    json_decref(filter->names);
    json_decref(filter->verdicts);
    *filter = (struct event_filter){0};
}

/* ---- judging ---- */

static bool fits_one(const json_t *names, const char *camera)
{
    const json_t *word;
    size_t i;
    json_array_foreach(names, i, word) {
        if (pattern_matches(json_string_value(word), camera))
            return true;
    }
    return false;
}

bool event_filter_takes_camera(struct event_filter *filter, const char *camera)
{
    if (!filter->names)
        return true;
    if (!camera)
        return false;
    const json_t *verdict = json_object_get(filter->verdicts, camera);
    if (verdict)
        return json_is_true(verdict);
    const bool fits = fits_one(filter->names, camera);
    json_object_set_new(filter->verdicts, camera, json_boolean(fits));
    return fits;
}

/* As its text says, and as people ask for it. */
static int64_t shown_ns(int64_t wall_ns)
{
    return wall_ns - wall_ns % CLOCK_NS_PER_MS;
}

bool event_filter_takes_time(const struct event_filter *filter, int64_t from_ns, int64_t upto_ns)
{
    return shown_ns(upto_ns) >= filter->since_ns && shown_ns(from_ns) <= filter->until_ns;
}

bool event_filter_takes(struct event_filter *filter, const char *camera, enum event_word word,
                        int64_t wall_ns)
{
    const uint64_t bit = UINT64_C(1) << word;
    return (filter->words & bit) && event_filter_takes_time(filter, wall_ns, wall_ns) &&
           event_filter_takes_camera(filter, camera);
}
