#include "camctl/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "camctl/complete_private.h"
#include "camctl/verb_word.h"
#include "camd/shm.h"
#include "protocol/camera_states.h"
#include "protocol/event_words.h"
#include "protocol/top_columns.h"

enum { ANSWER_S = 1 };

/* With a tabulator and what it means behind it: shells that can show that do. */
void complete_offer(const struct line *line, const char *candidate, const char *meaning)
{
    if (strncmp(candidate, line->last, strlen(line->last)) != 0)
        return;
    if (meaning && meaning[0])
        printf("%s\t%s\n", candidate, meaning);
    else
        puts(candidate);
}

/* ---- what is there ---- */

/* The option that a word is, or -1. *value: what stands behind its =; NULL: nothing, it is the next word. */
static int find_option(const char *word, const char **value)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    for (int option = 0; option < OPTION_COUNT; option++) {
        const struct option_info *info = &option_table[option];
        if (strncmp(word, "--", 2) == 0 && strlen(info->word) == length - 2 &&
            strncmp(info->word, word + 2, length - 2) == 0) {
            *value = equals ? equals + 1 : NULL;
            return option;
        }
        if (info->letter && word[1] == info->letter) {
            *value = word[2] ? word + 2 : NULL;
            return option;
        }
    }
    return -1;
}

/* An option with its value, which may be the next word: returns the index of the last word it takes. */
static int take_option(struct line *line, int count, char **words, int at)
{
    const char *value = NULL;
    int option = find_option(words[at], &value);
    if (option < 0 || !option_table[option].value || option_table[option].value[0] == '[')
        return at;
    if (!value) {
        at++;
        line->value_of = at == count - 1 ? option : -1;
        value = at < count ? words[at] : NULL;
    }
    if (option == OPTION_SOCKET)
        line->socket = value;
    return at;
}

static void take_word(struct line *line, int count, char **words, int at)
{
    if (line->verb >= 0) {
        line->operand++;
        return;
    }
    line->verb = verb_from_word(words[at]);
    if (line->verb < 0)
        line->verb = verb_word_begin(words[at]);
    line->operands = words + at + 1;
    line->operand_count = count - at - 2;
}

/* False when no verb of that name exists: nothing can be said of what follows. */
static bool read_line(struct line *line, int count, char **words)
{
    *line = (struct line){.verb = -1, .value_of = -1, .last = count > 0 ? words[count - 1] : ""};
    for (int at = 0; at < count - 1; at++) {
        if (!line->plain && strcmp(words[at], "--") == 0) {
            line->plain = true;
        } else if (!line->plain && words[at][0] == '-' && words[at][1]) {
            at = take_option(line, count, words, at);
        } else {
            take_word(line, count, words, at);
            if (line->verb < 0)
                return false;
        }
    }
    return true;
}

/* ---- what may follow ---- */

static void offer_options(const struct line *line)
{
    for (int option = 0; option < OPTION_COUNT; option++) {
        const struct option_info *info = &option_table[option];
        char word[COMPLETE_WORD_BYTES];
        if (line->verb < 0 ? info->verbs != OPTIONS_EVERY_VERB : !((info->verbs >> line->verb) & 1))
            continue;
        snprintf(word, sizeof(word), "--%s", info->word);
        complete_offer(line, word, info->meaning);
    }
}

static void offer_verbs(const struct line *line)
{
    for (int verb = 0; verb < VERB_COUNT; verb++)
        if (verb_word_is_offered(verb))
            complete_offer(line, verb_table[verb].word, verb_table[verb].summary);
}

bool complete_is_given(const struct line *line, const char *text, size_t length)
{
    for (int i = 0; i < line->operand_count; i++)
        if (strncmp(line->operands[i], text, length) == 0)
            return true;
    return false;
}

static void offer_name(const struct line *line, const char *name)
{
    if (name[0] && !complete_is_given(line, name, strlen(name) + 1))
        complete_offer(line, name, NULL);
}

static bool takes_detectors(const struct line *line)
{
    static const enum verb verbs[] = {VERB_RESTART, VERB_KICK, VERB_STATUS, VERB_LOGS};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (line->verb == (int)verbs[i])
            return true;
    return false;
}

static void offer_part(void *context, json_t *part)
{
    const struct line *line = context;
    const json_t *detectors = takes_detectors(line) ? json_object_get(part, "detectors") : NULL;
    offer_name(line, json_member_string(json_object_get(part, "camera"), "name", ""));
    for (size_t i = 0; i < json_array_size(detectors); i++) {
        char name[sizeof "detector:" + CAMD_NAME_MAX];
        snprintf(name, sizeof(name), "detector:%s",
                 json_member_string(json_array_get(detectors, i), "name", ""));
        offer_name(line, name);
    }
}

