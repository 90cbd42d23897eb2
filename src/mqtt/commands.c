#include "mqtt/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

enum {
    COMMANDS_A_SECOND = 10,
    COMMANDS_AT_ONCE = 50,
    LINES_A_SECOND = 1, /* of the log, for what anybody who may write at the broker can have refused */
    LINES_AT_ONCE = 30,
    PAYLOAD_BYTES = 32,
};

/* What can be set, its two payloads, and what camd is asked then: %s is the camera. */
static const struct setter {
    const char *what, *word; /* the topic's level; the word of the key `commands` */
    const char *payloads[2], *verbs[2], *parameters[2];
} setters[] = {
    {"enabled", "enable", {"ON", "OFF"}, {"enable", "disable"}, {"{\"name\":\"%s\"}", "{\"name\":\"%s\"}"}},
    {"motion_detection",
     "motion",
     {"ON", "OFF"},
     {"set", "set"},
     {"{\"name\":\"%s\",\"runtime\":true,\"settings\":{\"motion\":\"yes\"}}",
      "{\"name\":\"%s\",\"runtime\":true,\"settings\":{\"motion\":\"no\"}}"}},
    {"ptz",
     "ptz",
     {"moving", "stopped"},
     {"ptz", "ptz"},
     {"{\"name\":\"%s\",\"moving\":true}", "{\"name\":\"%s\",\"moving\":false}"}},
};

struct command {
    struct commands *commands;
    char topic[TOPIC_BYTES], camera[TOPIC_NAME_BYTES], what[TOPIC_LEVEL_BYTES], payload[PAYLOAD_BYTES];
};

void commands_init(struct commands *commands, const struct mqtt_settings *settings,
                   const struct topics *topics, struct broker *broker, struct camd_link *link)
{
    *commands = (struct commands){.settings = settings, .topics = topics, .broker = broker, .link = link};
    throttle_init(&commands->throttle, COMMANDS_A_SECOND, COMMANDS_AT_ONCE, clock_monotonic_ms());
    throttle_init(&commands->lines, LINES_A_SECOND, LINES_AT_ONCE, clock_monotonic_ms());
}

void commands_subscribe(struct commands *commands)
{
    char topic[TOPIC_BYTES];
    commands->subscription =
        broker_subscribe(commands->broker, topic_of_camera(commands->topics, "+", "+/set", topic), 1);
}

/* ---- the answer ---- */

/* Anybody who may write at the broker can ask faster than it takes the answers: these must not fill the memory. */
static void answer(const struct command *command, const char *code, const char *text, const char *hint)
{
    struct commands *commands = command->commands;
    char topic[TOPIC_BYTES];
    if (commands->answer_count == COMMANDS_ANSWERS_MAX) {
        commands->unanswered++;
        return;
    }
    json_t *made = json_pack(
        "{s:s, s:o, s:o, s:o, s:b, s:s, s:s, s:s}", "node", commands->topics->node, "topic",
        json_string_lossy(command->topic), "camera", json_string_lossy(command->camera), "payload",
        json_string_lossy(command->payload), "ok", code[0] == '\0', "code", code, "text", text, "hint", hint);
    char *line = made ? json_text(made) : NULL;
    const int message =
        line ? broker_publish(commands->broker, topic_of_node(commands->topics, "answer", topic), line,
                              strlen(line), false)
             : 0;
    if (message > 0)
        commands->answers[commands->answer_count++] = message;
    free(line);
    json_decref(made);
}

/* Once no answer is on its way, which is seldom while somebody asks too fast. */
static void tell_unanswered(struct commands *commands)
{
    if (commands->unanswered > 0)
        log_warning(NULL,
                    "%" PRIu64 " commands by MQTT, done or refused, got no answer: the broker had to "
                    "acknowledge %d others first",
                    commands->unanswered, COMMANDS_ANSWERS_MAX);
    commands->unanswered = 0;
}

bool commands_acknowledged(struct commands *commands, int message)
{
    for (size_t i = 0; i < commands->answer_count; i++) {
        if (commands->answers[i] == message) {
            commands->answers[i] = commands->answers[--commands->answer_count];
            if (commands->answer_count == 0)
                tell_unanswered(commands);
            return true;
        }
    }
    return false;
}

void commands_down(struct commands *commands)
{
    commands->answer_count = 0;
    tell_unanswered(commands);
}

/* Else it is counted. */
static bool may_log(struct commands *commands)
{
    if (!throttle_pass(&commands->lines, clock_monotonic_ms()))
        return false;
    const uint64_t dropped = throttle_take_dropped(&commands->lines);
    if (dropped > 0)
        log_warning(NULL, "%" PRIu64 " more commands by MQTT were refused", dropped);
    return true;
}

