/* test_control_answers.c - answers: now, later, in parts, to slow readers and to clients that are gone */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/shared_text.h"
#include "control_fixture.h"

/* One part's index, or -1 for the final line. */
static int part_index(json_t *line)
{
    assert_non_null(line);
    const json_t *part = json_object_get(line, "part");
    const int index = part ? (int)json_member_int(part, "index", -2) : -1;
    if (!part)
        assert_int_equal(json_object_size(json_object_get(line, "ok")), 0);
    json_decref(line);
    return index;
}

static void test_parts_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":7,\"verb\":\"status\",\"count\":3,\"size\":4}\n");
    json_t *line = peer_line(&peer, fixture);
    char *text = json_dumps(line, JSON_COMPACT);
    assert_string_equal(text, "{\"id\":7,\"part\":{\"index\":0,\"filler\":\"xxxx\"}}");
    free(text);
    json_decref(line);
    assert_int_equal(part_index(peer_line(&peer, fixture)), 1);
    assert_int_equal(part_index(peer_line(&peer, fixture)), 2);
    assert_int_equal(part_index(peer_line(&peer, fixture)), -1);
    assert_int_equal(fixture->released, 1);
    peer_say(&peer, fixture, "{\"id\":8,\"verb\":\"status\"}\n"); /* no parts at all */
    assert_int_equal(part_index(peer_line(&peer, fixture)), -1);
    assert_int_equal(fixture->released, 2);
    peer_close(&peer);
}

/* What all subscribers get is one text, which none of them copies. */
static void test_shared_text_in_every_answer(void **state)
{
    struct fixture *fixture = *state;
    struct peer peers[3];
    fixture->shared = shared_text_new("[\"all\"]", strlen("[\"all\"]"));
    for (unsigned int i = 0; i < 3; i++) {
        peer_greeted(&peers[i], fixture);
        peer_say(&peers[i], fixture, "{\"id\":1,\"verb\":\"subscribe\"}\n");
        fixture_turns(fixture, 3);
    }
    fixture->available = 2;
    control_wake(fixture->control);
    for (unsigned int i = 0; i < 3; i++) {
        for (unsigned int part = 0; part < 2; part++) {
            json_t *line = peer_line(&peers[i], fixture);
            char *text = json_dumps(line, JSON_COMPACT), expected[64];
            snprintf(expected, sizeof(expected), "{\"id\":1,\"part\":{\"index\":%u,\"filler\":[\"all\"]}}",
                     part);
            assert_string_equal(text, expected);
            free(text);
            json_decref(line);
        }
        peer_close(&peers[i]);
    }
    assert_int_equal(fixture->shared->references, 1); /* sent, and let go */
    shared_text_release(fixture->shared);
    fixture->shared = NULL;
}

static void test_error_members(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"snapshot\"}\n");
    json_t *line = peer_line(&peer, fixture);
    char *text = json_dumps(line, JSON_COMPACT);
    assert_string_equal(
        text,
        "{\"id\":1,\"error\":{\"code\":\"refused\",\"text\":\"caf? is closed\",\"hint\":\"say it in ASCII\",\"next_start_ms\":5}}");
    free(text);
    json_decref(line);
    peer_close(&peer);
}

static void test_reader_that_never_reads_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":1000000,\"size\":1000}\n");
    fixture_turns(fixture, 1000);
    const struct control_client *client = fixture_client(fixture);
    assert_true(control_output_length(&client->output) <= CONTROL_OUTPUT_BYTES + 1100);
    assert_true(client->output.bytes.capacity <= 4 * CONTROL_OUTPUT_BYTES);
    const unsigned int made = fixture->parts_made;
    assert_true(made < 2000); /* what the socket and our buffer take, not a million */
    fixture_turns(fixture, 100);
    assert_int_equal(fixture->parts_made, made);
    assert_int_equal(fixture->released, 0);

    assert_true(ev_is_active(&client->timer)); /* and its time runs */
    fixture_expire(fixture);
    assert_null(fixture_client(fixture));
    assert_int_equal(fixture->released, 1);
    peer_close(&peer);
}

