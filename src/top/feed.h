/*
 * feed.h - camd, asked for its status again and again
 *
 * One `status` is under way at most, and none costs camd more than that. When camd goes away it is tried again, so
 * that a restart of camd is survived.
 */
#ifndef CAMD_TOP_FEED_H
#define CAMD_TOP_FEED_H

#include <stdbool.h>

#include "top/sample.h"

struct feed;

/* path: the socket; NULL: that of the environment, or the default. 0 or -errno. */
int feed_new(struct feed **feed, const char *path);
void feed_free(struct feed *feed);

/* Readable when feed_read has something to do. */
int feed_descriptor(const struct feed *feed);
/* Asks, unless it is being answered. What goes wrong is in feed_problem. */
void feed_ask(struct feed *feed);
bool feed_is_asking(const struct feed *feed);
/* Takes what has come. True: *sample is a new one, the caller's to free. */
bool feed_read(struct feed *feed, struct sample *sample);
/* Why there is no answer, in words; NULL: nothing is wrong. The feed's. */
const char *feed_problem(const struct feed *feed);
/* Whether there is no use in trying again: this user may not look. */
bool feed_is_denied(const struct feed *feed);

#endif
