/* members.h - whether the members of a request are of the types that its verb takes */
#ifndef CAMD_DAEMON_VERBS_MEMBERS_H
#define CAMD_DAEMON_VERBS_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>

#include "protocol/verbs.h"

enum { MEMBERS_PROBLEM_BYTES = 96 };

/* Whether the body may mean more than one camera: it has "names" or "all". */
bool members_name_several(const json_t *body);

/*
 * Whether all members that the verb takes are of its types, and one or several cameras are named where it needs that. False:
 * problem says what is not so. Values are for the verbs to judge, and members that the verb does not take are ignored.
 */
bool members_are_right(enum verb verb, const json_t *body, char problem[MEMBERS_PROBLEM_BYTES]);

#endif
