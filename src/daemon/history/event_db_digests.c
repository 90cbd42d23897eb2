/*
 * event_db_digests.c - the digests of spans (event_digest.h) in the file: a table by the places at which spans begin
 *
 * A span without a digest is read as a whole. The table says as of which transaction it is, and by which words: a camd of
 * before there were digests may have written since, or one that has other words, and then all of them are dropped. Spans
 * that have none get theirs while there is nothing else to do.
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/little_endian.h"
#include "daemon/history/event_db_private.h"
#include "protocol/event_words.h"

enum { NUMBER_BYTES = 8, WORDS_BYTES = 4, SPANS_A_STEP = 64 };

static const char digests_name[] = "camd-digests";
/* Rows beside the digests: the number of the last transaction and the words, and that every span has its digest. */
static const char as_of_name[] = "as of", whole_name[] = "whole";

int event_db_open_digests(struct event_db *db, MDB_txn *txn, bool make)
{
    const int code = mdb_dbi_open(txn, digests_name, make ? MDB_CREATE : 0, &db->digests);
    db->has_digests = code == MDB_SUCCESS;
    return code == MDB_NOTFOUND ? 0 : database_error(code);
}

static MDB_val key_of(const char *name)
{
    return (MDB_val){strlen(name), (void *)(uintptr_t)name};
}

/* The words, in the order of their bits. */
static uint32_t words_checksum(void)
{
    uLong sum = 0;
    for (enum event_word word = 0; word < EVENT_WORD_COUNT; word++) {
        const char *text = event_word_text(word);
        sum = crc32(sum, (const Bytef *)text, (uInt)strlen(text) + 1);
    }
    return (uint32_t)sum;
}

static void encode_as_of(size_t transaction, uint8_t bytes[NUMBER_BYTES + WORDS_BYTES])
{
    little_endian_put(bytes, transaction, NUMBER_BYTES);
    little_endian_put(bytes + NUMBER_BYTES, words_checksum(), WORDS_BYTES);
}

bool event_db_digests_hold(const struct event_db *db, MDB_txn *txn)
{
    uint8_t expected[NUMBER_BYTES + WORDS_BYTES];
    MDB_val key = key_of(as_of_name), value;
    encode_as_of(mdb_txn_id(txn) - (txn == db->txn), expected); /* a batch has a number of its own already */
    return db->has_digests && mdb_get(txn, db->digests, &key, &value) == MDB_SUCCESS &&
           value.mv_size == sizeof(expected) && memcmp(value.mv_data, expected, sizeof(expected)) == 0;
}

int event_db_begin_digests(struct event_db *db)
{
    event_db_forget_digest(db);
    if (event_db_digests_hold(db, db->txn))
        return 0;
    db->changed = true;
    return database_error(mdb_drop(db->txn, db->digests, 0));
}

/* ---- the one that is being written to ---- */

void event_db_forget_digest(struct event_db *db)
{
    db->digest_state = DIGEST_NONE;
}

/* From the events that are there. */
static int make_digest(const struct event_db *db, uint64_t place, struct event_digest *digest)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value;
    struct event_record record;
    MDB_cursor *cursor;
    bool has_room = true;
    event_digest_init(digest, place);
    event_db_write_place(key_bytes, digest->first);
    int code = mdb_cursor_open(db->txn, db->events, &cursor);
    if (code != MDB_SUCCESS)
        return database_error(code);
    code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && has_room && (code = event_db_read_place(&key, &place)) == MDB_SUCCESS &&
           place <= event_digest_end(digest->first)) {
        if (event_record_decode(value.mv_data, value.mv_size, &record) == 0)
            has_room = event_digest_add(digest, place, record.camera, record.word, record.wall_ns);
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (!has_room)
        return -EBADMSG;
    return code == MDB_SUCCESS || code == MDB_NOTFOUND ? 0 : database_error(code);
}

/* An empty one is none. */
static int store_digest(const struct event_db *db, const struct event_digest *digest)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES], bytes[EVENT_DIGEST_BYTES_MAX];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value = {0, bytes};
    event_db_write_place(key_bytes, digest->first);
    if (digest->count == 0) {
        const int code = mdb_del(db->txn, db->digests, &key, NULL);
        return code == MDB_NOTFOUND ? 0 : database_error(code);
    }
    value.mv_size = event_digest_encode(digest, bytes);
    return database_error(mdb_put(db->txn, db->digests, &key, &value, 0));
}

static int settle(struct event_db *db)
{
    int error = 0;
    if (db->digest_state == DIGEST_STALE)
        error = make_digest(db, db->digest.first, &db->digest);
    if (error == 0 && db->digest_state > DIGEST_STORED)
        error = store_digest(db, &db->digest);
    if (error == 0 && db->digest_state != DIGEST_NONE)
        db->digest_state = DIGEST_STORED;
    return error;
}

