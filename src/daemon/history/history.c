/* history.c - see history.h: telling the helper what happens, and what becomes of it */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/shared_text.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "daemon/disk/aside.h"
#include "daemon/disk/helper_words.h"
#include "daemon/events/event_place.h"
#include "daemon/events/events.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/history/event_message.h"
#include "daemon/history/history_private.h"

static void start(struct history *history);

static bool is_on(const struct history *history)
{
    return history->bounds.keep_days > 0;
}

static uint64_t newest(const struct history *history)
{
    return events_next(history->events) - 1;
}

/* ---- how it goes ---- */

static const char *hint_of(const struct history *history, int error)
{
    if (error == -EEXIST)
        return aside_hint;
    return helper_hint(&history->end, error);
}

static char *problem_of(const struct history *history, int error)
{
    if (error == -EEXIST)
        return aside_problem(history->path);
    return helper_problem(&history->writer, &history->end, error, "cannot write", "camd-events, which writes",
                          history->path);
}

/* Each reason once: the tries go on. problem (stolen) NULL: all is well. */
static void note_result(struct history *history, int error, char *problem)
{
    const bool is_known =
        error == history->error && (!problem || !history->problem || strcmp(problem, history->problem) == 0);
    history->error = error;
    free(history->problem);
    history->problem = problem;
    if (is_known)
        return;
    if (error == 0)
        log_notice(NULL, "events are kept in %s again", history->path);
    else
        log_error(NULL, "%s: %s; %s", problem ? problem : "memory is short",
                  error == -EOWNERDEAD ? "events wait in memory for the next one"
                                       : "events go on, but those of now will be forgotten when camd stops",
                  hint_of(history, error));
}

/* ---- a database that is no use ---- */

/* 0 or -errno; -EEXIST: there are too many. */
static int set_aside(struct history *history, const char *fault)
{
    char *aside;
    const int error = aside_move_database(history->path, &aside);
    if (error < 0)
        return error;
    history->is_lost = true;
    log_warning(
        NULL,
        "%s %s: set aside as %s, and another one is begun; camctl events has only what happens from now on; remove %s when nobody needs it",
        history->path, fault, aside, aside);
    free(aside);
    return 0;
}

/* Its name was removed, or is another file's: the writer has noticed that before it stored more there. */
static void note_removed(struct history *history)
{
    history->is_lost = true;
    log_warning(
        NULL,
        "%s was removed or replaced while camd used it: another one is begun; what it had of earlier events is gone",
        history->path);
}

/* ---- telling the writer ---- */

static void watch(struct history *history, int events)
{
    if (events == (history->channel_io.events & (EV_READ | EV_WRITE)) && ev_is_active(&history->channel_io))
        return;
    ev_io_stop(history->loop, &history->channel_io);
    ev_io_set(&history->channel_io, history->channel, events);
    ev_io_start(history->loop, &history->channel_io);
}

static void close_channel(struct history *history)
{
    if (history->channel < 0)
        return;
    ev_io_stop(history->loop, &history->channel_io);
    sys_close(&history->channel);
}

static void set_deadline(struct history *history)
{
    ev_timer_stop(history->loop, &history->deadline);
    const bool is_owed = !history->is_ready || history->is_ending || history->sent > history->stored;
    if (!is_owed || history->is_abandoned)
        return;
    timer_start_s(history->loop, &history->deadline, history->deadline_s);
}

