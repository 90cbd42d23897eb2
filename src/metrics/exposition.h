/*
 * exposition.h - Prometheus' text format, version 0.0.4, printed onto a byte queue
 *
 * A family is a name with its HELP and TYPE, printed with its first sample, and its samples follow one another. Names of
 * families and labels are constants of the program; help and values of labels may be anything.
 */
#ifndef CAMD_METRICS_EXPOSITION_H
#define CAMD_METRICS_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

struct byte_queue;

enum exposition_type { EXPOSITION_GAUGE, EXPOSITION_COUNTER, EXPOSITION_HISTOGRAM };

enum { EXPOSITION_LABELS_MAX = 8 };

/* name NULL ends a shorter list. */
struct exposition_label {
    const char *name, *value;
};

struct exposition {
    struct byte_queue *out;
    const char *name, *help;
    enum exposition_type type;
    bool is_begun; /* HELP and TYPE are printed */
    bool failed;   /* memory was short: the whole is no good */
};

void exposition_init(struct exposition *exposition, struct byte_queue *out);
void exposition_family(struct exposition *exposition, const char *name, enum exposition_type type,
                       const char *help);
/* labels: EXPOSITION_LABELS_MAX at most. */
void exposition_sample(struct exposition *exposition, const struct exposition_label *labels, double value);
/*
 * A histogram: counts[i], not added up, of what was at most limits[i]; the last of count has no limit, and +Inf is
 * that. There has to be room for one more label.
 */
void exposition_histogram(struct exposition *exposition, const struct exposition_label *labels,
                          const double *limits, const double *counts, size_t count, double sum);

#endif
