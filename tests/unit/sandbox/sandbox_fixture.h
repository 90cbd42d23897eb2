/* sandbox_fixture.h - attempts from inside of a sandbox, each made by a child that has entered one */
#ifndef CAMD_TEST_SANDBOX_FIXTURE_H
#define CAMD_TEST_SANDBOX_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/sandbox.h"

enum { NOBODY = 65534, NOT_ENTERED = 200 };

/* What this machine's kernel has of it, as a child found it. */
extern struct sandbox_state entered;
/* cmocka's, of a group: finds that. Without landlock, which a kernel may lack, what depends on it is not tested. */
int find_state(void **state);

/* That of a camera's worker: NOBODY's, with this port (0: none). */
struct sandbox_wish wish_of(bool connects, uint16_t port);

/* 0, or the errno of what a child in the sandbox tried. */
typedef int attempt(void *context);
/* What came of it; closes: after the way to all hosts was closed, too. */
int in_step(const struct sandbox_wish *wish, bool closes, attempt *function, void *context);
int in_sandbox(const struct sandbox_wish *wish, attempt *function, void *context);
/* 0 or errno, of what a system call returned. */
int result_of(long result);

attempt try_socket, try_unix_socket;

#endif
