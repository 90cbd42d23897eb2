/*
 * avlog.h - FFmpeg's own messages in our log
 *
 * Whole lines only, without secrets, at a level of ours; a line that comes again and again is counted instead
 * of printed, and no more than AVLOG_LINES_MAX lines are printed in AVLOG_WINDOW_NS.
 */
#ifndef CAMD_CAPTURE_AVLOG_H
#define CAMD_CAPTURE_AVLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AVLOG_LINE_BYTES = 1024, /* longer ones are cut */
    AVLOG_LINES_MAX = 20,
};
#define AVLOG_WINDOW_NS INT64_C(10000000000)

/* Takes over FFmpeg's log. subject: the camera, as for log_message; it must stay valid. */
void avlog_start(const char *subject);

/*
 * The last line of level error that FFmpeg wrote since avlog_forget, redacted; "" for none. For error
 * messages: it often says more than the code. Copied, since other threads may log.
 */
void avlog_last_error(char text[AVLOG_LINE_BYTES]);
void avlog_forget(void);

/* While quiet, lines are kept for avlog_last_error but printed at level debug. */
void avlog_quiet(bool quiet);

/* ---- the limiter, pure ---- */

struct avlog_limiter {
    char line[AVLOG_LINE_BYTES]; /* the last one printed */
    uint32_t repeated;           /* times it came again since */
    int64_t window_ns;           /* start of the present window */
    uint32_t printed, dropped;   /* in it */
    bool started;
};

/*
 * Whether to print line now. *repeated and *dropped: how many repetitions of the last line, and how many
 * lines of the last window were held back and should be told before it (0: none).
 */
bool avlog_limiter_takes(struct avlog_limiter *limiter, const char *line, int64_t now_ns, uint32_t *repeated,
                         uint32_t *dropped);

#endif
