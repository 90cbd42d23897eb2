/*
 * object_picture.h - the best picture of an object, out of shared memory into the file of -o
 *
 * The daemon is asked for the prefix, and, when there is no picture, for what it knows of the object. Nothing that the
 * tracker wrote is believed: what is written to the file has been decoded first.
 */
#ifndef CAMD_CAMCTL_OBJECT_PICTURE_H
#define CAMD_CAMCTL_OBJECT_PICTURE_H

#include <stdint.h>

#include "camctl/command.h"

/* Writes the picture of --object, or, with --crop, the object alone, into the file, and shows what was written. */
enum status object_picture_write(struct command *command, const char *camera, const char *prefix,
                                 const char *path);

#endif