/* 0, -EAGAIN or another -errno. */
static int tell(struct history *history, uint64_t seq, const struct event_view *view)
{
    const char *word = view->word < EVENT_WORD_COUNT ? event_word_text(view->word) : "other";
    struct event_message head = {.epoch = events_epoch(history->events),
                                 .seq = seq,
                                 .wall_ns = view->wall_ns,
                                 .camera_length = view->camera ? (uint32_t)strlen(view->camera) : 0,
                                 .word_length = (uint32_t)strlen(word)};
    struct iovec pieces[] = {{&head, sizeof(head)},
                             {(void *)(uintptr_t)view->camera, head.camera_length},
                             {(void *)(uintptr_t)word, head.word_length},
                             {view->text->bytes, view->text->length}};
    const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = sizeof(pieces) / sizeof(pieces[0])};
    return sendmsg(history->channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* All that it has not been told, as far as it takes that; the rest when it has room, or in another turn. */
static void push(struct history *history)
{
    struct event_view view;
    int error = 0;
    if (history->channel < 0)
        return;
    for (int count = 0; error == 0 && history->sent < newest(history) && count < HISTORY_PUSH_MAX; count++) {
        /* what had no room in memory is not there any more: its number stays empty */
        if (history->sent + 1 < events_oldest(history->events))
            history->sent = events_oldest(history->events) - 1;
        if (!events_view(history->events, history->sent + 1, &view))
            break;
        error = tell(history, history->sent + 1, &view);
        if (error == -EMSGSIZE)
            error = 0; /* longer than this machine lets a message be: its number stays empty, too */
        history->sent += error == 0;
    }
    if (error == 0 || error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM) {
        watch(history, EV_READ | (history->sent < newest(history) ? EV_WRITE : 0));
        if (!ev_is_active(&history->deadline))
            set_deadline(history);
        if (history->is_ending && history->sent >= newest(history))
            close_channel(history); /* it stores all of that and ends */
    }
    /* else it has ended, which is being told */
}

/* What earlier ones were told can be read now. */
static void note_ready(struct history *history)
{
    if (!history->is_ready)
        history_readings_look(history);
    history->is_ready = true;
    history->is_lost = false;
}

/* The second one comes once the writer is at work: if nothing waits for it then, what was wrong before is over. */
static void take_acknowledgement(struct history *history, const struct event_acknowledgement *told)
{
    const struct event_place place = told->stored;
    const bool is_at_work = history->is_ready;
    note_ready(history);
    history_note_store(history, told, is_at_work);
    if (place.epoch == events_epoch(history->events) && place.seq > history->stored &&
        place.seq <= history->sent) {
        history->stored = place.seq;
        events_set_stored(history->events, place.seq);
        note_result(history, 0, NULL);
    } else if (is_at_work && history->stored >= newest(history)) {
        note_result(history, 0, NULL);
    }
    set_deadline(history); /* whatever it says */
}

static void take_acknowledgements(struct history *history)
{
    struct event_acknowledgement told;
    while (history->channel >= 0 &&
           recv(history->channel, &told, sizeof(told), MSG_DONTWAIT) == (ssize_t)sizeof(told))
        take_acknowledgement(history, &told);
}

static void channel_ready(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct history *history = watcher->data;
    (void)loop;
    if (events & EV_READ)
        take_acknowledgements(history);
    push(history);
}

/* ---- the writer's life ---- */

/* One that somebody has stopped goes on first, or it would never hear of that. */
static void end_writer(struct history *history)
{
    history->is_ending = true;
    child_signal(&history->writer, SIGCONT);
    push(history);
}

/* Also at the end. */
static void start_another(struct history *history)
{
    const bool is_paused = history->is_paused;
    history->is_paused = false;
    start(history);
    history->is_paused = is_paused;
    if (is_paused && child_is_running(&history->writer))
        end_writer(history);
}

/* Another file begins with what memory has, whatever was in the one before. */
static void begin_again(struct history *history)
{
    history->stored = history->sent = events_oldest(history->events) - 1;
    events_set_stored(history->events, history->stored);
    start_another(history);
}

/* The next writer is told again what this one has not acknowledged. */
static void forget_writer(struct history *history, int error)
{
    close_channel(history);
    ev_timer_stop(history->loop, &history->deadline);
    if (error == 0)
        history->stored = history->sent;
    else
        history->sent = history->stored;
    events_set_stored(history->events, history->stored);
}

/* 0 or -errno */
static int error_of_end(const struct history *history, const struct child_end *end)
{
    const bool was_asked = history->is_ending && history->channel < 0;
    const int error = history->is_abandoned ? -ETIMEDOUT : child_end_error(end);
    if (error == 0 && history->is_damaged)
        return -EBADMSG;
    if (error == 0 && !was_asked)
        return -EPIPE; /* nobody told it to: the next one might do the same, at once */
    return error;
}

static void writer_ended(void *context, const struct child_end *end)
{
    struct history *history = context;
    int error = error_of_end(history, end);
    history->end = *end;
    history_readings_look(history);
    take_acknowledgements(history);
    forget_writer(history, error);
    history->is_ending = history->is_abandoned = history->is_damaged = false;
    const char *fault = aside_database_fault(error);
    /* one that finds it so at once would do it again and again */
    const bool is_removed = error == -ESTALE && history->is_ready;
    if (fault)
        error = set_aside(history, fault);
    if (is_removed)
        note_removed(history);
    if (is_removed || (fault && error == 0))
        begin_again(history);
    else if (error < 0 && is_on(history)) {
        /* one that was killed in the middle of its work says nothing of the disk; the next one might */
        const bool is_soon = error == -EOWNERDEAD && history->error == 0;
        note_result(history, error, problem_of(history, error));
        if (is_soon && history->is_paused && history->stored < newest(history))
            start_another(history);
        else
            timer_start_s(history->loop, &history->retry, is_soon ? HISTORY_RESTART_S : history->retry_s);
    } else {
        /* it was asked to end, and has stored all; its last acknowledgements may not have been read */
        if (error == 0 && is_on(history))
            note_result(history, 0, NULL);
        if (!history->is_paused)
            start(history); /* with other bounds */
    }
}

static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct history *history = timer->data;
    (void)loop;
    (void)events;
    history->is_abandoned = true;
    close_channel(history);
    child_kill(&history->writer);
    history->end = (struct child_end){.kind = CHILD_EXITED, .code = ETIMEDOUT};
    note_result(history, -ETIMEDOUT, problem_of(history, -ETIMEDOUT));
    history_readings_look(history);
}

