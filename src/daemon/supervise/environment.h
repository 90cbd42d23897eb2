/*
 * environment.h - the environment that a child gets: small, and the same whoever started camd
 *
 * PATH as below; HOME, USER and LOGNAME of the user that it runs as; the language and the time zone (LANG, LANGUAGE,
 * LC_*, TZ) of camd, and what pass_environment names, when camd has it; and CAMD_INSTANCE, by which a later camd knows
 * what this one has left running (survivors.h). camd-worker(7) promises that. Pure.
 */
#ifndef CAMD_DAEMON_SUPERVISE_ENVIRONMENT_H
#define CAMD_DAEMON_SUPERVISE_ENVIRONMENT_H

#define ENVIRONMENT_INSTANCE "CAMD_INSTANCE"
#define ENVIRONMENT_PATH     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct user;

/*
 * From camd's own environment, with the names in passed (commas between them; NULL: none) as they stand there. instance:
 * the value of CAMD_INSTANCE, which is never that of camd's own environment; NULL: it is left out.
 * In one piece of memory, the caller's to free; NULL when that is short.
 */
char **environment_make(char *const *own, const char *passed, const struct user *user, const char *instance);
/*
 * That one with more variables before it, which win. The list alone is new, the caller's to free; what is in it stays
 * where it is. NULL when memory is short.
 */
char **environment_with(char *const *more, char *const *environment);

#endif
