#include "daemon/disk/overrides.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_hint.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "daemon/disk/absence.h"
#include "daemon/disk/aside.h"
#include "daemon/disk/persist.h"

/* Somebody who wants to know when what he said is on the disk. */
struct waiter {
    STAILQ_ENTRY(waiter) link;
    overrides_done *done;
    void *context;
};
STAILQ_HEAD(waiters, waiter);

struct overrides {
    struct persist *persist;
    char *directory, *path;
    json_t *table;          /* as the file is to be */
    json_t *stored;         /* as it is, as far as is known */
    json_t *writing;        /* as it is being written; NULL: it is not */
    struct waiters written; /* those who wait for that */
    struct waiters waiting; /* and for the write after it */
    int error;              /* of the last write; 0: it went well */
    int unread; /* -errno: there is a file which could not be read, and is not replaced before it was */
    bool needs_reload; /* it could be read later, and does not count yet */
    char *problem;     /* why what is said does not count or last, in words; NULL: it does */
};

/* ---- one entry ---- */

static bool is_number(const json_t *value)
{
    return !value || (json_is_integer(value) && json_integer_value(value) >= 0);
}

static bool is_entry(const json_t *value)
{
    return json_is_boolean(value) ||
           (json_is_boolean(json_object_get(value, "enabled")) && is_number(json_object_get(value, "uid")) &&
            is_number(json_object_get(value, "time")) && is_number(json_object_get(value, "absent_since")));
}

static bool entry_enabled(const json_t *value)
{
    return json_is_true(value) || json_member_bool(value, "enabled", false);
}

/* 0: it has its camera. */
static int64_t entry_absent_since(const json_t *value)
{
    return json_member_int(value, "absent_since", 0);
}

static bool entry_asked(const json_t *value, struct overrides_asked *asked)
{
    const int64_t uid = json_member_int(value, "uid", -1), time_s = json_member_int(value, "time", -1);
    if (uid < 0 || uid > UINT32_MAX || time_s < 0)
        return false;
    *asked = (struct overrides_asked){(uid_t)uid, time_s};
    return true;
}

/* asked NULL: nobody knows. */
static json_t *entry_new(bool enabled, const struct overrides_asked *asked, int64_t absent_since_s)
{
    if (absent_since_s == 0 && !asked)
        return json_boolean(enabled);
    json_t *entry = json_pack("{s:b}", "enabled", (int)enabled);
    if (asked)
        json_object_set_new(entry, "uid", json_integer((json_int_t)asked->uid));
    if (asked)
        json_object_set_new(entry, "time", json_integer((json_int_t)asked->time_s));
    if (absent_since_s > 0)
        json_object_set_new(entry, "absent_since", json_integer((json_int_t)absent_since_s));
    return entry;
}

/* The same with another time since when there is no camera; 0: there is one. */
static json_t *entry_since(const json_t *value, int64_t absent_since_s)
{
    struct overrides_asked asked;
    return entry_new(entry_enabled(value), entry_asked(value, &asked) ? &asked : NULL, absent_since_s);
}

/* ---- reading ---- */

static bool is_table(const json_t *table)
{
    const char *name;
    json_t *value;
    json_members_foreach(table, name, value) {
        if (!text_is_camera_name(name) || !is_entry(value))
            return false;
    }
    return table != NULL;
}

/* 0 or -errno: it stays where it is. */
static int set_aside(const struct overrides *overrides, const char *what)
{
    char *aside = NULL;
    const int error = aside_move(overrides->path, &aside);
    if (error == 0)
        log_warning(NULL, "%s is %s: kept as %s; cameras are enabled as the configuration says",
                    overrides->path, what, aside);
    free(aside);
    return error;
}

/*
 * What the file says, which is empty when it is set aside or not there. 0, or -errno: it is there, and could neither be read
 * nor set aside.
 */
static int read_table(const struct overrides *overrides, json_t **table)
{
    char *text = NULL;
    size_t length = 0;
    const int error = whole_file_read(overrides->path, PERSIST_BYTES_MAX, &text, &length);
    if (error < 0 && error != -ENOENT && error != -EINVAL && error != -EFBIG)
        return error;
    json_error_t problem;
    json_t *read = error == 0 ? json_parse_object(text, length, &problem) : NULL;
    free(text);
    if (is_table(read)) {
        *table = read;
        return 0;
    }
    json_decref(read);
    int moved = 0;
    if (error != -ENOENT)
        moved = set_aside(overrides, error == -EINVAL  ? "no regular file"
                                     : error == -EFBIG ? "too large"
                                                       : "damaged");
    read = moved < 0 ? NULL : json_object();
    if (!read)
        return moved < 0 ? moved : -ENOMEM;
    *table = read;
    return 0;
}

