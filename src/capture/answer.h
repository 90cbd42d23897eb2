/*
 * answer.h - what a camera answered, in its own words: found in FFmpeg's message about it, which it makes no code of.
 * Pure.
 */
#ifndef CAMD_CAPTURE_ANSWER_H
#define CAMD_CAPTURE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/classify.h"

struct answer {
    int status;
    char request[16]; /* such as SETUP; "": of HTTP */
    char reason[80];  /* such as Not Enough Bandwidth; "": none */
};

/* False: the message is about something else. */
bool answer_find(const char *message, struct answer *answer);

/* What statuses mean that have no code of their own; NULL: nothing is known that the code does not say. */
const struct classification *answer_classify(int status);

/* "the camera answered SETUP with 453 Not Enough Bandwidth" */
void answer_words(const struct answer *answer, char *text, size_t size);

#endif
