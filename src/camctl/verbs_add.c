/* verbs_add.c - add */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "camctl/command.h"
#include "camctl/settings.h"
#include "config/config_keys.h"

/* That the answer may come after the daemon's own time-out: the camera's file has to be on the disk first. */
enum { GRACE_MS = 40000 };

static void show_added(struct writer *output, const json_t *document)
{
    const char *name = json_member_string(document, "name", ""),
               *state = json_member_string(document, "state", "");
    char elapsed[TEXT_DURATION_BYTES];

    if (json_member_int(document, "frames", 0) > 0)
        writer_line(output, STYLE_PLAIN, 4, "%s: added, %s, first picture after %s", name, state,
                    text_duration(json_member_double(document, "elapsed_ms", 0) / 1000, elapsed));
    else
        writer_line(output, STYLE_PLAIN, 4, "%s: added, %s", name, state);
}

/* What was meant as input may have been given under another name, which says more than that input is missing. */
static enum status refuse_without_input(const json_t *settings, json_t **error)
{
    const char *key;
    json_t *value;
    json_members_foreach(settings, key, value) {
        const char *nearest = config_key_find(key) ? NULL : config_key_nearest(key, CONFIG_PLACE_CAMERA);
        char *hint = nearest ? text_format("did you mean %s?", nearest) : NULL;
        if (!hint)
            continue;
        enum status status = status_fail(error, "usage", hint, "%s is no key of a camera", key);
        free(hint);
        return status;
    }
    return status_fail(error, "usage", "camctl help input shows what it can be",
                       "add needs input=URL: a stream, a file, or lavfi:GRAPH");
}

static enum status make_settings(const struct options *options, json_t *settings, json_t **error)
{
    for (int i = 1; i < options->operand_count; i++) {
        const char *word = options->operands[i];
        enum status status = settings_is_input(word) ? settings_add_input(settings, word, error)
                                                     : settings_add(settings, word, false, error);
        if (status != STATUS_DONE)
            return status;
    }
    if (!json_object_get(settings, "input"))
        return refuse_without_input(settings, error);
    return STATUS_DONE;
}

static json_t *seconds_json(int64_t milliseconds)
{
    if (milliseconds % 1000 == 0)
        return json_integer(milliseconds / 1000);
    return json_real((double)milliseconds / 1000);
}

/* The daemon's words for "saved, not running yet", with the next try's time where it is known. */
static enum status explain_not_running(struct command *command)
{
    json_int_t next_ms = json_member_int(command->error, "next_start_ms", -1);
    const char *hint = json_member_string(command->error, "hint", "");
    char next[TEXT_DURATION_BYTES];
    json_t *text;
    if (next_ms < 0)
        return STATUS_NOT_RUNNING;
    text = json_sprintf("%s%scamd tries again in %s; see camctl status %s%s", hint, hint[0] ? "; " : "",
                        text_duration((double)next_ms / 1000, next),
                        text_before_operand(command->options->operands[0]), command->options->operands[0]);
    if (text)
        json_object_set_new(command->error, "hint", text);
    return STATUS_NOT_RUNNING;
}

enum status verbs_add(struct command *command)
{
    const struct options *options = command->options;
    json_t *settings = json_object(), *ok = NULL;
    enum status status = make_settings(options, settings, &command->error);
    if (status != STATUS_DONE) {
        json_decref(settings);
        return status;
    }
    int64_t timeout_ms = command_timeout_ms(command);
    json_t *body = json_pack("{s:s, s:o, s:b, s:b, s:o}", "name", options->operands[0], "settings", settings,
                             "runtime", options->given[OPTION_RUNTIME], "require_frame",
                             options->given[OPTION_REQUIRE_FRAME], "timeout_s", seconds_json(timeout_ms));
    if (!body)
        return status_fail(&command->error, "usage", NULL, "the camera's name is not valid UTF-8 text");
    status = command_connect(command, GRACE_MS);
    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    status = command_request(command, VERB_ADD, body, NULL, NULL, &ok);
    if (status == STATUS_DONE)
        writer_document(command->output, ok, show_added);
    else if (status == STATUS_NOT_RUNNING)
        status = explain_not_running(command);
    json_decref(ok);
    return status;
}
