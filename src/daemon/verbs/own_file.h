/* own_file.h - the file of a camera that camctl added: NAME.ini in cameras_dir */
#ifndef CAMD_DAEMON_VERBS_OWN_FILE_H
#define CAMD_DAEMON_VERBS_OWN_FILE_H

#include <stdbool.h>

struct camera;
struct config;
struct persist;
struct saving;

/* Its path, the caller's to free. NULL when there is no cameras_dir, or no memory. */
char *own_file_path(const struct config *config, const char *name);

/*
 * Whether the file, as it is now, can be removed without losing what camctl did not write. Else *problem says why not,
 * in words that begin with the path, the caller's to free (NULL: memory is short). Never waits.
 */
bool own_file_is_ours(const char *path, const char *name, char **problem);

/* Begins to remove it; saving knows how that goes. */
void own_file_remove(struct persist *persist, struct saving *saving, struct camera *camera, const char *path);

#endif
