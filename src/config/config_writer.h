/*
 * config_writer.h - who can write what camd is configured by
 *
 * A configuration names programs, which camd executes as its own user. Whoever can write a file of it, or put one into
 * its directory, besides root and the user that camd runs as, could have anything executed.
 */
#ifndef CAMD_CONFIG_CONFIG_WRITER_H
#define CAMD_CONFIG_CONFIG_WRITER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

enum { CONFIG_WRITER_BYTES = 64 };

/* Who else can write a file or directory of this status: in words, or empty when nobody can. */
void config_writer_of(const struct stat *status, char who[CONFIG_WRITER_BYTES]);
/* The same by its path; one that is not there has no writer. */
void config_writer_of_path(const char *path, char who[CONFIG_WRITER_BYTES]);
/* The same of the directory that a file is in. */
void config_writer_of_directory(const char *file, char who[CONFIG_WRITER_BYTES]);
/*
 * Who else could put another file in the place of this one (an absolute path): by writing it, its directory, or one
 * above that. where is which of them.
 */
void config_writer_of_place(const char *file, char who[CONFIG_WRITER_BYTES], char where[PATH_MAX]);

#endif
