/*
 * metrics.h - all that status knows, as Prometheus reads it
 *
 * One table has every metric with the members of status (camd-ipc(7)) that it is made of; camd-metrics(7) lists them. Names
 * are a promise: what is in the table keeps its name and its unit.
 */
#ifndef CAMD_METRICS_METRICS_H
#define CAMD_METRICS_METRICS_H

#include <jansson.h>

struct byte_queue;

/* What a HTTP server says of it. */
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * Appends the metrics of a document {"daemon", "cameras", "detectors"}; NULL: camd does not answer, which is the
 * metric camd_up alone. 0 or -ENOMEM, and out is as it was.
 */
int metrics_print(const json_t *status, struct byte_queue *out);

#endif
