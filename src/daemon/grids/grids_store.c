/* grids_store.c - reading and writing the database of grids through camd-grid, one job at a time */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "base/whole_file.h"
#include "daemon/disk/aside.h"
#include "daemon/disk/helper_words.h"
#include "daemon/grids/grid_entry.h"
#include "daemon/grids/grids_private.h"
#include "daemon/host/file_watch.h"

/* ---- when ---- */

static bool has_dirty(const struct grids *grids)
{
    return !LIST_EMPTY(&grids->dirty);
}

static void start_in(struct grids *grids, double seconds)
{
    timer_start_s(grids->loop, &grids->start_timer, seconds);
}

void grids_store_later(struct grids *grids)
{
    if (grids->finishing)
        grids_store_now(grids);
    else if (grids->job == GRIDS_IDLE && !ev_is_active(&grids->start_timer))
        start_in(grids, grids->batch_s);
}

void grids_store_now(struct grids *grids)
{
    grids->hurry = true;
    if (grids->job == GRIDS_IDLE)
        start_in(grids, 0.0);
}

/* The helper is free again: what has become dirty meanwhile comes next. */
static void go_on(struct grids *grids)
{
    grids->job = GRIDS_IDLE;
    if (grids->finishing ? !has_dirty(grids) || (grids->error < 0 && !grids->is_soon)
                         : grids->loaded && !has_dirty(grids) && grids->error == 0)
        return;
    if (grids->error < 0)
        start_in(grids, grids->is_soon ? GRIDS_RESTART_S : grids->retry_s);
    else
        start_in(grids, grids->hurry || grids->finishing ? 0.0 : grids->batch_s);
}

void grids_store_watch(struct grids *grids)
{
    if (grids->watched < 0 && grids->transaction > 0 && grids->files)
        grids->watched = file_watch_add(grids->files, grids->path, grids);
}

static void unwatch(struct grids *grids)
{
    if (grids->watched >= 0)
        file_watch_remove(grids->files, grids->watched);
    grids->watched = -1;
}

/* Whoever removes it seldom waits for a grid to change. Whether that is what happened the next job finds out. */
void grids_touched(struct grids *grids)
{
    if (grids->watched < 0)
        return;
    unwatch(grids);
    if (grids->loaded && !grids->finishing)
        grids_store_now(grids);
}

void grids_watch(struct grids *grids, struct file_watch *files)
{
    grids->files = files;
    grids_store_watch(grids);
}

bool grids_store_may_have(const struct grids *grids)
{
    return access(grids->path, F_OK) == 0 || errno != ENOENT;
}

/* ---- how it went ---- */

/* What went wrong, in words: about the database, or about the program that was to read or write it. */
static char *problem_of(const struct grids *grids, int error)
{
    if (error == -EEXIST)
        return aside_problem(grids->path);
    return helper_problem(&grids->helper, &grids->end, error, grids->loaded ? "cannot write" : "cannot read",
                          grids->loaded ? "camd-grid, which was to write" : "camd-grid, which was to read",
                          grids->path);
}

/* Each reason once: the tries go on. */
static void note_result(struct grids *grids, int error)
{
    const int before = grids->error;
    char *problem = error < 0 ? problem_of(grids, error) : NULL;
    const bool is_known =
        error == before && (!problem || !grids->problem || !strcmp(problem, grids->problem));
    grids->error = error;
    /* one that was killed in the middle of its work says nothing of the disk; the next one might */
    grids->is_soon = error == -EOWNERDEAD && before == 0;
    free(grids->problem);
    grids->problem = problem;
    if (is_known)
        return;
    if (error == 0)
        log_notice(NULL, "region grids are kept in %s again", grids->path);
    else
        log_error(NULL, "%s: %s; %s", problem ? problem : "memory is short",
                  error == -EOWNERDEAD ? "region grids wait in memory for the next one"
                                       : "region grids go on, but will be forgotten when camd stops",
                  error == -EEXIST ? aside_hint : helper_hint(&grids->end, error));
}

