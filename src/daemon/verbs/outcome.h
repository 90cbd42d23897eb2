/* outcome.h - what a verb finds of a camera or a detector, and so does, in words: they stand in its answer */
#ifndef CAMD_DAEMON_VERBS_OUTCOME_H
#define CAMD_DAEMON_VERBS_OUTCOME_H

#include <jansson.h>

#include "protocol/verbs.h"

struct camera;
struct detector;

/* Of start, stop, restart or kick, before it is done. */
const char *outcome_of_camera(enum verb verb, const struct camera *camera);
const char *outcome_of_detector(enum verb verb, const struct detector *detector);
/* An answer for one: {"outcomes": {NAME: WORDS}}. */
json_t *outcome_answer(const char *name, const char *words);

#endif
