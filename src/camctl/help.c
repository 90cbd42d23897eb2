/* help.c - help, made from the tables */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "camctl/command.h"
#include "camctl/verb_word.h"
#include "config/config.h"
#include "config/config_keys.h"

static const char *const exit_statuses =
    "Exit status: 0 done, 1 refused or failed, 2 usage, 3 no daemon or no answer,\n"
    "4 not allowed, 5 no such camera, 7 saved but not running yet.\n";

/* Where the meanings begin, so that the longest ends within 80 columns. */
enum { LEFT_COLUMNS = 26, VERB_COLUMNS = 28 };

static void print_option(FILE *out, const struct option_info *info)
{
    char left[64];
    snprintf(left, sizeof(left), "%s%c%s--%s%s%s", info->letter ? "-" : "", info->letter ? info->letter : ' ',
             info->letter ? ", " : "   ", info->word, info->value ? " " : "", info->value ? info->value : "");
    fprintf(out, "  %-*s%s\n", LEFT_COLUMNS - 2, left, info->meaning);
}

static void print_options(FILE *out, int verb)
{
    for (int option = 0; option < OPTION_COUNT; option++) {
        const struct option_info *info = &option_table[option];
        bool everywhere = info->verbs == OPTIONS_EVERY_VERB;
        if (verb < 0 ? everywhere : !everywhere && ((info->verbs >> verb) & 1))
            print_option(out, info);
    }
}

static bool has_options(int verb)
{
    for (int option = 0; option < OPTION_COUNT; option++)
        if (option_table[option].verbs != OPTIONS_EVERY_VERB && ((option_table[option].verbs >> verb) & 1))
            return true;
    return false;
}

/* ---- all verbs ---- */

enum { GROUP_VERBS = 16, GROUP_COLUMNS = 12, LINE_COLUMNS = 79 };

/* Every verb that camctl offers is in one of them. */
static const struct {
    const char *title;
    enum verb verbs[GROUP_VERBS];
    size_t count;
} groups[] = {
#define GROUP(title, ...)                                                                                    \
    {                                                                                                        \
        title, {__VA_ARGS__}, sizeof((enum verb[]){__VA_ARGS__}) / sizeof(enum verb)                         \
    }
    GROUP("Cameras", VERB_ADD, VERB_SET, VERB_SHOW, VERB_RENAME, VERB_REMOVE, VERB_ENABLE, VERB_DISABLE,
          VERB_START, VERB_STOP, VERB_RESTART, VERB_KICK, VERB_PTZ, VERB_WAIT),
    GROUP("How they are", VERB_STATUS, VERB_TOP, VERB_EVENTS, VERB_LOGS, VERB_PROBE, VERB_SHM, VERB_METRICS),
    GROUP("Pictures", VERB_SNAPSHOT, VERB_STREAM, VERB_ZONE, VERB_GRID),
    GROUP("All of camd", VERB_CHECK, VERB_RELOAD, VERB_EXPORT, VERB_IMPORT, VERB_FLEET, VERB_UPGRADE,
          VERB_SHUTDOWN, VERB_VERSION, VERB_HELP),
#undef GROUP
};

static void print_group(FILE *out, const char *title, const enum verb *verbs, size_t count)
{
    int column = fprintf(out, "  %-*s", GROUP_COLUMNS, title);
    for (size_t i = 0; i < count; i++) {
        const char *word = verb_table[verbs[i]].word;
        if (column + 1 + (int)strlen(word) > LINE_COLUMNS)
            column = fprintf(out, "\n  %-*s", GROUP_COLUMNS, "") - 1;
        column += fprintf(out, " %s", word);
    }
    putc('\n', out);
}

/* For a terminal of 24 lines. */
static void print_overview(FILE *out)
{
    fprintf(out, "usage: camctl [OPTION ...] VERB [OPERAND ...]\n\nOperate camd, the camera daemon.\n\n");
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        print_group(out, groups[i].title, groups[i].verbs, groups[i].count);
    fprintf(out, "\n"
                 "  camctl help VERB    explains a verb, with its options and examples; its first\n"
                 "                      letters are enough (camctl stat), but for what is final\n"
                 "  camctl help KEY     explains a setting, such as fps, zone or filter\n"
                 "  camctl help verbs   every verb in a line, and the exit statuses\n"
                 "  camctl help keys    every setting\n"
                 "  man camctl          all of it; man camd.ini: the configuration\n\n");
    print_options(out, -1);
}

static void print_verb_line(FILE *out, const struct verb_info *info)
{
    char left[64];
    int length = snprintf(left, sizeof(left), "%s %s", info->word, info->operands);
    if (length > VERB_COLUMNS - 4)
        fprintf(out, "  %s\n  %-*s%s\n", left, VERB_COLUMNS - 2, "", info->summary);
    else
        fprintf(out, "  %-*s%s\n", VERB_COLUMNS - 2, left, info->summary);
}

static void print_verbs(FILE *out)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        fprintf(out, "%s%s:\n", i > 0 ? "\n" : "", groups[i].title);
        for (size_t j = 0; j < groups[i].count; j++)
            print_verb_line(out, &verb_table[groups[i].verbs[j]]);
    }
    fprintf(out, "\n%s", exit_statuses);
}

/* ---- one verb ---- */

/* Whether others than root and camd's user can be let do it: allow.USER knows the words. */
static bool may_be_allowed(const struct verb_info *info)
{
    const struct config_key *allow = config_key_find("allow.USER");
    for (const char *const *word = allow ? allow->words : NULL; word && *word; word++)
        if (strcmp(*word, info->word) == 0)
            return true;
    return false;
}

