/* words.h - the style that a word is shown in */
#ifndef CAMD_CAMCTL_WORDS_H
#define CAMD_CAMCTL_WORDS_H

#include "camctl/writer.h"

/* The style of a state's word, of cameras and workers. */
enum style words_state_style(const char *state);
/* Whether pictures come in that state of a camera, good or bad ones. */
bool words_state_has_pictures(const char *state);

#endif
