/*
 * event_words.h - the words of events, and the kinds that they can be asked for by
 *
 * One table for those who tell events, who filter them, and who offer what can be filtered by.
 */
#ifndef CAMD_PROTOCOL_EVENT_WORDS_H
#define CAMD_PROTOCOL_EVENT_WORDS_H

#include <stdint.h>

/* X(identifier, word, kind) */
#define EVENT_WORDS(X)                                                                                       \
    X(DAEMON_STARTED, "daemon_started", "daemon")                                                            \
    X(DAEMON_STOPPING, "daemon_stopping", "daemon")                                                          \
    X(DAEMON_UPGRADED, "daemon_upgraded", "daemon")                                                          \
    X(UPGRADE_FAILED, "upgrade_failed", "daemon")                                                            \
    X(RELOADED, "reloaded", "daemon")                                                                        \
    X(RELOAD_FAILED, "reload_failed", "daemon")                                                              \
    X(ASKED, "asked", "asked")                                                                               \
    X(CAMERA_ADDED, "camera_added", "change")                                                                \
    X(CAMERA_REMOVED, "camera_removed", "change")                                                            \
    X(CAMERA_RENAMED, "camera_renamed", "change")                                                            \
    X(CAMERA_CHANGED, "camera_changed", "change")                                                            \
    X(CAMERA_ENABLED, "camera_enabled", "change")                                                            \
    X(CAMERA_DISABLED, "camera_disabled", "change")                                                          \
    X(GRID_CLEARED, "grid_cleared", "change")                                                                \
    X(GRID_IMPORTED, "grid_imported", "change")                                                              \
    X(CAMERA_STATE, "camera_state", "state")                                                                 \
    X(CAMERA_FAILING, "camera_failing", "state")                                                             \
    X(HEALTH, "health", "health")                                                                            \
    X(WORKER_STATE, "worker_state", "worker")                                                                \
    X(DETECTOR_STATE, "detector_state", "worker")                                                            \
    X(FIRST_FRAME, "first_frame", "worker")                                                                  \
    X(STREAM, "stream", "stream")                                                                            \
    X(ERROR, "error", "error")                                                                               \
    X(MOTION, "motion", "motion")                                                                            \
    X(OBJECT, "object", "object")

enum event_word {
#define X(id, word, kind) EVENT_WORD_##id,
    EVENT_WORDS(X)
#undef X
        EVENT_WORD_COUNT
};

_Static_assert(EVENT_WORD_COUNT < 64, "a bit a word, and one for words that are not known");

/* EVENT_WORD_COUNT: not known, a word of another version. */
enum event_word event_word_find(const char *word);
const char *event_word_text(enum event_word word);
/* The words that a word or a kind stands for, a bit each, 1 << enum event_word; 0: it is neither. */
uint64_t event_words_of(const char *word);

/* What can be filtered by, kinds first, each once, ends with NULL; and the one that is nearest to a word, or NULL. */
extern const char *const event_filter_words[];
const char *event_filter_nearest(const char *word);

#endif
