/* What is handed over in an upgrade: every kind of member goes through a record and comes back, and nonsense is refused. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/sys.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/handoff/handoff_record.h"

enum colour { RED, GREEN, COLOURS };

struct thing {
    bool flag;
    int narrow;
    int64_t wide;
    uint32_t count;
    uint64_t hash;
    double share;
    enum colour colour;
    char *text, *none;
    char word[8];
    struct kept_text kept;
    int fd, absent;
    uint8_t byte;
    uint16_t numbers[2][3];
};

static const struct handoff_field fields[] = {
    HANDOFF(struct thing, flag),
    HANDOFF(struct thing, narrow),
    HANDOFF(struct thing, wide),
    HANDOFF(struct thing, count),
    HANDOFF(struct thing, hash),
    HANDOFF(struct thing, share),
    HANDOFF_ENUM(struct thing, colour, COLOURS),
    HANDOFF(struct thing, text),
    HANDOFF(struct thing, none),
    HANDOFF_CHARS(struct thing, word),
    HANDOFF(struct thing, kept),
    HANDOFF_FD(struct thing, fd),
    HANDOFF_FD(struct thing, absent),
    HANDOFF(struct thing, byte),
    HANDOFF_NUMBERS(struct thing, numbers, uint16_t),
};

static void clear(struct thing *thing)
{
    free(thing->text);
    free(thing->none);
    kept_text_forget(&thing->kept);
}

static void test_every_kind_of_member_comes_back(void **state)
{
    char text[] = "a \"text\" with\nlines";
    struct thing thing = {.flag = true,
                          .narrow = INT32_MIN,
                          .wide = INT64_MIN,
                          .count = UINT32_MAX,
                          .hash = UINT64_MAX,
                          .share = 0.375,
                          .colour = GREEN,
                          .text = text,
                          .word = "seven77",
                          .fd = 42,
                          .absent = -1,
                          .byte = UINT8_MAX};
    struct thing back = {.narrow = 7, .none = strdup("goes"), .fd = -1, .absent = 5};
    (void)state;
    kept_text_set(&thing.kept, "kept %d", 1);
    thing.numbers[1][2] = UINT16_MAX;
    json_t *record = handoff_write(&thing, fields, HANDOFF_COUNT(fields));
    assert_int_equal(handoff_read(record, &back, fields, HANDOFF_COUNT(fields)), 0);
    assert_true(back.flag && back.narrow == INT32_MIN && back.wide == INT64_MIN && back.count == UINT32_MAX);
    assert_true(back.hash == UINT64_MAX && back.colour == GREEN && !back.none && back.fd == 42);
    assert_true(back.share == 0.375);
    assert_string_equal(back.text, text);
    assert_string_equal(back.word, "seven77");
    assert_string_equal(kept_text(&back.kept), "kept 1");
    assert_int_equal(back.absent, -1);
    assert_int_equal(back.byte, UINT8_MAX);
    assert_memory_equal(back.numbers, thing.numbers, sizeof(thing.numbers));
    json_decref(record);
    kept_text_forget(&thing.kept);
    clear(&back);
}

/* An older program's record has no member that is newer. */
static void test_what_a_record_does_not_have_stays(void **state)
{
    struct thing thing = {.narrow = 7, .word = "kept"};
    json_t *record = json_pack("{s:i, s:s}", "count", 3, "unknown", "of a newer program");
    (void)state;
    assert_int_equal(handoff_read(record, &thing, fields, HANDOFF_COUNT(fields)), 0);
    assert_true(thing.narrow == 7 && thing.count == 3 && strcmp(thing.word, "kept") == 0);
    json_decref(record);
}

static void expect_refused(const char *text)
{
    struct thing thing = {.narrow = 7};
    json_t *record = json_loads(text, 0, NULL);
    assert_non_null(record);
    assert_int_equal(handoff_read(record, &thing, fields, HANDOFF_COUNT(fields)), -EINVAL);
    assert_int_equal(thing.narrow, 7);
    json_decref(record);
    clear(&thing);
}

