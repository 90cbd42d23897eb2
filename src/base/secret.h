/*
 * secret.h - passwords: where they may stand, how they get into URLs, and how they stay out of sight
 *
 * A password that is read here leaves the process in one way only: in the URL that capture gets over its channel.
 */
#ifndef CAMD_BASE_SECRET_H
#define CAMD_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { SECRET_BYTES = 512 }; /* the longest password in a file */
enum { SECRET_OPTION_BYTES = 64 };

/* What is wrong with a URL that a password from a file shall go into, as "TEXT: expected WHAT"; NULL: nothing. */
const char *secret_url_fault(const char *url);

/*
 * A URL with an @ behind a / ? or #, where a password that holds one of these can't be told from a host: whoever reads it
 * takes the password's beginning for a port, and what follows an @ in it for the host. Where the host is a number, the URL
 * is clear.
 */
bool secret_url_is_broken(const char *url);
/* A URL that names a user without a password. */
bool secret_url_lacks_password(const char *url);

/* ---- what may be shown ---- */

/*
 * The text as it may be shown: what is between scheme and last @ of a URL is user and password, of which a plain user's name
 * stays; of parameters, in query and path, only those stay that are known to be harmless (channel, subtype, transport, ...);
 * fragments go. "***" stands for what is hidden. Works on texts with URLs inside, such as FFmpeg's messages; a URL ends at
 * white space there, or at the mark of quotation that it began with, but a password does not. New string, the caller's to
 * free; NULL when memory is short.
 */
char *secret_redact(const char *text);
/* The same of one value, such as a URL alone or KEY=URL: white space is part of it. */
char *secret_redact_value(const char *value);

/* Whether secret_redact_value would hide something. When memory is short: yes. */
bool secret_is_in(const char *value);

/*
 * What may be shown of a value that should be a path: itself, or "***" when it looks like something else, such as a password
 * written in its place.
 */
const char *secret_path_shown(const char *value);

/* ---- passwords in files and arguments ---- */

/*
 * The first line of a file that nobody but its owner may read. 0 and *password, or -errno with *problem, "PATH: " and what
 * is wrong and what to do, without the file's content. Both are the caller's to free (*problem may be NULL when memory
 * is short); the other one is untouched. Never waits, whatever path is.
 */
int secret_read(const char *path, char **password, char **problem);
/* The same problem as far as it shows from outside, for who may not read the file; NULL: none. New string. */
char *secret_file_problem(const char *path, const struct stat *status);

/* The URL with the password, escaped, after its user. url has no fault. NULL when memory is short. */
char *secret_url_join(const char *url, const char *password);
/* The URL without its user information. NULL when memory is short. */
char *secret_url_strip(const char *url);

/*
 * The URL to use: url itself when file is NULL, else with the password of that file. As secret_read, of the key
 * password_file.
 */
int secret_url_complete(const char *url, const char *file, char **complete, char **problem);

/* Freed, but overwritten first. NULL is fine. */
void secret_free(char *secret);
/* The same of so many bytes, among which there may be zeros. */
void secret_free_bytes(char *secret, size_t length);

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

/*
 * The option that getopt_long(3) has just refused, without what stands behind its =, which may be a URL with a password: for
 * programs that have it say nothing itself (opterr = 0). Values of long options are 256 and more. SECRET_OPTION_REFUSED
 * is what is said of it.
 */
#define SECRET_OPTION_REFUSED "%s: there is no such option, or what has to follow it is missing"
const char *secret_refused_option(char *const argv[], char shown[SECRET_OPTION_BYTES]);

#endif
