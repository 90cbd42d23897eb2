/* log_start.h - where a program's log goes at its start, as the key `log` of its configuration says */
#ifndef CAMD_BASE_LOG_START_H
#define CAMD_BASE_LOG_START_H

#include <stdbool.h>

#include "base/log.h"

/*
 * where: a path, "syslog", or NULL: standard error, or syslog when in the background. Under systemd, standard error takes
 * the priority prefix. program: its name, for what is wrong, which is printed. 0 or -errno.
 */
int log_start(const char *program, const char *where, enum log_level level, bool background);

#endif
