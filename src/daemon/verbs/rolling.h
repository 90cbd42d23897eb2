/*
 * rolling.h - workers are restarted one by one, each after the one before is up again
 *
 * So only one camera at a time is without pictures for a moment. One that does not come up in time is left to its own
 * back-off, told, and the next has its turn. There is one such round at a time.
 */
#ifndef CAMD_DAEMON_VERBS_ROLLING_H
#define CAMD_DAEMON_VERBS_ROLLING_H

#include <stdbool.h>

struct control_request;
struct requests;
struct rolling;

/* Those that run an older program than the one that is there now. The request gets a part for each, as it is done. */
void rolling_begin_older(struct requests *requests, struct control_request *request);
/* Both workers of the cameras whose segments could not be taken over in an upgrade. */
void rolling_begin_left(struct requests *requests);
/* The round is over, at once; what it has restarted goes on. */
void rolling_end(struct requests *requests);

#endif
