/*
 * picture_file.h - a view's picture into the file of -o
 *
 * PNG when the file's name ends in .png, else JPEG (of --quality). The file is replaced in one step; - is standard output.
 */
#ifndef CAMD_CAMCTL_PICTURE_FILE_H
#define CAMD_CAMCTL_PICTURE_FILE_H

#include "camctl/view.h"
#include "picture/encode.h"

/* Whether -o was given and makes sense; a failure has been set otherwise. */
enum status picture_file_check(struct command *command);
/*
 * As a JPEG, for which it may be changed. 0 with the bytes that were written, or -errno: encoding is what failed while
 * *bytes is 0.
 */
int picture_file_jpeg(struct picture *picture, int quality, const char *path, size_t *bytes);
/* Writes the picture, which it may change, and shows what was written. */
enum status picture_file_write(struct command *command, struct view *view);

#endif
