#include "metrics/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "metrics/exposition.h"
#include "metrics/metrics_table.h"
#include "protocol/camera_states.h"

enum {
    PATH_BYTES = 64,
    BUCKETS_MAX = 32,
};

/* One thing that a metric has samples of, and the labels that name it. */
struct subject {
    const json_t *object;
    struct exposition_label labels[EXPOSITION_LABELS_MAX];
    size_t used; /* labels */
};

/* ---- members ---- */

/* NULL: there is none. */
static const json_t *follow(const json_t *object, const char *path)
{
    char name[PATH_BYTES];
    while (object && *path) {
        const size_t length = strcspn(path, ".");
        snprintf(name, sizeof(name), "%.*s", (int)length, path);
        object = json_object_get(object, name);
        path += length + (path[length] == '.');
    }
    return object;
}

/* Numbers, and booleans as 1 and 0. */
static bool number_of(const json_t *value, double *number)
{
    *number = json_is_boolean(value) ? (double)json_boolean_value(value) : json_number_value(value);
    return json_is_boolean(value) || json_is_number(value);
}

static const char *string_of(const json_t *object, const char *path)
{
    const char *text = json_string_value(follow(object, path));
    return text ? text : "";
}

/* ---- samples ---- */

static void sample(struct exposition *exposition, const struct subject *subject, double value)
{
    exposition_sample(exposition, subject->labels, value);
}

/* The same subject with a label more. */
static struct subject with_label(const struct subject *subject, const char *name, const char *value)
{
    struct subject with = *subject;
    if (with.used < EXPOSITION_LABELS_MAX)
        with.labels[with.used++] = (struct exposition_label){name, value};
    return with;
}

/* What status has in larger units makes whole bytes. */
static double scaled(const struct metric *metric, double number)
{
    return metric->scale > 1 ? round(number * metric->scale) : number * metric->scale;
}

static void print_number(struct exposition *exposition, const struct metric *metric,
                         const struct subject *subject)
{
    double number;
    if (number_of(follow(subject->object, metric->path), &number))
        sample(exposition, subject, scaled(metric, number));
}

static void print_is_word(struct exposition *exposition, const struct metric *metric,
                          const struct subject *subject)
{
    sample(exposition, subject, strcmp(string_of(subject->object, metric->path), metric->word) == 0);
}

static void print_is_null(struct exposition *exposition, const struct metric *metric,
                          const struct subject *subject)
{
    const json_t *value = follow(subject->object, metric->path);
    sample(exposition, subject, !value || json_is_null(value));
}

static void print_present(struct exposition *exposition, const struct metric *metric,
                          const struct subject *subject)
{
    struct subject with = *subject;
    for (size_t i = 0; i < sizeof(metric->labels) / sizeof(*metric->labels) && metric->labels[i]; i++) {
        const char *last = strrchr(metric->labels[i], '.');
        with = with_label(&with, last ? last + 1 : metric->labels[i],
                          string_of(subject->object, metric->labels[i]));
    }
    sample(exposition, &with, 1);
}

static void print_states(struct exposition *exposition, const struct metric *metric,
                         const struct subject *subject)
{
    const char *state = string_of(subject->object, metric->path);
    for (int i = 0; i < CAMERA_STATES_COUNT; i++) {
        const struct subject with = with_label(subject, "state", camera_states[i]);
        sample(exposition, &with, strcmp(state, camera_states[i]) == 0);
    }
}

static void print_members(struct exposition *exposition, const struct metric *metric,
                          const struct subject *subject)
{
    const json_t *object = follow(subject->object, metric->path), *member;
    const char *name;
    json_members_foreach(object, name, member) {
        const struct subject with = with_label(subject, metric->word, name);
        double number;
        if (number_of(member, &number))
            sample(exposition, &with, number);
    }
}

