/*
 * companion_files.h - what this machine has of what the settings name, looked at before anything is begun, and with -n
 *
 * What is wrong is a problem of the configuration, with the line of the key that names the file. Files are asked for
 * as the user that the program becomes, but for those that it reads before.
 */
#ifndef CAMD_COMPANION_COMPANION_FILES_H
#define CAMD_COMPANION_COMPANION_FILES_H

#include <stdbool.h>

#include "base/user.h"
#include "config/config.h"
#include "config/config_plain.h"

struct companion_files {
    const struct config_plain *plain;
    const char *config_path;          /* NULL: there is none */
    struct config_problems *problems; /* of what is found */
    struct user user;                 /* whom the program becomes, or is */
    bool becomes_user;
};

/* A problem of the value of that key. */
void companion_files_problem(const struct companion_files *files, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * Whether the user may use that file, mode: R_OK, W_OK, X_OK; a problem when not. path NULL: nothing is named, which
 * is fine.
 */
bool companion_files_look(const struct companion_files *files, const char *key, const char *path, int mode);
/* The same of a directory that the user writes to. */
bool companion_files_look_at_directory(const struct companion_files *files, const char *key,
                                       const char *path);

#endif
