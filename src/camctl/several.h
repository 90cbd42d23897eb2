/* several.h - verbs that take several cameras: names, patterns, --all; and what is said of each of them */
#ifndef CAMD_CAMCTL_SEVERAL_H
#define CAMD_CAMCTL_SEVERAL_H

#include "camctl/command.h"

/*
 * The request's part that says which cameras are meant: "name" for one, else "names" or "all", made of --all and the
 * first count operands. *body is a new reference after STATUS_DONE.
 */
enum status several_body(struct command *command, int count, json_t **body);

/* The names that such a part has, a new reference: for the answer of one camera, which does not repeat it. NULL: --all. */
json_t *several_cameras(const json_t *body);

/* Whether more than one camera may be meant: more names than one, a pattern, or --all. */
bool several_is_asked(const struct options *options);
/*
 * The names (strings) of all operands' cameras, or of all; camd is asked only when it has to be. *names is a new
 * reference.
 */
enum status several_names(struct command *command, json_t **names);

/*
 * Patterns and --all may mean more than is remembered: the cameras are named, on a terminal, and it is asked whether
 * that is meant; elsewhere it needs --yes. body has their names then. question: "Remove", words that follow them.
 */
enum status several_confirm(struct command *command, json_t *body, const char *question, const char *words);

/*
 * The "errors" of an answer, {NAME: ERROR}, as the command's error, unless the document with them is printed as JSON.
 * The exit status is the worst one: 1 if anything was refused or failed, else the lowest.
 */
enum status several_errors(struct command *command, const json_t *document);

#endif
