/*
 * secret.h - passwords: where they may stand, how they get into URLs, and how they stay out of sight
 *
 * A password that is read here leaves the process in one way only: in the URL that capture gets over its channel.
 */
#ifndef CAMD_BASE_SECRET_H
#define CAMD_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_BYTES = 512 }; /* the longest password in a file */

/* What is wrong with a URL that a password from a file shall go into, as "TEXT: expected WHAT"; NULL: nothing. */
const char *secret_url_fault(const char *url);

/*
 * A URL whose password has a / ? or # in it, so that it ends in the middle of the password for whoever reads it, and
 * the password's beginning is taken for the port.
 */
bool secret_url_is_broken(const char *url);

/* Whether text_redact would hide something. When memory is short: yes. */
bool secret_is_in(const char *text);

/*
 * The first line of a file that nobody but its owner may read. 0 and *password, or -errno with *problem, which says what
 * is wrong and what to do, without the file's content. Both are the caller's to free (*problem may be NULL when memory
 * is short); the other one is untouched. Never waits, whatever path is.
 */
int secret_read(const char *path, char **password, char **problem);

/* The URL with the password, escaped, after its user. url has no fault. NULL when memory is short. */
char *secret_url_join(const char *url, const char *password);
/* The URL without its user information. NULL when memory is short. */
char *secret_url_strip(const char *url);

/* The URL to use: url itself when file is NULL, else with the password of that file. As secret_read. */
int secret_url_complete(const char *url, const char *file, char **complete, char **problem);

/* The same and free, but overwritten first. NULL is fine. */
void secret_free(char *secret);

/*
 * For programs that hold URLs: no core file, which would have them (a handler that core_pattern pipes to gets one in
 * spite of a limit of 0, hence both), and no other process of the same user may read the memory.
 */
void secret_guard_process(void);

/*
 * Copies of the arguments, for the program to work on, and the secrets among the original ones overwritten, which is
 * what /proc/PID/cmdline and ps show. The same argv when memory is short. Never freed.
 */
char **secret_take_arguments(int argc, char **argv);

#endif
