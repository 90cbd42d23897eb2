/*
 * output_file.h - a file that is there when it is complete
 *
 * Written under another name beside the wanted one, which is taken when all went well: a run that fails leaves what was there
 * before. What is no regular file (a device, a pipe, standard output for "-") is written directly.
 */
#ifndef CAMD_REPLAY_OUTPUT_FILE_H
#define CAMD_REPLAY_OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct output_file {
    FILE *file;       /* NULL: not open; to write to, not to close */
    const char *path; /* the caller's */
    char *partial;    /* its name until it is complete; NULL: written directly */
};

/* 0 or -errno; output is closed then. */
int output_file_open(struct output_file *output, const char *path);
/* Nothing more is written: 0, or -errno of this or an earlier write. One that is not open: 0. */
int output_file_close(struct output_file *output);
/* After that: gives it its name, or, with is_complete false, removes it. 0 or -errno. */
int output_file_keep(struct output_file *output, bool is_complete);

#endif
