/* words.h - numbers as people say them; each writes into a buffer of WORDS_BYTES and returns it. */
#ifndef CAMD_CAMCTL_WORDS_H
#define CAMD_CAMCTL_WORDS_H

#include <jansson.h>
#include <stdint.h>

#include "camctl/writer.h"

enum { WORDS_BYTES = 64 };

/* "1.3 s", "45 s", "12 min 5 s", "3 h 2 min", "5 d 7 h"; "-" for less than nothing. */
const char *words_duration(double seconds, char text[WORDS_BYTES]);
/* The same in at most six columns: "1.3s", "12m", "3h2m", "5d7h". */
const char *words_short_duration(double seconds, char text[WORDS_BYTES]);

/* The style of a state's word, of cameras and workers. */
enum style words_state_style(const char *state);

#endif
