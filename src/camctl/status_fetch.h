/* status_fetch.h - the answer to `status` as one document */
#ifndef CAMD_CAMCTL_STATUS_FETCH_H
#define CAMD_CAMCTL_STATUS_FETCH_H

#include "camctl/command.h"

/*
 * Asks for what body says (stolen; NULL: everything). *document is a new reference, whatever the status: {"daemon",
 * "cameras", "detectors"}, of what came.
 */
enum status status_fetch(struct command *command, json_t *body, json_t **document);

#endif
