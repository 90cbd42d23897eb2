/* The database of events in a file of its own: order, filters, what is gone, bounds, and files that are none. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "daemon/disk/database.h"
#include "daemon/events/event_filter.h"
#include "daemon/history/event_db.h"
#include "daemon/history/event_query.h"
#include "daemon/history/event_record.h"

enum { MB = 1 << 20, LINE_BYTES = 65536 };

#define NOON_NS (INT64_C(1800000000) * CLOCK_NS_PER_S)

static char directory[] = "/tmp/camd-event-db.XXXXXX";
static char path[64];
static struct event_db *db;

static int set_up(void **state)
{
    (void)state;
    unlink(path);
    return event_db_open(&db, path, 4 * MB, false);
}

static int tear_down(void **state)
{
    (void)state;
    event_db_close(db);
    db = NULL;
    unlink(path);
    return 0;
}

static void put(uint64_t epoch, uint64_t seq, const char *camera, const char *word, int64_t wall_ns,
                size_t padding)
{
    char *text =
        text_format("{\"epoch\":%d,\"seq\":%d,\"x\":\"%*s\"}", (int)epoch, (int)seq, (int)padding, "");
    const struct event_to_put event = {.place = {epoch, seq},
                                       .wall_ns = wall_ns,
                                       .camera = camera,
                                       .word = word,
                                       .text = text,
                                       .length = strlen(text)};
    assert_int_equal(event_db_put(db, &event), 0);
    free(text);
}

static void commit(void)
{
    assert_int_equal(event_db_commit(db), 0);
}

/* ---- asking ---- */

/* What was written, in short: "5.1 5.2 missed 5.3-4 gone front unknown x end 9.0". */
struct answer {
    char line[LINE_BYTES];
    struct event_place after;
    uint64_t events, more;
};

static void say(struct answer *answer, const char *text)
{
    const size_t length = strlen(answer->line);
    snprintf(answer->line + length, sizeof(answer->line) - length, "%s%s", length > 0 ? " " : "", text);
}

static int write_frame(void *context, const struct event_frame *frame, const void *bytes)
{
    struct answer *answer = context;
    char text[128] = "";
    const int epoch = (int)frame->epoch, from = (int)frame->from, to = (int)frame->to;
    if (frame->kind == EVENT_FRAME_EVENT)
        snprintf(text, sizeof(text), "%d.%d", epoch, from);
    else if (frame->kind == EVENT_FRAME_MISSED)
        snprintf(text, sizeof(text), "missed %d.%d-%d", epoch, from, to);
    else if (frame->kind == EVENT_FRAME_GONE)
        snprintf(text, sizeof(text), "gone %.*s", (int)frame->size, (const char *)bytes);
    else if (frame->kind == EVENT_FRAME_UNKNOWN)
        snprintf(text, sizeof(text), "unknown %.*s", (int)frame->size, (const char *)bytes);
    else
        answer->more = frame->to;
    if (frame->kind == EVENT_FRAME_END)
        answer->after = (struct event_place){frame->epoch, frame->from};
    answer->events += frame->kind == EVENT_FRAME_EVENT;
    if (text[0])
        say(answer, text);
    return 0;
}

static const struct event_place none = {0, 0}, all = {EVENT_EPOCHS_MAX + 99, 0};

static struct answer ask(const char *filter_text, struct event_place after, bool counts, uint64_t last)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES];
    struct event_filter filter;
    struct answer answer = {0};
    json_t *body = json_loads(filter_text, 0, NULL);
    const struct event_query query = {
        .filter = &filter, .after = after, .upto = all, .counts = counts, .first = true, .last = last};
    assert_int_equal(event_filter_read(&filter, body, problem), 0);
    assert_int_equal(event_db_read(db, &query, write_frame, &answer), 0);
    event_filter_clear(&filter);
    json_decref(body);
    return answer;
}

static void expect(const char *filter, struct event_place after, bool counts, uint64_t last, const char *line)
{
    const struct answer got = ask(filter, after, counts, last);
    assert_string_equal(got.line, line);
}

/* All chunks, one after the other; nothing is missed between them. */
static uint64_t count_all(const char *filter, uint64_t *chunks)
{
    struct event_place after = none;
    uint64_t events = 0, more = 1;
    for (*chunks = 0; more && *chunks < 1000; ++*chunks) {
        const struct answer got = ask(filter, after, *chunks > 0, UINT64_MAX);
        assert_null(strstr(got.line, "missed"));
        events += got.events;
        more = got.more;
        after = got.after;
    }
    return events;
}