static void test_slow_reader_gets_all_parts(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    enum { COUNT = 2000 };
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":2000,\"size\":700}\n");
    int next = 0;
    while (next < COUNT) {
        fixture_turn(fixture);
        peer_take(&peer, 777);
        const char *front = byte_queue_front(&peer.input);
        while (next < COUNT && front && memchr(front, '\n', peer.input.length)) {
            assert_int_equal(part_index(peer_line(&peer, fixture)), next);
            next++;
            front = byte_queue_front(&peer.input);
        }
        const struct control_client *client = fixture_client(fixture);
        assert_true(control_output_length(&client->output) <= CONTROL_OUTPUT_BYTES + 800);
    }
    assert_int_equal(part_index(peer_line(&peer, fixture)), -1);
    peer_close(&peer);
}

static void test_a_turn_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":100000,\"size\":1000}\n");
    for (int i = 0; i < 20; i++) {
        const unsigned int before = fixture->parts_made;
        fixture_turn(fixture);
        assert_true(fixture->parts_made - before <= CONTROL_OUTPUT_BYTES / 1000 + 1);
        while (peer_take(&peer, 1 << 20) > 0)
            ;
    }
    assert_true(fixture->parts_made > 1000); /* of which each turn does something */
    peer_close(&peer);
}

static void test_others_are_served_beside_a_slow_one(void **state)
{
    struct fixture *fixture = *state;
    struct peer slow, quick;
    peer_greeted(&slow, fixture);
    peer_greeted(&quick, fixture);
    peer_say(&slow, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":1000000,\"size\":1000}\n");
    for (int i = 0; i < 50; i++) {
        peer_say(&quick, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
        fixture_turns(fixture, 2);
        peer_take(&quick, 65536);
        assert_non_null(memchr(byte_queue_front(&quick.input), '\n', quick.input.length));
        byte_queue_consume(&quick.input, quick.input.length);
    }
    peer_close(&slow);
    peer_close(&quick);
}

static void test_subscriber_is_woken(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    fixture->available = 2;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":\"s\",\"verb\":\"subscribe\"}\n");
    assert_int_equal(part_index(peer_line(&peer, fixture)), 0);
    assert_int_equal(part_index(peer_line(&peer, fixture)), 1);
    fixture_turns(fixture, 10);
    assert_int_equal(peer_take(&peer, 100), 0);

    fixture->available = 4;
    fixture_turns(fixture, 10);
    assert_int_equal(peer_take(&peer, 100), 0); /* nobody said so */
    control_wake(fixture->control);
    control_wake(fixture->control);
    assert_int_equal(fixture->parts_made, 2); /* nothing is called from within */
    fixture_turn(fixture);
    assert_int_equal(part_index(peer_line(&peer, fixture)), 2);
    assert_int_equal(part_index(peer_line(&peer, fixture)), 3);
    fixture_turns(fixture, 10);
    assert_int_equal(peer_take(&peer, 100), 0);
    control_wake(fixture->control); /* for nothing */
    fixture_turns(fixture, 10);
    assert_int_equal(peer_take(&peer, 100), 0);

    peer_close(&peer);
    fixture_turns(fixture, 2);
    assert_null(fixture_client(fixture)); /* its going is seen without anything to send */
    assert_int_equal(fixture->released, 1);
}

static void test_subscriber_that_does_not_read_is_not_closed(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"subscribe\",\"size\":1000}\n");
    fixture_turns(fixture, 5);
    fixture->available = 5000;
    control_wake(fixture->control);
    fixture_turns(fixture, 100);
    assert_true(fixture->parts_made < 2000);
    assert_false(ev_is_active(&fixture_client(fixture)->timer));
    for (int i = 0; i < 5000; i++)
        assert_int_equal(part_index(peer_line(&peer, fixture)), i);
    peer_close(&peer);
}

