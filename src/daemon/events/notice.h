/*
 * notice.h - what is told of a camera's state: each change that matters, once; and to programs only what lasts
 *
 * On its way from one state to another a camera is starting or stopping, and one that can't be had is tried again and
 * again: that is no change. What somebody asked for is none that a program has to hear of first: it hears of a camera
 * that is up, or down on request, only when it has heard something else before. Pure: times come in as arguments.
 */
#ifndef CAMD_DAEMON_EVENTS_NOTICE_H
#define CAMD_DAEMON_EVENTS_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

struct situation {
    const char *state; /* a static text; NULL: none yet */
    int detail;        /* another one makes another situation of the same state */
};

struct notice {
    struct situation told; /* to all, as an event */
    struct situation said; /* to the program */
    int64_t due_ms;        /* when it is to be told to the program, if it lasts; 0: there is nothing to say */
    uint64_t failure;      /* number of the one that was looked at last */
    int64_t failure_ms;    /* when the program for failures was started last; 0: never */
};

/* True when it is to be told as an event: the situation is another one, and one that matters. */
bool notice_take(struct notice *notice, const struct situation *now);
/* After that: when the program is to hear of it. has_program false: it never will. */
void notice_wait(struct notice *notice, bool has_program, int64_t delay_ms, int64_t now_ms);
/* True when the program is to be started now; it has been told then. */
bool notice_is_due(struct notice *notice, int64_t now_ms);

/*
 * A failure may be looked at several times: its number, from 1, tells it from others; in_a_row is the how manieth it is. True
 * when it is at least the one of after, and the program for failures was not started for cooldown_ms.
 */
bool notice_failure(struct notice *notice, uint64_t number, uint32_t in_a_row, uint32_t after,
                    int64_t cooldown_ms, int64_t now_ms);

#endif
