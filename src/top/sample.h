/*
 * sample.h - what one answer to `status` says of the cameras, detectors and the machine
 *
 * Two of them and the time between make rates: rates.h.
 */
#ifndef CAMD_TOP_SAMPLE_H
#define CAMD_TOP_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"

enum { SAMPLE_WORD_BYTES = 16 };

/* Negative: not known. */
struct sample_process {
    int64_t pid;
    double uptime_s, cpu_s, memory_mb;
};

struct sample_camera {
    char name[CAMD_NAME_MAX + 1];
    char state[SAMPLE_WORD_BYTES];
    char detector[CAMD_NAME_MAX + 1]; /* "": none */
    bool is_wanted;
    char *reason; /* fit for a terminal; "": nothing is wrong */
    double fps, skipped_fps;
    double bytes, regions; /* counted up; negative: not known */
    double bit_rate_kbps;  /* mean of the last hour; negative: not known */
    int64_t objects, restarts;
    struct sample_process capture, tracker;
};

struct sample_detector {
    char name[CAMD_NAME_MAX + 1];
    char state[SAMPLE_WORD_BYTES];
    double inference_ms;
    size_t cameras;
    int64_t restarts;
    struct sample_process process;
};

struct sample {
    int64_t at_ns; /* monotonic, when it was complete */
    char version[32];
    double uptime_s, shm_total_mb, shm_available_mb;
    struct sample_camera *cameras; /* by name */
    size_t camera_count, camera_room;
    struct sample_detector *detectors;
    size_t detector_count;
};

void sample_init(struct sample *sample);
void sample_free(struct sample *sample);
/* A part of the answer. What is no status is left out. 0 or -ENOMEM. */
int sample_add(struct sample *sample, const json_t *part);
/* The answer is complete: brings the cameras in order. */
void sample_finish(struct sample *sample, int64_t now_ns);
/* NULL: there is none of that name in a finished one. */
const struct sample_camera *sample_find(const struct sample *sample, const char *name);

#endif
