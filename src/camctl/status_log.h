/* status_log.h - the last lines that a camera's or detector's processes wrote, below its status */
#ifndef CAMD_CAMCTL_STATUS_LOG_H
#define CAMD_CAMCTL_STATUS_LOG_H

#include <jansson.h>

#include "camctl/command.h"

/* Asks for those of each camera and detector of status' document, and puts them there as "log"; of many of them for none. */
enum status status_log_fetch(struct command *command, json_t *document);
/* Those of one of them. */
void status_log_show(struct writer *output, const json_t *owner);

#endif