/* ---- tests ---- */

static void put_two_epochs(void)
{
    put(5, 1, NULL, "daemon_started", NOON_NS, 0);
    put(5, 2, "front", "motion", NOON_NS + 1, 0);
    put(5, 4, "back", "object", NOON_NS + 3, 0);
    commit();
    put(3, 1, NULL, "daemon_started", NOON_NS - 50, 0); /* the clock was set back */
    put(3, 2, "front", "object", NOON_NS - 49, 0);
    commit();
}

static void test_goes_on_over_epochs_in_the_order_in_which_it_happened(void **state)
{
    (void)state;
    put_two_epochs();
    expect("{}", none, false, UINT64_MAX, "5.1 5.2 5.4 3.1 3.2");
    expect("{}", ((struct event_place){5, 2}), true, UINT64_MAX, "missed 5.3-3 5.4 3.1 3.2");
    expect("{}", ((struct event_place){5, 7}), true, UINT64_MAX,
           "3.1 3.2"); /* seen, but not stored before a kill */
    expect("{}", ((struct event_place){3, 1}), true, UINT64_MAX, "3.2");
    expect("{}", ((struct event_place){42, 6}), true, UINT64_MAX,
           "missed 42.7-0 5.1 5.2 missed 5.3-3 5.4 3.1 3.2");
    expect("{}", all, true, UINT64_MAX, ""); /* of the present one nothing is stored */
}

static void test_filters_and_the_last_ones(void **state)
{
    (void)state;
    put_two_epochs();
    expect("{\"names\":[\"front\"]}", none, false, UINT64_MAX, "5.2 3.2");
    expect("{\"type\":\"object\"}", none, false, UINT64_MAX, "5.4 3.2");
    expect("{\"names\":[\"b*\",\"nobody\"]}", none, false, UINT64_MAX, "unknown nobody 5.4");
    expect("{}", none, false, 2, "3.1 3.2");
    expect("{\"names\":[\"front\"]}", none, false, 1, "3.2");
    expect("{}", none, false, 100, "5.1 5.2 5.4 3.1 3.2");
    expect("{\"since\":\"2027-01-15T08:00:00.000Z\"}", none, false, UINT64_MAX, "5.1 5.2 5.4");
    expect("{\"until\":\"2027-01-15T07:59:59.998Z\"}", none, false, UINT64_MAX, "");
}

static void test_a_camera_that_is_renamed_takes_its_events_along(void **state)
{
    (void)state;
    put_two_epochs();
    assert_int_equal(event_db_rename(db, "front", "gate"), 0);
    commit();
    expect("{\"name\":\"gate\"}", none, false, UINT64_MAX, "5.2 3.2");
    expect("{\"name\":\"front\"}", none, false, UINT64_MAX, "unknown front");
}

static void test_what_is_told_twice_is_there_once(void **state)
{
    (void)state;
    put_two_epochs();
    put(3, 2, "front", "object", NOON_NS, 0);
    commit();
    expect("{}", none, false, UINT64_MAX, "5.1 5.2 5.4 3.1 3.2");
}

static void test_what_is_too_old_goes(void **state)
{
    (void)state;
    put(5, 1, "front", "motion", 0, 0); /* before the clock was set */
    put(5, 2, "front", "motion", NOON_NS, 0);
    put(5, 3, "back", "motion", NOON_NS + 20, 0);
    commit();
    assert_int_equal(event_db_remove_old(db, NOON_NS, NOON_NS + 100), 0);
    expect("{}", none, false, UINT64_MAX, "5.1 5.2 5.3");
    assert_int_equal(event_db_remove_old(db, NOON_NS + 10, NOON_NS + 100), 0);
    expect("{}", none, false, UINT64_MAX, "gone front 5.3");
    expect("{}", none, false, 1, "5.3");
    expect("{\"name\":\"back\"}", none, false, UINT64_MAX, "5.3");
    expect("{\"since\":\"2027-01-15T08:00:00.001Z\"}", none, false, UINT64_MAX, "");
    expect("{}", ((struct event_place){5, 0}), true, UINT64_MAX, "missed 5.1-2 5.3");
    expect("{\"name\":\"back\"}", ((struct event_place){5, 0}), true, UINT64_MAX, "5.3");
}

