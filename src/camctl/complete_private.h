/* complete_private.h - the command line as far as it is there, and what is offered to go on with */
#ifndef CAMD_CAMCTL_COMPLETE_PRIVATE_H
#define CAMD_CAMCTL_COMPLETE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "camctl/command.h"

enum { COMPLETE_WORD_BYTES = 128 };

struct line {
    const char *socket; /* NULL: none given */
    int verb;           /* -1: none yet */
    char **operands;    /* after the verb, options among them */
    int operand_count;  /* of words, the last one aside */
    int operand;        /* the place of the last word among the verb's operands, from 0 */
    int value_of;       /* the option that the last word is the value of; -1: none */
    bool plain;         /* behind "--": no options */
    const char *last;   /* the word to complete */
};

/* Prints a candidate for the last word, when it begins so, and what it means (NULL: nothing is said). */
void complete_offer(const struct line *line, const char *candidate, const char *meaning);
/* Whether it is written already; with length, whether a word begins so. */
bool complete_is_given(const struct line *line, const char *text, size_t length);
/* Asks the daemon, for a second at most; without an answer there are no parts. */
void complete_ask(const struct line *line, enum verb verb, command_part *part, void *context);

/* complete_settings.c: KEY=, behind it what the key can have; and the keys alone, for help. */
void complete_settings(const struct line *line);
void complete_topics(const struct line *line);

#endif
