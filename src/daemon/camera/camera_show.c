/* What others can see of a camera: its parts, one word for its state, and words for people. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet.h"
#include "daemon/disk/overrides.h"
#include "protocol/verbs.h"

const char *camera_name(const struct camera *camera)
{
    return camera->config.name;
}

const struct config_camera *camera_config(const struct camera *camera)
{
    return &camera->config;
}

bool camera_is_enabled(const struct camera *camera)
{
    return camera->enabled;
}

bool camera_is_wanted(const struct camera *camera)
{
    return camera->want_up;
}

bool camera_is_leaving(const struct camera *camera)
{
    return camera->leaving;
}

int64_t camera_added_ms(const struct camera *camera)
{
    return camera->added_ms;
}

const struct worker_process *camera_worker(const struct camera *camera, enum worker_kind kind)
{
    return &camera->workers[kind];
}

int64_t camera_worker_memory_kb(struct camera *camera, enum worker_kind kind)
{
    return worker_memory_kb(&camera->workers[kind]);
}

const struct camera_stream *camera_stream(const struct camera *camera)
{
    return &camera->stream;
}

const struct shm_store *camera_store(const struct camera *camera)
{
    return camera->store_ready ? camera->store : NULL;
}

uint64_t camera_earlier_frames(const struct camera *camera)
{
    return camera->earlier_frames;
}

bool camera_has_motion(const struct camera *camera)
{
    return camera->motion;
}

bool camera_is_ptz_moving(const struct camera *camera)
{
    return camera->ptz_moving;
}

bool camera_is_down(const struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        if (camera->workers[kind].automaton.state != AUTOMATON_DOWN)
            return false;
    }
    return true;
}

bool camera_is_bad_file(const struct camera *camera)
{
    return camera->bad_file != NULL;
}

bool camera_is_stuck(const struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        if (camera->workers[kind].automaton.state == AUTOMATON_STUCK)
            return true;
    }
    return false;
}

/* ---- in words ---- */

const char *camera_state_word(const struct camera *camera)
{
    /* the camera is what its capture is, with fewer words */
    static const char *const words[AUTOMATON_STATE_COUNT] = {
        [AUTOMATON_DOWN] = "down",         [AUTOMATON_CREATING] = "starting",
        [AUTOMATON_STARTING] = "starting", [AUTOMATON_UP] = "up",
        [AUTOMATON_ENDED] = "ended",       [AUTOMATON_STOPPING] = "stopping",
        [AUTOMATON_KILLING] = "stopping",  [AUTOMATON_BACKOFF] = "backoff",
        [AUTOMATON_FAILED] = "failed",     [AUTOMATON_STUCK] = "stopping",
    };
    enum automaton_state capture = camera->workers[WORKER_CAPTURE].automaton.state;
    enum automaton_state tracker = camera->workers[WORKER_TRACKER].automaton.state;
    if (camera->bad_file)
        return "failed";
    if (capture == AUTOMATON_DOWN && tracker != AUTOMATON_DOWN && !camera->want_up)
        return "stopping";
    if (capture == AUTOMATON_DOWN && !camera->enabled)
        return "disabled";
    /* pictures without a tracker are half a camera */
    if (capture == AUTOMATON_UP && (tracker == AUTOMATON_BACKOFF || tracker == AUTOMATON_FAILED))
        return words[tracker];
    if (capture == AUTOMATON_UP && tracker != AUTOMATON_UP)
        return "starting";
    if (capture == AUTOMATON_UP && camera_health(camera))
        return "degraded";
    return words[capture];
}

static void explain_down(const struct camera *camera, struct explanation *explanation)
{
    const char *name = camera->config.name;
    if (camera->bad_file) {
        explain_reason(explanation, "%s", camera->bad_file);
        explain_hint(explanation, "mend the file, then camctl reload; camctl check shows all that is wrong");
    } else if (!camera->enabled) {
        explain_reason(explanation, "disabled");
        explain_hint(explanation, "camctl enable %s%s lets it run", text_before_operand(name), name);
    } else if (!camera->want_up) {
        explain_reason(explanation, "stopped");
        explain_hint(explanation, "camctl start %s%s starts it", text_before_operand(name), name);
    }
}

/* Running cameras keep the slots that they have, however few there was room for when they started. */
static bool explain_slots(const struct camera *camera, struct explanation *explanation)
{
    const uint32_t slots = camera->store_ready ? shm_store_slots(camera->store) : 0;
    struct fleet_room room;
    const struct config *config = camera->services->config;
    if (slots == 0 || slots >= BUDGET_SLOTS_ADVISED || slots >= (uint32_t)config->slots_max ||
        fleet_room_for(camera, &room) < 0 || !budget_is_worth_a_restart(slots, room.slots))
        return false;
    explain_reason(explanation,
                   "has the %u frame slots that there was room for when it started, and would have %u now",
                   slots, room.slots);
    return true;
}

/* Objects are seen only while its detector is up. */
static bool explain_detector(const struct camera *camera, struct explanation *explanation)
{
    const struct detector *detector = camera->detector;
    struct explanation its;
    if (!detector || detector_is_up(detector))
        return false;
    detector_explain(detector, &its);
    explain_hint(explanation, "%s", its.hint);
    if (its.reason[0] != '\0')
        explain_reason(explanation, "only motion is seen, since its detector %s is not up: %s",
                       camera->config.detector, its.reason);
    else
        explain_reason(explanation, "only motion is seen until its detector %s is up",
                       camera->config.detector);
    return true;
}

