/* verbs_events.c - events: what camd still has, or each as it happens */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/follow.h"
#include "camctl/pass_on.h"
#include "camctl/words.h"
#include "picture/overlay.h"

enum { EVENTS_SHOWN = 1000 }; /* when nothing says how many */

/* ---- words for each kind of event; each returns text that is the caller's to free ---- */

static char *describe_worker_state(const json_t *event)
{
    const char *reason = json_member_string(event, "reason", "");
    return text_format("%s %s%s%s", json_member_string(event, "worker", "?"),
                       json_member_string(event, "state", "?"), reason[0] ? ": " : "", reason);
}

static char *describe_stream(const json_t *event)
{
    char rate[32] = "";
    double fps = json_member_double(event, "fps", 0);
    if (fps > 0)
        snprintf(rate, sizeof(rate), ", %g fps", fps);
    return text_format("%s %" PRId64 "x%" PRId64 "%s, %s", json_member_string(event, "codec", "?"),
                       json_member_int(event, "width", 0), json_member_int(event, "height", 0), rate,
                       json_member_string(event, "pixel_format", "?"));
}

static char *describe_motion(const json_t *event)
{
    size_t boxes = json_array_size(json_object_get(event, "boxes"));
    if (!json_member_bool(event, "active", false))
        return text_format("ended");
    return text_format("began, %zu box%s", boxes, boxes == 1 ? "" : "es");
}

/* "person 12 in yard, 0.87", and what is new about it. */
static char *describe_object(const json_t *event)
{
    const char *reason = json_member_string(event, "reason", ""),
               *label = json_member_string(event, "label", "?");
    const json_t *zones = json_object_get(event, "zones");
    char *text = text_format("%s %" PRId64 " %s%s%s, score %.2f%s", label[0] ? label : "?",
                             json_member_int(event, "id", 0) % OBJECT_IDS_A_SECOND,
                             json_member_string(event, "phase", "?"), reason[0] ? ": " : "", reason,
                             json_member_double(event, "top_score", 0),
                             json_member_bool(event, "stationary", false) ? ", stationary" : "");
    for (size_t i = 0; text && i < json_array_size(zones); i++) {
        const char *zone = json_string_value(json_array_get(zones, i));
        char *longer = text_format("%s%s%s", text, i == 0 ? ", in " : " ", zone ? zone : "?");
        free(text);
        text = longer;
    }
    double speed = json_member_double(event, "speed", -1);
    if (text && speed >= 0) {
        char *longer = text_format("%s, %.1f m/s", text, speed);
        free(text);
        text = longer;
    }
    return text;
}

static char *describe_error(const json_t *event)
{
    const char *hint = json_member_string(event, "hint", "");
    return text_format("of %s (%s): %s%s%s", json_member_string(event, "worker", "?"),
                       json_member_string(event, "class", "?"), json_member_string(event, "text", ""),
                       hint[0] ? "; " : "", hint);
}

static char *describe_health(const json_t *event)
{
    const char *reason = json_member_string(event, "reason", ""),
               *cause = json_member_string(event, "cause", ""), *hint = json_member_string(event, "hint", "");
    char measure[MEASURE_TEXT_BYTES];
    if (!reason[0])
        return text_format("not degraded any more");
    return text_format("%s%s: %s; %s", reason, words_measure(event, measure), cause, hint);
}

/* "backoff: REASON; HINT; next try in 30 s" */
static char *describe_camera_state(const json_t *event)
{
    const char *state = json_member_string(event, "state", "?"),
               *reason = json_member_string(event, "reason", ""),
               *hint = json_member_string(event, "hint", "");
    double next_s = json_member_double(event, "next_start_ms", -1) / 1000;
    char next[TEXT_DURATION_BYTES];
    if (strcmp(state, reason) == 0)
        reason = "";
    return text_format("%s%s%s%s%s%s%s", state, reason[0] ? ": " : "", reason, hint[0] ? "; " : "", hint,
                       next_s >= 0 ? "; next try in " : "", next_s >= 0 ? text_duration(next_s, next) : "");
}

static char *describe_camera_failing(const json_t *event)
{
    return text_format("failed %" PRId64 " times in a row, so on_failure is started: %s",
                       json_member_int(event, "failures", 0), json_member_string(event, "reason", ""));
}

