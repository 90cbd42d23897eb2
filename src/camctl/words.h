/* words.h - states and health in words, and the style that a word is shown in */
#ifndef CAMD_CAMCTL_WORDS_H
#define CAMD_CAMCTL_WORDS_H

#include "base/text.h"
#include "camctl/writer.h"
#include "protocol/measures.h"

/* The style of a state's word, of cameras and workers. */
enum style words_state_style(const char *state);
/* That of a log line's level. */
enum style words_level_style(const char *level);
/* Whether pictures come in that state of a camera, good or bad ones. */
bool words_state_has_pictures(const char *state);

/* What is behind the health of a camera, or of an event: " (nothing new for 12 s)"; "" when it has no measure. */
const char *words_measure(const json_t *health, char text[MEASURE_TEXT_BYTES]);

/* "1.2 Mbit/s" of so many kilobits a second. */
enum { WORDS_BIT_RATE_BYTES = 32 };
const char *words_bit_rate(double kilobits, char text[WORDS_BIT_RATE_BYTES]);

/* Who asked for something, by its uid: "root (uid 0)". */
enum { WORDS_USER_BYTES = 96 };
const char *words_user(const json_t *asked, char text[WORDS_USER_BYTES]);

/* "no pictures for 2 min; next try in 12 s", or one of both; NULL: nothing to say. */
enum { WORDS_WAITING_BYTES = 2 * TEXT_DURATION_BYTES + 32 };
const char *words_waiting(const json_t *camera, char text[WORDS_WAITING_BYTES]);
/* Its reason; of a degraded camera with what is known besides. The caller's to free; NULL when memory is short. */
char *words_reason(const json_t *camera);

#endif
