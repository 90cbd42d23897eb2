/* names.h - which cameras a request is for: one name, several, patterns, or all */
#ifndef CAMD_DAEMON_VERBS_NAMES_H
#define CAMD_DAEMON_VERBS_NAMES_H

#include <jansson.h>
#include <stdbool.h>

struct control_request;
struct requests;

enum { NAMES_PATTERNS_MAX = 16 }; /* of one request: each is looked for among all cameras */

/*
 * The names in "names", patterns replaced by the cameras that they fit, or those of all cameras when "all" is true; each
 * once, in the order given. "detector:NAME" stays as it is. A new array, or NULL: an error has been answered, for
 * nothing is done when one of them is unknown.
 */
json_t *names_of(const struct requests *requests, struct control_request *request, const json_t *body);

/* The same for verbs that take one camera as well: of "name", too, which has to be one. */
json_t *names_of_any(struct requests *requests, struct control_request *request, const json_t *body);

/*
 * For verbs that only show: those of "name", of "names" or of "all", which all exist, detectors among them; *names is a new
 * array, or NULL when the body has none of these: everything is meant. False: an error has been answered.
 */
bool names_asked_for(struct requests *requests, struct control_request *request, const json_t *body,
                     json_t **names);
/* NAME of "detector:NAME", within it; NULL: it is no such word. */
const char *names_detector(const char *word);

#endif
