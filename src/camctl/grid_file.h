/*
 * grid_file.h - a camera's region grid in a file, from one camd to another
 *
 * The file is camd's own record of it, with a version and a checksum, which are camd's to check.
 */
#ifndef CAMD_CAMCTL_GRID_FILE_H
#define CAMD_CAMCTL_GRID_FILE_H

#include "camctl/command.h"

/* Whether the file of --export makes sense; a failure has been set otherwise. */
enum status grid_file_check(struct command *command);
/* Into the file, which is replaced in one step; - is standard output. *document says what was written. */
enum status grid_file_export(struct command *command, const char *camera, const char *path,
                             json_t **document);
/* From the file, or standard input. *document: the region grid then. */
enum status grid_file_import(struct command *command, const char *camera, const char *path,
                             json_t **document);

#endif
