#include "daemon/supervise/worker_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/supervise/worker_process.h"

enum {
    /* Who is down for so long is worth a line when it is up again, whatever was said before. */
    LONG_MS = 10000,
    NEXT_BYTES = 160,
};

/* "; next try in 0.5 s" and the like; empty when there is nothing to add. */
static void write_next(const struct worker_process *worker, char text[NEXT_BYTES])
{
    const struct automaton *automaton = &worker->automaton;
    const int64_t wait_ms = automaton->deadline_ms - automaton->since_ms;
    const char *prefix = worker_name_prefix(worker->kind);
    char wait[TEXT_DURATION_BYTES];
    text[0] = '\0';
    if (automaton->state == AUTOMATON_BACKOFF && wait_ms > 0)
        snprintf(text, NEXT_BYTES, "; next try in %s", text_duration((double)wait_ms / 1000.0, wait));
    else if (automaton->state == AUTOMATON_BACKOFF)
        snprintf(text, NEXT_BYTES, "; trying again at once");
    else if (automaton->state == AUTOMATON_FAILED)
        snprintf(text, NEXT_BYTES, "; given up after %u failures in a row: camctl kick %s%s tries again",
                 automaton->failures, prefix[0] ? prefix : text_before_operand(worker->camera),
                 worker->camera);
    else if (automaton->state == AUTOMATON_STUCK)
        snprintf(text, NEXT_BYTES, "; pid %d hangs in the kernel: look at its driver or file system",
                 (int)worker_pid(worker));
}

/* "backoff (was up): REASON; HINT; next try in 0.5 s" */
static void log_reason(const struct worker_process *worker, enum log_level level, enum automaton_state before,
                       const char *hint)
{
    char why[WORKER_TEXT_BYTES], next[NEXT_BYTES];
    worker_explain(worker, why, sizeof(why));
    if (worker->automaton.state == AUTOMATON_DOWN)
        snprintf(why, sizeof(why), "%s", automaton_reason_words(worker->automaton.reason));
    write_next(worker, next);
    log_message(level, worker->subject, "%s (was %s)%s%s%s%s%s",
                automaton_state_word(worker->automaton.state), automaton_state_word(before),
                why[0] ? ": " : "", why, hint[0] ? "; " : "", hint, next);
}

static void log_failure(struct worker_process *worker, enum automaton_state before)
{
    struct trouble_count count = {0};
    char why[WORKER_TEXT_BYTES], next[NEXT_BYTES], time[TEXT_DURATION_BYTES];
    worker_explain(worker, why, sizeof(why));
    enum trouble_saying saying =
        trouble_fail(&worker->trouble, clock_monotonic_ms(), why, kept_text(&worker->error_hint), &count);
    write_next(worker, next);
    if (worker->automaton.state == AUTOMATON_FAILED)
        log_reason(worker, LOG_ERROR, before, kept_text(&worker->error_hint));
    else if (saying == TROUBLE_AGAIN)
        log_warning(worker->subject, "%s: the same %" PRIu32 " times more in the last %s%s", why,
                    count.unsaid, text_duration((double)count.since_said_ms / 1000.0, time), next);
    else
        log_reason(worker, saying == TROUBLE_NEW ? LOG_WARNING : LOG_DEBUG, before,
                   kept_text(&worker->error_hint));
}

static void log_up(struct worker_process *worker, enum automaton_state before)
{
    const bool is_said = worker->trouble.is_said;
    const int64_t down_ms = trouble_end(&worker->trouble, clock_monotonic_ms());
    char time[TEXT_DURATION_BYTES];
    if (down_ms > 0 && (is_said || down_ms >= LONG_MS))
        log_notice(worker->subject, "up again after %s", text_duration((double)down_ms / 1000.0, time));
    else
        log_message(down_ms > 0 ? LOG_DEBUG : LOG_INFO, worker->subject, "up (was %s)",
                    automaton_state_word(before));
}

/* What is no failure by itself. */
static void log_step(struct worker_process *worker, enum automaton_state before)
{
    static const enum log_level levels[AUTOMATON_STATE_COUNT] = {
        [AUTOMATON_DOWN] = LOG_INFO,       [AUTOMATON_CREATING] = LOG_DEBUG, [AUTOMATON_STARTING] = LOG_DEBUG,
        [AUTOMATON_UP] = LOG_INFO,         [AUTOMATON_ENDED] = LOG_NOTICE,   [AUTOMATON_STOPPING] = LOG_DEBUG,
        [AUTOMATON_KILLING] = LOG_WARNING, [AUTOMATON_BACKOFF] = LOG_DEBUG,  [AUTOMATON_FAILED] = LOG_ERROR,
        [AUTOMATON_STUCK] = LOG_ERROR,
    };
    const enum automaton_state state = worker->automaton.state;
    const bool is_known = worker->trouble.since_ms > 0 && !worker->trouble.is_said;
    if (state == AUTOMATON_CREATING || state == AUTOMATON_STARTING)
        log_debug(worker->subject, "%s (was %s)", automaton_state_word(state), automaton_state_word(before));
    else
        log_reason(worker, is_known && levels[state] == LOG_WARNING ? LOG_DEBUG : levels[state], before, "");
    if (state == AUTOMATON_DOWN || state == AUTOMATON_ENDED)
        trouble_clear(&worker->trouble);
}

void worker_log_change(struct worker_process *worker, enum automaton_state before, bool has_failed)
{
    if (has_failed)
        log_failure(worker, before);
    else if (worker->automaton.state == AUTOMATON_UP)
        log_up(worker, before);
    else
        log_step(worker, before);
}
