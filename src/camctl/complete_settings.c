/* complete_settings.c - keys of cameras and what they can have, from the table of keys */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "camctl/complete_private.h"
#include "config/config.h"
#include "config/config_topic.h"

/* ---- what a key can have ---- */

static void offer_value(const struct line *line, const char *name, const char *value)
{
    char *word = text_format("%s=%s", name, value);
    if (word)
        complete_offer(line, word, NULL);
    free(word);
}

/* Of the whole configuration, whose sections of detectors begin a line each. */
static void offer_sections(void *context, json_t *part)
{
    static const char begin[] = "[detector ";
    const struct line *line = context;
    const char *at = json_member_string(part, "text", "");
    while ((at = strstr(at, begin)) != NULL) {
        char *name = text_format("%.*s", (int)strcspn(at + sizeof(begin) - 1, "]\n"), at + sizeof(begin) - 1);
        if (name)
            offer_value(line, "detector", name);
        free(name);
        at += sizeof(begin) - 1;
    }
}

static void offer_detectors(const struct line *line)
{
    struct config *config = NULL;
    const bool is_made = config_standard(&config) == 0;
    for (size_t i = 0; is_made && i < config->detector_count; i++)
        offer_value(line, "detector", config->detectors[i].name);
    config_free(config);
    complete_ask(line, VERB_EXPORT, offer_sections, (void *)line);
}

static void offer_values(const struct line *line, const char *name)
{
    static const char *const of_bool[] = {"yes", "no", NULL};
    const struct config_key *row = config_key_find(name);
    const struct config_key *key = row ? config_key_of_value(row, name) : NULL;
    if (!key || key->family)
        return;
    if (strcmp(name, "detector") == 0)
        offer_detectors(line);
    if (key->absent && key->type != &config_type_path && key->type != &config_type_command)
        offer_value(line, name, key->absent);
    for (const char *const *word = key->type == &config_type_bool ? of_bool : key->words; word && *word;
         word++)
        offer_value(line, name, *word);
}

/* ---- keys ---- */

enum { MEANING_BYTES = 60 }; /* beside a candidate, in a line of a terminal */

/* The first sentence of its meaning, or as many words of it as there is room for. */
static char *first_words(const struct config_topic *topic)
{
    const char *meaning = config_topic_meaning(topic), *end = strstr(meaning, ". ");
    size_t length = end ? (size_t)(end - meaning) : strlen(meaning);
    const bool is_whole = length <= MEANING_BYTES;
    if (!is_whole)
        for (length = MEANING_BYTES; length > 0 && meaning[length] != ' ';)
            length--;
    return text_format("%.*s%s", (int)length, meaning, is_whole ? "" : " ...");
}

/* "zone.yard." of "zone.yard.ine": up to its second point, since what comes before is the administrator's. */
static int own_part(const char *word)
{
    const char *first = strchr(word, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    return second ? (int)(second + 1 - word) : 0;
}

/*
 * Of a family without an element's name the beginning, "zone."; with one, what an element can have. What another family's
 * names are within it is anybody's guess.
 */
static void offer_member(const struct line *line, const struct config_topic *topic, const char *meaning)
{
    const int own = own_part(line->last);
    const char *first = strchr(topic->title, '.'), *rest = first ? strchr(first + 1, '.') : NULL;
    const size_t family = (size_t)(first - topic->title) + 1;
    char *word = NULL;
    if (own > 0 && rest && strncmp(line->last, topic->title, family) == 0 && !strchr(rest + 1, '.'))
        word = text_format("%.*s%s=", own, line->last, rest + 1);
    else if (own == 0 && (!rest || strcmp(rest, ".KEY") == 0))
        word = text_format("%.*s", (int)family, topic->title);
    if (word)
        complete_offer(line, word, meaning);
    free(word);
}

static void offer_topic(void *context, const struct config_topic *topic)
{
    const struct line *line = context;
    char *meaning = first_words(topic);
    if (strchr(topic->title, '.')) {
        offer_member(line, topic, meaning);
    } else {
        char *word = text_format("%s=", topic->title);
        if (word && !complete_is_given(line, word, strlen(word)))
            complete_offer(line, word, meaning);
        free(word);
    }
    free(meaning);
}

void complete_settings(const struct line *line)
{
    const char *equals = strchr(line->last, '=');
    char *name = equals ? text_format("%.*s", (int)(equals - line->last), line->last) : NULL;
    if (name)
        offer_values(line, name);
    free(name);
    for (size_t i = 0; i < config_key_count && !equals; i++)
        if (config_keys[i].places & CONFIG_PLACE_CAMERA)
            config_topics_visit(&config_keys[i], offer_topic, (void *)line);
}

void complete_topics(const struct line *line)
{
    for (size_t i = 0; i < config_key_count; i++)
        if (verb_from_word(config_keys[i].name) < 0 &&
            (i == 0 || strcmp(config_keys[i].name, config_keys[i - 1].name) != 0))
            complete_offer(line, config_keys[i].name, NULL);
}
