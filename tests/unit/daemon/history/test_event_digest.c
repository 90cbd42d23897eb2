/* What a span of stored events has, and how that is stored. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/history/event_digest.h"
#include "protocol/event_words.h"

static const uint64_t motion = UINT64_C(1) << EVENT_WORD_MOTION, object = UINT64_C(1) << EVENT_WORD_OBJECT;

static void test_places_belong_to_spans(void **state)
{
    (void)state;
    assert_int_equal(event_digest_first(1), 0);
    assert_int_equal(event_digest_first(255), 0);
    assert_int_equal(event_digest_first(256), 256);
    assert_int_equal(event_digest_end(256), 511);
}

static void test_it_knows_who_and_what_and_when(void **state)
{
    struct event_digest digest;
    (void)state;
    event_digest_init(&digest, 300);
    event_digest_add(&digest, 300, 7, "motion", 50);
    event_digest_add(&digest, 299, 7, "object", 40);
    event_digest_add(&digest, 302, 0, "a_word_of_another_version", 60);
    assert_int_equal(digest.first, 256);
    assert_int_equal(digest.last, 302);
    assert_int_equal(digest.count, 3);
    assert_int_equal(digest.from_ns, 40);
    assert_int_equal(digest.upto_ns, 60);
    assert_int_equal(digest.rows, 2);
    assert_int_equal(digest.row[0].words, motion | object);
    assert_int_equal(digest.row[1].words, UINT64_C(1) << EVENT_WORD_COUNT);
}

static void test_it_is_dense_without_a_gap(void **state)
{
    struct event_digest digest;
    (void)state;
    event_digest_init(&digest, 1);
    assert_false(event_digest_is_dense(&digest));
    event_digest_add(&digest, 1, 1, "motion", 0);
    event_digest_add(&digest, 2, 1, "motion", 0);
    assert_true(event_digest_is_dense(&digest));
    event_digest_add(&digest, 4, 1, "motion", 0);
    assert_false(event_digest_is_dense(&digest));
}

/* Keys of a file that somebody else wrote may be in any order, and twice. */
static void test_it_has_no_more_than_a_span_can(void **state)
{
    static struct {
        struct event_digest digest;
        uint64_t behind;
    } of = {.behind = 0};
    (void)state;
    event_digest_init(&of.digest, 0);
    for (uint32_t camera = 0; camera < EVENT_DIGEST_PLACES; camera++)
        assert_true(event_digest_add(&of.digest, 0, camera, "motion", 0));
    assert_false(event_digest_add(&of.digest, 0, EVENT_DIGEST_PLACES, "motion", 0));
    assert_int_equal(of.digest.rows, EVENT_DIGEST_PLACES);
    assert_int_equal(of.behind, 0);
}

static void test_it_is_stored_and_what_is_damaged_is_none(void **state)
{
    static struct event_digest digest, read;
    uint8_t bytes[EVENT_DIGEST_BYTES_MAX];
    (void)state;
    event_digest_init(&digest, 512);
    for (uint32_t i = 0; i < EVENT_DIGEST_PLACES; i++)
        event_digest_add(&digest, 512 + i, i, "motion", -(int64_t)i);
    const size_t size = event_digest_encode(&digest, bytes);
    assert_int_equal(size, EVENT_DIGEST_BYTES_MAX);
    assert_int_equal(event_digest_decode(bytes, size, 600, &read), 0);
    assert_memory_equal(&read, &digest, sizeof(digest));
    assert_int_equal(event_digest_decode(bytes, size, 1024, &read), -EBADMSG); /* another span's */
    assert_int_equal(event_digest_decode(bytes, size - 1, 600, &read), -EBADMSG);
    assert_int_equal(event_digest_decode(bytes, 3, 600, &read), -EBADMSG);
    bytes[50] ^= 1;
    assert_int_equal(event_digest_decode(bytes, size, 600, &read), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_belong_to_spans),
        cmocka_unit_test(test_it_knows_who_and_what_and_when),
        cmocka_unit_test(test_it_is_dense_without_a_gap),
        cmocka_unit_test(test_it_has_no_more_than_a_span_can),
        cmocka_unit_test(test_it_is_stored_and_what_is_damaged_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
