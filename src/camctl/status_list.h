/*
 * status_list.h - status of all cameras: what is wrong first, with equal troubles together, and the summary last
 *
 * The eye is where the cursor is left. On a terminal with too few lines cameras that are well are named only, or only
 * counted, so that what is wrong and the summary stay on the screen.
 */
#ifndef CAMD_CAMCTL_STATUS_LIST_H
#define CAMD_CAMCTL_STATUS_LIST_H

#include <jansson.h>

#include "camctl/writer.h"

/* Of status' document: all cameras and detectors. */
void status_list_all(struct writer *output, const json_t *document);
/* Those that are not well. */
void status_list_problems(struct writer *output, const json_t *document);
/* The same as a document, a new reference; *has_problems: whether there is anything in it. NULL: memory is short. */
json_t *status_list_problems_of(const json_t *document, bool *has_problems);

#endif