static void test_two_busy_cameras_leave_a_quiet_one_its_events_and_the_file_its_bound(void **state)
{
    static const char *const busy[] = {"busy", "busier", "busier"};
    struct stat status;
    size_t bytes, events;
    uint64_t chunks;
    (void)state;
    for (uint64_t seq = 1; seq <= 60000; seq++) {
        put(5, seq, seq % 1000 == 0 ? "quiet" : busy[seq % 3], "motion", NOON_NS + (int64_t)seq, 300);
        if (seq % 2000 == 0) {
            commit();
            assert_int_equal(event_db_trim(db), 0);
        }
    }
    assert_int_equal(event_db_size(db, &bytes, &events), 0);
    assert_in_range(bytes, 3 * MB, 4 * MB);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size < 8 * MB);
    assert_int_equal(ask("{\"name\":\"quiet\"}", none, false, UINT64_MAX).events, 60);
    const uint64_t one = count_all("{\"name\":\"busy\"}", &chunks),
                   other = count_all("{\"name\":\"busier\"}", &chunks);
    assert_true(one > 2000 && other > 2000 && one < other + other / 4 && other < one + one / 4);
    assert_int_equal(strncmp(ask("{}", none, false, UINT64_MAX).line, "gone bus", 8), 0);
}

static void test_much_comes_in_chunks_that_fit_together(void **state)
{
    uint64_t chunks;
    (void)state;
    for (uint64_t seq = 1; seq <= 5000; seq++)
        put(5, seq, "front", "motion", NOON_NS, 200);
    commit();
    assert_int_equal(count_all("{}", &chunks), 5000);
    assert_in_range(chunks, 3, 10);
}

static void test_a_daemon_that_starts_again_and_again_fills_no_table(void **state)
{
    (void)state;
    for (uint64_t epoch = 1; epoch <= EVENT_EPOCHS_MAX + 3; epoch++)
        put(epoch, 1, NULL, "daemon_started", NOON_NS, 0);
    commit();
    event_db_close(db);
    assert_int_equal(event_db_open(&db, path, 4 * MB, false), 0);
    expect("{}", ((struct event_place){3, 1}), true, 0, "missed 3.2-0"); /* forgotten in the file, too */
    expect("{}", ((struct event_place){4, 1}), true, 0, "");
    assert_string_equal(ask("{}", ((struct event_place){EVENT_EPOCHS_MAX + 2, 1}), true, UINT64_MAX).line,
                        "4099.1");
}

/* ---- what is rare ---- */

static unsigned int steps;

int __real_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op);

int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op)
{
    steps++;
    return __real_mdb_cursor_get(cursor, key, value, op);
}

/* How many steps it takes to find what fits, which is one event. */
static unsigned int steps_to_find_one(const char *filter, uint64_t last)
{
    steps = 0;
    assert_int_equal(ask(filter, none, false, last).events, 1);
    return steps;
}

static void put_one_in_many(uint64_t many)
{
    for (uint64_t seq = 1; seq <= many; seq++)
        put(5, seq, seq == 700 ? "rare" : "front", seq == 700 ? "camera_removed" : "motion",
            NOON_NS + (int64_t)seq * CLOCK_NS_PER_S, 0);
    commit();
}

enum { MANY = 5000, SPANS = MANY / 256, FEW_STEPS = 3 * (256 + SPANS) };

/* Every query read every event, up to the last one. */
static void test_what_is_rare_is_found_without_reading_all(void **state)
{
    (void)state;
    put_one_in_many(MANY);
    assert_in_range(steps_to_find_one("{\"name\":\"rare\"}", UINT64_MAX), 1, FEW_STEPS);
    assert_in_range(steps_to_find_one("{\"name\":\"rare\"}", 20), 1, FEW_STEPS);
    assert_in_range(steps_to_find_one("{\"type\":\"change\"}", UINT64_MAX), 1, FEW_STEPS);
    assert_in_range(steps_to_find_one("{\"type\":\"change\"}", 20), 1, FEW_STEPS);
    assert_in_range(
        steps_to_find_one("{\"since\":\"2027-01-15T08:20:00.000Z\",\"until\":\"2027-01-15T08:20:00.000Z\"}",
                          UINT64_MAX),
        1, FEW_STEPS);
    steps = 0;
    expect("{\"type\":\"change\"}", ((struct event_place){5, 0}), true, UINT64_MAX, "5.700");
    assert_in_range(steps, 1, FEW_STEPS);
}

