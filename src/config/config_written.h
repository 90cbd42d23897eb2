/*
 * config_written.h - which settings of a camera were written, and in which line
 *
 * One text for all of them, a line "KEY NUMBER" each: thousands of cameras keep it. The line 0 is that of a setting
 * which was made while camd runs.
 */
#ifndef CAMD_CONFIG_CONFIG_WRITTEN_H
#define CAMD_CONFIG_CONFIG_WRITTEN_H

#include "config/config_document.h"

/* Adds the section's settings, which stand in for earlier ones of their names. *written is NULL at first. 0 or -ENOMEM. */
int config_written_add(char **written, const struct config_section *section);

/* Whether the key was written, and where. written may be NULL. */
bool config_written_find(const char *written, const char *key, uint32_t *line);

#endif