/* A database that is no use is out of the way. 0 or -errno; -EEXIST: there are too many. */
static int set_aside(struct grids *grids, const char *fault)
{
    char *aside;
    const int error = aside_move_database(grids->path, &aside);
    if (error < 0)
        return error;
    grids->transaction = 0;
    log_warning(NULL, "%s %s: set aside as %s; what it had of region grids is learnt again", grids->path,
                fault, aside);
    free(aside);
    return 0;
}

/* The next job writes it again. */
static void note_removed(struct grids *grids)
{
    grids->transaction = 0;
    grids->hurry = true;
    log_warning(
        NULL,
        "%s was removed or replaced while camd used it: it is written again with all region grids that are known",
        grids->path);
}

/* ---- loading ---- */

/* What has been learnt in the moments before the stored grid was there does not replace it, unless it is more. */
static void take_record(struct grids *grids, const char *camera, const struct grid_record *record)
{
    int error = 0;
    struct kept_grid *kept = grids_make(grids, camera, &error);
    if (!kept) {
        log_error(camera, "its region grid is not loaded: %s", strerror(-error));
        return;
    }
    kept->stored = true;
    if (kept->replaced || grid_samples(&kept->record.grid) > grid_samples(&record->grid)) {
        kept->record.generation = record->generation;
        return;
    }
    kept->record = *record;
    grids_mark_clean(kept);
    grids->owner.loaded(grids->owner.context, kept->camera);
}

/* What another version of camd has stored stays there until there is something to put in its place. */
static void refuse_record(struct grids *grids, const char *camera, int reason)
{
    int error = 0;
    log_warning(camera, "its stored region grid %s: it is learnt again", grid_record_error(reason));
    struct kept_grid *kept = reason == -EPROTONOSUPPORT ? NULL : grids_make(grids, camera, &error);
    if (kept && grid_samples(&kept->record.grid) == 0)
        kept->gone = true;
    if (!kept)
        return;
    grids_mark_dirty(grids, kept);
    kept->stored = true;
}

static void take_entry(struct grids *grids, const struct grid_entry *entry)
{
    struct grid_record record;
    if (!memchr(entry->camera, '\0', sizeof(entry->camera)) || !text_is_camera_name(entry->camera))
        return; /* camd-grid has looked, too */
    /* one that was longer was cut: its size tells */
    const size_t there = entry->size < sizeof(entry->record) ? entry->size : sizeof(entry->record);
    int error = grid_record_decode(entry->record, there, &record);
    if (error == 0 && entry->size != there)
        error = -EBADMSG;
    if (error < 0)
        refuse_record(grids, entry->camera, error);
    else
        take_record(grids, entry->camera, &record);
}

/* A file that is empty is that of no database. */
static int take_stamp(struct grids *grids)
{
    struct grid_stamp stamp = {0};
    const ssize_t length = sys_pread(grids->file, &stamp, sizeof(stamp), 0);
    grids->transaction = stamp.transaction;
    grids_store_watch(grids);
    return length < 0 ? (int)length : 0;
}

static int take_file(struct grids *grids)
{
    struct grid_entry entry;
    ssize_t length = take_stamp(grids);
    off_t at = sizeof(struct grid_stamp);
    for (size_t i = 0; i < GRID_ENTRIES_MAX && length >= 0; i++, at += (off_t)sizeof(entry)) {
        length = sys_pread(grids->file, &entry, sizeof(entry), at);
        if (length != (ssize_t)sizeof(entry))
            break;
        take_entry(grids, &entry);
    }
    return length < 0 ? (int)length : 0;
}

