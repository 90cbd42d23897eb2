/*
 * avlog.h - FFmpeg's own messages in our log
 *
 * Whole lines only, without secrets, at a level of ours. Of lines of one kind the first is printed, then ever more seldom
 * another one, with the number of those between: all that one decoder says is of one kind, else lines that differ in their
 * numbers only.
 */
#ifndef CAMD_CAPTURE_AVLOG_H
#define CAMD_CAPTURE_AVLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AVLOG_LINE_BYTES = 1024, /* longer ones are cut */
    AVLOG_KIND_BYTES = 80,
    AVLOG_KINDS_MAX = 24,
    AVLOG_LINES_MAX = 20, /* in a window, whatever their kinds */
};
#define AVLOG_WINDOW_NS     INT64_C(60000000000)
#define AVLOG_WINDOW_MAX_NS INT64_C(3600000000000)

/* Takes over FFmpeg's log. subject: the camera, as for log_message; it must stay valid. */
void avlog_start(const char *subject);

/*
 * The last line of level error that FFmpeg wrote since avlog_forget, redacted and without its prefix; "" for none. For error
 * messages: it often says more than the code. Copied, since other threads may log.
 */
void avlog_last_error(char text[AVLOG_LINE_BYTES]);
void avlog_forget(void);

/* While quiet, lines are kept for avlog_last_error but printed at level debug. Counts: quiet as often as not quiet again. */
void avlog_quiet(bool quiet);

/* The end: says how many lines were not printed. */
void avlog_finish(void);

/* ---- the limiter, pure ---- */

/* A line of a kind may be printed when its window is over; while lines keep coming, each is twice as long as the last. */
struct avlog_kind {
    char name[AVLOG_KIND_BYTES]; /* "": none */
    int64_t begun_ns, window_ns, last_ns;
    uint32_t held; /* lines not printed in it */
};

struct avlog_limiter {
    struct avlog_kind kinds[AVLOG_KINDS_MAX];
    struct avlog_kind all; /* of all kinds, with AVLOG_LINES_MAX in a window */
    uint32_t printed;      /* in all's window */
    uint32_t forgotten;    /* lines not printed, of kinds that had to make room */
};

/* What is the same in all lines of a kind: the text, with its numbers made one. */
void avlog_kind_of(const char *line, char kind[AVLOG_KIND_BYTES]);

/* Whether to print a line of that kind now. *held: how many were not printed since the last one. */
bool avlog_limiter_takes(struct avlog_limiter *limiter, const char *kind, int64_t now_ns, uint32_t *held);
/* All that were not printed and not told. */
uint32_t avlog_limiter_held(const struct avlog_limiter *limiter);

#endif