/* What is not as well as it could be. */
static void explain_up(const struct camera *camera, struct explanation *explanation)
{
    const struct camera_health *health = camera_health(camera);
    if (health) {
        explain_reason(explanation, "%s", camera_health_word(health->reason));
        explain_hint(explanation, "%s", kept_text(&health->hint));
        return;
    }
    if (explain_detector(camera, explanation))
        return;
    if (camera_stream_explain(camera, explanation))
        explain_hint(explanation, "width and height in its configuration set one size for all its pictures");
    else if (explain_slots(camera, explanation))
        explain_hint(explanation, "camctl restart %s%s gives it all of them",
                     text_before_operand(camera->config.name), camera->config.name);
}

/* The worker whose trouble explains the camera's state best. */
static const struct worker_process *culprit(const struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        enum automaton_state state = camera->workers[kind].automaton.state;
        if (state != AUTOMATON_UP && state != AUTOMATON_DOWN)
            return &camera->workers[kind];
    }
    return NULL;
}

enum automaton_state camera_state(const struct camera *camera)
{
    const struct worker_process *worker = culprit(camera);
    return worker ? worker->automaton.state : camera->workers[WORKER_CAPTURE].automaton.state;
}

void camera_quality(const struct camera *camera, enum quality_span span, struct quality_sum *sum)
{
    quality_sum(&camera->quality, span, clock_monotonic_ms(), sum);
}

void camera_quality_total(const struct camera *camera, struct quality_sum *sum)
{
    quality_total(&camera->quality, clock_monotonic_ms(), sum);
}

int64_t camera_dark_ms(const struct camera *camera)
{
    return camera->want_up && camera->dark_since_ms > 0 ? clock_monotonic_ms() - camera->dark_since_ms : -1;
}

static bool is_disabled_by_somebody(const struct camera *camera)
{
    return !camera->enabled && camera->asked.verb &&
           strcmp(camera->asked.verb, verb_table[VERB_DISABLE].word) == 0;
}

int64_t camera_since_wall_ns(const struct camera *camera)
{
    const struct camera_health *health = camera_health(camera);
    const struct worker_process *worker = culprit(camera);
    const int64_t dark_ms = camera_dark_ms(camera);
    if (is_disabled_by_somebody(camera)) /* before this camd was started, perhaps */
        return camera->asked.wall_ns;
    if (dark_ms < 0 && !worker && health)
        return health->since_wall_ns;
    if (!worker)
        worker = &camera->workers[WORKER_CAPTURE];
    const int64_t lasted_ms = dark_ms >= 0 ? dark_ms : clock_monotonic_ms() - worker->automaton.since_ms;
    return clock_wall_ns() - lasted_ms * CLOCK_NS_PER_MS;
}

const struct camera_asked *camera_asked(const struct camera *camera)
{
    return &camera->asked;
}

void camera_note_asked(struct camera *camera, const struct camera_asked *asked)
{
    camera->asked = *asked;
}

void camera_recall_asked(struct camera *camera)
{
    struct overrides_asked asked;
    if (overrides_asked(camera->services->overrides, camera->config.name, &asked))
        camera->asked = (struct camera_asked){verb_table[camera->enabled ? VERB_ENABLE : VERB_DISABLE].word,
                                              asked.uid, asked.time_s * CLOCK_NS_PER_S};
}

int64_t camera_next_start_ms(const struct camera *camera)
{
    const struct worker_process *worker = culprit(camera);
    if (!worker || worker->automaton.state != AUTOMATON_BACKOFF)
        return -1;
    int64_t left_ms = worker->automaton.deadline_ms - clock_monotonic_ms();
    return left_ms > 0 ? left_ms : 0;
}

/* What helps when the worker itself knows nothing. */
static void explain_cure(const struct camera *camera, enum automaton_state state,
                         struct explanation *explanation)
{
    const char *name = camera->config.name;
    if (state == AUTOMATON_ENDED)
        explain_hint(explanation, "camctl start %s%s plays it again; loop = yes does so always",
                     text_before_operand(name), name);
    else if (state == AUTOMATON_BACKOFF || state == AUTOMATON_FAILED)
        explain_hint(explanation, "camctl kick %s%s tries again now", text_before_operand(name), name);
}

void camera_explain(const struct camera *camera, struct explanation *explanation)
{
    const struct worker_process *worker = culprit(camera);
    explanation->reason[0] = explanation->hint[0] = '\0';
    if (!worker) {
        explain_down(camera, explanation);
        if (explanation->reason[0] == '\0')
            explain_up(camera, explanation);
        return;
    }
    char why[WORKER_TEXT_BYTES];
    const char *word = worker_kind_word(worker->kind);
    worker_explain(worker, why, sizeof(why));
    if (why[0] != '\0')
        explain_reason(explanation, "%s: %s", word, why);
    else
        explain_reason(explanation, "%s %s", word, automaton_state_word(worker->automaton.state));
    explain_hint(explanation, "%s", worker_hint(worker));
    if (explanation->hint[0] == '\0')
        explain_cure(camera, worker->automaton.state, explanation);
}