static void loaded(struct grids *grids, int error)
{
    const char *fault = aside_database_fault(error);
    if (fault)
        error = set_aside(grids, fault);
    else if (error == 0)
        error = take_file(grids);
    if (error == 0)
        grids->loaded = true;
    else
        grid_waiters_failed(grids, error);
    note_result(grids, error);
    if (error == 0)
        grids->owner.ready(grids->owner.context);
}

/* ---- storing ---- */

static int give_entry(const struct grids *grids, struct kept_grid *kept)
{
    struct grid_entry entry = {0};
    memcpy(entry.camera, kept->camera, sizeof(kept->camera));
    if (!kept->gone) {
        kept->record.generation++;
        entry.size = GRID_RECORD_BYTES;
        grid_record_encode(&kept->record, entry.record);
    }
    return whole_file_write_to(grids->file, &entry, sizeof(entry));
}

static int give_file(struct grids *grids)
{
    const struct grid_stamp stamp = {grids->transaction};
    struct kept_grid *kept;
    int error = whole_file_write_to(grids->file, &stamp, sizeof(stamp));
    while (error == 0 && (kept = LIST_FIRST(&grids->dirty))) {
        error = give_entry(grids, kept);
        if (error < 0)
            break;
        grids_mark_clean(kept);
        kept->writing = true;
        LIST_INSERT_HEAD(&grids->writing, kept, in_writing);
        grid_waiters_begin(kept);
    }
    return error;
}

/* A new database has nothing of what was written to the old one. */
static void write_all_again(struct grids *grids)
{
    struct kept_grid *kept;
    TAILQ_FOREACH(kept, &grids->list, link)
        grids_mark_dirty(grids, kept);
}

static void take_from_helper(struct kept_grid *kept)
{
    LIST_REMOVE(kept, in_writing);
    kept->writing = false;
}

static void take_stored(struct grids *grids)
{
    struct kept_grid *kept;
    while ((kept = LIST_FIRST(&grids->writing))) {
        take_from_helper(kept);
        kept->stored = true;
        grid_waiters_stored(grids, kept);
        if (kept->gone && !kept->dirty)
            grids_drop(grids, kept);
    }
}

/* A helper that is too late may have done its work all the same. */
static void take_back_written(struct grids *grids, int error)
{
    struct kept_grid *kept;
    while ((kept = LIST_FIRST(&grids->writing))) {
        take_from_helper(kept);
        grids_mark_dirty(grids, kept);
        kept->stored = kept->stored || error == -ETIMEDOUT;
    }
}

static void stored(struct grids *grids, int error)
{
    if (error == 0)
        error = take_stamp(grids);
    const char *fault = aside_database_fault(error);
    if (error == 0)
        take_stored(grids);
    else
        take_back_written(grids, error);
    if (fault || error == -ESTALE)
        write_all_again(grids);
    if (fault)
        error = set_aside(grids, fault);
    if (error == -ESTALE) {
        note_removed(grids);
        error = 0;
    }
    if (error < 0)
        grid_waiters_failed(grids, error);
    note_result(grids, error);
}

/* ---- the job ---- */

static void end_job(struct grids *grids, int error)
{
    const enum grids_job job = grids->job;
    ev_timer_stop(grids->loop, &grids->deadline_timer);
    if (job == GRIDS_LOADING)
        loaded(grids, error);
    else if (job == GRIDS_STORING)
        stored(grids, error);
    sys_close(&grids->file);
}

static void helper_ended(void *context, const struct child_end *end)
{
    struct grids *grids = context;
    grids->end = *end;
    end_job(grids, helper_error(end));
    go_on(grids);
    grid_waiters_tell(grids);
}

/* A helper that hangs in the kernel is gone when the disk answers, if ever: none comes after it before. */
static void deadline_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct grids *grids = timer->data;
    (void)loop;
    (void)events;
    end_job(grids, -ETIMEDOUT);
    grids->job = GRIDS_ABANDONED;
    child_kill(&grids->helper);
    grid_waiters_tell(grids);
}