static void print_verb(FILE *out, int verb)
{
    const struct verb_info *info = &verb_table[verb];
    bool options = has_options(verb);
    char wait[TEXT_DURATION_BYTES];
    fprintf(out, "usage: camctl %s%s%s%s\n\n%s\n", info->word, info->operands[0] ? " " : "", info->operands,
            options ? " [OPTION ...]" : "", info->summary);
    if (command_table[verb].help && command_table[verb].help[0])
        fprintf(out, "\n%s", command_table[verb].help);
    if (options) {
        fprintf(out, "\nOptions:\n");
        print_options(out, verb);
    }
    if (info->privilege == VERB_CHANGE)
        fprintf(out, "\nOnly %s may do this.\n",
                may_be_allowed(info) ? "root, camd's user and those whom allow.USER in camd.ini names"
                                     : "root and camd's user");
    if (verb_word_is_whole(verb))
        fprintf(out, "\nIt is not easily taken back: the word is never abbreviated.\n");
    if (command_table[verb].timeout_s > 0)
        fprintf(out, "\ncamctl waits %s at most%s, or as long as --timeout says.\n",
                text_duration(command_table[verb].timeout_s, wait),
                verb == VERB_IMPORT   ? " for each camera"
                : verb == VERB_EVENTS ? " for each event"
                                      : "");
}

/* ---- JSON: the tables as data, for completion and the like ---- */

static json_t *verb_json(int verb)
{
    const struct verb_info *info = &verb_table[verb];
    json_t *options = json_array();
    for (int option = 0; option < OPTION_COUNT; option++)
        if ((option_table[option].verbs >> verb) & 1)
            json_array_append_new(options, json_string(option_table[option].word));
    return json_pack("{s:s, s:s, s:s, s:o}", "verb", info->word, "operands", info->operands, "summary",
                     info->summary, "options", options);
}

static json_t *help_json(int verb)
{
    json_t *verbs = json_array();
    for (int each = 0; each < VERB_COUNT; each++)
        if (verb_table[each].summary[0] && (verb < 0 || each == verb))
            json_array_append_new(verbs, verb_json(each));
    return json_pack("{s:o}", "verbs", verbs);
}

static void show_document(struct writer *output, json_t *document)
{
    writer_document(output, document, NULL);
    json_decref(document);
}

void help_print(struct writer *output, int verb)
{
    if (output->json)
        show_document(output, help_json(verb));
    else if (verb < 0)
        print_overview(output->stream);
    else
        print_verb(output->stream, verb);
}

/* name NULL: all of them. False: there is no such key. */
static bool print_keys(struct command *command, const char *name)
{
    if (!command->output->json && name)
        return config_print_key(command->output->stream, name);
    if (!command->output->json) {
        config_print_keys(command->output->stream, false);
        return true;
    }
    json_t *keys = config_keys_json(name);
    const bool is_there = json_array_size(keys) > 0;
    if (is_there)
        show_document(command->output, json_pack("{s:O}", "keys", keys));
    json_decref(keys);
    return is_there;
}

static void print_topic(struct command *command, int verb, bool verbs)
{
    if (verbs && !command->output->json)
        print_verbs(command->output->stream);
    else
        help_print(command->output, verb);
}

static enum status refuse_topic(struct command *command, const char *topic)
{
    const char *candidates[VERB_COUNT + CONFIG_KEYS_MAX + 2] = {"keys", "verbs"};
    size_t count = 2;
    char hint[96] = "camctl help lists the verbs, camctl help keys the settings";
    for (int verb = 0; verb < VERB_COUNT; verb++)
        if (verb_word_is_offered(verb))
            candidates[count++] = verb_table[verb].word;
    for (size_t i = 0; i < config_key_count; i++)
        candidates[count++] = config_keys[i].name;
    const char *nearest = text_nearest(topic, candidates, count);
    if (!nearest)
        nearest = config_key_nearest(topic, CONFIG_PLACE_ANY);
    if (nearest)
        snprintf(hint, sizeof(hint), "did you mean %s?", nearest);
    return status_fail(&command->error, "usage", hint, "there is no help on %s", topic);
}

/* A verb that is a key, too, such as zone: both. */
static void print_verb_and_key(struct command *command, int verb, const char *key)
{
    json_t *keys = config_keys_json(key);
    if (command->output->json) {
        json_t *document = help_json(verb);
        if (json_array_size(keys) > 0)
            json_object_set(document, "keys", keys);
        show_document(command->output, document);
    } else {
        help_print(command->output, verb);
        if (json_array_size(keys) > 0) {
            fprintf(command->output->stream, "\nThe settings of that name:\n\n");
            config_print_key(command->output->stream, key);
        }
    }
    json_decref(keys);
}

/* A whole verb before a key, a whole key before the beginning of a verb. */
enum status verbs_help(struct command *command)
{
    const char *topic = command->options->operand_count ? command->options->operands[0] : NULL;
    int verb = topic ? verb_from_word(topic) : -1;
    if (!topic || strcmp(topic, "verbs") == 0) {
        print_topic(command, -1, topic != NULL);
    } else if (strcmp(topic, "keys") == 0) {
        print_keys(command, NULL);
    } else if (verb >= 0 && verb_word_is_offered(verb)) {
        print_verb_and_key(command, verb, topic);
    } else if (!print_keys(command, topic)) {
        verb = topic[0] ? verb_word_begin(topic) : -1;
        if (verb < 0)
            return refuse_topic(command, topic);
        print_topic(command, verb, false);
    }
    return STATUS_DONE;
}
