/*
 * kernel_text.h - what the kernel tells in files: they have no size, are read at once, and have numbers behind words
 */
#ifndef CAMD_BASE_KERNEL_TEXT_H
#define CAMD_BASE_KERNEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KERNEL_TEXT_BYTES = 16384 }; /* more than any of these files has that matters */

/* A descriptor for kernel_text_read, or -errno. Never waits, whatever stands in the file's place. */
int kernel_text_open(const char *path);
/* From the beginning, as often as it is asked for. False: nothing could be read, and text is "". */
bool kernel_text_read(int fd, char *text, size_t size);
/* The same of a file that is read once. */
bool kernel_text_of(const char *path, char *text, size_t size);

/* The number behind a word, "word N" or "word: N", at the beginning of a line. False: there is none. */
bool kernel_text_number(const char *text, const char *word, uint64_t *number);

#endif
