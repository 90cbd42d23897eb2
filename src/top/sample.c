#include "top/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/visible_text.h"

void sample_init(struct sample *sample)
{
    *sample = (struct sample){.uptime_s = -1};
}

void sample_free(struct sample *sample)
{
    for (size_t i = 0; i < sample->camera_count; i++)
        free(sample->cameras[i].reason);
    free(sample->cameras);
    free(sample->detectors);
    sample_init(sample);
}

/* ---- reading ---- */

/* Names and states are words of camd's; what is longer or has other characters is shown so far as it can be. */
static void read_word(const json_t *object, const char *member, char *word, size_t size)
{
    char *visible = visible_text(json_member_string(object, member, ""), NULL);
    snprintf(word, size, "%s", visible ? visible : "");
    free(visible);
}

static struct sample_process read_process(const json_t *process)
{
    return (struct sample_process){
        .pid = json_member_int(process, "pid", -1),
        .uptime_s = json_member_double(process, "uptime_s", -1),
        .cpu_s = json_member_double(process, "cpu_s", -1),
        .memory_mb = json_member_double(process, "memory_mb", -1),
    };
}

static int read_camera(struct sample_camera *camera, const json_t *object)
{
    const json_t *capture = json_object_get(object, "capture"), *tracker = json_object_get(object, "tracker");
    *camera = (struct sample_camera){
        .is_wanted = strcmp(json_member_string(object, "want", "up"), "up") == 0,
        .fps = json_member_double(object, "camera_fps", 0),
        .skipped_fps = json_member_double(object, "skipped_fps", 0),
        .bytes = json_member_double(object, "bytes", -1),
        .regions = json_member_double(object, "regions", -1),
        .bit_rate_kbps = json_member_double(json_object_get(object, "hour"), "bit_rate_kbps", -1),
        .objects = json_member_int(object, "objects", 0),
        .restarts = json_member_int(capture, "restarts", 0) + json_member_int(tracker, "restarts", 0),
        .capture = read_process(capture),
        .tracker = read_process(tracker),
    };
    read_word(object, "name", camera->name, sizeof(camera->name));
    read_word(object, "state", camera->state, sizeof(camera->state));
    read_word(object, "detector", camera->detector, sizeof(camera->detector));
    camera->reason = visible_text(json_member_string(object, "reason", ""), NULL);
    return camera->reason ? 0 : -ENOMEM;
}

static int add_camera(struct sample *sample, const json_t *object)
{
    if (sample->camera_count == sample->camera_room) {
        const size_t room = sample->camera_room ? 2 * sample->camera_room : 32;
        struct sample_camera *cameras = realloc(sample->cameras, room * sizeof(*cameras));
        if (!cameras)
            return -ENOMEM;
        sample->cameras = cameras;
        sample->camera_room = room;
    }
    const int result = read_camera(&sample->cameras[sample->camera_count], object);
    sample->camera_count += result == 0;
    return result;
}

static void read_detector(struct sample_detector *detector, const json_t *object)
{
    *detector = (struct sample_detector){
        .inference_ms = json_member_double(object, "inference_ms", 0),
        .cameras = json_array_size(json_object_get(object, "cameras")),
        .restarts = json_member_int(object, "restarts", 0),
        .process = read_process(object),
    };
    read_word(object, "name", detector->name, sizeof(detector->name));
    read_word(object, "state", detector->state, sizeof(detector->state));
}

static int add_detectors(struct sample *sample, const json_t *detectors)
{
    const size_t count = json_array_size(detectors);
    struct sample_detector *room = count > 0 ? calloc(count, sizeof(*room)) : NULL;
    if (count > 0 && !room)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        read_detector(&room[i], json_array_get(detectors, i));
    free(sample->detectors);
    sample->detectors = room;
    sample->detector_count = count;
    return 0;
}

static void read_daemon(struct sample *sample, const json_t *daemon)
{
    const json_t *shm = json_object_get(daemon, "shm");
    read_word(daemon, "version", sample->version, sizeof(sample->version));
    sample->uptime_s = json_member_double(daemon, "uptime_s", -1);
    sample->shm_total_mb = json_member_double(shm, "total_mb", 0);
    sample->shm_available_mb = json_member_double(shm, "available_mb", 0);
}

int sample_add(struct sample *sample, const json_t *part)
{
    const json_t *daemon = json_object_get(part, "daemon"), *camera = json_object_get(part, "camera"),
                 *detectors = json_object_get(part, "detectors");
    if (json_is_object(daemon))
        read_daemon(sample, daemon);
    if (json_is_array(detectors))
        return add_detectors(sample, detectors);
    return json_is_object(camera) ? add_camera(sample, camera) : 0;
}

/* ---- finding ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct sample_camera *)a)->name, ((const struct sample_camera *)b)->name);
}

void sample_finish(struct sample *sample, int64_t now_ns)
{
    sample->at_ns = now_ns;
    if (sample->camera_count > 0)
        qsort(sample->cameras, sample->camera_count, sizeof(*sample->cameras), compare);
}

static int compare_name(const void *name, const void *camera)
{
    return strcmp(name, ((const struct sample_camera *)camera)->name);
}

const struct sample_camera *sample_find(const struct sample *sample, const char *name)
{
    if (sample->camera_count == 0)
        return NULL;
    return bsearch(name, sample->cameras, sample->camera_count, sizeof(*sample->cameras), compare_name);
}
