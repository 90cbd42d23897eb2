#include "top/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a process between two samples; of one that was started meanwhile, or is seen for the first time, since its start. */
static double cpu_percent(const struct sample_process *before, const struct sample_process *now,
                          double between_s)
{
    if (now->cpu_s < 0)
        return -1;
    if (before && before->pid == now->pid && before->cpu_s >= 0 && before->cpu_s <= now->cpu_s &&
        between_s > 0)
        return 100 * (now->cpu_s - before->cpu_s) / between_s;
    return now->uptime_s > 0 ? 100 * now->cpu_s / now->uptime_s : -1;
}

static double counted(double before, double now, double between_s)
{
    return before >= 0 && now >= before && between_s > 0 ? (now - before) / between_s : -1;
}

/* Of two of which one may not be known. */
static double sum(double a, double b)
{
    return a < 0 ? b : b < 0 ? a : a + b;
}

static double bit_rate_kbps(const struct sample_camera *before, const struct sample_camera *now,
                            double between_s)
{
    if (now->capture.pid < 0)
        return -1;
    return before ? counted(before->bytes, now->bytes, between_s) * 8 / 1000 : now->bit_rate_kbps;
}

static struct row make_row(const struct sample_camera *before, const struct sample_camera *now,
                           double between_s)
{
    return (struct row){
        .camera = now,
        .cpu_percent = sum(cpu_percent(before ? &before->capture : NULL, &now->capture, between_s),
                           cpu_percent(before ? &before->tracker : NULL, &now->tracker, between_s)),
        .memory_mb = sum(now->capture.memory_mb, now->tracker.memory_mb),
        .bit_rate_kbps = bit_rate_kbps(before, now, between_s),
    };
}

/* ---- detectors ---- */

/* Regions a second that it was asked to look into, of all its cameras; negative: not known. */
static double regions(const struct sample *before, const struct sample *now, const char *detector,
                      double between_s)
{
    double all = -1;
    for (size_t i = 0; i < now->camera_count; i++) {
        const struct sample_camera *camera = &now->cameras[i];
        const struct sample_camera *earlier =
            strcmp(camera->detector, detector) == 0 ? sample_find(before, camera->name) : NULL;
        if (earlier)
            all = sum(all, counted(earlier->regions, camera->regions, between_s));
    }
    return all;
}

static const struct sample_detector *find_detector(const struct sample *sample, const char *name)
{
    for (size_t i = 0; sample && i < sample->detector_count; i++)
        if (strcmp(sample->detectors[i].name, name) == 0)
            return &sample->detectors[i];
    return NULL;
}

static struct detector_row make_detector(const struct sample *before, const struct sample *now,
                                         const struct sample_detector *detector, double between_s)
{
    const struct sample_detector *earlier = find_detector(before, detector->name);
    const double asked = before ? regions(before, now, detector->name, between_s) : -1;
    /* in one second it can't look for longer than that: its mean is of earlier regions */
    const double busy_ms = asked < 0 ? -1 : asked * detector->inference_ms;
    return (struct detector_row){
        .detector = detector,
        .cpu_percent = cpu_percent(earlier ? &earlier->process : NULL, &detector->process, between_s),
        .memory_mb = detector->process.memory_mb,
        .load_percent = busy_ms < 1000 ? busy_ms / 10 : 100,
    };
}

/* ---- all ---- */

static bool has_pictures(const struct sample_camera *camera)
{
    return strcmp(camera->state, "up") == 0 || strcmp(camera->state, "degraded") == 0;
}

static void add_up(struct rates *rates)
{
    rates->cpu_percent = rates->memory_mb = -1;
    for (size_t i = 0; i < rates->row_count; i++) {
        rates->cpu_percent = sum(rates->cpu_percent, rates->rows[i].cpu_percent);
        rates->memory_mb = sum(rates->memory_mb, rates->rows[i].memory_mb);
        rates->up += has_pictures(rates->rows[i].camera);
    }
    for (size_t i = 0; i < rates->detector_count; i++) {
        rates->cpu_percent = sum(rates->cpu_percent, rates->detectors[i].cpu_percent);
        rates->memory_mb = sum(rates->memory_mb, rates->detectors[i].memory_mb);
    }
}

int rates_make(struct rates *rates, const struct sample *before, const struct sample *now)
{
    const double between_s = before ? (double)(now->at_ns - before->at_ns) / 1e9 : 0;
    *rates = (struct rates){.rows = calloc(now->camera_count + 1, sizeof(*rates->rows)),
                            .detectors = calloc(now->detector_count + 1, sizeof(*rates->detectors))};
    if (!rates->rows || !rates->detectors)
        return -ENOMEM;
    for (size_t i = 0; i < now->camera_count; i++)
        rates->rows[i] =
            make_row(before ? sample_find(before, now->cameras[i].name) : NULL, &now->cameras[i], between_s);
    for (size_t i = 0; i < now->detector_count; i++)
        rates->detectors[i] = make_detector(before, now, &now->detectors[i], between_s);
    rates->row_count = now->camera_count;
    rates->detector_count = now->detector_count;
    add_up(rates);
    return 0;
}

void rates_free(struct rates *rates)
{
    free(rates->rows);
    free(rates->detectors);
    *rates = (struct rates){.rows = NULL};
}

int rates_rank(const struct sample_camera *camera)
{
    static const char *const states[] = {"failed", "backoff", "starting", "ended", "stopping", "degraded"};
    const int count = sizeof(states) / sizeof(*states);
    if (!camera->is_wanted && strcmp(camera->state, "failed") != 0)
        return count + 2;
    for (int rank = 0; rank < count; rank++)
        if (strcmp(camera->state, states[rank]) == 0)
            return rank;
    return camera->reason[0] ? count : count + 1;
}