static void refuse(const struct command *command, const char *code, const char *text, const char *hint)
{
    if (may_log(command->commands))
        log_warning(command->camera, "%s by MQTT is refused: %s%s%s", command->what, text, *hint ? ": " : "",
                    hint);
    answer(command, code, text, hint);
}

static void tell_kept(const struct command *command)
{
    if (may_log(command->commands))
        log_warning(
            command->camera,
            "the broker keeps a command for %s from an earlier time: it is not obeyed; publish commands without `retain`",
            command->what);
}

static void on_reply(void *context, const struct camd_reply *reply)
{
    static const char allow[] =
        "the hint says who may; allow.USER in camd.ini(5), with the user that camd-mqtt runs as, lets it";
    struct command *command = context;
    if (reply->kind == CAMD_REPLY_PART)
        return;
    if (reply->kind == CAMD_REPLY_OK) {
        log_info(command->camera, "%s set to %s by MQTT", command->what, command->payload);
        answer(command, "", "", "");
    } else {
        refuse(command, reply->code[0] ? reply->code : "failed", reply->reason,
               reply->hint[0]                       ? reply->hint
               : strcmp(reply->code, "denied") == 0 ? allow
                                                    : "");
    }
    free(command);
}

/* ---- the command ---- */

static const struct setter *setter_of(const char *what)
{
    for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
        if (strcmp(setters[i].what, what) == 0)
            return &setters[i];
    }
    return NULL;
}

/* 0 or 1, or -1. */
static int choice_of(const struct setter *setter, const char *payload)
{
    for (int i = 0; i < 2; i++) {
        if (strcmp(setter->payloads[i], payload) == 0)
            return i;
    }
    return -1;
}

/* Whether it was asked, and the answer will free the command. */
static bool ask(struct command *command)
{
    struct commands *commands = command->commands;
    const struct setter *setter = setter_of(command->what);
    const int choice = setter ? choice_of(setter, command->payload) : -1;
    char parameters[256], expected[96];
    if (!setter) {
        refuse(command, "usage", "there is nothing of that name to be set",
               "enabled, motion_detection and ptz can be");
        return false;
    }
    if (!mqtt_takes_command(commands->settings, setter->word)) {
        refuse(command, "denied", "it is not among `commands` in mqtt.ini", "see camd-mqtt(8)");
        return false;
    }
    snprintf(expected, sizeof(expected), "expected %s or %s", setter->payloads[0], setter->payloads[1]);
    if (choice < 0) {
        refuse(command, "usage", "the payload is none that is known", expected);
        return false;
    }
    if (!throttle_pass(&commands->throttle, clock_monotonic_ms())) {
        refuse(command, "failed", "too many commands come at once", "");
        return false;
    }
    /* the camera's name is a level of the topic that has nothing in it but what a name can have */
    const char *before = strstr(setter->parameters[choice], "%s");
    snprintf(parameters, sizeof(parameters), "%.*s%s%s", (int)(before - setter->parameters[choice]),
             setter->parameters[choice], command->camera, before + 2);
    const int error = camd_link_ask(commands->link, setter->verbs[choice], parameters, on_reply, command);
    if (error < 0)
        refuse(command, "failed",
               error == -EBUSY ? "too many commands wait for their answers" : camd_connection_strerror(error),
               "");
    return error == 0;
}

/* As much of it as there is room for, which is more than any that is known has; a byte 0 would end it early. */
static void take_payload(struct command *command, const char *payload, size_t size)
{
    for (size_t i = 0; i < size && i < sizeof(command->payload) - 1; i++)
        command->payload[i] = payload[i] ? payload[i] : '?';
}

bool commands_take(struct commands *commands, const char *topic, const void *payload, size_t size,
                   bool is_kept)
{
    struct command *command = calloc(1, sizeof(*command));
    if (!command)
        return false;
    command->commands = commands;
    snprintf(command->topic, sizeof(command->topic), "%s", topic);
    take_payload(command, payload, size);
    const bool is_set = topic_parse_set(commands->topics, topic, command->camera, command->what);
    bool is_asked = false;
    if (is_set && is_kept)
        tell_kept(command);
    else if (is_set && !text_is_camera_name(command->camera))
        refuse(command, "usage", "this is no camera's name", "");
    else if (is_set && size > 0)
        is_asked = ask(command);
    if (!is_asked)
        free(command);
    return is_set;
}
