/* settings.h - KEY=VALUE words of the command line, as a request has them */
#ifndef CAMD_CAMCTL_SETTINGS_H
#define CAMD_CAMCTL_SETTINGS_H

#include <stdbool.h>

#include "camctl/exit_status.h"

/*
 * Adds KEY=VALUE to settings. input=- is read from standard input. may_take_out: KEY= is null, which takes the setting
 * out; else an empty value is one.
 */
enum status settings_add(json_t *settings, const char *word, bool may_take_out, json_t **error);

/*
 * Whether a word without KEY= is what input can be: a URL, lavfi:GRAPH, a path, the name of a file that is there, or - for
 * standard input.
 */
bool settings_is_input(const char *word);
/* Adds it as input; a relative path is made one from the root. */
enum status settings_add_input(json_t *settings, const char *word, json_t **error);

#endif
