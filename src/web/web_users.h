/*
 * web_users.h - who may see the page: a file of USER:HASH, as htpasswd writes it
 *
 * Read once and whole; nothing of it changes then.
 */
#ifndef CAMD_WEB_WEB_USERS_H
#define CAMD_WEB_WEB_USERS_H

#include <stddef.h>

enum {
    WEB_USERS_MAX = 1000,
    WEB_USERS_TEXT_BYTES = 512,
};

struct web_users;

/*
 * 0 and *users; or -errno, with everything that is wrong in problem, a line each with the file and its line, which never
 * shows a hash. Every hash has to be one that crypt(3) knows.
 */
int web_users_read(struct web_users **users, const char *path, char problem[WEB_USERS_TEXT_BYTES]);
void web_users_free(struct web_users *users); /* NULL is fine */

/* NULL: there is no such user. */
const char *web_users_hash(const struct web_users *users, const char *name);
/* The hash of somebody, for a check of a user who is not there that takes as long as one of a user who is. */
const char *web_users_any_hash(const struct web_users *users);

#endif
