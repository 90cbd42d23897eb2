/*
 * fuzz_tracker.c - a tracker's settings, what a detector answers, and a file with detections
 *
 * Up to the first 0 byte: settings as camd sends them, in JSON. They are taken by a pipeline of a small camera, with
 * frames in which the other bytes are the detector's rows. What begins with a number is read as a file of
 * MOTChallenge detections, too.
 */
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "replay/mot.h"
#include "tracker/filter.h"
#include "tracker/pipeline.h"

enum { WIDTH = 66, HEIGHT = 50, FRAMES = 6, LABELS = 3, ROW_BYTES = ROW_VALUES * sizeof(float) };

static const char labels[LABELS][CAMD_LABEL_BYTES] = {"person", "car", "motion"};

struct rows {
    const uint8_t *bytes;
    size_t count, next;
};

static struct pipeline pipeline;
static struct settings settings;
static struct camd_result result;

/* Some of the rows in each region, beginning again when they are all used. */
static int detect(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                  uint32_t region_count, struct detection_list *found, uint32_t *answered)
{
    struct rows *rows = context;
    (void)frame;
    for (uint32_t i = 0; i < region_count; i++)
        for (size_t k = 0; k < 4 && rows->count > 0 && found->count < DETECTIONS_MAX; k++) {
            float row[ROW_VALUES];
            memcpy(row, rows->bytes + rows->next++ % rows->count * ROW_BYTES, ROW_BYTES);
            if (filter_place(row, &regions[i], WIDTH, HEIGHT, LABELS, &found->list[found->count]))
                found->count++;
        }
    *answered = region_count;
    return 0;
}

static void check_box(const struct camd_box *box)
{
    check(box->x1 >= 0 && box->y1 >= 0 && box->x1 <= box->x2 && box->y1 <= box->y2 && box->x2 <= WIDTH &&
          box->y2 <= HEIGHT);
}

static void check_result(void)
{
    check(result.object_count <= CAMD_OBJECTS_MAX && result.region_count <= CAMD_REGIONS_MAX &&
          result.motion_count <= CAMD_MOTION_MAX);
    for (uint32_t i = 0; i < result.object_count; i++) {
        check_box(&result.objects[i].box);
        check(isfinite(result.objects[i].score) && result.objects[i].label < LABELS);
    }
}

static void run(struct rows *rows, const uint8_t *data, size_t size)
{
    static uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
    const struct pipeline_ports ports = {.detection = {.context = rows, .detect = detect},
                                         .first_object_id = 1};
    pipeline_init(&pipeline, &settings);
    pipeline_connect(&pipeline, &ports);
    check(pipeline_set_size(&pipeline, WIDTH, HEIGHT) == 0);
    pipeline_set_labels(&pipeline, labels, LABELS);
    for (int n = 0; n < FRAMES; n++) {
        for (size_t i = 0; size > 0 && i < sizeof(pixels); i++)
            pixels[i] = data[(i / 7 + (size_t)n * 3) % size];
        const struct camd_frame frame = {.pixels = pixels, .frame_id = (uint64_t)n + 1, .wall_ns = n};
        pipeline_frame(&pipeline, &frame, false, n * INT64_C(200000000));
        pipeline_write_result(&pipeline, n, &result);
        check_result();
    }
    check(pipeline_configure(&pipeline, &settings) == 0);
    pipeline_end_objects(&pipeline, OBJECT_REASON_STOPPED);
    pipeline_fini(&pipeline);
}

static void read_mot(const uint8_t *data, size_t size)
{
    struct mot_detections detections;
    char path[32], problem[REPLAY_PROBLEM_BYTES];
    int file = memfd_create("mot", 0);
    check(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    if (mot_read(&detections, path, problem) == 0) {
        for (size_t i = 1; i < detections.count; i++)
            check(detections.rows[i - 1].frame <= detections.rows[i].frame);
        mot_free(&detections);
    }
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[SETTINGS_PROBLEM_BYTES];
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    if (size > 0 && data[0] >= '0' && data[0] <= '9')
        read_mot(data, size);
    json_t *config = size > 0 ? json_loadb((const char *)data, length, 0, NULL) : NULL;
    if (!config)
        return 0;
    if (tracker_settings_read(config, &settings, problem) == 0) {
        struct rows rows = {.bytes = data + length, .count = (size - length) / ROW_BYTES};
        run(&rows, data, size);
    }
    json_decref(config);
    return 0;
}
