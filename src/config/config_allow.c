/* The type of allow.USER: words of verbs, and set:KEY for single settings. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/config_keys.h"

enum { WORD_BYTES = 128, ALLOWED_BYTES = 2048 };

static const char separators[] = " \t,";

/* Of key->words, or a setting of cameras: a family by its name, or one of its keys. */
static const char *word_fault(const struct config_key *key, const char *word)
{
    static const char set[] = "set:";
    for (const char *const *verb = key->words; *verb; verb++) {
        if (strcmp(*verb, word) == 0)
            return NULL;
    }
    if (strncmp(word, set, sizeof(set) - 1) != 0)
        return "has a word that is none of the verbs, nor set:KEY";
    word += sizeof(set) - 1;
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].places & CONFIG_PLACE_CAMERA && strcmp(config_keys[i].name, word) == 0)
            return NULL;
    }
    const struct config_key *found = config_key_find(word);
    return found && found->places & CONFIG_PLACE_CAMERA ? NULL : "has set: with what is no key of a camera";
}

/* The words with one space between them. */
static const char *allowed_parse(const struct config_key *key, const char *text, void *field)
{
    char list[ALLOWED_BYTES] = "", word[WORD_BYTES];
    size_t used = 0;
    text += strspn(text, separators);
    while (*text) {
        const size_t length = strcspn(text, separators);
        if (length >= sizeof(word) || used + length + 2 > sizeof(list))
            return "is too long";
        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        const char *fault = word_fault(key, word);
        if (fault)
            return fault;
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used > 0 ? " " : "", word);
        text += length;
        text += strspn(text, separators);
    }
    if (used == 0)
        return "has no words";
    return config_value_set_text(field, list);
}

static void allowed_describe(const struct config_key *key, FILE *out)
{
    for (const char *const *verb = key->words; *verb; verb++)
        fprintf(out, "%s ", *verb);
    fputs("set:KEY, those that are wanted with spaces between them", out);
}

const struct config_type config_type_allowed = {
    .size = sizeof(char *),
    .is_text = true,
    .parse = allowed_parse,
    .print = config_value_print_text,
    .describe = allowed_describe,
};