static int start_writer(struct history *history)
{
    char name[] = "camd-events", write[] = "write", lost[] = "lost";
    char mb[24], days[24];
    char *const argv[] = {name, write, history->path, mb, days, history->is_lost ? lost : NULL, NULL};
    const struct child_program program = {
        .path = history->helper_path, .argv = argv, .input = -1, .output = -1, .channel = &history->channel};
    snprintf(mb, sizeof(mb), "%" PRId64, history->bounds.max_mb);
    snprintf(days, sizeof(days), "%" PRId64, history->bounds.keep_days);
    return child_start(&history->writer, &program, &history->end);
}

/* Unless there is one, or nothing to do for it. */
static void start(struct history *history)
{
    if (!is_on(history))
        events_set_stored(history->events, UINT64_MAX);
    if (!is_on(history) || history->is_paused || child_is_running(&history->writer))
        return;
    ev_timer_stop(history->loop, &history->retry);
    history->end = (struct child_end){0};
    const int error = start_writer(history);
    if (error < 0) {
        note_result(history, error, problem_of(history, error));
        timer_start_s(history->loop, &history->retry, history->retry_s);
        return;
    }
    history->sent = history->stored;
    history->is_ready = false;
    history->relocked = 0;
    push(history);
}

static void retry_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    start(timer->data);
}

void history_set_aside(struct history *history)
{
    history->is_damaged = true;
    if (child_is_running(&history->writer))
        end_writer(history);
}

/* ---- what others want of it ---- */

/* Each message may wake the writer: those of a turn of the loop wake it once. */
void history_note(struct history *history)
{
    if (is_on(history))
        ev_feed_event(history->loop, &history->turn_end, EV_CUSTOM);
    else
        events_set_stored(history->events, UINT64_MAX);
}

static void turn_ends(struct ev_loop *loop, ev_timer *watcher, int events)
{
    struct history *history = watcher->data;
    (void)loop;
    (void)events;
    if (!ev_is_active(&history->channel_io) || !(history->channel_io.events & EV_WRITE))
        push(history);
}

