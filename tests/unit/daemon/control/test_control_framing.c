/* test_control_framing.c - requests as clients send them: whole, in bits, wrong, too long, or not at all */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/json.h"
#include "control_fixture.h"

static void test_one_request(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    assert_true(peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"version\"}\n"));
    json_t *line = peer_line(&peer, fixture);
    char *text = json_dumps(line, JSON_COMPACT);
    assert_string_equal(text, "{\"id\":1,\"ok\":{\"version\":\"test\"}}");
    free(text);
    json_decref(line);
    peer_close(&peer);
}

static void test_id_of_any_type_is_echoed(void **state)
{
    static const char *const ids[] = {
        "null", "true", "-7", "1.5", "\"a\\nb\"", "[1,[2]]", "{\"x\":{\"y\":[]}}", "\"\\u0000\""};
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char request[128];
        snprintf(request, sizeof(request), "{\"id\":%s,\"verb\":\"version\"}\n", ids[i]);
        peer_say(&peer, fixture, request);
        if (strstr(ids[i], "u0000") != NULL) /* jansson refuses it: there is no id to echo */
            peer_expect_error(&peer, fixture, "usage", "null");
        else
            peer_expect_ok(&peer, fixture, ids[i]);
    }
    peer_say(&peer, fixture, "{\"verb\":\"version\"}\n");
    peer_expect_ok(&peer, fixture, "null");
    peer_close(&peer);
}

/* An id comes back with every part: 60 clients with ids of 60 KB kept camd at 98 % of a processor. */
static void test_long_id_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    char request[256], id[CONTROL_ID_BYTES + 2];
    peer_greeted(&peer, fixture);
    snprintf(id, sizeof(id), "\"%0*d\"", CONTROL_ID_BYTES - 2, 0);
    snprintf(request, sizeof(request), "{\"id\": %s ,\"verb\":\"version\"}\n", id);
    peer_say(&peer, fixture, request);
    peer_expect_ok(&peer, fixture, id);
    snprintf(request, sizeof(request), "{\"id\":\"%0*d\",\"verb\":\"status\",\"count\":9}\n",
             CONTROL_ID_BYTES - 1, 0);
    peer_say(&peer, fixture, request);
    peer_expect_error(&peer, fixture, "usage", "null");
    peer_say(&peer, fixture, "{\"id\":2,\"verb\":\"version\"}\n"); /* and it goes on */
    peer_expect_ok(&peer, fixture, "2");
    peer_close(&peer);
}

static void test_byte_by_byte(void **state)
{
    static const char requests[] =
        "{\"id\":1,\"verb\":\"version\"}\r\n\n  \n{\"id\":2,\"verb\":\"version\"}\n";
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    for (size_t i = 0; i < sizeof(requests) - 1; i++) {
        peer_send(&peer, fixture, requests + i, 1);
        fixture_turn(fixture);
    }
    peer_expect_ok(&peer, fixture, "1");
    peer_expect_ok(&peer, fixture, "2");
    assert_int_equal(fixture->requests, 2);
    peer_close(&peer);
}

static void test_garbage_is_answered(void **state)
{
    static const char *const lines[] = {
        "hello\n",
        "{}x\n",
        "[1,2]\n",
        "\"verb\"\n",
        "{\"id\":1,\"id\":2,\"verb\":\"version\"}\n",
        "{\"verb\":\"version\"\n",
        "\xff\xfe\x01\n",
        "{\"a\":\"\xc3\x28\"}\n",
        "{\"id\":1e999}\n",
        "null\n",
    };
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        peer_say(&peer, fixture, lines[i]);
        peer_expect_error(&peer, fixture, "usage", "null");
    }
    peer_send(&peer, fixture, "{\0}\n", 4);
    peer_expect_error(&peer, fixture, "usage", "null");

    char brackets[2001];
    memset(brackets, '[', 2000);
    brackets[2000] = '\n';
    peer_send(&peer, fixture, brackets, sizeof(brackets));
    peer_expect_error(&peer, fixture, "usage", "null");

    assert_int_equal(fixture->requests, 0);
    peer_say(&peer, fixture, "{\"id\":9,\"verb\":\"version\"}\n"); /* and it goes on */
    peer_expect_ok(&peer, fixture, "9");
    peer_close(&peer);
}

static void test_verbs_are_checked(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1}\n");
    peer_expect_error(&peer, fixture, "usage", "1");
    peer_say(&peer, fixture, "{\"id\":2,\"verb\":5}\n");
    peer_expect_error(&peer, fixture, "usage", "2");
    peer_say(&peer, fixture, "{\"id\":3,\"verb\":\"help\"}\n"); /* camctl's own */
    peer_expect_error(&peer, fixture, "usage", "3");

    peer_say(&peer, fixture, "{\"id\":4,\"verb\":\"statsu\"}\n");
    json_t *line = peer_line(&peer, fixture);
    const json_t *error = json_object_get(line, "error");
    assert_string_equal(json_member_string(error, "code", ""), "usage");
    assert_non_null(strstr(json_member_string(error, "text", ""), "statsu"));
    assert_non_null(strstr(json_member_string(error, "hint", ""), "\"status\""));
    json_decref(line);
    assert_int_equal(fixture->requests, 0);
    peer_close(&peer);
}

