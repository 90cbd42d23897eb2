/*
 * trouble.h - what keeps a worker from being up: said once, and counted then
 *
 * A worker that fails the same way again and again is one fault, and one line in the log: "the same 12 times more in
 * the last 10 min" follows, as long as it goes on, and how long the worker was down, when it is over. The last few
 * reasons are remembered, so that two that take turns are not said again and again, either; when the worker has run for
 * TROUBLE_OVER_MS, whatever comes is a new fault. Pure.
 */
#ifndef CAMD_DAEMON_SUPERVISE_TROUBLE_H
#define CAMD_DAEMON_SUPERVISE_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/kept_text.h"

enum {
    TROUBLE_TELL_MS = 600000, /* from one line about a reason to the next */
    TROUBLE_OVER_MS = 60000,
    TROUBLE_REASONS = 4,
};

/* What is to be said about a failure. */
enum trouble_saying { TROUBLE_KNOWN, TROUBLE_NEW, TROUBLE_AGAIN };

struct trouble_reason {
    uint64_t hash;   /* of its words, without what was measured */
    int64_t said_ms; /* 0: none */
    uint32_t unsaid; /* failures of that kind since then */
};

struct trouble {
    int64_t since_ms;            /* of the first failure since it was up last; 0: there was none */
    int64_t up_ms;               /* when it was up last; 0: never */
    uint32_t failures;           /* since since_ms */
    bool is_said;                /* one of them was */
    bool is_known;               /* the last one was not, since it had been before */
    struct kept_text text, hint; /* the last one in words */
    struct trouble_reason reasons[TROUBLE_REASONS];
};

/* When a failure is said again: how often it was not, and for how long. */
struct trouble_count {
    uint32_t unsaid;
    int64_t since_said_ms;
};

/* A failure. *count is set for TROUBLE_AGAIN. */
enum trouble_saying trouble_fail(struct trouble *trouble, int64_t now_ms, const char *text, const char *hint,
                                 struct trouble_count *count);
/* Whether a failure of now with these words would not be said. */
bool trouble_is_known(const struct trouble *trouble, int64_t now_ms, const char *text);
/* The worker is up: for how long it was not since it failed, in ms; 0: it had not failed. */
int64_t trouble_end(struct trouble *trouble, int64_t now_ms);
/* Nobody wants the worker any more, or it ended well. */
void trouble_clear(struct trouble *trouble);

#endif