/* NULL: memory is short. */
static char *unread_problem(const struct overrides *overrides)
{
    char words[ERROR_WORDS_BYTES];
    return overrides->unread == -EEXIST
               ? aside_problem(overrides->path)
               : text_format("cannot read %s: %s", overrides->path, error_words(overrides->unread, words));
}

/* To be called when what it tells of has changed. */
static void tell_problem(struct overrides *overrides)
{
    free(overrides->problem);
    overrides->problem = NULL;
    if (overrides->unread < 0)
        overrides->problem = unread_problem(overrides);
    else if (overrides->error < 0)
        overrides->problem =
            text_format("cannot write %s: %s", overrides->path, persist_reason(overrides->error));
    else if (overrides->needs_reload)
        overrides->problem =
            text_format("%s could not be read before; camctl reload makes it count", overrides->path);
}

static void load(struct overrides *overrides)
{
    json_t *table = NULL;
    overrides->unread = read_table(overrides, &table);
    tell_problem(overrides);
    if (overrides->unread < 0) {
        log_warning(
            NULL,
            "%s: cameras are enabled as the configuration says, and it is left as it is; mend that, then camctl reload",
            overrides->problem ? overrides->problem : "memory is short");
        table = json_object();
    }
    overrides->table = table;
    overrides->stored = json_copy(table);
}

/*
 * What could not be read before may be by now: it counts but for what was said since. To be called before a change, and in a
 * reload, which looks at what is said of each camera. What says nothing, since it was set aside or moved away, needs no reload.
 */
static void load_again(struct overrides *overrides)
{
    json_t *table = NULL;
    if (overrides->unread == 0)
        return;
    overrides->unread = read_table(overrides, &table);
    overrides->needs_reload = json_object_size(table) > 0;
    tell_problem(overrides);
    if (overrides->unread < 0)
        return;
    if (overrides->needs_reload)
        log_notice(NULL, "%s can be read now: a reload applies it", overrides->path);
    else
        log_notice(NULL, "what enable and disable say is kept in %s again", overrides->path);
    json_decref(overrides->stored);
    overrides->stored = json_copy(table);
    json_object_update(table, overrides->table);
    json_decref(overrides->table);
    overrides->table = table;
}

bool overrides_enabled(const struct overrides *overrides, const char *camera, bool configured)
{
    const json_t *value = json_object_get(overrides->table, camera);
    return value ? entry_enabled(value) : configured;
}

bool overrides_asked(const struct overrides *overrides, const char *camera, struct overrides_asked *asked)
{
    return entry_asked(json_object_get(overrides->table, camera), asked);
}

json_t *overrides_said(const struct overrides *overrides, const char *camera)
{
    return json_incref(json_object_get(overrides->table, camera));
}

const char *overrides_problem(const struct overrides *overrides)
{
    return overrides->problem;
}

const char *overrides_path(const struct overrides *overrides)
{
    return overrides->path;
}

/* ---- writing ---- */

