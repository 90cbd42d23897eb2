/*
 * picture_file.h - pictures into the files of -o
 *
 * JPEG (of --quality) or PNG, by the ending of the file's name; without one it is a JPEG, and what ends in anything else is
 * refused. The file is replaced in one step; - is standard output.
 */
#ifndef CAMD_CAMCTL_PICTURE_FILE_H
#define CAMD_CAMCTL_PICTURE_FILE_H

#include "camctl/view.h"
#include "picture/encode.h"

/* In the name of a file: the camera's name comes there. */
#define PICTURE_FILE_NAME "%n"

/* Whether -o was given and makes sense; a failure has been set otherwise. */
enum status picture_file_check(struct command *command);
/* Whether each camera gets a file of its own: the name has a place for the camera's in it, or is that of a directory. */
bool picture_file_has_name(const char *output);
/* The camera's file then; in a directory it is NAME with the ending. The caller's to free; NULL when memory is short. */
char *picture_file_path(const char *output, const char *camera, const char *ending);

bool picture_file_is_png(const char *path);
/*
 * Of a picture of limited range, which may be changed for it. 0 with the bytes that were written, or -errno: encoding is what
 * failed while *bytes is 0.
 */
int picture_file_save(struct picture *picture, int quality, const char *path, size_t *bytes);
/* The same as a JPEG of a picture of full range, which stays as it is; and as a PNG, of one of limited range. */
int picture_file_full_range_jpeg(const struct picture *picture, int quality, const char *path, size_t *bytes);
int picture_file_png(const struct picture *picture, const char *path, size_t *bytes);
/* Bytes that are a picture already. */
int picture_file_bytes(const char *path, const uint8_t *data, size_t bytes);
/* picture_file_save, with the command's quality, and what failed as its error. */
enum status picture_file_write(struct command *command, struct picture *picture, const char *path,
                               size_t *bytes);

/* What was written of a view, and that as text. boxes: how many were drawn. */
json_t *picture_file_document(const struct view *view, const char *path, size_t boxes, size_t bytes);
void picture_file_show(struct writer *output, const json_t *document);

#endif