/* Cutting a word for the message in the middle of a character would leave the message no JSON. */
static void test_long_unknown_verb_is_answered(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    char request[256] = "{\"id\":1,\"verb\":\"x";
    for (int i = 0; i < 60; i++)
        strcat(request, "\xc3\xa4");
    strcat(request, "\"}\n");
    peer_say(&peer, fixture, request);
    peer_expect_error(&peer, fixture, "usage", "1");
    peer_close(&peer);
}

static char *padded_request(size_t length, char fill)
{
    char *request = malloc(length + 1);
    assert_non_null(request);
    memset(request, fill, length);
    memcpy(request, "{\"id\":1,\"verb\":\"version\"}", strlen("{\"id\":1,\"verb\":\"version\"}"));
    request[length] = '\n';
    return request;
}

static void test_longest_request(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    char *request = padded_request(CONTROL_REQUEST_BYTES, ' ');
    assert_true(peer_send(&peer, fixture, request, CONTROL_REQUEST_BYTES + 1));
    peer_expect_ok(&peer, fixture, "1");
    free(request);
    peer_close(&peer);
}

static void expect_too_long(struct fixture *fixture, size_t length, bool newline)
{
    struct peer peer;
    peer_greeted(&peer, fixture);
    char *request = padded_request(length, ' ');
    assert_true(
        peer_send(&peer, fixture, request, length + newline)); /* and no reset while it is being sent */
    free(request);
    peer_expect_error(&peer, fixture, "usage", "null");
    assert_null(peer_line(&peer, fixture));
    assert_true(peer.ended);
    assert_int_equal(fixture->requests, 0);
    peer_close(&peer);
    fixture_turns(fixture, 50);
    assert_null(fixture_client(fixture));
}

static void test_too_long_request(void **state)
{
    expect_too_long(*state, CONTROL_REQUEST_BYTES + 1, true);
    expect_too_long(*state, CONTROL_REQUEST_BYTES + 1, false);
    expect_too_long(*state, 100 * 1024, true);
    expect_too_long(*state, 500 * 1024, true);
}

static void test_endless_line_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    char *request = padded_request(2 * CONTROL_DISCARD_BYTES, 'x');
    assert_false(peer_send(&peer, fixture, request, 2 * CONTROL_DISCARD_BYTES));
    free(request);
    assert_null(fixture_client(fixture));
    peer_close(&peer);
}

static void test_refused_client_that_stays_is_closed(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    char *request = padded_request(CONTROL_REQUEST_BYTES + 1, 'x');
    peer_send(&peer, fixture, request, CONTROL_REQUEST_BYTES + 1);
    free(request);
    peer_expect_error(&peer, fixture, "usage", "null");
    peer_expect_end(&peer, fixture); /* our side's end comes at once */
    assert_non_null(fixture_client(fixture));
    fixture_expire(fixture);
    assert_null(fixture_client(fixture));
    peer_close(&peer);
}

static void test_pipelined_requests_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    enum { COUNT = 5000 };
    char request[64], id[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(request, sizeof(request), "{\"id\":%d,\"verb\":\"version\"}\n", i);
        assert_true(peer_say(&peer, fixture, request));
        /* Nothing is read here: what the daemon keeps for us is bounded all the same. */
        const struct control_client *client = fixture_client(fixture);
        assert_true(client->input.length <= CONTROL_REQUEST_BYTES + 1);
        assert_true(control_output_length(&client->output) <= CONTROL_OUTPUT_BYTES + 100);
        if (i % 1000 == 999)
            peer_take(&peer, 1 << 20);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(id, sizeof(id), "%d", i);
        peer_expect_ok(&peer, fixture, id);
    }
    peer_close(&peer);
}

static void test_answers_nobody_reads_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    char request[600];
    peer_greeted(&peer, fixture);
    snprintf(request, sizeof(request), "{\"verb\":\"snapshot\",\"id\":\"%062d\"}\n", 0);
    for (int i = 0; i < 5000; i++) {
        /* until the socket is full, too: nobody takes anything */
        if (send(peer.fd, request, strlen(request), MSG_NOSIGNAL) < 0)
            assert_int_equal(errno, EAGAIN);
        fixture_turn(fixture);
        const struct control_client *client = fixture_client(fixture);
        assert_true(control_output_length(&client->output) <= CONTROL_OUTPUT_BYTES + 600);
    }
    assert_true(fixture_client(fixture)->input.length > CONTROL_REQUEST_BYTES); /* it came so far */
    peer_close(&peer);
}

