/* How a camera's pictures are, as its workers say: what makes it degraded, and what a worker waits for that starts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"

static const char *const reason_words[] = {
    [CAMERA_HEALTH_GOOD] = "",       [CAMERA_HEALTH_DAMAGED] = "damaged", [CAMERA_HEALTH_FROZEN] = "frozen",
    [CAMERA_HEALTH_BLACK] = "black", [CAMERA_HEALTH_COVERED] = "covered",
};

const char *camera_health_word(enum camera_health_reason reason)
{
    return reason_words[reason];
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

/* A share that is none is left out: workers may say anything. */
static double read_share(const json_t *message)
{
    double share = json_member_double(message, "share", -1.0);
    return share >= 0.0 && share <= 1.0 ? share : -1.0;
}

/* "damaged (12 % of its pictures): CAUSE" */
static void describe(const struct camera_health *health, char *text, size_t size)
{
    char share[32] = "";
    if (health->share >= 0.0)
        snprintf(share, sizeof(share), " (%.0f %% of its pictures)", 100.0 * health->share);
    snprintf(text, size, "%s%s%s%s", reason_words[health->reason], share,
             health->cause[0] != '\0' ? ": " : "", health->cause);
}

static void log_change(const struct camera *camera, const struct camera_health *before,
                       const struct camera_health *health)
{
    char text[WORKER_TEXT_BYTES];
    const double lasted_s = (double)(clock_wall_ns() - before->since_wall_ns) / (double)CLOCK_NS_PER_S;
    if (health->reason != CAMERA_HEALTH_GOOD) {
        describe(health, text, sizeof(text));
        log_warning(camera->config.name, "degraded, %s; %s", text, health->hint);
    } else if (before->reason != CAMERA_HEALTH_GOOD) {
        log_notice(camera->config.name, "no longer %s, after %.0f s", reason_words[before->reason], lasted_s);
    }
}

static void emit(const struct camera *camera, const struct camera_health *health)
{
    services_emit(camera->services, "health", camera->config.name,
                  json_pack("{s:s, s:o, s:o, s:o}", "reason", reason_words[health->reason], "share",
                            health->share >= 0.0 ? json_real(health->share) : json_null(), "cause",
                            json_string_lossy(health->cause), "hint", json_string_lossy(health->hint)));
}

static void take(struct camera *camera, enum worker_kind kind, const struct camera_health *health)
{
    const int64_t since_wall_ns = camera->health[kind].since_wall_ns;
    const bool is_other = camera->health[kind].reason != health->reason;
    camera->health[kind] = *health;
    if (is_other)
        emit(camera, health);
    else
        camera->health[kind].since_wall_ns = since_wall_ns;
    fleet_camera_changed(camera->fleet, camera);
}

void camera_health_message(struct camera *camera, enum worker_kind kind, const json_t *message)
{
    struct worker_process *worker = &camera->workers[kind];
    const struct camera_health before = camera->health[kind];
    struct camera_health health = {.share = read_share(message), .since_wall_ns = clock_wall_ns()};
    const char *reason = json_member_string(message, "reason", ""),
               *cause = json_member_string(message, "cause", ""),
               *hint = json_member_string(message, "hint", "");
    if (strcmp(reason, "waiting") == 0) {
        worker_waits_for(worker, cause, hint);
        return;
    }
    if (!read_reason(reason, &health.reason)) {
        log_debug(worker->subject, "said that its pictures are in a way that is not known");
        return;
    }
    worker_waits_for(worker, "", "");
    if (health.reason != CAMERA_HEALTH_GOOD) {
        snprintf(health.cause, sizeof(health.cause), "%s", cause);
        snprintf(health.hint, sizeof(health.hint), "%s", hint);
    }
    take(camera, kind, &health);
    if (before.reason != health.reason && throttle_pass(&worker->channel.warnings, clock_monotonic_ms()))
        log_change(camera, &before, &camera->health[kind]);
}

void camera_health_gone(struct camera *camera, enum worker_kind kind)
{
    const struct camera_health good = {.share = -1.0};
    if (camera->health[kind].reason != CAMERA_HEALTH_GOOD)
        take(camera, kind, &good);
}

const struct camera_health *camera_health(const struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        if (camera->health[kind].reason != CAMERA_HEALTH_GOOD)
            return &camera->health[kind];
    return NULL;
}
