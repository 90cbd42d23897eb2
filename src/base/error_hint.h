/*
 * error_hint.h - what an administrator can do about an errno: one table for all programs, whatever they were doing
 *
 * Hints are the end of a message, behind "; ", and go with any program: they speak of "the service", whose unit and whose
 * file in /etc/default have its name. Errors are errno or -errno.
 */
#ifndef CAMD_BASE_ERROR_HINT_H
#define CAMD_BASE_ERROR_HINT_H

enum { ERROR_HINT_BYTES = 256 };

/* About descriptors, processes, memory or the size of a file that a limit keeps short. Static text; NULL: it is not that. */
const char *error_hint_shortage(int error);
/*
 * About a file that could not be opened, made or written, or a socket that could not be made; place is the directory that it
 * is in, as the message has it: a path or a key. Never NULL. Returns text.
 */
const char *error_hint_directory(int error, const char *place, char text[ERROR_HINT_BYTES]);

/* A reason with what can be done about it, as the end of "X cannot be made: ". Both return text. */
enum { ERROR_WORDS_BYTES = 512 };
/* Behind "; " only when something is short. */
const char *error_words(int error, char text[ERROR_WORDS_BYTES]);
/* As error_hint_directory, for the directory of that path, or for a file there that may not be opened. */
const char *error_words_of_path(int error, const char *path, char text[ERROR_WORDS_BYTES]);

#endif
