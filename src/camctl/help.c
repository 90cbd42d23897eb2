/* help.c - help, made from the tables */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "camctl/command.h"
#include "config/config.h"

static const char *const exit_statuses =
    "Exit status: 0 done, 1 refused or failed, 2 usage, 3 no daemon or no answer,\n"
    "4 not allowed, 5 no such camera, 7 saved but not running yet.\n";

/* Where the meanings begin, so that the longest ends within 80 columns. */
enum { LEFT_COLUMNS = 26, VERB_COLUMNS = 28 };

static void print_option(FILE *out, const struct option_info *info)
{
    char left[64];

    snprintf(left, sizeof left, "%s%c%s--%s%s%s", info->letter ? "-" : "", info->letter ? info->letter : ' ',
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

static void print_overview(FILE *out)
{
    fprintf(out, "usage: camctl [OPTION ...] VERB [OPERAND ...]\n\nOperate camd, the camera daemon.\n\n");
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        const struct verb_info *info = &verb_table[verb];
        char left[64];

        if (!info->summary[0])
            continue;
        int length = snprintf(left, sizeof left, "%s %s", info->word, info->operands);
        if (length > VERB_COLUMNS - 4)
            fprintf(out, "  %s\n  %-*s%s\n", left, VERB_COLUMNS - 2, "", info->summary);
        else
            fprintf(out, "  %-*s%s\n", VERB_COLUMNS - 2, left, info->summary);
    }
    fprintf(out, "\nOptions:\n");
    print_options(out, -1);
    fprintf(out, "\n%s\n`camctl help VERB` explains a verb, `camctl help keys` lists the settings.\n",
            exit_statuses);
}

static void print_verb(FILE *out, int verb)
{
    const struct verb_info *info = &verb_table[verb];
    bool options = has_options(verb);

    fprintf(out, "usage: camctl %s%s%s%s\n\n%s\n", info->word, info->operands[0] ? " " : "", info->operands,
            options ? " [OPTION ...]" : "", info->summary);
    if (command_table[verb].help && command_table[verb].help[0])
        fprintf(out, "\n%s", command_table[verb].help);
    if (options) {
        fprintf(out, "\nOptions:\n");
        print_options(out, verb);
    }
    if (info->privilege == VERB_CHANGE)
        fprintf(out, "\nOnly root, camd's user and those whom allow.USER in camd.ini names may do this.\n");
    if (info->privilege != VERB_LOCAL)
        fprintf(out, "\ncamctl waits %d s at most, or as long as --timeout says.\n",
                command_table[verb].timeout_s);
}

void help_print(struct writer *output, int verb)
{
    if (verb < 0)
        print_overview(output->stream);
    else
        print_verb(output->stream, verb);
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

static enum status print_keys(struct command *command)
{
    char *text = NULL;
    size_t bytes = 0;

    if (!command->output->json) {
        config_print_keys(command->output->stream, false);
        return STATUS_DONE;
    }
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return status_fail(&command->error, "failed", NULL, "memory is short");
    config_print_keys(stream, false);
    fclose(stream);
    json_t *document = json_pack("{s:s}", "keys", text);
    writer_document(command->output, document, NULL);
    json_decref(document);
    free(text);
    return STATUS_DONE;
}

enum status verbs_help(struct command *command)
{
    const char *topic = command->options->operand_count ? command->options->operands[0] : NULL;
    const char *candidates[VERB_COUNT + 1] = {"keys"};
    size_t count = 1;
    int verb = -1;

    if (topic && strcmp(topic, "keys") == 0)
        return print_keys(command);
    if (topic && ((verb = verb_from_word(topic)) < 0 || !verb_table[verb].summary[0])) {
        char hint[96] = "camctl help lists the verbs";

        for (int each = 0; each < VERB_COUNT; each++)
            if (verb_table[each].summary[0])
                candidates[count++] = verb_table[each].word;
        const char *nearest = text_nearest(topic, candidates, count);
        if (nearest)
            snprintf(hint, sizeof hint, "did you mean %s?", nearest);
        return status_fail(&command->error, "usage", hint, "there is no help on %s", topic);
    }
    if (command->output->json) {
        json_t *document = help_json(verb);

        writer_document(command->output, document, NULL);
        json_decref(document);
    } else {
        help_print(command->output, verb);
    }
    return STATUS_DONE;
}