void complete_ask(const struct line *line, enum verb verb, command_part *part, void *context)
{
    struct options options = {.socket = line->socket, .timeout_s = ANSWER_S, .verb = (int)verb};
    struct command command = {.options = &options};
    command_request(&command, verb, NULL, part, context, NULL);
    connection_close(command.connection);
    json_decref(command.error);
}

/* "moving|stopped" */
static void offer_alternatives(const struct line *line, const char *alternatives)
{
    while (*alternatives) {
        char word[COMPLETE_WORD_BYTES];
        size_t length = strcspn(alternatives, "|");
        snprintf(word, sizeof(word), "%.*s", (int)length, alternatives);
        complete_offer(line, word, NULL);
        alternatives += length + (alternatives[length] == '|');
    }
}

/*
 * The word of the verb's operands in the help that is meant for this place; "..." repeats the one before, and what is
 * returned may follow.
 */
static const char *find_operand(const struct line *line, char operand[COMPLETE_WORD_BYTES])
{
    const char *text = verb_table[line->verb].operands;
    operand[0] = '\0';
    for (int place = 0; *text && place <= line->operand; place++) {
        text += strspn(text, " []");
        size_t length = strcspn(text, " []");

        if (strncmp(text, "...", 3) == 0)
            return text + 3 + strspn(text + 3, " ]");
        snprintf(operand, COMPLETE_WORD_BYTES, "%.*s", (int)length, text);
        text += length;
        text += strspn(text, " []");
        if (!*text && place < line->operand)
            operand[0] = '\0'; /* it takes no more */
    }
    return "";
}

/* The word before the last is one of "moving|stopped", behind a name at least: nothing follows it. */
static bool is_complete(const struct line *line, const char *alternatives)
{
    const char *before = line->operand >= 2 ? line->operands[line->operand_count - 1] : "";
    const size_t length = strlen(before);
    for (const char *at = strstr(alternatives, before); length > 0 && at; at = strstr(at + 1, before))
        if ((at == alternatives || at[-1] == '|') && (at[length] == '|' || at[length] == '\0'))
            return true;
    return false;
}

static void offer_operands(struct line *line)
{
    char operand[COMPLETE_WORD_BYTES];
    const char *after = find_operand(line, operand);
    const char *alternatives = strcmp(after, "STATE") == 0 ? CAMERA_STATES_ALTERNATIVES
                               : strchr(after, '|')        ? after
                                                           : "";
    if (is_complete(line, alternatives))
        return;
    offer_alternatives(line, alternatives);
    if (strchr(after, '='))
        complete_settings(line);
    if (strcmp(operand, "NAME") == 0 || strcmp(operand, "URL|NAME") == 0) {
        if (line->verb != VERB_ADD) /* a new name is the administrator's to find */
            complete_ask(line, VERB_STATUS, offer_part, line);
    } else if (strcmp(operand, "VERB|KEY") == 0) {
        offer_verbs(line);
        complete_topics(line);
        complete_offer(line, "keys", "all that there is to know of all settings");
        complete_offer(line, "verbs", "every verb in a line");
    } else if (strchr(operand, '|')) {
        offer_alternatives(line, operand);
    } else if (strchr(operand, '=')) {
        complete_settings(line);
    }
}

/* A word is one of the first so many bytes of a list with commas. */
static bool list_has(const char *list, int length, const char *word)
{
    const int size = (int)strlen(word);
    for (int at = 0; at < length; at += (int)strcspn(list + at, ",") + 1)
        if (strncmp(list + at, word, (size_t)size) == 0 && list[at + size] == ',')
            return true;
    return false;
}

/* Behind those that are there already, with commas between them. */
static void offer_types(const struct line *line)
{
    const char *comma = strrchr(line->last, ',');
    const int before = comma ? (int)(comma + 1 - line->last) : 0;
    char list[COMPLETE_WORD_BYTES];
    for (const char *const *word = event_filter_words; *word; word++) {
        snprintf(list, sizeof(list), "%.*s%s", before, line->last, *word);
        if (!list_has(line->last, before, *word))
            complete_offer(line, list, NULL);
    }
}

/* Of the values of options those that are words; all others are the administrator's, or files. */
static void offer_option_values(const struct line *line)
{
    if (line->value_of == OPTION_TYPE)
        offer_types(line);
    for (size_t i = 0; line->value_of == OPTION_SORT && i < TOP_COLUMN_COUNT; i++)
        complete_offer(line, top_column_words[i], NULL);
}

void complete_print(int count, char **words)
{
    struct line line;
    if (!read_line(&line, count, words))
        return;
    if (line.value_of >= 0) {
        offer_option_values(&line);
        return;
    }
    if (line.last[0] == '-' && !line.plain)
        offer_options(&line);
    else if (line.verb < 0)
        offer_verbs(&line);
    else
        offer_operands(&line);
}
