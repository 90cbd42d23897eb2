/* own_file.h - the file of a camera that camctl added: NAME.ini in cameras_dir */
#ifndef CAMD_DAEMON_VERBS_OWN_FILE_H
#define CAMD_DAEMON_VERBS_OWN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct camera;
struct config;
struct config_camera;
struct persist;
struct saving;

/* Its path, the caller's to free. NULL when there is no cameras_dir, or no memory. */
char *own_file_path(const struct config *config, const char *name);

/*
 * Whether the file, as it is now, can be removed without losing what camctl did not write. Else *problem says why not,
 * in words that begin with the path, the caller's to free (NULL: memory is short). Never waits.
 */
bool own_file_is_ours(const char *path, const char *name, char **problem);

/*
 * Why a camera's file is none that camctl edits, in words that begin with where it is, the caller's to free: it is camd.ini,
 * or the camera has none. NULL: it is one of cameras_dir.
 */
char *own_file_problem(const struct config *config, const struct config_camera *camera);

/* A file as it was read. */
struct own_file {
    char *text;
    size_t length;
    struct stat status;
};

/*
 * The file, if it can be written again without losing what belongs to it: it is a regular file with one name, without
 * an access list. False: *problem says why not, in words that begin with the path, the caller's to free. Never waits.
 */
bool own_file_read(const char *path, struct own_file *file, char **problem);
void own_file_release(struct own_file *file);

/* Begins to remove it; saving knows how that goes. */
void own_file_remove(struct persist *persist, struct saving *saving, struct camera *camera, const char *path);

#endif
