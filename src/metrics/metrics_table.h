/* metrics_table.h - one row a metric */
#ifndef CAMD_METRICS_METRICS_TABLE_H
#define CAMD_METRICS_METRICS_TABLE_H

#include <jansson.h>

#include "metrics/exposition.h"

/* Of what there is one sample each, and its labels. */
enum metric_scope {
    METRIC_OF_DAEMON,
    METRIC_OF_CAMERA,   /* camera */
    METRIC_OF_WORKER,   /* camera, worker: its capture and its tracker */
    METRIC_OF_DETECTOR, /* detector */
    METRIC_SCOPES
};

/* What its value is. */
enum metric_value {
    METRIC_NUMBER,    /* a number times scale, or a boolean as 1 or 0; null: no sample */
    METRIC_IS_WORD,   /* 1: the string is word, else 0 */
    METRIC_IS_NULL,   /* 1: it is null, else 0 */
    METRIC_PRESENT,   /* 1, with the strings of labels as labels */
    METRIC_STATES,    /* one sample for each state, with the label state: 1 for the one that it is in */
    METRIC_MEMBERS,   /* an object of numbers or booleans: a sample each, its name in the label word */
    METRIC_HISTOGRAM, /* an object {counts, limits_s, sum_s} */
    METRIC_WINDOWS,   /* a member of the objects hour and day: a sample each, with the label window */
};

struct metric {
    const char *name;
    enum exposition_type type;
    enum metric_scope scope;
    enum metric_value value;
    const char *path; /* members of status, with points between them */
    double scale;
    const char *word;
    const char *labels[4]; /* of METRIC_PRESENT: paths, whose last member is the label's name */
    const char *help;
};

extern const struct metric metrics_table[]; /* ends with a NULL name */

#endif
