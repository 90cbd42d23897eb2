/* words.h - the style that a word is shown in */
#ifndef CAMD_CAMCTL_WORDS_H
#define CAMD_CAMCTL_WORDS_H

#include "camctl/writer.h"

/* The style of a state's word, of cameras and workers. */
enum style words_state_style(const char *state);

#endif
