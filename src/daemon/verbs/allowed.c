#include "daemon/verbs/allowed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/user.h"
#include "config/config.h"

struct allowance {
    uid_t uid;
    char *words; /* with one space between them */
};

struct allowed {
    size_t count;
    struct allowance list[];
};

static bool has_word(const char *words, const char *word, size_t length)
{
    while (*words) {
        const size_t own = strcspn(words, " ");
        if (own == length && strncmp(words, word, length) == 0)
            return true;
        words += own + (words[own] == ' ');
    }
    return false;
}

/* set:KEY for the whole key, or for the family that it is of. */
static bool may_set(const char *words, const char *key)
{
    static const char set[] = "set:";
    char word[256];
    const size_t length = strlen(key), family = strcspn(key, ".");
    if (length + sizeof(set) > sizeof(word))
        return false;
    memcpy(word, set, sizeof(set) - 1);
    memcpy(word + sizeof(set) - 1, key, length);
    return has_word(words, word, sizeof(set) - 1 + length) || has_word(words, word, sizeof(set) - 1 + family);
}

static bool may_set_all(const char *words, const json_t *settings)
{
    const char *key;
    json_t *value;
    json_members_foreach(settings, key, value) {
        if (!may_set(words, key))
            return false;
    }
    return json_object_size(settings) > 0;
}

bool allowed_may(const char *words, enum verb verb, const json_t *body)
{
    const char *word = verb_table[verb].word;
    return has_word(words, word, strlen(word)) ||
           (verb == VERB_SET && may_set_all(words, json_object_get(body, "settings")));
}

const char *allowed_words(const struct allowed *allowed, uid_t uid)
{
    for (size_t i = 0; allowed && i < allowed->count; i++) {
        if (allowed->list[i].uid == uid)
            return allowed->list[i].words;
    }
    return NULL;
}

/* False: left out. */
static bool take(struct allowance *allowance, const struct config_allow *allow)
{
    struct user user;
    const int error = user_find(&user, allow->name);
    if (error < 0) {
        log_warning(NULL, "allow.%s counts for nobody: %s", allow->name,
                    error == -ENOENT ? "there is no such user" : strerror(-error));
        return false;
    }
    allowance->uid = user.uid;
    allowance->words = strdup(allow->words);
    user_fini(&user);
    return allowance->words;
}

/* A user may have two names: one gives him what the other does, too. False: it is the first. */
static bool join(struct allowed *allowed, const struct allowance *more)
{
    for (size_t i = 0; i < allowed->count; i++) {
        if (allowed->list[i].uid != more->uid)
            continue;
        char *both = text_format("%s %s", allowed->list[i].words, more->words);
        if (both) {
            free(allowed->list[i].words);
            allowed->list[i].words = both;
        }
        free(more->words);
        return true;
    }
    return false;
}

struct allowed *allowed_new(const struct config *config)
{
    if (config->allow_count == 0)
        return NULL;
    struct allowed *allowed = calloc(1, sizeof(*allowed) + config->allow_count * sizeof(allowed->list[0]));
    if (!allowed) {
        log_error(NULL, "memory is short: allow counts for nobody");
        return NULL;
    }
    for (size_t i = 0; i < config->allow_count; i++)
        allowed->count += take(&allowed->list[allowed->count], &config->allows[i]) &&
                          !join(allowed, &allowed->list[allowed->count]);
    return allowed;
}

void allowed_free(struct allowed *allowed)
{
    for (size_t i = 0; allowed && i < allowed->count; i++)
        free(allowed->list[i].words);
    free(allowed);
}