static bool is_at(const struct event_db *db, uint64_t place)
{
    return db->digest_state != DIGEST_NONE && db->digest.first == event_digest_first(place);
}

int event_db_digest_removed(struct event_db *db, uint64_t place)
{
    const int error = is_at(db, place) ? 0 : settle(db);
    if (error < 0)
        return error;
    if (!is_at(db, place))
        event_digest_init(&db->digest, place);
    db->digest_state = DIGEST_STALE;
    return 0;
}

static int add_to_digest(struct event_db *db, uint64_t place, const struct event_record *record)
{
    if (event_digest_add(&db->digest, place, record->camera, record->word, record->wall_ns))
        return 0;
    const int error = make_digest(db, place, &db->digest); /* the stored one had more than there is */
    if (error < 0)
        return error;
    return event_digest_add(&db->digest, place, record->camera, record->word, record->wall_ns) ? 0 : -EBADMSG;
}

int event_db_digest_put(struct event_db *db, uint64_t place, const struct event_record *record,
                        bool was_there)
{
    if (was_there) /* it has another word, perhaps, or another time */
        return event_db_digest_removed(db, place);
    int error = is_at(db, place) ? 0 : settle(db);
    if (error == 0 && !is_at(db, place)) {
        error = event_db_digest_of(db, db->txn, place, &db->digest);
        if (error == -ENOENT)
            error = make_digest(db, place, &db->digest);
    } else if (error == 0 && db->digest_state == DIGEST_STALE) {
        error = make_digest(db, place, &db->digest);
    }
    if (error == 0)
        error = add_to_digest(db, place, record);
    if (error == 0)
        db->digest_state = DIGEST_CHANGED;
    return error;
}

int event_db_store_digests(struct event_db *db)
{
    uint8_t bytes[NUMBER_BYTES + WORDS_BYTES];
    MDB_val key = key_of(as_of_name), value = {sizeof(bytes), bytes};
    const int error = settle(db);
    encode_as_of(mdb_txn_id(db->txn), bytes);
    return error < 0 ? error : database_error(mdb_put(db->txn, db->digests, &key, &value, 0));
}

/* ---- reading ---- */

int event_db_digest_of(const struct event_db *db, MDB_txn *txn, uint64_t place, struct event_digest *digest)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value;
    event_db_write_place(key_bytes, event_digest_first(place));
    const int code = mdb_get(txn, db->digests, &key, &value);
    if (code != MDB_SUCCESS)
        return code == MDB_NOTFOUND ? -ENOENT : database_error(code);
    return event_digest_decode(value.mv_data, value.mv_size, place, digest) < 0 ? -ENOENT : 0;
}

/* ---- what has none yet ---- */

/* The next span from there on that has events and no digest gets one. *place: behind it; *more: there may be others. */
static int digest_next(struct event_db *db, MDB_cursor *cursor, uint64_t *place, bool *more)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value;
    struct event_digest digest;
    event_db_write_place(key_bytes, *place);
    uint64_t found = 0;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS)
        code = event_db_read_place(&key, &found);
    *more = code == MDB_SUCCESS;
    if (code != MDB_SUCCESS)
        return code == MDB_NOTFOUND ? 0 : database_error(code);
    *place = event_digest_end(found) + 1;
    int error = event_db_digest_of(db, db->txn, found, &digest);
    if (error != -ENOENT || is_at(db, found))
        return error == -ENOENT ? 0 : error;
    error = make_digest(db, found, &digest);
    db->changed = true;
    return error < 0 ? error : store_digest(db, &digest);
}

static int note_whole(struct event_db *db)
{
    MDB_val key = key_of(whole_name), value = {1, (void *)(uintptr_t)whole_name};
    db->changed = true;
    return database_error(mdb_put(db->txn, db->digests, &key, &value, 0));
}

static int digest_some(struct event_db *db, uint64_t *place, bool *more)
{
    MDB_cursor *cursor;
    MDB_val key = key_of(whole_name), value;
    *more = false;
    if (mdb_get(db->txn, db->digests, &key, &value) == MDB_SUCCESS)
        return 0;
    int error = database_error(mdb_cursor_open(db->txn, db->events, &cursor));
    if (error < 0)
        return error;
    *more = true;
    for (int i = 0; i < SPANS_A_STEP && *more && error == 0; i++)
        error = digest_next(db, cursor, place, more);
    mdb_cursor_close(cursor);
    return error == 0 && !*more ? note_whole(db) : error;
}

int event_db_make_digests(struct event_db *db, uint64_t *place, bool *more)
{
    const bool is_own = !db->txn;
    int error = event_db_begin(db);
    if (error == 0)
        error = digest_some(db, place, more);
    if (error < 0)
        event_db_give_up(db);
    return error == 0 && is_own ? event_db_commit(db) : error;
}
