/* enable and disable: what they say is done at once, and answered when it will last. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/verbs/outcome.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"

/* Shared by the request and the writing, which may end after it. The camera may leave meanwhile: nothing holds it. */
struct wish {
    unsigned int references;
    const struct fleet *fleet;
    char name[CAMD_NAME_MAX + 1];
    bool enabled, was_enabled;
    struct overrides_asked asked;
    bool written; /* or not, but it is known how it went */
    int error;
};

static void wish_release(void *state)
{
    struct wish *wish = state;
    if (--wish->references == 0)
        free(wish);
}

static void wish_written(void *context, int error)
{
    struct wish *wish = context;
    struct camera *camera = fleet_find(wish->fleet, wish->name);
    wish->written = true;
    wish->error = error;
    if (camera)
        camera_tell_soon(camera);
    wish_release(wish);
}

static bool wish_is_settled(const void *state, const struct camera *camera)
{
    const struct wish *wish = state;
    return wish->written && (wish->enabled || request_is_stopped(camera) || camera_is_stuck(camera));
}

static void answer_not_lasting(const struct requests *requests, struct control_request *request,
                               const struct wish *wish)
{
    const char *verb = wish->enabled ? "enable" : "disable";
    const int error = wish->written ? wish->error : -ETIMEDOUT;
    char *hint =
        text_format("%s; camctl %s %s%s again when that is mended", persist_hint(error, PERSIST_STATE_DIR),
                    verb, text_before_operand(wish->name), wish->name);
    control_reply_error(request, CONTROL_FAILED, hint,
                        "%s is %sd, but only until camd starts again: %s cannot be written: %s", wish->name,
                        verb, overrides_path(requests->services->overrides), persist_reason(error));
    free(hint);
}

static const char *outcome(const struct wish *wish)
{
    if (wish->enabled)
        return wish->was_enabled ? "enabled already" : "enabled";
    return wish->was_enabled ? "disabled" : "disabled already";
}

/* What could not be written may change nothing: enable takes back a disable that could not be written either, say. */
static bool lasts(const struct requests *requests, const struct wish *wish, const struct camera *camera)
{
    return wish->written && (wish->error >= 0 || overrides_lasts(requests->services->overrides, wish->name,
                                                                 camera_config(camera)->enabled));
}

static bool answer_wish(struct requests *requests, struct control_request *request, void *state, bool late)
{
    const struct wish *wish = state;
    const struct camera *camera = fleet_find(requests->fleet, wish->name);
    (void)late;
    if (camera && !lasts(requests, wish, camera))
        answer_not_lasting(requests, request, wish);
    else if (camera && !wish->enabled && !request_is_stopped(camera))
        request_answer_stuck(request, camera);
    else
        control_reply_ok(request, outcome_answer(wish->name, outcome(wish)));
    return true;
}

static const struct pending_kind wish_kind = {
    .is_settled = wish_is_settled, .answer = answer_wish, .release = wish_release};

static struct wish *wish_new(const struct requests *requests, const struct camera *camera, bool enabled,
                             uid_t uid)
{
    struct wish *wish = calloc(1, sizeof(*wish));
    if (!wish)
        return NULL;
    *wish = (struct wish){.references = 1,
                          .fleet = requests->fleet,
                          .enabled = enabled,
                          .was_enabled = camera_is_enabled(camera),
                          .asked = {uid, clock_wall_ns() / CLOCK_NS_PER_S}};
    memcpy(wish->name, camera_name(camera), sizeof(wish->name));
    return wish;
}

/* A camera of this run has nothing to remember. */
static void write_down(const struct requests *requests, struct wish *wish, const struct camera *camera)
{
    const int begun = camera_config(camera)->file
                          ? overrides_set(requests->services->overrides, wish->name, wish->enabled,
                                          &wish->asked, wish_written, wish)
                          : 0;
    wish->references += begun > 0;
    wish->written = begun <= 0;
    wish->error = begun < 0 ? begun : 0;
}

static void apply(const struct requests *requests, struct camera *camera, bool enabled)
{
    camera_set_enabled(camera, enabled);
    services_emit(requests->services, enabled ? "camera_enabled" : "camera_disabled", camera_name(camera),
                  NULL);
    log_notice(camera_name(camera), "%s", enabled ? "enabled" : "disabled");
    if (enabled)
        camera_start(camera);
    else
        camera_stop(camera);
}

static void note_asked(struct camera *camera, const struct wish *wish)
{
    const struct camera_asked asked = {verb_table[wish->enabled ? VERB_ENABLE : VERB_DISABLE].word,
                                       wish->asked.uid, wish->asked.time_s * CLOCK_NS_PER_S};
    camera_note_asked(camera, &asked);
}

static int64_t longest_ms(const struct camera *camera)
{
    const int64_t stop_ms = camera_config(camera)->stop_timeout_ms + CAMERA_STOP_EXTRA_MS;
    return stop_ms > REQUEST_SAVE_MS ? stop_ms : REQUEST_SAVE_MS;
}

static void wish(struct requests *requests, struct control_request *request, const json_t *body, bool enabled)
{
    struct camera *camera = request_camera(requests, request, body);
    struct wish *wish = camera ? wish_new(requests, camera, enabled, control_request_uid(request)) : NULL;
    if (!camera)
        return;
    if (!wish) {
        request_no_memory(request);
        return;
    }
    if (wish->was_enabled != enabled)
        note_asked(camera, wish);
    write_down(requests, wish, camera);
    apply(requests, camera, enabled);
    request_answer_later(requests, request, &wish_kind, wish, camera_name(camera), longest_ms(camera));
}

void request_enable(struct requests *requests, struct control_request *request, const json_t *body)
{
    wish(requests, request, body, true);
}

void request_disable(struct requests *requests, struct control_request *request, const json_t *body)
{
    wish(requests, request, body, false);
}
