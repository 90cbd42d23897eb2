/* What the one that stores events says of the store, for the log: each once. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/history/event_ledger.h"
#include "daemon/history/event_message.h"
#include "daemon/history/history_private.h"

static void note_nameless(struct history *history, uint64_t nameless)
{
    if (nameless > 0 && !history->has_nameless)
        log_warning(
            NULL,
            "%s has events of as many cameras as it can have names of (%d): those of others are kept, but camctl events NAME does not find them until all events of some camera are too old",
            history->path, EVENT_CAMERAS_MAX - 1);
    history->has_nameless = nameless > 0 || history->has_nameless;
}

static void note_relocked(struct history *history, uint64_t relocked)
{
    if (relocked > history->relocked)
        log_warning(
            NULL,
            "%s-lock was removed or replaced while camd used it: it is made again, and no event is lost",
            history->path);
    history->relocked = relocked;
}

/* doubted_ns: as it is in event_message.h. */
static void note_clock(struct history *history, int64_t doubted_ns)
{
    char now[CLOCK_TEXT_BYTES], before[CLOCK_TEXT_BYTES];
    if (doubted_ns > 0 && !history->is_doubted) {
        clock_format_utc(clock_wall_ns(), now);
        clock_format_utc(doubted_ns, before);
        log_warning(
            NULL,
            "the clock says %s, far from %s, which it would be from the events that are stored: none of them is removed for their age by it until %" PRId64
            " days (events_keep_days) have passed; is the machine's clock right?",
            now, before, history->bounds.keep_days);
    } else if (doubted_ns == 0 && history->is_doubted) {
        log_notice(NULL,
                   "the clock is believed again: by it stored events are removed when they are too old");
    }
    history->is_doubted = doubted_ns > 0;
}

void history_note_store(struct history *history, const struct event_acknowledgement *told, bool is_at_work)
{
    note_nameless(history, told->nameless);
    note_relocked(history, told->relocked);
    if (is_at_work)
        note_clock(history, told->doubted_ns);
}
