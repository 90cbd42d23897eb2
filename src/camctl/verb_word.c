#include "camctl/verb_word.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "protocol/verbs.h"

enum { LIST_BYTES = 512 };

static const enum verb whole_words[] = {VERB_REMOVE, VERB_IMPORT, VERB_UPGRADE, VERB_SHUTDOWN};

bool verb_word_is_offered(int verb)
{
    return verb_table[verb].summary[0] != '\0';
}

bool verb_word_is_whole(int verb)
{
    for (size_t i = 0; i < sizeof(whole_words) / sizeof(whole_words[0]); i++)
        if (whole_words[i] == (enum verb)verb)
            return true;
    return false;
}

/* The verbs that begin so, and how many they are. */
static size_t find_beginnings(const char *word, const char *words[VERB_COUNT], int *first)
{
    size_t count = 0;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        if (!verb_word_is_offered(verb) || strncmp(verb_table[verb].word, word, strlen(word)) != 0)
            continue;
        if (count == 0)
            *first = verb;
        words[count++] = verb_table[verb].word;
    }
    return count;
}

int verb_word_begin(const char *word)
{
    const char *words[VERB_COUNT];
    int verb = -1;
    return find_beginnings(word, words, &verb) == 1 ? verb : -1;
}

static enum status refuse_ambiguous(const char *word, const char *const *words, size_t count, json_t **error)
{
    char list[LIST_BYTES];
    return status_fail(error, "usage", "write more of it", "%s can be %s", word,
                       text_list(list, sizeof(list), words, count, "or"));
}

static enum status refuse_short(const char *word, int verb, json_t **error)
{
    char hint[96];
    snprintf(hint, sizeof(hint), "write the whole word: camctl %s%s%s", verb_table[verb].word,
             verb_table[verb].operands[0] ? " " : "", verb_table[verb].operands);
    return status_fail(error, "usage", hint, "%s is never abbreviated, and %s is not all of it",
                       verb_table[verb].word, word);
}

static enum status refuse_unknown(const char *word, json_t **error)
{
    const char *words[VERB_COUNT];
    char hint[96] = "camctl help lists the verbs";
    int first;
    const char *nearest = text_nearest(word, words, find_beginnings("", words, &first));
    if (nearest)
        snprintf(hint, sizeof(hint), "did you mean %s?", nearest);
    return status_fail(error, "usage", hint, "unknown verb %s", word);
}

enum status verb_word_find(const char *word, int *verb, json_t **error)
{
    const char *words[VERB_COUNT];
    int found = verb_from_word(word);
    if (found >= 0 && verb_word_is_offered(found)) {
        *verb = found;
        return STATUS_DONE;
    }
    const size_t count = word[0] ? find_beginnings(word, words, &found) : 0;
    if (count == 0)
        return refuse_unknown(word, error);
    if (count > 1)
        return refuse_ambiguous(word, words, count, error);
    if (verb_word_is_whole(found))
        return refuse_short(word, found, error);
    *verb = found;
    return STATUS_DONE;
}
