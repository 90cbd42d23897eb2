/* event_db_read.c - what is asked for, in the order in which it happened */
#include <errno.h>
#include <string.h>

#include "daemon/events/event_filter.h"
#include "daemon/history/event_db_private.h"
#include "daemon/history/event_query.h"

struct walk {
    const struct event_db *db;
    const struct event_query *query;
    event_db_write_frame *write;
    void *context;
    MDB_cursor *cursor;
    uint64_t expected;  /* the place that comes next */
    uint64_t upto;      /* and the last one that is wanted */
    uint64_t gone_ours; /* place up to which something of the cameras that are asked for is gone, */
    uint64_t gone_any;  /* and of any camera */
    uint64_t looked_at, bytes;
};

static int give(struct walk *walk, enum event_frame_kind kind, uint64_t epoch, uint64_t from, uint64_t to,
                const void *bytes, size_t size)
{
    const struct event_frame frame = {
        .kind = (uint32_t)kind, .size = (uint32_t)size, .epoch = epoch, .from = from, .to = to};
    walk->bytes += sizeof(frame) + size;
    return walk->write(walk->context, &frame, bytes);
}

/* ---- what is not there ---- */

/* Places, as numbers of their epochs. */
static int give_missed(struct walk *walk, uint64_t from, uint64_t to)
{
    int error = 0;
    while (error == 0 && from <= to) {
        const struct event_epoch *epoch = event_ledger_epoch_at(&walk->db->ledger, from);
        const uint64_t end = epoch ? epoch->base + epoch->last : to;
        const uint64_t last = end < to ? end : to;
        if (epoch && from <= end)
            error =
                give(walk, EVENT_FRAME_MISSED, epoch->epoch, from - epoch->base, last - epoch->base, NULL, 0);
        from = (last < from ? from : last) + 1;
    }
    return error;
}

/*
 * Nothing is at these places. Those of other cameras that had to go are nothing to somebody who asks for some only; what
 * could never be stored may have been anybody's.
 */
static int pass_over(struct walk *walk, uint64_t from, uint64_t to)
{
    if (!walk->query->counts || from > to)
        return 0;
    if (!walk->query->filter->names)
        return give_missed(walk, from, to);
    const uint64_t ours = walk->gone_ours < to ? walk->gone_ours : to;
    const uint64_t lost = walk->gone_any + 1 > from ? walk->gone_any + 1 : from;
    const int error = give_missed(walk, from, ours);
    return error < 0 ? error : give_missed(walk, lost, to);
}

static const char *name_of(const struct event_db *db, uint32_t camera)
{
    return camera > 0 && camera < db->ledger.camera_count ? db->ledger.cameras[camera].name : NULL;
}

static void note_gone(struct walk *walk)
{
    const struct event_ledger *ledger = &walk->db->ledger;
    for (size_t i = 0; i < ledger->camera_count; i++) {
        const uint64_t gone = ledger->cameras[i].gone;
        if (gone > walk->gone_any)
            walk->gone_any = gone;
        if (gone > walk->gone_ours &&
            event_filter_takes_camera(walk->query->filter, name_of(walk->db, (uint32_t)i)))
            walk->gone_ours = gone;
    }
}

/* Of which of the cameras that are asked for something is gone that would be in the answer. */
static int give_gone(struct walk *walk)
{
    const struct event_ledger *ledger = &walk->db->ledger;
    struct event_filter *filter = walk->query->filter;
    int error = 0;
    for (size_t i = 0; i < ledger->camera_count && error == 0; i++) {
        const struct event_camera *camera = &ledger->cameras[i];
        if (camera->gone > 0 && camera->gone_ns >= filter->since_ns &&
            event_filter_takes_camera(filter, name_of(walk->db, (uint32_t)i)))
            error = give(walk, EVENT_FRAME_GONE, 0, (uint64_t)camera->gone_ns, 0, camera->name,
                         strlen(camera->name));
    }
    return error;
}

/* Names and patterns that fit nobody here. */
static int give_unknown(struct walk *walk)
{
    const struct event_ledger *ledger = &walk->db->ledger;
    const json_t *word;
    size_t i;
    int error = 0;
    json_array_foreach(walk->query->filter->names, i, word)
    {
        const char *name = json_string_value(word);
        size_t at = 1;
        while (at < ledger->camera_count && !event_filter_fits(name, ledger->cameras[at].name))
            at++;
        if (at >= ledger->camera_count && error == 0)
            error = give(walk, EVENT_FRAME_UNKNOWN, 0, 0, 0, name, strlen(name));
    }
    return error;
}

/* ---- the walk ---- */

static bool fits(const struct walk *walk, const struct event_record *record)
{
    return event_filter_takes(walk->query->filter, name_of(walk->db, record->camera),
                              event_word_find(record->word), record->wall_ns);
}

static bool is_full(const struct walk *walk)
{
    return walk->bytes >= EVENT_CHUNK_BYTES || walk->looked_at >= EVENT_CHUNK_LOOKED_AT;
}