/* For each of them all of its span was read, to say what the span has. */
static void test_what_is_told_again_is_not_read_again_for_each(void **state)
{
    (void)state;
    put_one_in_many(MANY);
    steps = 0;
    put_one_in_many(MANY);
    assert_in_range(steps, 1, 3 * MANY);
    assert_in_range(steps_to_find_one("{\"type\":\"change\"}", UINT64_MAX), 1, FEW_STEPS);
}

/* Reads the file as a camd would that keeps no digests, and writes to it perhaps. */
static void as_of_before_digests(void (*change)(MDB_txn *txn))
{
    struct database database;
    MDB_txn *txn;
    event_db_close(db);
    db = NULL;
    assert_int_equal(database_open(&database, path, 64 * MB, 4, false), 0);
    assert_int_equal(mdb_txn_begin(database.env, NULL, 0, &txn), MDB_SUCCESS);
    change(txn);
    assert_int_equal(mdb_txn_commit(txn), MDB_SUCCESS);
    database_close(&database);
    assert_int_equal(event_db_open(&db, path, 4 * MB, false), 0);
}

static void remove_digests(MDB_txn *txn)
{
    MDB_dbi digests;
    assert_int_equal(mdb_dbi_open(txn, "camd-digests", 0, &digests), MDB_SUCCESS);
    assert_int_equal(mdb_drop(txn, digests, 1), MDB_SUCCESS);
}

static void make_all_digests(void)
{
    uint64_t at = 0;
    bool more = true;
    while (more)
        assert_int_equal(event_db_make_digests(db, &at, &more), 0);
}

static void test_a_store_of_before_digests_is_read_and_gets_them(void **state)
{
    (void)state;
    put_one_in_many(MANY);
    as_of_before_digests(remove_digests);
    assert_true(steps_to_find_one("{\"type\":\"change\"}", UINT64_MAX) > MANY);
    put(5, MANY + 1, "front", "motion", NOON_NS, 0);
    commit();
    assert_int_equal(ask("{\"type\":\"change\"}", none, false, 20).events, 1);
    make_all_digests();
    assert_in_range(steps_to_find_one("{\"type\":\"change\"}", UINT64_MAX), 1, FEW_STEPS);
    steps = 0;
    make_all_digests();
    assert_in_range(steps, 0, 10); /* it knows that all have them */
}

/* The event of a name that no digest knows, in the place of another one. */
static void put_without_digest(MDB_txn *txn)
{
    const char text[] = "{\"event\":\"health\"}";
    const struct event_record record = {
        .camera = 1, .wall_ns = NOON_NS, .word = "health", .text = text, .length = sizeof(text) - 1};
    uint8_t bytes[128], key_bytes[8] = {[7] = 9};
    MDB_val key = {sizeof(key_bytes), key_bytes}, value = {event_record_size(&record), bytes};
    MDB_dbi events;
    event_record_encode(&record, bytes);
    assert_int_equal(mdb_dbi_open(txn, "camd-events", 0, &events), MDB_SUCCESS);
    assert_int_equal(mdb_put(txn, events, &key, &value, 0), MDB_SUCCESS);
}

/* Between the second event's and the third one's. */
static void put_key_that_is_no_place(MDB_txn *txn)
{
    uint8_t key_bytes[9] = {[7] = 2}, bytes[1] = {0};
    MDB_val key = {sizeof(key_bytes), key_bytes}, value = {sizeof(bytes), bytes};
    MDB_dbi events;
    remove_digests(txn);
    assert_int_equal(mdb_dbi_open(txn, "camd-events", 0, &events), MDB_SUCCESS);
    assert_int_equal(mdb_put(txn, events, &key, &value, 0), MDB_SUCCESS);
}

/* It was taken for the place 0: readers were told that all before it was missing, and digests were made without an end. */
static void test_a_key_that_is_no_place_is_damage(void **state)
{
    (void)state;
    char problem[EVENT_FILTER_PROBLEM_BYTES];
    struct event_filter filter;
    struct answer answer = {0};
    uint64_t at = 2;
    bool more;
    put_one_in_many(10);
    as_of_before_digests(put_key_that_is_no_place);
    json_t *body = json_object();
    assert_int_equal(event_filter_read(&filter, body, problem), 0);
    const struct event_query query = {
        .filter = &filter, .upto = all, .counts = true, .first = true, .last = UINT64_MAX};
    assert_int_equal(event_db_read(db, &query, write_frame, &answer), -EBADMSG);
    assert_int_equal(event_db_make_digests(db, &at, &more), -EBADMSG);
    assert_int_equal(event_db_remove_old(db, NOON_NS + INT64_C(24) * 3600 * CLOCK_NS_PER_S,
                                         NOON_NS + INT64_C(48) * 3600 * CLOCK_NS_PER_S),
                     -EBADMSG);
    event_filter_clear(&filter);
    json_decref(body);
}

