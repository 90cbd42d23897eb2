/*
 * allowed.h - what users may do beside looking, as allow.USER of the configuration has it
 *
 * Users are looked up when the configuration is taken over, not when they ask: the user database may take its time.
 */
#ifndef CAMD_DAEMON_VERBS_ALLOWED_H
#define CAMD_DAEMON_VERBS_ALLOWED_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "protocol/verbs.h"

struct allowed;
struct config;

/*
 * Users that there are not are left out, with a warning. NULL: nobody may do anything, or memory is short (which is
 * logged).
 */
struct allowed *allowed_new(const struct config *config);
void allowed_free(struct allowed *allowed);

/* What the user may do, in words as in the configuration, or NULL. allowed may be NULL. */
const char *allowed_words(const struct allowed *allowed, uid_t uid);
/* Whether by such words somebody may do what the request asks for. */
bool allowed_may(const char *words, enum verb verb, const json_t *body);

#endif
