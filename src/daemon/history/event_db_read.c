/* event_db_read.c - what is asked for, in the order in which it happened */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "daemon/events/event_filter.h"
#include "daemon/history/event_db_private.h"
#include "daemon/history/event_query.h"

struct walk {
    const struct event_db *db;
    const struct event_query *query;
    event_db_write_frame *write;
    void *context;
    MDB_txn *txn;
    MDB_cursor *cursor;
    bool has_digests;
    bool *wanted;         /* by the numbers of cameras: those that are asked for */
    uint64_t expected;    /* the place that comes next */
    uint64_t upto;        /* and the last one that is wanted */
    uint64_t gone_ours;   /* place up to which something of the cameras that are asked for is gone */
    uint64_t gone_any;    /* the same of any camera */
    uint64_t first_found; /* of the last ones that are wanted */
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
        if (gone > walk->gone_ours && walk->wanted[i])
            walk->gone_ours = gone;
    }
}

/* Of which of the cameras that are asked for something is gone that would be in the answer. */
static int give_gone(struct walk *walk)
{
    const struct event_ledger *ledger = &walk->db->ledger;
    const struct event_filter *filter = walk->query->filter;
    int64_t lost_ns;
    int error = event_db_read_time(walk->txn, EVENT_TIME_LOST, &lost_ns);
    if (error == 0 && lost_ns > 0 && lost_ns >= filter->since_ns)
        error = give(walk, EVENT_FRAME_GONE, 0, (uint64_t)lost_ns, 1, NULL, 0);
    for (size_t i = 0; i < ledger->camera_count && error == 0; i++) {
        const struct event_camera *camera = &ledger->cameras[i];
        if (camera->gone > 0 && camera->gone_ns >= filter->since_ns && walk->wanted[i])
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
    json_array_foreach(walk->query->filter->names, i, word) {
        const char *name = json_string_value(word);
        size_t at = 1;
        while (at < ledger->camera_count && !pattern_matches(name, ledger->cameras[at].name))
            at++;
        if (at >= ledger->camera_count && error == 0)
            error = give(walk, EVENT_FRAME_UNKNOWN, 0, 0, 0, name, strlen(name));
    }
    return error;
}

/* ---- spans that cannot have it ---- */

static bool has_wanted(const struct walk *walk, const struct event_digest *digest)
{
    const struct event_ledger *ledger = &walk->db->ledger;
    if (!event_filter_takes_time(walk->query->filter, digest->from_ns, digest->upto_ns))
        return false;
    for (size_t i = 0; i < digest->rows; i++) {
        const struct event_digest_row *row = &digest->row[i];
        const size_t camera = row->camera < ledger->camera_count ? row->camera : 0; /* as of name_of */
        if ((row->words & walk->query->filter->words) && walk->wanted[camera])
            return true;
    }
    return false;
}

/* True: nothing is in the span of the place that fits, nor, for somebody who counts, anything that is missing. */
static bool is_in_vain(const struct walk *walk, uint64_t place, struct event_digest *digest)
{
    return walk->has_digests && event_db_digest_of(walk->db, walk->txn, place, digest) == 0 &&
           (!walk->query->counts || event_digest_is_dense(digest)) && !has_wanted(walk, digest);
}

/* Forwards: what lies before the span is as it was found; the span has nothing for us. */
static int pass_over_span(struct walk *walk, const struct event_digest *digest)
{
    const uint64_t last = digest->last < walk->upto ? digest->last : walk->upto;
    if (last < walk->expected)
        return 0;
    const int error = pass_over(walk, walk->expected, digest->first > 0 ? digest->first - 1 : 0);
    walk->expected = last + 1;
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

/* *place: of the first event from there on. LMDB's code. */
static int find_from(const struct walk *walk, uint64_t *place, MDB_val *value)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes};
    event_db_write_place(key_bytes, *place);
    const int code = mdb_cursor_get(walk->cursor, &key, value, MDB_SET_RANGE);
    return code == MDB_SUCCESS ? event_db_read_place(&key, place) : code;
}

/* *place: of the last event up to there. LMDB's code. */
static int find_upto(const struct walk *walk, uint64_t *place, MDB_val *value)
{
    uint64_t behind = *place + 1;
    MDB_val key;
    const int code = find_from(walk, &behind, value);
    const int found = mdb_cursor_get(walk->cursor, &key, value, code == MDB_SUCCESS ? MDB_PREV : MDB_LAST);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
        return code;
    return found == MDB_SUCCESS ? event_db_read_place(&key, place) : found;
}