static char *describe_missed(const json_t *event)
{
    const json_t *to = json_object_get(event, "to");
    if (!json_is_integer(to))
        return text_format("events from %" PRId64 " of epoch %" PRId64 " on are not kept any more",
                           json_member_int(event, "from", 0), json_member_int(event, "epoch", 0));
    return text_format("events %" PRId64 " to %" PRId64 " of epoch %" PRId64 " are not kept any more",
                       json_member_int(event, "from", 0), json_member_int(event, "to", 0),
                       json_member_int(event, "epoch", 0));
}

static char *describe_text(const json_t *event)
{
    return text_format("%s", json_member_string(event, "text", ""));
}

/* "by root (uid 0): set front fps=10" */
static char *describe_asked(const json_t *event)
{
    char user[WORDS_USER_BYTES];
    return text_format("by %s: %s", words_user(event, user), json_member_string(event, "text", ""));
}

/* The cameras have events of their own. */
static char *describe_reloaded(const json_t *event)
{
    const char *restart = json_member_string(event, "restart_needed", "");
    return text_format(
        "%zu added, %zu removed, %zu changed, %" PRId64 " unchanged%s%s",
        json_array_size(json_object_get(event, "added")), json_array_size(json_object_get(event, "removed")),
        json_array_size(json_object_get(event, "changed")), json_member_int(event, "unchanged", 0),
        restart[0] ? "; a new start is needed for " : "", restart);
}

static char *describe_reload_failed(const json_t *event)
{
    const json_t *problems = json_object_get(event, "problems");
    const char *first = json_string_value(json_array_get(problems, 0));
    size_t count = json_array_size(problems);
    return text_format("nothing was changed: %s%s", first ? first : json_member_string(event, "text", ""),
                       count > 1 ? ", and more" : "");
}

/* Members that every event has, or that the line shows anyway. */
static bool is_common(const char *member)
{
    static const char *const common[] = {"epoch", "seq", "time", "event", "camera"};
    for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
        if (strcmp(common[i], member) == 0)
            return true;
    return false;
}

/* Any other: member=value, as JSON where it is not text. */
static char *describe_members(const json_t *event)
{
    char *text = text_format("%s", "");
    const char *member;
    json_t *value;
    json_members_foreach(event, member, value) {
        if (is_common(member) || !text)
            continue;
        char *dumped =
            json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_DIGITS | JSON_ENCODE_ANY);
        char *longer = text_format("%s%s%s=%s", text, text[0] ? " " : "", member,
                                   dumped ? dumped : json_string_value(value));
        free(dumped);
        free(text);
        text = longer;
    }
    return text;
}

static const struct {
    const char *event;
    char *(*describe)(const json_t *event);
    enum style style;
} kinds[] = {
    {"worker_state", describe_worker_state, STYLE_PLAIN},
    {"camera_state", describe_camera_state, STYLE_PLAIN},
    {"camera_failing", describe_camera_failing, STYLE_BAD},
    {"stream", describe_stream, STYLE_PLAIN},
    {"motion", describe_motion, STYLE_PLAIN},
    {"object", describe_object, STYLE_PLAIN},
    {"error", describe_error, STYLE_BAD},
    {"health", describe_health, STYLE_WAIT},
    {"missed", describe_missed, STYLE_WAIT},
    {"camera_changed", describe_text, STYLE_PLAIN},
    {"asked", describe_asked, STYLE_PLAIN},
    {"reloaded", describe_reloaded, STYLE_PLAIN},
    {"reload_failed", describe_reload_failed, STYLE_BAD},
};

/* The style of a kind of event: a worker's new state has that state's. */
static enum style style_of(const json_t *event, enum style style)
{
    const char *state = json_member_string(event, "state", NULL);
    return state && style == STYLE_PLAIN ? words_state_style(state) : style;
}

static void show_snapshot(struct writer *output, const json_t *snapshot)
{
    const json_t *cameras = json_object_get(snapshot, "cameras");
    writer_line(output, STYLE_FAINT, 0, "%zu camera%s now; interrupt to end", json_array_size(cameras),
                json_array_size(cameras) == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        const char *state = json_member_string(camera, "state", "?");
        writer_line(output, words_state_style(state), 4, "  %s: %s", json_member_string(camera, "name", "?"),
                    state);
    }
}

static void show_event(struct writer *output, const json_t *event)
{
    const char *word = json_member_string(event, "event", "?");
    enum style style = STYLE_PLAIN;
    char time[WRITER_TIME_BYTES];
    char *text = NULL;
    if (strcmp(word, "snapshot") == 0) {
        show_snapshot(output, event);
        return;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kinds[i].event, word) == 0) {
            text = kinds[i].describe(event);
            style = kinds[i].style;
        }
    }
    if (!text)
        text = describe_members(event);
    writer_line(output, style_of(event, style), 4, "%s  %-12s  %s%s%s",
                writer_time(output, json_member_string(event, "time", "-"), time),
                json_member_string(event, "camera", "-"), word, text && text[0] ? " " : "", text ? text : "");
    free(text);
}