static void test_values_that_a_member_cannot_have_are_refused(void **state)
{
    (void)state;
    expect_refused("{\"narrow\": 2147483648}");
    expect_refused("{\"narrow\": \"7\"}");
    expect_refused("{\"count\": -1}");
    expect_refused("{\"count\": 4294967296}");
    expect_refused("{\"colour\": 2}");
    expect_refused("{\"colour\": -1}");
    expect_refused("{\"flag\": 1}");
    expect_refused("{\"share\": \"much\"}");
    expect_refused("{\"text\": 1}");
    expect_refused("{\"word\": \"eight888\"}");
    expect_refused("{\"kept\": null}");
    expect_refused("{\"fd\": 3}");
    expect_refused("{\"fd\": {\"fd\": -1}}");
    expect_refused("{\"byte\": 256}");
    expect_refused("{\"numbers\": [65536]}");
    expect_refused("{\"numbers\": [1, 2, 3, 4, 5, 6, 7]}");
    expect_refused("[]");
}

static void test_a_record_is_private_and_nobody_changes_it(void **state)
{
    struct stat status;
    json_t *record = json_pack("{s:s}", "name", "front"), *back = NULL;
    int fd = handoff_record_write(record);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(handoff_record_read(fd, &back), 0);
        assert_true(json_equal(record, back));
        json_decref(back);
    }
    json_decref(record);
    close(fd);
}

static void test_records_of_others_are_told_apart(void **state)
{
    static const char other[] = "{\"handoff\": 2}", none[] = "{\"camd\": 1}", nonsense[] = "{";
    json_t *record = NULL;
    (void)state;
    assert_int_equal(handoff_record_parse(other, strlen(other), &record), -EPROTONOSUPPORT);
    assert_int_equal(handoff_record_parse(none, strlen(none), &record), -EINVAL);
    assert_int_equal(handoff_record_parse(nonsense, strlen(nonsense), &record), -EINVAL);
    assert_null(record);
}

static bool is_inherited(int fd)
{
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}

static void test_descriptors_go_over_wherever_they_stand(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    json_t *record = json_pack("{s:o, s:[{s:o}, n]}", "one", handoff_write_fd(fds[0]), "list", "two",
                               handoff_write_fd(fds[1]));
    handoff_record_inherit(record, true);
    assert_true(is_inherited(fds[0]) && is_inherited(fds[1]));
    handoff_record_inherit(record, false);
    assert_false(is_inherited(fds[0]) || is_inherited(fds[1]));
    handoff_record_close(record);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1);
    assert_int_equal(fcntl(fds[1], F_GETFD), -1);
    handoff_record_replace_fds(record, 99);
    assert_int_equal(handoff_read_fd(json_object_get(record, "one")), 99);
    json_decref(record);
}

static void nothing(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
}

static void test_a_timer_runs_for_what_was_left_of_it(void **state)
{
    struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL);
    ev_timer runs, next, rests;
    (void)state;
    ev_timer_init(&runs, nothing, 10.0, 0.0);
    ev_timer_init(&next, nothing, 0.0, 0.0);
    ev_timer_init(&rests, nothing, 10.0, 0.0);
    ev_timer_start(loop, &runs);
    json_t *left = handoff_write_timer(loop, &runs), *none = handoff_write_timer(loop, &rests);
    handoff_read_timer(left, loop, &next);
    handoff_read_timer(none, loop, &rests);
    assert_true(ev_is_active(&next) && !ev_is_active(&rests));
    assert_true(ev_timer_remaining(loop, &next) > 9.0 && ev_timer_remaining(loop, &next) < 10.1);
    ev_timer_stop(loop, &runs);
    ev_timer_stop(loop, &next);
    json_decref(left);
    json_decref(none);
    ev_loop_destroy(loop);
}

static void test_fails_whole_when_a_call_does(void **state)
{
    json_t *record = json_pack("{s:s}", "name", "front");
    (void)state;
    for (unsigned int n = 1;; n++) {
        sys_fault_at(n, EIO);
        int fd = handoff_record_write(record);
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        if (!happened) {
            close(fd);
            break;
        }
        assert_int_equal(fd, -EIO);
    }
    json_decref(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_member_comes_back),
        cmocka_unit_test(test_what_a_record_does_not_have_stays),
        cmocka_unit_test(test_values_that_a_member_cannot_have_are_refused),
        cmocka_unit_test(test_a_record_is_private_and_nobody_changes_it),
        cmocka_unit_test(test_records_of_others_are_told_apart),
        cmocka_unit_test(test_descriptors_go_over_wherever_they_stand),
        cmocka_unit_test(test_a_timer_runs_for_what_was_left_of_it),
        cmocka_unit_test(test_fails_whole_when_a_call_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