static void test_later_answer(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    fixture_turns(fixture, 3);
    assert_int_equal(fixture->held_count, 1);
    control_reply_error(fixture->held[0], CONTROL_NOT_RUNNING, "look at status", "%s is not running yet",
                        "front");
    peer_expect_error(&peer, fixture, "not_running", "1");
    peer_close(&peer);
}

static void test_gone_before_the_answer(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    fixture_turns(fixture, 3);
    peer_close(&peer);
    fixture_turns(fixture, 3);
    assert_null(fixture_client(fixture));
    control_reply_ok(fixture->held[0], json_pack("{s:i}", "x", 1)); /* dropped, and freed */
}

struct collected {
    char ok[64], code[64];
};

static void collect(void *state, json_t *ok, json_t *error)
{
    struct collected *collected = state;
    snprintf(collected->ok, sizeof(collected->ok), "%s", json_member_string(ok, "x", ""));
    snprintf(collected->code, sizeof(collected->code), "%s", json_member_string(error, "code", ""));
}

static void test_branches_are_collected_and_outlive_the_client(void **state)
{
    struct fixture *fixture = *state;
    struct collected good = {0}, bad = {0};
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    fixture_turns(fixture, 3);
    struct control_request *owed = fixture->held[0];
    fixture->held_count = 0;
    struct control_request *branches[] = {control_request_branch(owed, collect, &good),
                                          control_request_branch(owed, collect, &bad)};
    control_reply_ok(branches[0], json_pack("{s:s}", "x", "done"));
    assert_string_equal(good.ok, "done");
    assert_string_equal(good.code, "");
    peer_close(&peer);
    fixture_turns(fixture, 3);
    control_reply_error(branches[1], CONTROL_REFUSED, "hint", "no");
    assert_string_equal(bad.code, "refused");
    control_reply_ok(owed, NULL);
}

static void test_gone_before_parts(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    fixture_turns(fixture, 3);
    peer_close(&peer);
    fixture_turns(fixture, 3);
    fixture_handle(fixture, fixture->held[0], VERB_SUBSCRIBE, NULL);
    assert_int_equal(fixture->released, 1);
    assert_int_equal(fixture->parts_made, 0);
}

static void test_gone_in_the_middle_of_parts(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":100000,\"size\":1000}\n");
    fixture_turns(fixture, 5);
    peer_take(&peer, 1000);
    peer_close(&peer);
    fixture_turns(fixture, 5);
    assert_null(fixture_client(fixture));
    assert_int_equal(fixture->released, 1);
}

static void test_free_with_open_clients(void **state)
{
    struct fixture *fixture = *state;
    struct peer idle, waiting, subscribed, reading;
    fixture->available = 1;
    peer_greeted(&idle, fixture);
    peer_greeted(&waiting, fixture);
    peer_greeted(&subscribed, fixture);
    peer_greeted(&reading, fixture);
    peer_say(&waiting, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    peer_say(&subscribed, fixture, "{\"id\":1,\"verb\":\"subscribe\"}\n");
    fixture_turns(fixture, 5);
    peer_say(&reading, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":20,\"size\":1000}\n");
    fixture_turn(fixture);
    fixture->available = 3;
    control_wake(fixture->control); /* the last events are still sent */
    fixture_free_control(fixture);
    assert_int_equal(fixture->released, 2);
    control_reply_ok(fixture->held[0], NULL); /* too late: dropped */
    for (int i = 0; i < 3; i++)
        assert_int_equal(part_index(peer_line(&subscribed, fixture)), i);
    for (int i = 0; i < 20; i++)
        assert_int_equal(part_index(peer_line(&reading, fixture)), i);
    assert_int_equal(part_index(peer_line(&reading, fixture)), -1);
    peer_expect_end(&idle, fixture);
    peer_expect_end(&waiting, fixture);
    peer_expect_end(&subscribed, fixture);
    peer_expect_end(&reading, fixture);
    peer_close(&idle);
    peer_close(&waiting);
    peer_close(&subscribed);
    peer_close(&reading);
}

static void test_free_with_a_client_that_does_not_read(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":1000000,\"size\":1000}\n");
    fixture_turns(fixture, 20);
    fixture_free_control(fixture);
    assert_true(fixture->parts_made < 10000);
    assert_int_equal(fixture->released, 1);
    peer_close(&peer);
}

