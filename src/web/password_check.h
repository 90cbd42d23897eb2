/*
 * password_check.h - whether a password is the one of a hash, found out beside the loop
 *
 * A good hash takes a tenth of a second, in which pictures have to go on: a thread of its own does one after the other.
 */
#ifndef CAMD_WEB_PASSWORD_CHECK_H
#define CAMD_WEB_PASSWORD_CHECK_H

#include <stdbool.h>

struct ev_loop;
struct password_checker;
struct password_check;

enum { PASSWORD_CHECKS_MAX = 16 }; /* that wait */

/* Called in the loop. */
typedef void password_checked(void *context, bool right);

/* 0 or -errno. */
int password_checker_start(struct password_checker **checker, struct ev_loop *loop);
/* Every check has been cancelled, or has ended. NULL is fine. */
void password_checker_stop(struct password_checker *checker);

/*
 * NULL: too many wait already, or memory is short. Both strings are copied, and what is copied of the password is
 * overwritten when it is not needed any more. done is called unless it is cancelled before.
 */
struct password_check *password_check_begin(struct password_checker *checker, const char *password,
                                            const char *hash, password_checked *done, void *context);
void password_check_cancel(struct password_checker *checker, struct password_check *check);

#endif
