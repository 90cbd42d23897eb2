/*
 * status_check.h - status --check: one line and an exit status for monitoring systems
 *
 * The exit statuses are those of monitoring plugins, and not camctl's: 0 all cameras that should run are up, 1 some are
 * degraded, 2 some are not up or camd does not answer, 3 an error in the command, it is not allowed,
 * or the line cannot be written.
 */
#ifndef CAMD_CAMCTL_STATUS_CHECK_H
#define CAMD_CAMCTL_STATUS_CHECK_H

#include "camctl/command.h"

/* Whether the command line asks for it, as far as that can be told of a wrong one. */
bool status_check_is_asked(int argc, char *const *argv);
/* Asks camd, and prints. */
enum status status_check(struct command *command);
/* Prints an error as that line instead; *error is taken and NULL then. */
enum status status_check_error(struct writer *output, json_t **error);

/* The line could not be written: what it says is not known to whoever asked. */
enum status status_check_unknown(void);

#endif