/* One that is damaged is as good as gone. */
static int visit(struct walk *walk, uint64_t place, const MDB_val *value)
{
    struct event_record record;
    const struct event_epoch *epoch = event_ledger_epoch_at(&walk->db->ledger, place);
    const bool is_whole = epoch && event_record_decode(value->mv_data, value->mv_size, &record) == 0;
    int error = pass_over(walk, walk->expected, is_whole ? place - 1 : place);
    if (error == 0 && is_whole && fits(walk, &record))
        error =
            give(walk, EVENT_FRAME_EVENT, epoch->epoch, place - epoch->base, 0, record.text, record.length);
    walk->expected = place + 1;
    return error;
}

/* From the place that is expected on. */
static int walk_on(struct walk *walk)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value;
    int error = 0;
    event_db_write_place(key_bytes, walk->expected);
    int code = mdb_cursor_get(walk->cursor, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && error == 0 && !is_full(walk)) {
        const uint64_t place = event_db_place_of(&key);
        if (place > walk->upto)
            break;
        walk->looked_at++;
        error = visit(walk, place, &value);
        if (error == 0)
            code = mdb_cursor_get(walk->cursor, &key, &value, MDB_NEXT);
    }
    if (error < 0 || (code != MDB_SUCCESS && code != MDB_NOTFOUND))
        return error < 0 ? error : database_error(code);
    return 0;
}

/* Backwards, until the last ones that fit have been found: the first of them is expected. *found: how many. */
static int find_last(struct walk *walk, uint64_t *found)
{
    MDB_val key, value;
    struct event_record record;
    uint64_t first = walk->upto + 1;
    *found = 0;
    int code = mdb_cursor_get(walk->cursor, &key, &value, MDB_LAST);
    for (; code == MDB_SUCCESS && *found < walk->query->last;
         code = mdb_cursor_get(walk->cursor, &key, &value, MDB_PREV)) {
        const uint64_t place = event_db_place_of(&key);
        if (place < walk->expected)
            break;
        if (place > walk->upto || event_record_decode(value.mv_data, value.mv_size, &record) < 0 ||
            !fits(walk, &record))
            continue;
        first = place;
        ++*found;
    }
    if (*found == walk->query->last)
        walk->expected = first;
    return code == MDB_SUCCESS || code == MDB_NOTFOUND ? 0 : database_error(code);
}

/* ---- the query ---- */

static uint64_t end_of_all(const struct event_ledger *ledger)
{
    const struct event_epoch *last =
        ledger->epoch_count > 0 ? &ledger->epochs[ledger->epoch_count - 1] : NULL;
    return last ? last->base + last->last : 0;
}

/* The place behind which it begins. An epoch that is not known may have had any number of events. */
static int begin_after(struct walk *walk)
{
    const struct event_place *after = &walk->query->after;
    const struct event_epoch *epoch = event_ledger_epoch(&walk->db->ledger, after->epoch);
    walk->expected = 1;
    if (!epoch && after->epoch == walk->query->upto.epoch)
        walk->expected = end_of_all(&walk->db->ledger) + 1; /* nothing of it is stored yet */
    else if (epoch)
        walk->expected = epoch->base + (after->seq < epoch->last ? after->seq : epoch->last) + 1;
    else if (after->epoch > 0 && walk->query->counts)
        return give(walk, EVENT_FRAME_MISSED, after->epoch, after->seq + 1, 0, NULL, 0);
    return 0;
}

static uint64_t place_upto(const struct event_ledger *ledger, const struct event_place *upto)
{
    const struct event_epoch *epoch = event_ledger_epoch(ledger, upto->epoch);
    return epoch ? epoch->base + upto->seq : end_of_all(ledger);
}

static int give_end(struct walk *walk)
{
    const struct event_place *upto = &walk->query->upto;
    const struct event_epoch *epoch = event_ledger_epoch_at(&walk->db->ledger, walk->expected - 1);
    if (is_full(walk) && epoch)
        return give(walk, EVENT_FRAME_END, epoch->epoch, walk->expected - 1 - epoch->base, 1, NULL, 0);
    const int error = pass_over(walk, walk->expected, walk->upto);
    return error < 0 ? error : give(walk, EVENT_FRAME_END, upto->epoch, upto->seq, 0, NULL, 0);
}

static int answer(struct walk *walk)
{
    const struct event_query *query = walk->query;
    uint64_t found = UINT64_MAX;
    int error = begin_after(walk);
    walk->upto = place_upto(&walk->db->ledger, &query->upto);
    note_gone(walk);
    if (error == 0 && query->first)
        error = give_unknown(walk);
    if (error == 0 && query->last != UINT64_MAX)
        error = find_last(walk, &found);
    if (error == 0 && query->first && !query->counts && (query->last == UINT64_MAX || found < query->last))
        error = give_gone(walk);
    if (error == 0)
        error = walk_on(walk);
    return error < 0 ? error : give_end(walk);
}

int event_db_read(struct event_db *db, const struct event_query *query, event_db_write_frame *write,
                  void *context)
{
    struct walk walk = {.db = db, .query = query, .write = write, .context = context, .expected = 1};
    MDB_txn *txn;
    int code = mdb_txn_begin(db->database.env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS)
        return database_error(code);
    int error = event_db_open_tables(db, txn, false);
    if (error == 0)
        error = event_db_load(db, txn);
    if (error == 0)
        error = database_error(mdb_cursor_open(txn, db->events, &walk.cursor));
    if (error == 0) {
        error = answer(&walk);
        mdb_cursor_close(walk.cursor);
    }
    mdb_txn_abort(txn);
    return error;
}
