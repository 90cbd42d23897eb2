/* history_read.c - what is stored, a chunk at a time: those who ask get their turns one after the other */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/sys.h"
#include "base/whole_file.h"
#include "daemon/history/history_private.h"

static void look_soon(struct history *history)
{
    ev_feed_event(history->loop, &history->look, EV_CUSTOM);
}

static void reading_free(struct history_reading *reading)
{
    struct history *history = reading->history;
    ev_timer_stop(history->loop, &reading->deadline);
    child_fini(&reading->helper);
    TAILQ_REMOVE(&history->readings, reading, link);
    sys_close(&reading->output);
    json_decref(reading->query);
    free(reading);
}

/* Its chunk is there (error 0), or is not. */
static void finish(struct history_reading *reading, int error)
{
    history_read_done *done = reading->state == READING_FORGOTTEN ? NULL : reading->done;
    void *context = reading->context;
    int output = -1;
    look_soon(reading->history);
    if (done && error == 0) {
        output = reading->output;
        reading->output = -1;
    }
    reading_free(reading);
    if (done)
        done(context, output, error);
}

static void helper_ended(void *context, const struct child_end *end)
{
    struct history_reading *reading = context;
    const int error = child_end_error(end);
    reading->history->running--;
    if (error == -EBADMSG || error == -EMEDIUMTYPE)
        history_set_aside(reading->history);
    finish(reading, error);
}

static struct history_reading *first_queued(const struct history *history)
{
    struct history_reading *reading = TAILQ_FIRST(&history->readings);
    while (reading && reading->state != READING_QUEUED)
        reading = TAILQ_NEXT(reading, link);
    return reading;
}

/* True when all places are taken by helpers that were killed long ago, and hang all the same. */
static bool is_stuck(const struct history *history)
{
    const struct history_reading *reading;
    TAILQ_FOREACH(reading, &history->readings, link)
    {
        if (reading->state != READING_QUEUED && !reading->is_late)
            return false;
    }
    return history->running >= HISTORY_READERS_MAX;
}

/*
 * One that hangs in the kernel is gone when the disk answers, if ever; who asked is told now, and those who wait for its
 * place when it still hangs after another such time.
 */
static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct history_reading *reading = timer->data, *waiting;
    struct history *history = reading->history;
    history_read_done *done = reading->state == READING_FORGOTTEN ? NULL : reading->done;
    (void)loop;
    (void)events;
    while (reading->is_late && is_stuck(history) && (waiting = first_queued(history)))
        finish(waiting, -ETIMEDOUT);
    reading->is_late = true;
    reading->state = READING_FORGOTTEN;
    child_kill(&reading->helper);
    if (done)
        done(reading->context, -1, -ETIMEDOUT);
}

static int start_helper(struct history_reading *reading, int query)
{
    struct history *history = reading->history;
    char name[] = "camd-events", read[] = "read";
    char *const argv[] = {name, read, history->path, NULL};
    const struct child_program program = {
        .path = history->helper_path, .argv = argv, .input = query, .output = reading->output};
    struct child_end end;
    const int error = child_start(&reading->helper, &program, &end);
    return error < 0 ? child_end_error(&end) : 0;
}

static int begin(struct history_reading *reading)
{
    char *text = json_text(reading->query);
    int query = text ? sys_memfd("camd-events-query") : -ENOMEM;
    int error = query < 0 ? query : whole_file_write_to(query, text, strlen(text));
    reading->output = error == 0 ? sys_memfd("camd-events") : -1;
    if (error == 0)
        error = reading->output < 0 ? reading->output : start_helper(reading, query);
    sys_close(&query);
    free(text);
    if (error < 0)
        return error;
    reading->state = READING_RUNNING;
    reading->history->running++;
    ev_now_update(reading->history->loop);
    ev_timer_set(&reading->deadline, reading->history->deadline_s, reading->history->deadline_s);
    ev_timer_start(reading->history->loop, &reading->deadline);
    return 0;
}

/* What a killed camd has left behind may be storing its last events: they would be missing in the middle. */
static bool is_early(const struct history *history)
{
    return child_is_running(&history->writer) && !history->is_ready && !history->is_abandoned &&
           history->error == 0;
}

static void look(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct history *history = timer->data;
    struct history_reading *reading = first_queued(history);
    (void)loop;
    (void)events;
    if (!reading || history->is_paused || is_early(history) || history->running >= HISTORY_READERS_MAX)
        return;
    look_soon(history); /* one a turn */
    const int error = begin(reading);
    if (error < 0)
        finish(reading, error);
}

struct history_reading *history_read(struct history *history, json_t *query, history_read_done *done,
                                     void *context)
{
    struct history_reading *reading = query ? calloc(1, sizeof(*reading)) : NULL;
    if (!reading) {
        json_decref(query);
        return NULL;
    }
    *reading = (struct history_reading){
        .history = history, .query = query, .output = -1, .done = done, .context = context};
    child_init(&reading->helper, history->launcher, NULL, helper_ended, reading);
    ev_init(&reading->deadline, deadline_came);
    reading->deadline.data = reading;
    TAILQ_INSERT_TAIL(&history->readings, reading, link);
    look_soon(history);
    return reading;
}

void history_forget(struct history_reading *reading)
{
    if (!reading)
        return;
    if (reading->state == READING_QUEUED)
        reading_free(reading);
    else
        reading->state = READING_FORGOTTEN; /* killing it would leave its place in the database taken */
}

void history_readings_look(struct history *history)
{
    look_soon(history);
}

void history_readings_init(struct history *history)
{
    TAILQ_INIT(&history->readings);
    ev_init(&history->look, look);
    history->look.data = history;
}

void history_readings_fini(struct history *history)
{
    ev_clear_pending(history->loop, &history->look);
    while (!TAILQ_EMPTY(&history->readings))
        reading_free(TAILQ_FIRST(&history->readings));
}
