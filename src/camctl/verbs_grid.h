/* verbs_grid.h - what the two files of the verb grid share */
#ifndef CAMD_CAMCTL_VERBS_GRID_H
#define CAMD_CAMCTL_VERBS_GRID_H

#include "camctl/command.h"

/* How full a cell is beside the fullest one: 0 (few) .. GRID_HEATS - 1. count and most: 1 and up. */
enum { GRID_HEATS = 4 };
int grid_heat(int64_t count, int64_t most);

/* Draws the region grid over the camera's newest picture, into the file of -o. document: the daemon's answer. */
enum status grid_picture(struct command *command, const json_t *document);

#endif