void history_set_bounds(struct history *history, const struct history_bounds *bounds)
{
    if (bounds->keep_days == history->bounds.keep_days && bounds->max_mb == history->bounds.max_mb)
        return;
    history->bounds = *bounds;
    if (child_is_running(&history->writer))
        end_writer(history);
    else
        start(history);
    if (!is_on(history)) {
        ev_timer_stop(history->loop, &history->retry);
        events_set_stored(history->events, UINT64_MAX);
    } else {
        events_set_stored(history->events, history->stored);
    }
}

bool history_is_kept(const struct history *history)
{
    return is_on(history);
}

uint64_t history_stored(const struct history *history)
{
    return history->stored;
}

const char *history_problem(const struct history *history)
{
    return history->problem;
}

void history_finish(struct history *history)
{
    /* a disk that was full, or away, may be well by now; what was tried at the end is not tried once more */
    const bool may_try = history->is_paused ? history->error == 0 : history->error != -ETIMEDOUT;
    history->is_paused = true;
    if (child_is_running(&history->writer)) {
        if (!history->is_ending)
            end_writer(history);
    } else if (may_try && history->stored < newest(history)) {
        start_another(history);
    }
}

void history_resume(struct history *history)
{
    history->is_paused = false;
    events_set_stored(history->events, is_on(history) ? history->stored : UINT64_MAX);
    if (!child_is_running(&history->writer))
        start(history);
    history_readings_look(history);
}

bool history_busy(const struct history *history)
{
    return child_is_running(&history->writer) && !history->is_abandoned;
}

bool history_is_idle(const struct history *history)
{
    return !child_is_running(&history->writer) && history->running == 0;
}

const struct child *history_helper(const struct history *history)
{
    return child_is_running(&history->writer) ? &history->writer : history_reader(history);
}

void history_set_times(struct history *history, double retry_s, double deadline_s)
{
    history->retry_s = retry_s;
    history->deadline_s = deadline_s;
}

/* ---- upgrade ---- */

static const struct handoff_field fields[] = {
    HANDOFF(struct history, stored),     HANDOFF(struct history, error),
    HANDOFF(struct history, problem),    HANDOFF(struct history, has_nameless),
    HANDOFF(struct history, is_doubted),
};

json_t *history_hand_over(const struct history *history)
{
    return handoff_write(history, fields, HANDOFF_COUNT(fields));
}

int history_take_over(struct history *history, const json_t *record)
{
    const int error = handoff_read(record, history, fields, HANDOFF_COUNT(fields));
    if (error < 0)
        return error;
    history->sent = history->stored;
    return 0;
}

/* ---- life ---- */

static void init_watchers(struct history *history)
{
    child_init(&history->writer, history->launcher, NULL, writer_ended, history);
    ev_init(&history->channel_io, channel_ready);
    history->channel_io.data = history;
    ev_init(&history->turn_end, turn_ends);
    ev_set_priority(&history->turn_end, EV_MINPRI);
    history->turn_end.data = history;
    ev_init(&history->retry, retry_came);
    history->retry.data = history;
    ev_init(&history->deadline, deadline_came);
    history->deadline.data = history;
    history_readings_init(history);
}

int history_new(struct history **result, struct launcher *launcher, struct events *events,
                const char *state_dir, const char *helper, const struct history_bounds *bounds)
{
    struct history *history = calloc(1, sizeof(*history));
    if (!history)
        return -ENOMEM;
    *history = (struct history){.launcher = launcher,
                                .loop = launcher->loop,
                                .events = events,
                                .path = text_format("%s/events.mdb", state_dir),
                                .helper_path = strdup(helper),
                                .bounds = *bounds,
                                .retry_s = HISTORY_RETRY_S,
                                .deadline_s = HISTORY_DEADLINE_S,
                                .channel = -1,
                                .is_paused = true};
    init_watchers(history);
    if (!history->path || !history->helper_path) {
        history_free(history);
        return -ENOMEM;
    }
    *result = history;
    return 0;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    history_readings_fini(history);
    close_channel(history);
    ev_clear_pending(history->loop, &history->turn_end);
    ev_timer_stop(history->loop, &history->retry);
    ev_timer_stop(history->loop, &history->deadline);
    child_fini(&history->writer);
    free(history->path);
    free(history->helper_path);
    free(history->problem);
    free(history);
}