/* From a list to which nobody adds any more: who is told may say something new. */
static void tell(struct waiters *waiters, int error)
{
    struct waiter *waiter;
    while ((waiter = STAILQ_FIRST(waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(waiters, link);
        waiter->done(waiter->context, error);
        free(waiter);
    }
}

static void write_ended(void *context, int error);
static void note_result(struct overrides *overrides, int error);

/* Begins to write the table as it is now, also when somebody has removed state_dir. 0 or -errno. */
static int write_table(struct overrides *overrides)
{
    char *text = json_text(overrides->table);
    json_t *copy = json_copy(overrides->table);
    int error = !text || !copy ? -ENOMEM : 0;
    sys_mkdir(overrides->directory, 0750); /* as at the start; when it can't be made, the writing says so */
    if (error == 0)
        error = persist_write(overrides->persist, overrides->path, text, strlen(text), 0600, write_ended,
                              overrides);
    free(text);
    if (error < 0) {
        json_decref(copy);
        note_result(overrides, error);
        return error;
    }
    overrides->writing = copy;
    STAILQ_CONCAT(&overrides->written, &overrides->waiting);
    return 0;
}

/* Each reason once, and that it is over. */
static void note_result(struct overrides *overrides, int error)
{
    if (error < 0 && error != overrides->error)
        log_error(NULL,
                  "cannot write %s: %s: what enable and disable said will be forgotten when camd stops; %s",
                  overrides->path, persist_reason(error), persist_hint(error, PERSIST_STATE_DIR));
    else if (error == 0 && overrides->error < 0)
        log_notice(NULL, "what enable and disable said is kept in %s again", overrides->path);
    overrides->error = error;
    tell_problem(overrides);
}

/* What could not be written may not be wanted any more. */
static void note_stored(struct overrides *overrides)
{
    if (overrides->unread < 0 || overrides->writing || !json_equal(overrides->table, overrides->stored))
        return;
    overrides->error = 0;
    tell_problem(overrides);
}

static void write_ended(void *context, int error)
{
    struct overrides *overrides = context;
    struct waiters told = STAILQ_HEAD_INITIALIZER(told), refused = STAILQ_HEAD_INITIALIZER(refused);
    STAILQ_CONCAT(&told, &overrides->written);
    if (error < 0) {
        json_decref(overrides->writing);
    } else {
        json_decref(overrides->stored);
        overrides->stored = overrides->writing;
    }
    note_result(overrides, error);
    overrides->writing = NULL;

    /* What was said meanwhile is written together; what nobody waits for is not tried again and again. */
    const bool changed = !json_equal(overrides->table, overrides->stored);
    int again = 0;
    if (!STAILQ_EMPTY(&overrides->waiting) || (error == 0 && changed))
        again = write_table(overrides);
    else
        note_stored(overrides);
    if (again < 0)
        STAILQ_CONCAT(&refused, &overrides->waiting);
    tell(&told, error);
    tell(&refused, again);
}

/* Somebody has removed it, with all that it said. */
static bool has_lost_file(const struct overrides *overrides)
{
    return json_object_size(overrides->stored) > 0 && access(overrides->path, F_OK) < 0 && errno == ENOENT;
}

/* Neither the file nor what is being written says anything else of the camera. */
static bool is_stored(const struct overrides *overrides, const char *camera)
{
    const json_t *value = json_object_get(overrides->table, camera);
    const json_t *const places[] = {overrides->stored, overrides->writing};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const json_t *there = json_object_get(places[i], camera);
        if (places[i] && there != value && !json_equal(there, value))
            return false;
    }
    return !has_lost_file(overrides);
}

bool overrides_lasts(const struct overrides *overrides, const char *camera, bool configured)
{
    const json_t *value = json_object_get(overrides->stored, camera);
    if (overrides->unread < 0 || overrides->writing || overrides->error == -ETIMEDOUT ||
        has_lost_file(overrides))
        return false;
    return (value ? entry_enabled(value) : configured) == overrides_enabled(overrides, camera, configured);
}

/* As overrides_set, for a table that is as it should be. */
static int store(struct overrides *overrides, overrides_done *done, void *context)
{
    if (overrides->unread < 0)
        return overrides->unread == -EEXIST ? -ENOTUNIQ : -ENODATA;
    struct waiter *waiter = done ? malloc(sizeof(*waiter)) : NULL;
    if (done && !waiter)
        return -ENOMEM;
    if (waiter) {
        *waiter = (struct waiter){.done = done, .context = context};
        STAILQ_INSERT_TAIL(&overrides->waiting, waiter, link);
    }
    const int error = overrides->writing ? 0 : write_table(overrides);
    if (error == 0)
        return 1;
    if (waiter)
        STAILQ_REMOVE(&overrides->waiting, waiter, waiter, link);
    free(waiter);
    return error;
}

/* The same when what is said of that camera may have changed. */
static int keep(struct overrides *overrides, const char *camera, overrides_done *done, void *context)
{
    if (overrides->unread < 0 || !is_stored(overrides, camera))
        return store(overrides, done, context);
    note_stored(overrides);
    return 0;
}

int overrides_set(struct overrides *overrides, const char *camera, bool enabled,
                  const struct overrides_asked *asked, overrides_done *done, void *context)
{
    load_again(overrides);
    const json_t *before = json_object_get(overrides->table, camera);
    json_t *entry =
        before && entry_enabled(before) == enabled ? entry_since(before, 0) : entry_new(enabled, asked, 0);
    if (json_object_set_new(overrides->table, camera, entry) < 0)
        return -ENOMEM;
    return keep(overrides, camera, done, context);
}

int overrides_forget(struct overrides *overrides, const char *camera, overrides_done *done, void *context)
{
    load_again(overrides);
    json_object_del(overrides->table, camera);
    return keep(overrides, camera, done, context);
}

int overrides_restore(struct overrides *overrides, const char *camera, json_t *said, overrides_done *done,
                      void *context)
{
    if (!said)
        return overrides_forget(overrides, camera, done, context);
    load_again(overrides);
    if (json_object_set(overrides->table, camera, said) < 0)
        return -ENOMEM;
    return keep(overrides, camera, done, context);
}

int overrides_copy(struct overrides *overrides, const char *from, const char *to, overrides_done *done,
                   void *context)
{
    load_again(overrides);
    const json_t *said = json_object_get(overrides->table, from);
    if (!said)
        return overrides_forget(overrides, to, done, context);
    if (json_object_set_new(overrides->table, to, entry_since(said, 0)) < 0)
        return -ENOMEM;
    return keep(overrides, to, done, context);
}

/* ---- cameras that are gone ---- */

/* One that comes after the time is another camera, so that is asked first. */
static bool has_expired(int64_t *since_s, bool has_camera, int64_t keep_s, int64_t now_s)
{
    if (*since_s > 0 && absence_note(since_s, false, keep_s, now_s) == 0)
        return true;
    return absence_note(since_s, has_camera, keep_s, now_s) == 0;
}

/* What becomes of an entry; NULL: it is forgotten. */
static json_t *entry_look(const char *camera, const json_t *value, bool has_camera, int64_t keep_s,
                          int64_t now_s)
{
    int64_t since_s = entry_absent_since(value);
    if (!has_expired(&since_s, has_camera, keep_s, now_s))
        return entry_since(value, since_s);
    log_notice(camera, "that it is %s is forgotten: there has been no such camera for %lld days",
               entry_enabled(value) ? "enabled" : "disabled",
               (long long)((now_s - since_s) / CLOCK_S_PER_DAY));
    return NULL;
}

void overrides_look(struct overrides *overrides, int64_t keep_s, int64_t now_s,
                    bool (*is_wanted)(void *context, const char *camera), void *context)
{
    const char *camera;
    json_t *value;
    load_again(overrides);
    overrides->needs_reload = false;
    tell_problem(overrides);
    json_t *table = absence_clock_is_set(now_s) ? json_object() : NULL;
    if (!table)
        return;
    json_object_foreach(overrides->table, camera, value) {
        json_t *after = entry_look(camera, value, is_wanted(context, camera), keep_s, now_s);
        if (after)
            json_object_set_new(table, camera, after);
    }
    json_decref(overrides->table);
    overrides->table = table;
    if (!json_equal(overrides->table, overrides->stored))
        store(overrides, NULL, NULL); /* says itself when it can't */
    else
        note_stored(overrides);
}

void overrides_finish(struct overrides *overrides)
{
    load_again(overrides);
    /* a disk that did not answer would keep the stop waiting */
    if (!overrides->writing && overrides->error != -ETIMEDOUT &&
        !json_equal(overrides->table, overrides->stored))
        store(overrides, NULL, NULL);
}

/* ---- life ---- */

int overrides_new(struct overrides **result, const char *state_dir, struct persist *persist)
{
    struct overrides *overrides = calloc(1, sizeof(*overrides));
    if (!overrides)
        return -ENOMEM;
    overrides->persist = persist;
    overrides->directory = strdup(state_dir);
    overrides->path = text_format("%s/enabled.json", state_dir);
    STAILQ_INIT(&overrides->written);
    STAILQ_INIT(&overrides->waiting);
    if (overrides->path)
        load(overrides);
    if (!overrides->directory || !overrides->path || !overrides->table || !overrides->stored) {
        overrides_free(overrides);
        return -ENOMEM;
    }
    *result = overrides;
    return 0;
}

static void drop(struct waiters *waiters)
{
    while (!STAILQ_EMPTY(waiters)) {
        struct waiter *waiter = STAILQ_FIRST(waiters);
        STAILQ_REMOVE_HEAD(waiters, link);
        free(waiter);
    }
}

void overrides_free(struct overrides *overrides)
{
    if (!overrides)
        return;
    drop(&overrides->written);
    drop(&overrides->waiting);
    json_decref(overrides->table);
    json_decref(overrides->stored);
    json_decref(overrides->writing);
    free(overrides->directory);
    free(overrides->path);
    free(overrides->problem);
    free(overrides);
}

/* ---- upgrade ---- */

json_t *overrides_hand_over(const struct overrides *overrides)
{
    return json_pack("{s:O, s:O, s:b, s:b, s:i}", "table", overrides->table, "stored", overrides->stored,
                     "is_unread", (int)(overrides->unread < 0), "needs_reload", (int)overrides->needs_reload,
                     "error", overrides->error);
}

int overrides_take_over(struct overrides *overrides, const json_t *record)
{
    json_t *table = json_object_get(record, "table"), *stored = json_object_get(record, "stored");
    if (!json_is_object(table) || !is_table(table) || !json_is_object(stored) || !is_table(stored))
        return -EINVAL;
    const int64_t error = json_member_int(record, "error", 0);
    const bool is_unread = json_member_bool(record, "is_unread", false);
    overrides->error = error < 0 && error > -4096 ? (int)error : 0;
    overrides->needs_reload = (is_unread && json_object_size(overrides->table) > 0) ||
                              json_member_bool(record, "needs_reload", false);
    if (is_unread) { /* this program may have read it */
        tell_problem(overrides);
        return json_object_update(overrides->table, table) < 0 ? -ENOMEM : 0;
    }
    json_decref(overrides->table);
    json_decref(overrides->stored);
    overrides->table = json_copy(table);
    overrides->stored = json_copy(stored);
    overrides->unread = 0; /* the program before has read it */
    tell_problem(overrides);
    return overrides->table && overrides->stored ? 0 : -ENOMEM;
}
