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
/* The same of a picture of full range, which stays as it is; and as a PNG, of one of limited range. */
int picture_file_full_range_jpeg(const struct picture *picture, int quality, const char *path, size_t *bytes);
int picture_file_png(const struct picture *picture, const char *path, size_t *bytes);
bool picture_file_is_png(const char *path);
/* Bytes that are a picture already. */
int picture_file_bytes(const char *path, const uint8_t *data, size_t bytes);
/* Writes the picture, which it may change, and shows what was written. */
enum status picture_file_write(struct command *command, struct view *view);

#endif