static void show_gone_one(struct writer *output, const json_t *one)
{
    char time[WRITER_TIME_BYTES];
    const char *camera = json_member_string(one, "camera", NULL);
    writer_line(output, STYLE_WAIT, 4, "events %s%s%sbefore %s are no longer kept", camera ? "of " : "",
                camera && !camera[0] ? "camd itself"
                : camera             ? camera
                                     : "",
                camera ? " " : "", writer_time(output, json_member_string(one, "before", "-"), time));
}

static void show_gone_of_many(struct writer *output, const json_t *gone, size_t cameras)
{
    char time[WRITER_TIME_BYTES];
    const char *last = "";
    for (size_t i = 0; i < json_array_size(gone); i++) {
        const json_t *one = json_array_get(gone, i);
        const char *before = json_member_string(one, "before", "");
        if (json_is_string(json_object_get(one, "camera")) && strcmp(before, last) > 0)
            last = before;
    }
    writer_line(
        output, STYLE_WAIT, 4,
        "events of %zu cameras are no longer kept, of some up to %s: camctl events NAME tells of which",
        cameras, writer_time(output, last, time));
}

/* What was asked for and is not there; of many cameras not each by itself. */
static void show_gone(struct writer *output, const json_t *gone)
{
    enum { GONE_SHOWN = 3 };
    size_t cameras = 0;

    for (size_t i = 0; i < json_array_size(gone); i++)
        cameras += json_is_string(json_object_get(json_array_get(gone, i), "camera"));
    for (size_t i = 0; i < json_array_size(gone); i++) {
        const json_t *one = json_array_get(gone, i);
        if (cameras <= GONE_SHOWN || !json_is_string(json_object_get(one, "camera")))
            show_gone_one(output, one);
    }
    if (cameras > GONE_SHOWN)
        show_gone_of_many(output, gone, cameras);
}

/* ---- getting them ---- */

/* What comes is shown at once: there may be a hundred thousand of them. */
struct showing {
    struct writer *output;
    json_t *gone; /* what is to be shown before the first event; NULL: it was */
};

static void end_gone(struct showing *showing)
{
    if (showing->gone)
        show_gone(showing->output, showing->gone);
    json_decref(showing->gone);
    showing->gone = NULL;
}

static void show_part(void *context, json_t *part)
{
    struct showing *showing = context;
    json_t *event = json_object_get(part, "event");
    if (json_is_object(event)) {
        end_gone(showing);
        show_event(showing->output, event);
    } else if (json_object_get(part, "gone")) {
        json_array_append(showing->gone, json_object_get(part, "gone"));
    }
}

static void collect(void *context, json_t *part)
{
    json_t *event = json_object_get(part, "event");
    if (json_is_object(event))
        json_array_append(json_object_get(context, "events"), event);
    else if (json_object_get(part, "gone"))
        json_array_append(json_object_get(context, "gone"), json_object_get(part, "gone"));
}

/* On a terminal it is laid out. */
static enum status show_document(struct command *command, json_t *body)
{
    json_t *document = json_pack("{s:[], s:[]}", "events", "gone");
    enum status status = command_request(command, VERB_EVENTS, body, collect, document, NULL);
    if (status == STATUS_DONE)
        writer_document(command->output, document, NULL);
    json_decref(document);
    return status;
}

static enum status show_kept(struct command *command, json_t *body)
{
    static const struct pass_on_member members[] = {{"event", "events", true, NULL},
                                                    {"gone", "gone", true, NULL}};
    struct showing showing = {.output = command->output};
    if (writer_passes_json_on(command->output))
        return pass_on(command, VERB_EVENTS, body, members, sizeof(members) / sizeof(*members));
    if (command->output->json)
        return show_document(command, body);
    showing.gone = json_array();
    enum status status = command_request(command, VERB_EVENTS, body, show_part, &showing, NULL);
    end_gone(&showing);
    return status;
}

/* ---- following them ---- */

struct following {
    struct follow follow;  /* the first member: see follow.h */
    const json_t *filter;  /* members of the request */
    json_int_t epoch, seq; /* of the last event that was seen; 0: none */
};

