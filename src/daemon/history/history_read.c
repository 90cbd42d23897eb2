/*
 * history_read.c - what is stored, a chunk at a time
 *
 * Users get their turns one after the other, and each has one reader at a time: whoever asks for much keeps nobody
 * else waiting.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/sys.h"
#include "base/whole_file.h"
#include "daemon/disk/aside.h"
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

static int begin(struct history_reading *reading);

static void read_again(struct history_reading *reading)
{
    reading->is_second = true;
    sys_close(&reading->output);
    const int error = begin(reading);
    if (error < 0)
        finish(reading, error);
}

static void helper_ended(void *context, const struct child_end *end)
{
    struct history_reading *reading = context;
    const int error = child_end_error(end);
    const bool is_damaged = aside_database_fault(error) != NULL;
    reading->history->running--;
    /* what was written over while it was read, since somebody had removed LMDB's locks, is no damage */
    if (is_damaged && !reading->is_second && reading->state == READING_RUNNING) {
        read_again(reading);
        return;
    }
    if (is_damaged)
        history_set_aside(reading->history);
    finish(reading, error);
}

static bool has_reader(const struct history *history, uid_t user)
{
    const struct history_reading *reading;
    TAILQ_FOREACH(reading, &history->readings, link) {
        if (reading->user == user && reading->state != READING_QUEUED)
            return true;
    }
    return false;
}

/* Of the user who has waited longest; NULL: nobody waits who may have a reader now. */
static struct history_reading *next_to_begin(const struct history *history)
{
    struct history_reading *reading;
    TAILQ_FOREACH(reading, &history->readings, link) {
        if (reading->state == READING_QUEUED && !has_reader(history, reading->user))
            return reading;
    }
    return NULL;
}

/* It has its turn: the user's other readings wait behind those of other users, in their order. */
static void send_back(struct history *history, uid_t user)
{
    struct history_reading *const last = TAILQ_LAST(&history->readings, history_readings);
    struct history_reading *reading = TAILQ_FIRST(&history->readings), *next;
    for (bool more = true; more; reading = next) {
        next = TAILQ_NEXT(reading, link);
        more = reading != last;
        if (reading->user != user)
            continue;
        TAILQ_REMOVE(&history->readings, reading, link);
        TAILQ_INSERT_TAIL(&history->readings, reading, link);
    }
}

/* True when all places are taken by helpers that were killed long ago, and hang all the same. */
static bool is_stuck(const struct history *history)
{
    const struct history_reading *reading;
    TAILQ_FOREACH(reading, &history->readings, link) {
        if (reading->state != READING_QUEUED && !reading->is_late)
            return false;
    }
    return history->running >= HISTORY_READERS_MAX;
}

/* One that waits for the place of the late one: its own user's, or whoever's when there is no other place. */
static struct history_reading *first_behind(const struct history_reading *late)
{
    const bool is_for_all = is_stuck(late->history);
    struct history_reading *reading;
    TAILQ_FOREACH(reading, &late->history->readings, link) {
        if (reading->state == READING_QUEUED && (is_for_all || reading->user == late->user))
            return reading;
    }
    return NULL;
}

/*
 * One that hangs in the kernel is gone when the disk answers, if ever; who asked is told now, and those who wait for its
 * place when it still hangs after another such time.
 */
static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct history_reading *reading = timer->data, *waiting;
    history_read_done *done = reading->state == READING_FORGOTTEN ? NULL : reading->done;
    (void)loop;
    (void)events;
    while (reading->is_late && (waiting = first_behind(reading)))
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
    ev_timer_stop(reading->history->loop, &reading->deadline);
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
    (void)loop;
    (void)events;
    if (history->is_paused || is_early(history) || history->running >= HISTORY_READERS_MAX)
        return;
    struct history_reading *reading = next_to_begin(history);
    if (!reading)
        return;
    look_soon(history); /* one a turn */
    send_back(history, reading->user);
    const int error = begin(reading);
    if (error < 0)
        finish(reading, error);
}

struct history_reading *history_read(struct history *history, uid_t user, json_t *query,
                                     history_read_done *done, void *context)
{
    struct history_reading *reading = query ? calloc(1, sizeof(*reading)) : NULL;
    if (!reading) {
        json_decref(query);
        return NULL;
    }
    *reading = (struct history_reading){
        .history = history, .user = user, .query = query, .output = -1, .done = done, .context = context};
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

const struct child *history_reader(const struct history *history)
{
    const struct history_reading *reading;
    TAILQ_FOREACH(reading, &history->readings, link) {
        if (child_is_running(&reading->helper))
            return &reading->helper;
    }
    return NULL;
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