static void test_what_a_camd_without_digests_has_written_is_found(void **state)
{
    (void)state;
    put_one_in_many(1000);
    as_of_before_digests(put_without_digest);
    expect("{\"type\":\"health\"}", none, false, UINT64_MAX, "5.9");
    put(5, 1001, "front", "motion", NOON_NS, 0);
    commit();
    expect("{\"type\":\"health\"}", none, false, UINT64_MAX, "5.9");
    make_all_digests();
    expect("{\"type\":\"health\"}", none, false, 1, "5.9");
}

static const char *const some_filters[] = {
    "{}",
    "{\"name\":\"c1\"}",
    "{\"name\":\"c9\"}",
    "{\"names\":[\"c?\"],\"type\":\"object\"}",
    "{\"type\":[\"health\",\"change\"]}",
    "{\"name\":\"c9\",\"type\":\"stream\"}",
    "{\"since\":\"2027-01-15T08:01:00.000Z\"}",
    "{\"until\":\"2027-01-15T08:00:30.500Z\",\"type\":\"object\"}",
};

enum { FILTERS = sizeof(some_filters) / sizeof(some_filters[0]), KINDS_OF_READING = 4 };

static void ask_in_all_ways(struct answer answers[FILTERS][KINDS_OF_READING])
{
    for (size_t i = 0; i < FILTERS; i++) {
        answers[i][0] = ask(some_filters[i], none, false, UINT64_MAX);
        answers[i][1] = ask(some_filters[i], none, false, 7);
        answers[i][2] = ask(some_filters[i], ((struct event_place){5, 300}), true, UINT64_MAX);
        answers[i][3] = ask(some_filters[i], ((struct event_place){5, 100}), true, 5);
    }
}

/* Most are the busy camera's; some numbers are left out, some are told twice, some go again. */
static void put_by_chance(void)
{
    static const char *const words[] = {"motion", "motion", "motion", "object", "stream", "health"};
    for (uint64_t seq = 1; seq <= 3000; seq++) {
        const int chance = rand() % 1000;
        char camera[8];
        snprintf(camera, sizeof(camera), "c%d", chance < 900 ? 1 : 2 + chance % 9);
        if (seq > 1200 && chance % 97 == 3)
            seq += 40;
        put(seq < 1500 ? 5 : 6, seq < 1500 ? seq : seq - 1499, camera, words[chance % 6],
            NOON_NS + (int64_t)(seq * 40 - (uint64_t)chance) * CLOCK_NS_PER_MS, 0);
        if (chance % 50 == 1)
            put(seq < 1500 ? 5 : 6, seq < 1500 ? seq : seq - 1499, "c9", "stream", NOON_NS, 0);
        if (chance % 100 == 2)
            commit();
    }
    commit();
    assert_int_equal(event_db_remove_old(db, NOON_NS + INT64_C(24) * CLOCK_NS_PER_S,
                                         NOON_NS + INT64_C(900) * CLOCK_NS_PER_S),
                     0);
}

static void test_digests_change_no_answer(void **state)
{
    static struct answer with[FILTERS][KINDS_OF_READING], without[FILTERS][KINDS_OF_READING];
    (void)state;
    srand(7);
    put_by_chance();
    ask_in_all_ways(with);
    as_of_before_digests(remove_digests);
    ask_in_all_ways(without);
    for (size_t i = 0; i < FILTERS; i++) {
        for (size_t j = 0; j < KINDS_OF_READING; j++) {
            assert_string_equal(with[i][j].line, without[i][j].line);
            assert_int_equal(with[i][j].events, without[i][j].events);
            assert_int_equal(with[i][j].after.seq, without[i][j].after.seq);
        }
    }
}

