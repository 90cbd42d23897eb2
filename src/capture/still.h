/*
 * still.h - a still picture: a URL that answers with one, and is asked again and again
 *
 * At `fps`, but once a second at most unless that rate was given to the camera itself. The server is told what we have (its
 * ETag, its Last-Modified), so that it need not send it again; since some say for ever that nothing is new, it has to send
 * all of it once a minute.
 *
 * Pure: times come in as arguments, in nanoseconds on the monotonic clock.
 */
#ifndef CAMD_CAPTURE_STILL_H
#define CAMD_CAPTURE_STILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/overheard.h"
#include "capture/rhythm.h"

enum { STILL_HEAD_BYTES = 2 * OVERHEARD_TAG_BYTES + 64 };

struct still {
    bool is_one;           /* the input is a still picture */
    int64_t due_ns;        /* when it is asked for the next time */
    int64_t whole_ns;      /* when all of it came last */
    struct rhythm answers; /* those that were good */
    char entity_tag[OVERHEARD_TAG_BYTES], last_modified[OVERHEARD_TAG_BYTES];
};

/* From now on it is one: what was just fetched came at now_ns. */
void still_begin(struct still *still, int64_t now_ns);

/* How often it is asked for. */
double still_rate_wanted(double fps, bool fps_is_own);
/* When to ask next: the time of the turn that is next at that rate; turns that were missed are not made up for. */
int64_t still_next(struct still *still, double fps, bool fps_is_own, int64_t now_ns);

/* The conditions of the next request, as lines of its head; false: none, all of it is wanted. */
bool still_conditions(const struct still *still, int64_t now_ns, char lines[STILL_HEAD_BYTES]);

/* A good answer came: with a picture, or with the word that it is still the same. */
void still_answered(struct still *still, const struct overheard *answer, bool has_picture, int64_t now_ns);

/* Whether answers have failed to come for too long. */
bool still_is_over(const struct still *still, int64_t timeout_ns, int64_t now_ns);

/* Answers a second; 0: not known yet. */
double still_rate(const struct still *still);

#endif