static void test_one_request_a_turn(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    for (int i = 0; i < 100; i++)
        peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    for (unsigned int turn = 0; turn < 50; turn++) {
        fixture_turn(fixture);
        assert_true(fixture->requests <= turn + 1);
    }
    assert_true(fixture->requests >= 49);
    peer_close(&peer);
}

static void test_next_waits_for_the_answer(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n{\"id\":2,\"verb\":\"version\"}\n");
    fixture_turns(fixture, 10);
    assert_int_equal(fixture->requests, 1);
    control_reply_ok(fixture->held[0], NULL);
    assert_int_equal(fixture->requests, 1); /* nothing is called from within a reply */
    peer_expect_ok(&peer, fixture, "1");
    peer_expect_ok(&peer, fixture, "2");
    peer_close(&peer);
}

static void test_half_closed_client_gets_its_answers(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    /* the last one without a newline */
    peer_say(&peer, fixture,
             "{\"id\":1,\"verb\":\"version\"}\n{\"id\":2,\"verb\":\"add\"}\n{\"id\":3,\"verb\":\"version\"}");
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    peer_expect_ok(&peer, fixture, "1");
    fixture_turns(fixture, 10);
    assert_int_equal(fixture->requests, 2);
    control_reply_ok(fixture->held[0], NULL);
    peer_expect_ok(&peer, fixture, "2");
    peer_expect_ok(&peer, fixture, "3");
    peer_expect_end(&peer, fixture);
    assert_null(fixture_client(fixture));
    peer_close(&peer);
}

static void test_cut_request_at_the_end_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"ver");
    shutdown(peer.fd, SHUT_WR);
    peer_expect_error(&peer, fixture, "usage", "null");
    peer_expect_end(&peer, fixture);
    peer_close(&peer);
}

/* A socket whose other side has ended is always readable. */
static void test_half_closed_client_does_not_spin(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    shutdown(peer.fd, SHUT_WR);
    fixture_turns(fixture, 10);
    struct control_client *client = fixture_client(fixture);
    assert_true(client->input_ended);
    assert_false(ev_is_active(&client->io)); /* nothing to wake up for until the answer */
    assert_true(ev_is_active(&client->timer));
    fixture_expire(fixture);
    assert_ptr_equal(fixture_client(fixture), client); /* it is still there, so we go on */
    peer_close(&peer);
    fixture_expire(fixture); /* and now it is not */
    assert_null(fixture_client(fixture));
    control_reply_ok(fixture->held[0], NULL);
}

static void test_idle_client_is_told_and_closed(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":"); /* half a request is no sign of life */
    fixture_turns(fixture, 3);
    fixture_expire(fixture);
    peer_expect_error(&peer, fixture, "failed", "null");
    peer_expect_end(&peer, fixture);
    peer_close(&peer);
}

static void test_working_and_subscribed_clients_are_not_idle(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"add\"}\n");
    fixture_turns(fixture, 3);
    assert_false(ev_is_active(&fixture_client(fixture)->timer));
    control_reply_ok(fixture->held[0], NULL);
    peer_expect_ok(&peer, fixture, "1");
    assert_true(ev_is_active(&fixture_client(fixture)->timer));
    peer_say(&peer, fixture, "{\"id\":2,\"verb\":\"subscribe\"}\n");
    fixture_turns(fixture, 3);
    assert_false(ev_is_active(&fixture_client(fixture)->timer));
    peer_close(&peer);
}

#define FRAMING_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRAMING_TEST(test_one_request),
        FRAMING_TEST(test_id_of_any_type_is_echoed),
        FRAMING_TEST(test_long_id_is_refused),
        FRAMING_TEST(test_byte_by_byte),
        FRAMING_TEST(test_garbage_is_answered),
        FRAMING_TEST(test_verbs_are_checked),
        FRAMING_TEST(test_long_unknown_verb_is_answered),
        FRAMING_TEST(test_longest_request),
        FRAMING_TEST(test_too_long_request),
        FRAMING_TEST(test_endless_line_is_cut_off),
        FRAMING_TEST(test_refused_client_that_stays_is_closed),
        FRAMING_TEST(test_pipelined_requests_in_order),
        FRAMING_TEST(test_answers_nobody_reads_are_bounded),
        FRAMING_TEST(test_one_request_a_turn),
        FRAMING_TEST(test_next_waits_for_the_answer),
        FRAMING_TEST(test_half_closed_client_gets_its_answers),
        FRAMING_TEST(test_cut_request_at_the_end_is_refused),
        FRAMING_TEST(test_half_closed_client_does_not_spin),
        FRAMING_TEST(test_idle_client_is_told_and_closed),
        FRAMING_TEST(test_working_and_subscribed_clients_are_not_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