static void test_shutdown_from_the_handler(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer, other;
    peer_greeted(&peer, fixture);
    peer_greeted(&other, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"shutdown\"}\n{\"id\":2,\"verb\":\"version\"}\n");
    peer_expect_ok(&peer, fixture, "1");
    /* the second was not taken: its bytes were still there, so the end may be a reset */
    assert_null(peer_line(&peer, fixture));
    peer_expect_end(&other, fixture);
    assert_int_equal(fixture->requests, 1);
    peer_close(&peer);
    peer_close(&other);
}

static void test_free_from_the_handler_without_an_answer(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"reload\"}\n");
    peer_expect_end(&peer, fixture);
    peer_close(&peer);
}

static void test_free_from_next_and_release(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        void *own = NULL;
        assert_int_equal(fixture_setup(&own), 0);
        struct fixture *fixture = own;
        struct peer peer, other;
        peer_greeted(&other, fixture);
        peer_greeted(&peer, fixture);
        fixture->free_in_next = which == 0;
        fixture->free_in_release = which == 1;
        peer_say(&other, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
        fixture_turns(fixture, 3);
        peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"status\",\"count\":2}\n");
        peer_expect_end(&other, fixture);
        peer_close(&other);
        peer_expect_end(&peer, fixture);
        control_reply_ok(fixture->held[0], NULL); /* too late: dropped */
        peer_close(&peer);
        assert_int_equal(fixture_teardown(&own), 0);
    }
}

/* Broken in the middle of a line an answer would be worse than none: the client is closed. */
static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static void test_answer_without_memory_closes(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    fixture_turns(fixture, 3);
    json_set_alloc_funcs(no_memory, free);
    control_reply_ok(fixture->held[0], NULL);
    json_set_alloc_funcs(malloc, free);
    assert_null(peer_line(&peer, fixture));
    peer_expect_end(&peer, fixture);
    peer_close(&peer);
}

#define ANSWER_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ANSWER_TEST(test_parts_in_order),
        ANSWER_TEST(test_shared_text_in_every_answer),
        ANSWER_TEST(test_error_members),
        ANSWER_TEST(test_reader_that_never_reads_is_bounded),
        ANSWER_TEST(test_slow_reader_gets_all_parts),
        ANSWER_TEST(test_a_turn_is_bounded),
        ANSWER_TEST(test_others_are_served_beside_a_slow_one),
        ANSWER_TEST(test_subscriber_is_woken),
        ANSWER_TEST(test_subscriber_that_does_not_read_is_not_closed),
        ANSWER_TEST(test_later_answer),
        ANSWER_TEST(test_gone_before_the_answer),
        ANSWER_TEST(test_branches_are_collected_and_outlive_the_client),
        ANSWER_TEST(test_gone_before_parts),
        ANSWER_TEST(test_gone_in_the_middle_of_parts),
        ANSWER_TEST(test_free_with_open_clients),
        ANSWER_TEST(test_free_with_a_client_that_does_not_read),
        ANSWER_TEST(test_shutdown_from_the_handler),
        ANSWER_TEST(test_free_from_the_handler_without_an_answer),
        cmocka_unit_test(test_free_from_next_and_release),
        ANSWER_TEST(test_answer_without_memory_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