static int start_helper(struct grids *grids)
{
    char name[] = "camd-grid", load[] = "load", store[] = "store";
    char *const argv[] = {name, grids->job == GRIDS_LOADING ? load : store, grids->path, NULL};
    const struct child_program program = {
        .path = grids->helper_path,
        .argv = argv,
        .input = grids->job == GRIDS_STORING ? grids->file : -1,
        .output = grids->job == GRIDS_LOADING ? grids->file : -1,
    };
    return child_start(&grids->helper, &program, &grids->end) < 0 ? helper_error(&grids->end) : 0;
}

static int begin_job(struct grids *grids)
{
    grids->end = (struct child_end){0};
    grids->file = sys_memfd("camd-grids");
    int error = grids->file < 0 ? grids->file : 0;
    if (error == 0 && grids->job == GRIDS_STORING)
        error = give_file(grids);
    if (error == 0)
        error = start_helper(grids);
    return error;
}

static void start_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct grids *grids = timer->data;
    (void)events;
    if (grids->job != GRIDS_IDLE)
        return;
    grids->hurry = false;
    grids->job = grids->loaded ? GRIDS_STORING : GRIDS_LOADING;
    const int error = begin_job(grids);
    if (error < 0) {
        end_job(grids, error);
        go_on(grids);
        grid_waiters_tell(grids);
        return;
    }
    timer_start_s(loop, &grids->deadline_timer, grids->deadline_s);
}

static bool is_missing(const struct grids *grids)
{
    return grids->loaded && grids->transaction > 0 && !grids_store_may_have(grids);
}

/* ---- what is known of it ---- */

const char *grids_problem(const struct grids *grids)
{
    return grids->problem;
}

bool grids_is_stored(const struct grids *grids, const char *camera)
{
    const struct kept_grid *kept = grids_find(grids, camera);
    return grids->loaded && (!kept || (!kept->dirty && !kept->writing));
}

void grids_finish(struct grids *grids)
{
    if (grids->finishing)
        return;
    grids->finishing = true;
    ev_timer_stop(grids->loop, &grids->look_timer);
    ev_timer_stop(grids->loop, &grids->start_timer);
    unwatch(grids);
    if (has_dirty(grids) || is_missing(grids))
        grids_store_now(grids);
}

bool grids_busy(const struct grids *grids)
{
    if (ev_is_active(&grids->start_timer))
        return true;
    return grids->job == GRIDS_STORING || (grids->job == GRIDS_LOADING && has_dirty(grids));
}

void grids_set_times(struct grids *grids, double batch_s, double retry_s, double deadline_s)
{
    grids->batch_s = batch_s;
    grids->retry_s = retry_s;
    grids->deadline_s = deadline_s;
}

/* ---- life ---- */

int grids_store_init(struct grids *grids, const char *state_dir, const char *helper)
{
    grids->file = -1;
    grids->batch_s = GRIDS_BATCH_S;
    grids->retry_s = GRIDS_RETRY_S;
    grids->deadline_s = GRIDS_DEADLINE_S;
    child_init(&grids->helper, grids->launcher, NULL, helper_ended, grids);
    ev_init(&grids->start_timer, start_came);
    grids->start_timer.data = grids;
    grids->watched = -1;
    ev_init(&grids->deadline_timer, deadline_came);
    grids->deadline_timer.data = grids;
    grids->path = text_format("%s/grids.mdb", state_dir);
    grids->helper_path = strdup(helper);
    if (!grids->path || !grids->helper_path)
        return -ENOMEM;
    start_in(grids, 0.0);
    return 0;
}

void grids_store_fini(struct grids *grids)
{
    ev_timer_stop(grids->loop, &grids->start_timer);
    unwatch(grids);
    ev_timer_stop(grids->loop, &grids->deadline_timer);
    child_fini(&grids->helper);
    sys_close(&grids->file);
    free(grids->path);
    free(grids->helper_path);
    free(grids->problem);
}
