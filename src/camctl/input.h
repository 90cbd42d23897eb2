/* input.h - a URL from standard input, where no other user sees it */
#ifndef CAMD_CAMCTL_INPUT_H
#define CAMD_CAMCTL_INPUT_H

#include "camctl/exit_status.h"

/* One line, the caller's to free (secret_free); a terminal is asked for it and does not show it. */
enum status input_read(char **line, json_t **error);

#endif
