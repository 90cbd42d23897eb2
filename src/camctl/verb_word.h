/* verb_word.h - the verb that a word of the command line means: the whole word, or as much of it as tells it from others */
#ifndef CAMD_CAMCTL_VERB_WORD_H
#define CAMD_CAMCTL_VERB_WORD_H

#include <stdbool.h>

#include "camctl/exit_status.h"

/* Verbs that camctl offers: the others are the protocol's. */
bool verb_word_is_offered(int verb);
/* Whether it has to be written out: what can't be taken back is not done for a word that was meant for another verb. */
bool verb_word_is_whole(int verb);

/* *verb after STATUS_DONE; an error says which verbs the word could be, or which one is nearest to it. */
enum status verb_word_find(const char *word, int *verb, json_t **error);
/* The only offered verb that begins with the word, or -1: also those that have to be written out to be done. */
int verb_word_begin(const char *word);

#endif
