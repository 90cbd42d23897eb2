/*
 * check.h - what the machine has of what a configuration names: files, programs, users, and who may read them
 *
 * Nothing is started. Who is to read a file is asked for: camd, the workers' user, the user of on_event's programs.
 * Root becomes that user for the question; anybody else looks at the modes of files and directories, as far as
 * they can be seen.
 */
#ifndef CAMD_CAMCTL_CHECK_H
#define CAMD_CAMCTL_CHECK_H

#include <jansson.h>

#include "config/config.h"

struct check_result {
    struct config_problems *problems; /* the caller's: what would keep something from working */
    json_t *warnings;                 /* array of texts: what is dangerous, or other than it may be thought */
    json_t *unseen;                   /* array of texts: what this user could not look at */
};

/* Adds to the result's lists. False when memory is short. */
bool check_machine(const struct config *config, struct check_result *result);

/* Adds a text, which is freed, to such a list; NULL: memory is short, which is added then. */
void check_note(json_t *list, char *text);

#endif