/* All of the span that *place, of an event, is in. *place: of the first event behind it. LMDB's code, or -errno. */
static int walk_span(struct walk *walk, uint64_t *place, MDB_val *value)
{
    const uint64_t end = event_digest_end(*place);
    int code = MDB_SUCCESS;
    while (code == MDB_SUCCESS && *place <= end && *place <= walk->upto && !is_full(walk)) {
        MDB_val key;
        walk->looked_at++;
        const int error = visit(walk, *place, value);
        if (error < 0)
            return error;
        code = mdb_cursor_get(walk->cursor, &key, value, MDB_NEXT);
        if (code == MDB_SUCCESS)
            code = event_db_read_place(&key, place);
    }
    return code;
}

static int error_of(int code)
{
    return code == MDB_NOTFOUND ? 0 : database_error(code);
}

/* From the place that is expected on. */
static int walk_on(struct walk *walk)
{
    struct event_digest digest;
    uint64_t place = walk->expected;
    MDB_val value;
    while (place <= walk->upto && !is_full(walk)) {
        if (is_in_vain(walk, place, &digest)) {
            const int error = pass_over_span(walk, &digest);
            if (error < 0)
                return error;
            walk->looked_at++;
            place = event_digest_end(place) + 1;
            continue;
        }
        const uint64_t end = event_digest_end(place);
        int code = find_from(walk, &place, &value);
        if (code == MDB_SUCCESS && place <= end)
            code = walk_span(walk, &place, &value);
        if (code != MDB_SUCCESS)
            return error_of(code);
    }
    return 0;
}

/* Backwards, of the span that *place, of an event, is in. *place: of the last event before it. LMDB's code. */
static int find_last_of_span(struct walk *walk, uint64_t *place, MDB_val *value, uint64_t *found)
{
    const uint64_t first = event_digest_first(*place);
    struct event_record record;
    int code = MDB_SUCCESS;
    while (code == MDB_SUCCESS && *place >= first && *place >= walk->expected && *found < walk->query->last) {
        MDB_val key;
        if (event_record_decode(value->mv_data, value->mv_size, &record) == 0 && fits(walk, &record)) {
            walk->first_found = *place;
            ++*found;
        }
        code = mdb_cursor_get(walk->cursor, &key, value, MDB_PREV);
        if (code == MDB_SUCCESS)
            code = event_db_read_place(&key, place);
    }
    return code;
}

/* Backwards, until the last ones that fit have been found: the first of them is expected. *found: how many. */
static int find_last(struct walk *walk, uint64_t *found)
{
    struct event_digest digest;
    uint64_t place = walk->upto;
    MDB_val value;
    int code = MDB_SUCCESS;
    *found = 0;
    walk->first_found = walk->upto + 1;
    while (code == MDB_SUCCESS && place >= walk->expected && *found < walk->query->last) {
        const uint64_t first = event_digest_first(place);
        if (is_in_vain(walk, place, &digest)) {
            if (first == 0)
                break;
            place = first - 1;
            continue;
        }
        code = find_upto(walk, &place, &value);
        if (code == MDB_SUCCESS && place >= first)
            code = find_last_of_span(walk, &place, &value, found);
    }
    if (*found == walk->query->last)
        walk->expected = walk->first_found;
    return error_of(code);
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
    walk->bytes = 0; /* however much that was: there is room for events */
    if (error == 0)
        error = walk_on(walk);
    return error < 0 ? error : give_end(walk);
}

/* What is asked for, as digests and numbers of cameras have it. */
static int prepare(struct walk *walk)
{
    struct event_filter *filter = walk->query->filter;
    const struct event_ledger *ledger = &walk->db->ledger;
    walk->wanted = calloc(ledger->camera_count, sizeof(*walk->wanted));
    if (!walk->wanted)
        return -ENOMEM;
    for (size_t i = 0; i < ledger->camera_count; i++)
        walk->wanted[i] = event_filter_takes_camera(filter, name_of(walk->db, (uint32_t)i));
    walk->has_digests = event_db_digests_hold(walk->db, walk->txn);
    return database_error(mdb_cursor_open(walk->txn, walk->db->events, &walk->cursor));
}

int event_db_read(struct event_db *db, const struct event_query *query, event_db_write_frame *write,
                  void *context)
{
    struct walk walk = {.db = db, .query = query, .write = write, .context = context, .expected = 1};
    const int code = mdb_txn_begin(db->database.env, NULL, MDB_RDONLY, &walk.txn);
    if (code != MDB_SUCCESS)
        return database_error(code);
    int error = event_db_open_tables(db, walk.txn, false);
    if (error == 0)
        error = event_db_load(db, walk.txn);
    if (error == 0)
        error = prepare(&walk);
    if (error == 0) {
        error = answer(&walk);
        mdb_cursor_close(walk.cursor);
    }
    free(walk.wanted);
    mdb_txn_abort(walk.txn);
    return error;
}