/* Of nobody in particular, until it is too old anyway. */
static void test_what_was_lost_with_another_file_is_said(void **state)
{
    (void)state;
    put(5, 1, "front", "motion", NOON_NS, 0);
    assert_int_equal(event_db_set_time(db, EVENT_TIME_LOST, NOON_NS - 5), 0);
    commit();
    expect("{}", none, false, UINT64_MAX, "gone  5.1");
    expect("{\"name\":\"front\"}", none, false, UINT64_MAX, "gone  5.1");
    expect("{\"since\":\"2027-01-15T08:00:00.000Z\"}", none, false, UINT64_MAX, "5.1");
    assert_int_equal(event_db_remove_old(db, NOON_NS - 5, NOON_NS), 0);
    expect("{}", none, false, UINT64_MAX, "gone  5.1");
    assert_int_equal(event_db_remove_old(db, NOON_NS - 4, NOON_NS), 0);
    expect("{}", none, false, UINT64_MAX, "5.1");
}

/* What was said of many cameras filled the part, which then ended as if nothing were stored. */
static void test_what_is_gone_of_many_cameras_leaves_room_for_what_is_there(void **state)
{
    char camera[16];
    (void)state;
    for (uint64_t seq = 1; seq <= 9000; seq++) {
        snprintf(camera, sizeof(camera), "c%d", (int)seq);
        put(5, seq, camera, "motion", NOON_NS, 0);
    }
    commit();
    assert_int_equal(event_db_remove_old(db, NOON_NS + 1, NOON_NS + 1), 0);
    put(5, 9001, "front", "motion", NOON_NS + 1, 0);
    commit();
    assert_int_equal(ask("{}", none, false, UINT64_MAX).events, 1);
}

static void test_a_file_whose_name_is_removed_is_no_place_to_store(void **state)
{
    (void)state;
    put(5, 1, "front", "motion", NOON_NS, 0);
    commit();
    unlink(path);
    put(5, 2, "front", "motion", NOON_NS, 0);
    assert_int_equal(event_db_commit(db), -ESTALE);
}

/* Or a database that is whole would be set aside. */
static void test_what_others_do_is_no_damage(void **state)
{
    (void)state;
    assert_int_equal(database_error(MDB_MAP_RESIZED), -EBUSY);
    assert_int_equal(database_error(MDB_READERS_FULL), -EBUSY);
    assert_int_equal(database_error(MDB_CORRUPTED), -EBADMSG);
}

static void test_files_that_are_none(void **state)
{
    struct event_db *other = NULL;
    (void)state;
    event_db_close(db);
    db = NULL;
    unlink(path);
    assert_int_equal(event_db_open(&other, path, 0, true), -ENOENT);
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(fd, "this is no database at all ", 27), 27);
    close(fd);
    assert_int_equal(event_db_open(&other, path, 4 * MB, false), -EBADMSG);
    assert_int_equal(event_db_open(&other, path, 0, true), -EBADMSG);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(event_db_open(&other, path, 4 * MB, false), -EMEDIUMTYPE);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_goes_on_over_epochs_in_the_order_in_which_it_happened),
        TEST(test_filters_and_the_last_ones),
        TEST(test_a_camera_that_is_renamed_takes_its_events_along),
        TEST(test_what_is_told_twice_is_there_once),
        TEST(test_what_is_too_old_goes),
        TEST(test_two_busy_cameras_leave_a_quiet_one_its_events_and_the_file_its_bound),
        TEST(test_much_comes_in_chunks_that_fit_together),
        TEST(test_a_daemon_that_starts_again_and_again_fills_no_table),
        TEST(test_what_is_rare_is_found_without_reading_all),
        TEST(test_what_is_told_again_is_not_read_again_for_each),
        TEST(test_a_store_of_before_digests_is_read_and_gets_them),
        TEST(test_what_a_camd_without_digests_has_written_is_found),
        TEST(test_digests_change_no_answer),
        TEST(test_what_was_lost_with_another_file_is_said),
        TEST(test_what_is_gone_of_many_cameras_leaves_room_for_what_is_there),
        TEST(test_a_file_whose_name_is_removed_is_no_place_to_store),
        TEST(test_what_others_do_is_no_damage),
        TEST(test_a_key_that_is_no_place_is_damage),
        TEST(test_files_that_are_none),
    };
    if (!mkdtemp(directory))
        return 1;
    snprintf(path, sizeof(path), "%s/events.mdb", directory);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char lock[80];
    snprintf(lock, sizeof(lock), "%s-lock", path);
    unlink(lock);
    rmdir(directory);
    return failed;
}
