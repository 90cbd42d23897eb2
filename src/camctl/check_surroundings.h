/* check_surroundings.h - what a configuration takes for granted of the machine, beside the files that it names */
#ifndef CAMD_CAMCTL_CHECK_SURROUNDINGS_H
#define CAMD_CAMCTL_CHECK_SURROUNDINGS_H

#include <jansson.h>

#include "base/user.h"
#include "config/config.h"

/* Appends a text for each thing that is missing, or other than it may be thought. worker NULL: workers are camd. */
void check_surroundings(const struct config *config, const struct user *worker, json_t *warnings);

#endif
