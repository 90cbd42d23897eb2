/* What is told of a camera's state, as events and to the programs of on_state and on_failure. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/shared_text.h"
#include "base/timer.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/events/events.h"
#include "daemon/handoff/handoff_fields.h"

/* A refused password is another trouble than a camera that does not answer: somebody else has to mend it. */
static struct situation situation_of(const struct camera *camera)
{
    const struct camera_health *health = camera_health(camera);
    struct situation now = {.state = camera_state_word(camera)};
    if (strcmp(now.state, "degraded") == 0 && health)
        now.detail = (int)health->reason;
    else if (strcmp(now.state, "backoff") == 0)
        now.detail = camera->workers[WORKER_CAPTURE].automaton.error_class == CAMD_CLASS_AUTH;
    return now;
}

/* Of what is told: a camera that is dark has been so since its last picture. */
static int64_t since_wall_ns(const struct camera *camera)
{
    const int64_t dark_ms = camera_dark_ms(camera);
    return clock_wall_ns() - (dark_ms > 0 ? dark_ms : 0) * CLOCK_NS_PER_MS;
}

static void add_words(const struct camera *camera, json_t *fields)
{
    struct explanation why;
    camera_explain(camera, &why);
    json_object_set_new(fields, "reason", json_string_lossy(why.reason));
    json_object_set_new(fields, "hint", json_string_lossy(why.hint));
}

/* Its text is the events', until the next one. NULL: memory is short. */
static struct shared_text *emit(struct camera *camera, const char *event, json_t *fields)
{
    struct events *events = camera->services->events;
    const uint64_t seq = events_next(events);
    services_emit(camera->services, event, camera->config.name, fields);
    return events_text(events, seq);
}

static struct shared_text *emit_state(struct camera *camera)
{
    const int64_t next_ms = camera_next_start_ms(camera);
    char since[CLOCK_TEXT_BYTES];
    clock_format_utc(since_wall_ns(camera), since);
    json_t *fields = json_pack("{s:s}", "state", camera->notice.told.state);
    if (fields) {
        add_words(camera, fields);
        json_object_set_new(fields, "since", json_string(since));
        json_object_set_new(fields, "next_start_ms", next_ms >= 0 ? json_integer(next_ms) : json_null());
    }
    return emit(camera, "camera_state", fields);
}

/* ---- on_state ---- */

static void forget_text(struct camera *camera)
{
    shared_text_release(camera->notice_text);
    camera->notice_text = NULL;
}

static void say_state(struct camera *camera)
{
    if (!notice_is_due(&camera->notice, clock_monotonic_ms()))
        return;
    if (camera->notice_text)
        camera_command_run(camera, CAMERA_ON_STATE, camera->notice_text->bytes);
    forget_text(camera);
}

/* Deadlines of many cameras fall together. */
static void arm(struct camera *camera)
{
    struct ev_loop *loop = camera->services->loop;
    if (camera->notice.due_ms == 0) {
        ev_timer_stop(loop, &camera->notice_timer);
        forget_text(camera);
        return;
    }
    const int64_t left_ms = clock_whole_second_ms(camera->notice.due_ms) - clock_monotonic_ms();
    timer_start_ms(loop, &camera->notice_timer, left_ms);
}

static void has_lasted(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera *camera = timer->data;
    (void)loop;
    (void)events;
    say_state(camera);
    /* the loop's clock and ours round differently */
    arm(camera);
}

static void tell_state(struct camera *camera)
{
    struct shared_text *text = emit_state(camera);
    forget_text(camera);
    camera->notice_text = text ? shared_text_keep(text) : NULL;
    notice_wait(&camera->notice, camera->config.on_state != NULL, camera->config.on_state_delay_ms,
                clock_monotonic_ms());
    if (camera->config.on_state_delay_ms == 0)
        say_state(camera);
    arm(camera);
}

/* ---- on_failure ---- */

/* It can't be helped by switching it off and on that a camera refuses its password. */
static bool has_failed_again(struct camera *camera)
{
    const struct automaton *capture = &camera->workers[WORKER_CAPTURE].automaton;
    const struct config_camera *config = &camera->config;
    if (capture->state != AUTOMATON_BACKOFF && capture->state != AUTOMATON_FAILED)
        return false;
    return config->on_failure && capture->error_class != CAMD_CLASS_AUTH &&
           notice_failure(&camera->notice, capture->restarts + 1, capture->failures,
                          (uint32_t)config->on_failure_after, config->on_failure_cooldown_ms,
                          clock_monotonic_ms());
}

static void tell_failures(struct camera *camera)
{
    const uint32_t failures = camera->workers[WORKER_CAPTURE].automaton.failures;
    json_t *fields = json_pack("{s:I}", "failures", (json_int_t)failures);
    if (fields)
        add_words(camera, fields);
    const struct shared_text *text = emit(camera, "camera_failing", fields);
    log_notice(camera->config.name, "failed %u times in a row: starting the program of on_failure", failures);
    if (text)
        camera_command_run(camera, CAMERA_ON_FAILURE, text->bytes);
}

/* ---- the whole ---- */

void camera_notice_init(struct camera *camera)
{
    ev_timer_init(&camera->notice_timer, has_lasted, 0.0, 0.0);
    camera->notice_timer.data = camera;
}

void camera_notice_look(struct camera *camera)
{
    const struct situation now = situation_of(camera);
    if (camera->leaving || camera->fleet->stopping)
        return;
    if (notice_take(&camera->notice, &now))
        tell_state(camera);
    if (has_failed_again(camera))
        tell_failures(camera);
}

void camera_notice_fini(struct camera *camera)
{
    ev_timer_stop(camera->services->loop, &camera->notice_timer);
    forget_text(camera);
}

/* ---- upgrade ---- */

static const struct handoff_field fields[] = {
    HANDOFF(struct notice, told.detail), HANDOFF(struct notice, said.detail), HANDOFF(struct notice, due_ms),
    HANDOFF(struct notice, failure),     HANDOFF(struct notice, failure_ms),
};

/* A state's word as the static text that a situation has; NULL: there is no such one. */
static const char *state_of_word(const char *word)
{
    static const char *const others[] = {"degraded", "disabled"};
    for (int state = 0; state < AUTOMATON_STATE_COUNT; state++)
        if (strcmp(word, automaton_state_word((enum automaton_state)state)) == 0)
            return automaton_state_word((enum automaton_state)state);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(word, others[i]) == 0)
            return others[i];
    return NULL;
}

json_t *camera_notice_hand_over(const struct camera *camera)
{
    const struct notice *notice = &camera->notice;
    json_t *record = handoff_write(notice, fields, HANDOFF_COUNT(fields));
    json_object_set_new(record, "told", json_string(notice->told.state ? notice->told.state : ""));
    json_object_set_new(record, "said", json_string(notice->said.state ? notice->said.state : ""));
    if (camera->notice_text)
        json_object_set_new(record, "text", json_string(camera->notice_text->bytes));
    return record;
}

int camera_notice_take_over(struct camera *camera, const json_t *record)
{
    struct notice *notice = &camera->notice;
    const char *text = json_member_string(record, "text", NULL);
    const int error = handoff_read(record, notice, fields, HANDOFF_COUNT(fields));
    if (error < 0)
        return error;
    notice->told.state = state_of_word(json_member_string(record, "told", ""));
    notice->said.state = state_of_word(json_member_string(record, "said", ""));
    if (text)
        camera->notice_text = shared_text_new(text, strlen(text));
    arm(camera);
    return 0;
}
