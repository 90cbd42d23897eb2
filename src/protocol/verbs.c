/* verbs.c - the table of verbs and of the protocol's error codes, from the lists in verbs.h */
#include "protocol/verbs.h"

#include <string.h>

const struct verb_info verb_table[VERB_COUNT] = {
#define X(id, word, privilege, fewest, most, operands, summary)                                              \
    [VERB_##id] = {word, privilege, fewest, most, operands, summary},
    VERBS(X)
#undef X
};

int verb_from_word(const char *word)
{
    for (int verb = 0; verb < VERB_COUNT; verb++)
        if (strcmp(verb_table[verb].word, word) == 0)
            return verb;
    return -1;
}

const char *verb_word(const char *word)
{
    const int verb = verb_from_word(word);
    return verb >= 0 ? verb_table[verb].word : NULL;
}

static const struct {
    const char *word;
    int exit_status;
} control_errors[CONTROL_ERROR_COUNT] = {
#define X(id, word, status) [CONTROL_##id] = {word, status},
    CONTROL_ERRORS(X)
#undef X
};

const char *control_error_word(enum control_error error)
{
    return control_errors[error].word;
}

int control_error_exit_status(const char *word)
{
    for (int error = 0; error < CONTROL_ERROR_COUNT; error++)
        if (strcmp(control_errors[error].word, word) == 0)
            return control_errors[error].exit_status;
    return control_errors[CONTROL_FAILED].exit_status;
}