static void print_histogram(struct exposition *exposition, const struct metric *metric,
                            const struct subject *subject)
{
    const json_t *value = follow(subject->object, metric->path);
    const json_t *counts = json_object_get(value, "counts"), *limits = json_object_get(value, "limits_s");
    const size_t count = json_array_size(counts);
    double count_of[BUCKETS_MAX], limit_of[BUCKETS_MAX];
    if (count == 0 || count > BUCKETS_MAX || json_array_size(limits) != count - 1)
        return;
    for (size_t i = 0; i < count; i++) {
        count_of[i] = json_number_value(json_array_get(counts, i));
        limit_of[i] = json_number_value(json_array_get(limits, i));
    }
    exposition_histogram(exposition, subject->labels, limit_of, count_of, count,
                         json_number_value(json_object_get(value, "sum_s")));
}

static void print_windows(struct exposition *exposition, const struct metric *metric,
                          const struct subject *subject)
{
    static const char *const windows[] = {"hour", "day"};
    for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
        const struct subject with = with_label(subject, "window", windows[i]);
        double number;
        if (number_of(follow(follow(subject->object, windows[i]), metric->path), &number))
            sample(exposition, &with, scaled(metric, number));
    }
}

static void print_samples(struct exposition *exposition, const struct metric *metric,
                          const struct subject *subject)
{
    static void (*const print[])(struct exposition *, const struct metric *, const struct subject *) = {
        [METRIC_NUMBER] = print_number,       [METRIC_IS_WORD] = print_is_word,
        [METRIC_IS_NULL] = print_is_null,     [METRIC_PRESENT] = print_present,
        [METRIC_STATES] = print_states,       [METRIC_MEMBERS] = print_members,
        [METRIC_HISTOGRAM] = print_histogram, [METRIC_WINDOWS] = print_windows,
    };
    print[metric->value](exposition, metric, subject);
}

/* ---- what there are samples of ---- */

static struct subject subject_of(const json_t *object, const char *label)
{
    const struct subject subject = {.object = object};
    return label ? with_label(&subject, label, string_of(object, "name")) : subject;
}

static void print_workers(struct exposition *exposition, const struct metric *metric, const json_t *camera)
{
    static const char *const workers[] = {"capture", "tracker"};
    for (size_t i = 0; i < sizeof(workers) / sizeof(*workers); i++) {
        struct subject subject = subject_of(camera, "camera");
        subject = with_label(&subject, "worker", workers[i]);
        subject.object = json_object_get(camera, workers[i]);
        print_samples(exposition, metric, &subject);
    }
}

static void print_each(struct exposition *exposition, const struct metric *metric, const json_t *objects,
                       const char *label)
{
    for (size_t i = 0; i < json_array_size(objects); i++) {
        const json_t *object = json_array_get(objects, i);
        const struct subject subject = subject_of(object, label);
        if (metric->scope == METRIC_OF_WORKER)
            print_workers(exposition, metric, object);
        else
            print_samples(exposition, metric, &subject);
    }
}

static void print_metric(struct exposition *exposition, const struct metric *metric, const json_t *status)
{
    const struct subject daemon = subject_of(json_object_get(status, "daemon"), NULL);
    exposition_family(exposition, metric->name, metric->type, metric->help);
    if (metric->scope == METRIC_OF_DAEMON)
        print_samples(exposition, metric, &daemon);
    else if (metric->scope == METRIC_OF_DETECTOR)
        print_each(exposition, metric, json_object_get(status, "detectors"), "detector");
    else
        print_each(exposition, metric, json_object_get(status, "cameras"), "camera");
}

int metrics_print(const json_t *status, struct byte_queue *out)
{
    static const struct exposition_label none[EXPOSITION_LABELS_MAX] = {{NULL, NULL}};
    const size_t before = out->length;
    struct exposition exposition;
    exposition_init(&exposition, out);
    exposition_family(&exposition, "camd_up", EXPOSITION_GAUGE, "Whether camd answers.");
    exposition_sample(&exposition, none, status != NULL);
    for (const struct metric *metric = metrics_table; status && metric->name; metric++)
        print_metric(&exposition, metric, status);
    if (exposition.failed)
        byte_queue_truncate(out, before);
    return exposition.failed ? -ENOMEM : 0;
}
