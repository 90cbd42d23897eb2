#include "protocol/event_words.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *word, *kind;
} words[EVENT_WORD_COUNT] = {
#define X(id, word, kind) [EVENT_WORD_##id] = {word, kind},
    EVENT_WORDS(X)
#undef X
};

/* The kinds, of which some are words, too, and then the other words. */
const char *const event_filter_words[] = {
    "state",           "health",          "object",          "motion",         "stream",
    "worker",          "error",           "change",          "asked",          "daemon",
    "camera_state",    "camera_failing",  "worker_state",    "detector_state", "first_frame",
    "camera_added",    "camera_removed",  "camera_renamed",  "camera_changed", "camera_enabled",
    "camera_disabled", "grid_cleared",    "grid_imported",   "reloaded",       "reload_failed",
    "daemon_started",  "daemon_stopping", "daemon_upgraded", "upgrade_failed", NULL,
};

enum event_word event_word_find(const char *word)
{
    enum event_word at = 0;
    while (at < EVENT_WORD_COUNT && strcmp(words[at].word, word) != 0)
        at++;
    return at;
}

const char *event_word_text(enum event_word word)
{
    return words[word].word;
}

uint64_t event_words_of(const char *word)
{
    uint64_t found = 0;
    for (unsigned int at = 0; at < EVENT_WORD_COUNT; at++)
        if (strcmp(words[at].word, word) == 0 || strcmp(words[at].kind, word) == 0)
            found |= UINT64_C(1) << at;
    return found;
}

const char *event_filter_nearest(const char *word)
{
    const size_t count = sizeof(event_filter_words) / sizeof(event_filter_words[0]) - 1;
    return text_nearest(word, event_filter_words, count);
}
