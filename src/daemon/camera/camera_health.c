/* How a camera's pictures are, as its workers say: what makes it degraded, and what a worker waits for that starts. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "protocol/measures.h"

static const char *const reason_words[] = {
    [CAMERA_HEALTH_GOOD] = "",       [CAMERA_HEALTH_DAMAGED] = "damaged", [CAMERA_HEALTH_FROZEN] = "frozen",
    [CAMERA_HEALTH_BLACK] = "black", [CAMERA_HEALTH_COVERED] = "covered",
};

const char *camera_health_word(enum camera_health_reason reason)
{
    return reason_words[reason];
}

double camera_health_measure(const struct camera_health *health, const struct measure *measure)
{
    if (health->measure < 0.0 || &measures[health->measure_kind] != measure)
        return -1.0;
    if (!measure->goes_on)
        return health->measure;
    return health->measure + (double)(clock_monotonic_ms() - health->told_ms) / 1000.0;
}

static bool read_reason(const char *word, enum camera_health_reason *reason)
{
    for (size_t i = 0; i < sizeof(reason_words) / sizeof(reason_words[0]); i++)
        if (strcmp(word, reason_words[i]) == 0) {
            *reason = (enum camera_health_reason)i;
            return true;
        }
    return false;
}

/* The first measure that is one: workers may say anything. */
static void read_measure(struct camera_health *health, const json_t *message)
{
    health->measure = -1.0;
    for (uint8_t i = 0; measures[i].name && health->measure < 0.0; i++) {
        const double number = json_member_double(message, measures[i].name, -1.0);
        if (number >= 0.0 && number <= measures[i].most) {
            health->measure_kind = i;
            health->measure = number;
        }
    }
}

/* "damaged (12 % of its pictures): CAUSE" */
static void describe(const struct camera_health *health, char *text, size_t size)
{
    char measure[MEASURE_TEXT_BYTES];
    snprintf(text, size, "%s%s%s%s", reason_words[health->reason],
             measure_text(&measures[health->measure_kind], health->measure, measure),
             kept_text_is_empty(&health->cause) ? "" : ": ", kept_text(&health->cause));
}

static void log_change(const struct camera *camera, enum camera_health_reason before, int64_t before_wall_ns,
                       const struct camera_health *health)
{
    char text[WORKER_TEXT_BYTES], lasted[TEXT_DURATION_BYTES];
    const double lasted_s = (double)(clock_wall_ns() - before_wall_ns) / (double)CLOCK_NS_PER_S;
    if (health->reason != CAMERA_HEALTH_GOOD) {
        describe(health, text, sizeof(text));
        log_warning(camera->config.name, "degraded, %s; %s", text, kept_text(&health->hint));
    } else if (before != CAMERA_HEALTH_GOOD) {
        log_notice(camera->config.name, "no longer %s, after %s", reason_words[before],
                   text_duration(lasted_s, lasted));
    }
}

static void emit(const struct camera *camera, const struct camera_health *health)
{
    json_t *fields = json_pack("{s:s, s:n, s:o, s:o}", "reason", reason_words[health->reason], "share",
                               "cause", json_string_lossy(kept_text(&health->cause)), "hint",
                               json_string_lossy(kept_text(&health->hint)));
    if (fields && health->measure >= 0.0)
        json_object_set_new(fields, measures[health->measure_kind].name, json_real(health->measure));
    services_emit(camera->services, "health", camera->config.name, fields);
}

/* Without words when it is good. */
static void take(struct camera *camera, enum worker_kind kind, enum camera_health_reason reason,
                 const json_t *message)
{
    struct camera_health *health = &camera->health[kind];
    const bool is_other = health->reason != reason, is_good = reason == CAMERA_HEALTH_GOOD;
    health->reason = reason;
    read_measure(health, message);
    health->told_ms = clock_monotonic_ms();
    kept_text_set(&health->cause, "%s", is_good ? "" : json_member_string(message, "cause", ""));
    kept_text_set(&health->hint, "%s", is_good ? "" : json_member_string(message, "hint", ""));
    if (is_other) {
        health->since_wall_ns = clock_wall_ns();
        emit(camera, health);
    }
    fleet_camera_changed(camera->fleet, camera);
}

void camera_health_message(struct camera *camera, enum worker_kind kind, const json_t *message)
{
    struct worker_process *worker = &camera->workers[kind];
    const enum camera_health_reason before = camera->health[kind].reason;
    const int64_t before_wall_ns = camera->health[kind].since_wall_ns;
    enum camera_health_reason now;
    const char *reason = json_member_string(message, "reason", "");
    if (strcmp(reason, "waiting") == 0) {
        worker_waits_for(worker, json_member_string(message, "cause", ""),
                         json_member_string(message, "hint", ""));
        return;
    }
    if (!read_reason(reason, &now)) {
        log_debug(worker->subject, "said that its pictures are in a way that is not known");
        return;
    }
    worker_waits_for(worker, "", "");
    take(camera, kind, now, message);
    if (before != now && throttle_pass(&worker->channel.warnings, clock_monotonic_ms()))
        log_change(camera, before, before_wall_ns, &camera->health[kind]);
}

void camera_health_gone(struct camera *camera, enum worker_kind kind)
{
    if (camera->health[kind].reason != CAMERA_HEALTH_GOOD)
        take(camera, kind, CAMERA_HEALTH_GOOD, NULL);
}

void camera_health_forget(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        kept_text_forget(&camera->health[kind].cause);
        kept_text_forget(&camera->health[kind].hint);
    }
}

const struct camera_health *camera_health(const struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        if (camera->health[kind].reason != CAMERA_HEALTH_GOOD)
            return &camera->health[kind];
    return NULL;
}
