/*
 * program_files.h - of which files the programs of workers are made, and when one of them has changed last
 *
 * A worker of camd's own says which libraries it was linked with when it was started. They are kept for the program, since
 * all of its processes have the same. So a security update of a library is seen as one of the program is. A file that has
 * only got one more name, as in a backup, or another owner, has not changed.
 */
#ifndef CAMD_DAEMON_SUPERVISE_PROGRAM_FILES_H
#define CAMD_DAEMON_SUPERVISE_PROGRAM_FILES_H

#include <jansson.h>
#include <stdint.h>

enum {
    PROGRAM_FILES_MAX = 16,      /* programs; further ones are known by their own file only */
    PROGRAM_FILES_PATHS = 512,   /* of one program */
    PROGRAM_FILES_LOOK_MS = 1000 /* from one look at the files to the next */
};

struct program_files;

/* 0 or -ENOMEM. */
int program_files_new(struct program_files **files);
/* NULL is fine. */
void program_files_free(struct program_files *files);

/* A process of the program says of which files it is made: an array of paths. What is none is left out. */
void program_files_note(struct program_files *files, const char *program, const json_t *paths);
/* When the program's file, or one of its libraries, was put there or changed last: wall clock, ms; 0: not known. */
int64_t program_files_changed_ms(struct program_files *files, const char *program, int64_t now_ms);

/* The next question is answered by a look, however short ago the last one was. */
void program_files_look_again(struct program_files *files);

/* For an upgrade: a new reference; and back. */
json_t *program_files_hand_over(const struct program_files *files);
void program_files_take_over(struct program_files *files, const json_t *record);

#endif
