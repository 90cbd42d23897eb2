/*
 * source_private.h - what the files of a source do for each other
 *
 * source.c waits and reads, source_open.c opens, source_failed.c says why it could not, source_describe.c what was opened.
 */
#ifndef CAMD_CAPTURE_SOURCE_PRIVATE_H
#define CAMD_CAPTURE_SOURCE_PRIVATE_H

#include <stdint.h>

#include "capture/source.h"

/* ---- source.c ---- */

/* Asked by libav while it waits; opaque: the source. Not 0: it gives up. */
int source_interrupted(void *opaque);
/* Where we are sent on to is only overheard, but before anything is sent there. */
void source_judge_redirections(struct source *source);
/*
 * What libav makes of an interruption differs from protocol to protocol, so the flags decide. It keeps one that it could
 * do without, and comes back with it later: AVERROR_EXIT is ours only when we have to stop.
 */
int source_result(const struct source *source, int result);
void source_set_deadline(struct source *source, int64_t from_ns, int64_t timeout_ns);

/* ---- source_open.c ---- */

/*
 * Multipart JPEG whose parts don't have the lengths that they state, from here on by what pictures begin with. That takes
 * one picture longer: the beginning of the next one says that one has ended. 0, or a negative libav error, never AVERROR_EOF.
 */
int source_go_by_pictures(struct source *source);

/* ---- source_failed.c ---- */

/* Puts what libav said of opening into failure; returns the error, never AVERROR_EOF. */
int source_open_failed(struct source *source, int error, enum camd_stage stage,
                       const struct settings *settings, struct failure *failure);

/* ---- source_describe.c ---- */

/* The stream's own word, in pictures a second; 0: none. */
double source_stated_rate(const struct AVStream *stream);

#endif