/* A snapshot is as good as the event that it was made after. What comes again is no news. */
static bool note_place(struct following *following, const json_t *event)
{
    const json_int_t epoch = json_member_int(event, "epoch", following->epoch);
    const json_int_t seq = json_member_int(event, "seq", json_member_int(event, "to", following->seq));
    const bool is_snapshot = strcmp(json_member_string(event, "event", ""), "snapshot") == 0;

    /* the events between the last one and a new snapshot follow it */
    if (following->follow.is_again && (is_snapshot || (epoch == following->epoch && seq <= following->seq)))
        return false;
    following->epoch = epoch;
    following->seq = seq;
    return true;
}

/* Parts of a subscription become objects of one kind, all with a member "event". */
static void stream(void *context, json_t *part)
{
    struct following *following = context;
    struct command *command = following->follow.command;
    const char *const others[] = {"snapshot", "missed"};
    json_t *event = json_object_get(part, "event");
    for (size_t i = 0; i < sizeof(others) / sizeof(*others) && !event; i++) {
        event = json_object_get(part, others[i]);
        if (json_is_object(event))
            json_object_set_new(event, "event", json_string(others[i]));
    }
    if (json_is_object(event) && note_place(following, event)) {
        following->follow.news++;
        writer_stream(command->output, event, show_event);
    }
    connection_set_timeout(command->connection, 0, -1); /* from the first on, silence is no failure */
}

static json_t *subscription(const struct follow *follow)
{
    const struct following *following = (const struct following *)follow;
    json_t *body = json_copy_of(following->filter);
    if (follow->is_again)
        json_object_set_new(body, "from",
                            json_pack("{s:I, s:I}", "epoch", following->epoch, "seq", following->seq));
    return body;
}

static enum status follow(struct command *command, const json_t *filter)
{
    struct following following = {.follow = {.command = command, .verb = VERB_SUBSCRIBE}, .filter = filter};
    return follow_run(&following.follow, subscription, stream);
}

/* ---- what is asked for ---- */

static json_t *time_of(int64_t wall_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format_utc(wall_ns, text);
    return json_string(text);
}

/* Words with commas between them. */
static json_t *words_of(const char *list)
{
    json_t *words = json_array();
    for (const char *at = list;; at++) {
        const size_t length = strcspn(at, ",");
        json_array_append_new(words, json_stringn(at, length));
        at += length;
        if (*at == '\0')
            return words;
    }
}

/* Of which events, as members of a request; NULL: a name is not UTF-8. */
static json_t *filter_of(const struct options *options)
{
    json_t *filter = json_object(), *names = json_array();
    bool is_text = true;
    for (int i = 0; i < options->operand_count; i++)
        if (json_array_append_new(names, json_string(options->operands[i])) != 0)
            is_text = false;
    if (options->operand_count > 0)
        json_object_set(filter, "names", names);
    json_decref(names);
    if (options->type)
        json_object_set_new(filter, "type", words_of(options->type));
    if (is_text)
        return filter;
    json_decref(filter);
    return NULL;
}

static void add_range(const struct options *options, json_t *body)
{
    const bool has_times = options->given[OPTION_SINCE] || options->given[OPTION_UNTIL];
    if (options->given[OPTION_SINCE])
        json_object_set_new(body, "since", time_of(options->since_ns));
    if (options->given[OPTION_UNTIL])
        json_object_set_new(body, "until", time_of(options->until_ns));
    if (options->given[OPTION_LINES] || !has_times)
        json_object_set_new(body, "last",
                            json_integer(options->given[OPTION_LINES] ? options->lines : EVENTS_SHOWN));
}

static enum status refuse_range(struct command *command)
{
    const struct options *options = command->options;
    if (options->given[OPTION_FOLLOW] &&
        (options->given[OPTION_SINCE] || options->given[OPTION_UNTIL] || options->given[OPTION_LINES]))
        return status_fail(&command->error, "usage", "ask for them first, and then follow",
                           "--follow tells what happens from now on: --since, --until and --lines are for "
                           "what has happened");
    if (options->given[OPTION_SINCE] && options->given[OPTION_UNTIL] && options->until_ns < options->since_ns)
        return status_fail(&command->error, "usage", NULL, "--until is before --since");
    return STATUS_DONE;
}

enum status verbs_events(struct command *command)
{
    const struct options *options = command->options;
    enum status status = refuse_range(command);
    json_t *body = status == STATUS_DONE ? filter_of(options) : NULL;
    if (status != STATUS_DONE)
        return status;
    if (!body)
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (options->given[OPTION_FOLLOW]) {
        status = follow(command, body);
        json_decref(body);
        return status;
    }
    add_range(options, body);
    return show_kept(command, body);
}
