/* libexec.h - where camd's own programs are that nobody calls by hand: workers, helpers, camd-import */
#ifndef CAMD_BASE_LIBEXEC_H
#define CAMD_BASE_LIBEXEC_H

/*
 * The whole path of one, in CAMD_LIBEXECDIR of the environment, for a build that is not installed, else where it was
 * installed. New string; NULL when memory is short.
 */
char *libexec_program(const char *name);

#endif
