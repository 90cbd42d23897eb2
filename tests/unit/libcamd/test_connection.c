/*
 * A connection to a daemon that is this test: nothing here waits for another process, since every call with the time-out 0
 * does what can be done now, and what it has done is looked at from the other side.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "camd/client.h"

enum { PATIENCE_MS = 10000 };

static const char greeting[] = "{\"camd\":\"9.8\",\"protocol\":1}\n";

struct fixture {
    char directory[32], path[64];
    int listener, client;
    struct camd_connection *camd;
    char request[CAMD_REQUEST_BYTES + 2];
};

static void listen_again(struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    unlink(fixture->path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
    fixture->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fixture->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fixture->listener, 4), 0);
}

static void hang_up(struct fixture *fixture)
{
    close(fixture->client);
    fixture->client = -1;
}

static int set_up(void **state)
{
    struct fixture *const fixture = calloc(1, sizeof(*fixture));
    strcpy(fixture->directory, "/tmp/camd-connection.XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/sock", fixture->directory);
    fixture->client = -1;
    listen_again(fixture);
    assert_int_equal(camd_connection_new(&fixture->camd, fixture->path), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *const fixture = *state;
    camd_connection_free(fixture->camd);
    hang_up(fixture);
    close(fixture->listener);
    unlink(fixture->path);
    (void)rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static void say(const struct fixture *fixture, const char *text)
{
    assert_int_equal(send(fixture->client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Takes the connection that waits, and greets. */
static void answer_the_door(struct fixture *fixture)
{
    fixture->client = accept(fixture->listener, NULL, NULL);
    assert_true(fixture->client >= 0);
    say(fixture, greeting);
}

/* The request that has come, without its newline. */
static const char *heard(struct fixture *fixture)
{
    size_t length = 0;
    do {
        const ssize_t got =
            recv(fixture->client, fixture->request + length, sizeof(fixture->request) - 1 - length, 0);
        assert_true(got > 0);
        length += (size_t)got;
    } while (fixture->request[length - 1] != '\n');
    fixture->request[length - 1] = '\0';
    return fixture->request;
}

static const struct camd_reply *next(const struct fixture *fixture)
{
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_receive(fixture->camd, PATIENCE_MS, &reply), 1);
    return reply;
}

static void assert_nothing_now(const struct fixture *fixture)
{
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_receive(fixture->camd, 0, &reply), 0);
    assert_null(reply);
}

static void assert_fails(const struct fixture *fixture, int problem)
{
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_receive(fixture->camd, PATIENCE_MS, &reply), problem);
    assert_int_equal(camd_connection_receive(fixture->camd, 0, &reply), -ENOTCONN);
}

static void assert_place(const struct fixture *fixture, uint64_t epoch, uint64_t seq)
{
    const struct camd_place place = camd_connection_place(fixture->camd);
    assert_int_equal(place.epoch, epoch);
    assert_int_equal(place.seq, seq);
}

/* ---- asking ---- */

static void test_a_question_has_parts_and_a_result(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_ask(fixture->camd, "show", "{\"name\": \"front\", \"x\": 0.85}"), 1);
    answer_the_door(fixture);
    assert_string_equal(heard(fixture), "{\"name\":\"front\",\"x\":0.85,\"id\":1,\"verb\":\"show\"}");
    say(fixture, "{\"id\":1,\"part\":{\"a\":[1,2]}}\n{\"id\": 1, \"part\": 0.85}\n{\"id\":1,\"ok\":{}}\n");
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_PART);
    assert_int_equal(reply->request, 1);
    assert_string_equal(reply->text, "{\"a\":[1,2]}");
    assert_int_equal(reply->length, strlen("{\"a\":[1,2]}"));
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_PART);
    assert_string_equal(reply->text, "0.85");
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_OK);
    assert_string_equal(reply->text, "{}");
    assert_nothing_now(fixture);
    assert_string_equal(camd_connection_version(fixture->camd), "9.8");
    assert_int_equal(camd_connection_pid(fixture->camd), getpid());
}

static void test_questions_are_numbered(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 1);
    assert_int_equal(camd_connection_ask(fixture->camd, "shm", "{}"), 2);
    answer_the_door(fixture);
    assert_non_null(strstr(heard(fixture), "{\"id\":1,\"verb\":\"version\"}\n{\"id\":2,\"verb\":\"shm\"}"));
    say(fixture, "{\"id\":1,\"ok\":{}}\n{\"id\":2,\"ok\":{}}\n");
    assert_int_equal(next(fixture)->request, 1);
    assert_int_equal(next(fixture)->request, 2);
}

/* What stands behind a part or a result, as a later camd may say it, was taken for its end. */
static void test_members_that_are_not_known_are_ignored(void **state)
{
    struct fixture *const fixture = *state;
    static const char *const values[] = {"{}", "{\"a\":{\"b\":[1,{}]}}", "{\"a\":\"}\\\"{\\\\\"}"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char line[128];
        assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), i + 1);
        if (i == 0)
            answer_the_door(fixture);
        for (int later = 0; later < 3; later++) {
            snprintf(line, sizeof(line), "{\"id\":%zu,\"%s\":%s%s}\n", i + 1, later == 2 ? "ok" : "part",
                     values[i], later > 0 ? ",\"later\":{\"a\":[]}" : "");
            say(fixture, line);
            assert_string_equal(next(fixture)->text, values[i]);
        }
    }
}

static void test_an_answer_to_something_else_is_none(void **state)
{
    struct fixture *const fixture = *state;
    /* to one that was not made yet, to one of before, to none, to one beyond all numbers */
    static const char *const answers[] = {
        "{\"id\":2,\"ok\":{}}\n",      "{\"id\": 1,\"part\":{}}\n",       "{\"ok\":{}}\n",
        "{\"id\":null,\"part\":{}}\n", "{\"id\":4294967301,\"ok\":{}}\n",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), i + 1);
        answer_the_door(fixture);
        say(fixture, answers[i]);
        assert_fails(fixture, -EPROTO);
        hang_up(fixture);
    }
}

static void test_an_error_has_code_text_and_hint(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_ask(fixture->camd, "kick", "{\"name\":\"frnt\"}"), 1);
    answer_the_door(fixture);
    say(fixture, "{\"id\":1,\"error\":{\"code\":\"no_camera\",\"text\":\"there is none\",\"hint\":\"front?\","
                 "\"next_start_ms\":5}}\n");
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_ERROR);
    assert_string_equal(reply->code, "no_camera");
    assert_string_equal(reply->reason, "there is none");
    assert_string_equal(reply->hint, "front?");
    assert_non_null(strstr(reply->text, "\"next_start_ms\":5"));
    say(fixture, "{\"id\":null,\"error\":{\"code\":\"usage\",\"text\":\"60 s without a request\"}}\n");
    reply = next(fixture);
    assert_int_equal(reply->request, 0);
    assert_string_equal(reply->hint, "");
}

/* An error without a number was given to nobody, and the next answer was taken for none: the connection was lost. */
static void test_a_request_that_camd_cannot_read_is_answered(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(camd_connection_ask(fixture->camd, "kick", "{\"name\":\"a\\u0000\"}"), 1);
    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 2);
    answer_the_door(fixture);
    say(fixture,
        "{\"id\":null,\"error\":{\"code\":\"usage\",\"text\":\"no JSON object\"}}\n{\"id\":2,\"ok\":{}}\n");
    assert_int_equal(next(fixture)->request, 1);
    assert_int_equal(next(fixture)->request, 2);
}

static void test_requests_are_bounded_and_checked(void **state)
{
    struct fixture *const fixture = *state;
    char *const text = malloc(2 * CAMD_REQUEST_BYTES);
    int result = 0;
    assert_int_equal(camd_connection_ask(fixture->camd, "show", "[1]"), -EINVAL);
    assert_int_equal(camd_connection_ask(fixture->camd, "show", "{\"name\":"), -EINVAL);
    assert_int_equal(camd_connection_ask(fixture->camd, "show", "{}\n{\"id\":7,\"verb\":\"shutdown\"}"),
                     -EINVAL);

    assert_int_equal(camd_connection_ask(fixture->camd, "sh\xff", NULL), -EINVAL);

    const int length = snprintf(text, 2 * CAMD_REQUEST_BYTES, "{\"name\":\"%*s\"}", CAMD_REQUEST_BYTES, "x");

    assert_int_equal(camd_connection_ask(fixture->camd, "show", text), -E2BIG);
    snprintf(text + length / 2, 8, "\"}");
    /* a daemon that does not read costs as much as one request */
    for (int i = 0; i < 1000 && result >= 0; i++)
        result = camd_connection_ask(fixture->camd, "show", text);
    assert_int_equal(result, -ENOBUFS);
    free(text);
}

static void test_a_line_is_at_most_so_long(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    char *const text = malloc(CAMD_LINE_BYTES);
    int result = 0;
    memset(text, 'x', CAMD_LINE_BYTES);
    assert_int_equal(camd_connection_ask(fixture->camd, "shm", NULL), 1);
    answer_the_door(fixture);
    for (size_t sent = 0; result == 0; sent += 65536) {
        assert_true(sent < CAMD_LINE_BYTES + 1048576);
        assert_true(send(fixture->client, text, 65536, MSG_NOSIGNAL) > 0);
        result = camd_connection_receive(fixture->camd, 0, &reply);
    }
    assert_int_equal(result, -EMSGSIZE);
    free(text);
}

static void test_failures_have_their_numbers(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    struct camd_connection *other = NULL;
    char path[200];
    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(camd_connection_new(&other, path), -ENAMETOOLONG);
    assert_int_equal(camd_connection_new(&other, "/nonexistent/camd.sock"), 0);
    assert_int_equal(camd_connection_ask(other, "version", NULL), -ENOENT);
    assert_int_equal(camd_connection_open(other, 0, NULL), -ENOENT);
    assert_int_equal(camd_connection_receive(other, 0, &reply), -ENOTCONN);
    camd_connection_free(other);

    assert_int_equal(camd_connection_open(fixture->camd, 0, NULL), -ETIMEDOUT);
    hang_up(fixture); /* that one is gone */
    assert_true((fixture->client = accept(fixture->listener, NULL, NULL)) >= 0);
    hang_up(fixture);

    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 1);
    answer_the_door(fixture);
    say(fixture, "{\"id\":1,\"what\":1}\n");
    assert_fails(fixture, -EPROTO);
    hang_up(fixture);

    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 2);
    fixture->client = accept(fixture->listener, NULL, NULL);
    say(fixture, "220 mail.example.com ESMTP\n");
    assert_fails(fixture, -EPROTO);
    hang_up(fixture);

    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 3);
    fixture->client = accept(fixture->listener, NULL, NULL);
    say(fixture, "{\"camd\":\"9.9\",\"protocol\":2}\n");
    assert_fails(fixture, -EPROTONOSUPPORT);
    assert_string_equal(camd_connection_version(fixture->camd), "9.9");
    hang_up(fixture);

    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 4);
    answer_the_door(fixture);
    hang_up(fixture);
    assert_fails(fixture, -ECONNRESET);
}

static void test_one_client_too_many_is_told_why(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *refusal = NULL;
    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 1); /* connects */
    fixture->client = accept(fixture->listener, NULL, NULL);
    say(fixture, "{\"id\":null,\"error\":{\"code\":\"refused\",\"text\":\"64 clients are there\"}}\n");
    hang_up(fixture);
    assert_int_equal(camd_connection_open(fixture->camd, PATIENCE_MS, &refusal), -EBUSY);
    assert_string_equal(refusal->reason, "64 clients are there");
}

/* camd greets first: it was taken for a connection that is there. */
static void test_one_client_too_many_is_told_after_the_greeting(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *refusal = NULL;
    int status;
    const pid_t camd = fork();
    if (camd == 0) {
        alarm(PATIENCE_MS / 1000);
        fixture->client = accept(fixture->listener, NULL, NULL);
        say(fixture, "{\"camd\":\"9.8\",\"protocol\":1}\n"
                     "{\"id\":null,\"error\":{\"code\":\"refused\",\"text\":\"too many clients\"}}\n");
        _exit(0);
    }
    assert_int_equal(camd_connection_open(fixture->camd, PATIENCE_MS, &refusal), -EBUSY);
    assert_string_equal(refusal->reason, "too many clients");
    assert_int_equal(waitpid(camd, &status, 0), camd);
    assert_int_equal(status, 0);
}

static void test_a_connection_that_was_closed_for_being_idle_is_made_again(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 1);
    answer_the_door(fixture);
    (void)heard(fixture);
    say(fixture, "{\"id\":1,\"ok\":{}}\n");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_OK);
    say(fixture, "{\"id\":null,\"error\":{\"code\":\"failed\",\"text\":\"60 s without a request\"}}\n");
    hang_up(fixture);
    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), 2);
    answer_the_door(fixture);
    assert_string_equal(heard(fixture), "{\"id\":2,\"verb\":\"version\"}");
    say(fixture, "{\"id\":2,\"ok\":{}}\n");
    assert_int_equal(next(fixture)->request, 2);
}

/* ---- being told ---- */

static void subscribed(struct fixture *fixture, const char *request)
{
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    assert_string_equal(heard(fixture), request);
}

static void test_a_subscription_is_told_events(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_subscribe(fixture->camd, "front", NULL), -EINVAL);
    assert_int_equal(camd_connection_subscribe(fixture->camd, "{\"from\":{\"epoch\":1,\"seq\":1}}", NULL),
                     -EINVAL);
    assert_int_equal(camd_connection_subscribe(fixture->camd, "{\"name\":\"front\"}", NULL), 0);
    subscribed(fixture, "{\"name\":\"front\",\"id\":1,\"verb\":\"subscribe\"}");
    say(fixture, "{\"id\":1,\"part\":{\"snapshot\":{\"epoch\":7,\"seq\":40,\"cameras\":[]}}}\n");
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_SNAPSHOT);
    assert_string_equal(reply->text, "{\"epoch\":7,\"seq\":40,\"cameras\":[]}");
    assert_place(fixture, 7, 40);
    say(fixture,
        "{\"id\":1,\"part\":{\"event\":{\"epoch\":7,\"seq\":41,\"event\":\"motion\","
        "\"camera\":\"front\",\"score\":0.85}}}\n{\"id\":1,\"part\":{\"missed\":{\"from\":42,\"to\":50}}}\n");
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_EVENT);
    assert_string_equal(reply->event, "motion");
    assert_string_equal(reply->camera, "front");
    assert_int_equal(reply->place.seq, 41);
    assert_non_null(strstr(reply->text, "\"score\":0.85}"));
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_MISSED);
    assert_int_equal(reply->missed_from, 42);
    assert_int_equal(reply->missed_to, 50);
    assert_place(fixture, 7, 50);
    assert_int_equal(camd_connection_ask(fixture->camd, "version", NULL), -EALREADY);
    assert_int_equal(camd_connection_open(fixture->camd, 0, NULL), -EALREADY);
    assert_nothing_now(fixture); /* and it goes on */
}

/* It was taken for another protocol, and the connection was given up, again and again. */
static void test_a_subscription_ignores_parts_that_are_not_known(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, NULL), 0);
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    say(fixture, "{\"id\":1,\"part\":{\"later\":{}}}\n"
                 "{\"id\":1,\"part\":{\"event\":{\"epoch\":7,\"seq\":1,\"event\":\"error\"}}}\n");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_EVENT);
}

static void test_a_subscription_goes_on_where_it_was(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_place from = {7, 40};
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, &from), 0);
    subscribed(fixture, "{\"from\":{\"epoch\":7,\"seq\":40},\"id\":1,\"verb\":\"subscribe\"}");
    say(fixture, "{\"id\":1,\"part\":{\"snapshot\":{\"epoch\":7,\"seq\":44,\"cameras\":[]}}}\n"
                 "{\"id\":1,\"part\":{\"event\":{\"epoch\":7,\"seq\":41,\"event\":\"motion\"}}}\n"
                 "{\"id\":1,\"part\":{\"event\":{\"epoch\":7,\"seq\":4");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_SNAPSHOT);
    assert_int_equal(next(fixture)->place.seq, 41);
    hang_up(fixture); /* in the middle of a line, as in an upgrade */
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_LOST);
    assert_int_equal(reply->problem, -ECONNRESET);
    assert_string_equal(reply->code, "");
    assert_string_equal(reply->reason, "camd has closed the connection");
    while (poll(&(struct pollfd){.fd = fixture->listener, .events = POLLIN}, 1, 0) == 0) {
        const struct camd_reply *none = NULL;
        assert_int_equal(camd_connection_receive(fixture->camd, 10, &none), 0);
    }
    answer_the_door(fixture);
    assert_string_equal(heard(fixture),
                        "{\"from\":{\"epoch\":7,\"seq\":41},\"id\":2,\"verb\":\"subscribe\"}");
    say(fixture, "{\"id\":2,\"part\":{\"snapshot\":{\"epoch\":7,\"seq\":44,\"cameras\":[]}}}\n"
                 "{\"id\":2,\"part\":{\"event\":{\"epoch\":7,\"seq\":41,\"event\":\"motion\"}}}\n"
                 "{\"id\":2,\"part\":{\"event\":{\"epoch\":7,\"seq\":42,\"event\":\"motion\"}}}\n");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_SNAPSHOT);
    assert_int_equal(next(fixture)->place.seq, 42); /* 41 came before */
}

static void test_what_nobody_knows_of_an_epoch_is_told(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_place from = {7, 40};
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, &from), 0);
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    say(fixture, "{\"id\":1,\"part\":{\"snapshot\":{\"epoch\":9,\"seq\":1,\"cameras\":[]}}}\n"
                 "{\"id\":1,\"part\":{\"missed\":{\"epoch\":7,\"from\":41,\"to\":null}}}\n"
                 "{\"id\":1,\"part\":{\"event\":{\"epoch\":9,\"seq\":1,\"event\":\"daemon_started\"}}}\n");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_SNAPSHOT);
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_MISSED);
    assert_int_equal(reply->place.epoch, 7);
    assert_int_equal(reply->missed_from, 41);
    assert_int_equal(reply->missed_to, 0);
    assert_place(fixture, 7, 40);
    assert_int_equal(next(fixture)->place.epoch, 9);
    assert_place(fixture, 9, 1);
}

static void test_a_daemon_that_is_not_there_is_told_once(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    close(fixture->listener);
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, NULL), 0);
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_LOST);
    assert_int_equal(reply->problem, -ECONNREFUSED);
    assert_int_equal(camd_connection_receive(fixture->camd, 150, &reply), 0); /* tried again meanwhile */
    unlink(fixture->path);
    reply = next(fixture);
    assert_int_equal(reply->problem, -ENOENT);
    listen_again(fixture);
    while (poll(&(struct pollfd){.fd = fixture->listener, .events = POLLIN}, 1, 0) == 0)
        assert_int_equal(camd_connection_receive(fixture->camd, 10, &reply), 0);
    answer_the_door(fixture);
    say(fixture, "{\"id\":1,\"part\":{\"snapshot\":{\"epoch\":8,\"seq\":1,\"cameras\":[]}}}\n");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_SNAPSHOT);
}

static void test_a_subscription_that_is_refused_ends(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(camd_connection_subscribe(fixture->camd, "{\"name\":\"frnt\"}", NULL), 0);
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    say(fixture, "{\"id\":1,\"error\":{\"code\":\"no_camera\",\"text\":\"there is no camera frnt\"}}\n");
    assert_string_equal(next(fixture)->code, "no_camera");
    assert_int_equal(camd_connection_receive(fixture->camd, 0, &(const struct camd_reply *){NULL}),
                     -ENOTCONN);
}

/* It was told as lost, and tried again for ever. */
static void test_a_subscription_that_camd_cannot_read_is_refused(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_subscribe(fixture->camd, "{\"name\":\"a\\u0000\"}", NULL), 0);
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    say(fixture, "{\"id\":null,\"error\":{\"code\":\"usage\",\"text\":\"no JSON object\"}}\n");
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_ERROR);
    assert_int_equal(camd_connection_receive(fixture->camd, 0, &reply), -ENOTCONN);
}

static void test_a_subscription_says_why_it_was_lost(void **state)
{
    struct fixture *const fixture = *state;
    const struct camd_reply *reply = NULL;
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, NULL), 0);
    assert_nothing_now(fixture);
    fixture->client = accept(fixture->listener, NULL, NULL);
    say(fixture, "{\"id\":null,\"error\":{\"code\":\"refused\",\"text\":\"64 clients are there\"}}\n");
    hang_up(fixture);
    reply = next(fixture);
    assert_int_equal(reply->kind, CAMD_REPLY_LOST);
    assert_int_equal(reply->problem, -EBUSY);
    assert_string_equal(reply->reason, "64 clients are there");
}

/* ---- in a loop of one's own ---- */

static bool is_readable(int descriptor)
{
    return poll(&(struct pollfd){.fd = descriptor, .events = POLLIN}, 1, 0) == 1;
}

static void test_one_descriptor_stands_for_all(void **state)
{
    struct fixture *const fixture = *state;
    const int descriptor = camd_connection_descriptor(fixture->camd);
    assert_true(descriptor >= 0);
    assert_false(is_readable(descriptor));
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, NULL), 0);
    assert_true(is_readable(descriptor)); /* to be connected */
    assert_nothing_now(fixture);
    assert_false(is_readable(descriptor));
    answer_the_door(fixture);
    assert_true(is_readable(descriptor));
    assert_nothing_now(fixture);
    assert_false(is_readable(descriptor));
    say(fixture, "{\"id\":1,\"part\":{\"snapshot\":{\"epoch\":7,\"seq\":44,\"cameras\":[]}}}\n");
    assert_true(is_readable(descriptor));
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_SNAPSHOT);
    assert_nothing_now(fixture);
    assert_false(is_readable(descriptor));
    hang_up(fixture);
    assert_true(is_readable(descriptor));
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_LOST);
    assert_int_equal(camd_connection_descriptor(fixture->camd), descriptor);
    /* the next try */
    assert_int_equal(poll(&(struct pollfd){.fd = descriptor, .events = POLLIN}, 1, PATIENCE_MS), 1);
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    assert_true(is_readable(descriptor));
}

/* The child took the socket out of what the parent waits for, which heard nothing any more. */
static void test_a_child_that_frees_its_copy_leaves_the_parent_alone(void **state)
{
    struct fixture *const fixture = *state;
    const int descriptor = camd_connection_descriptor(fixture->camd);
    int status = 0;
    assert_int_equal(camd_connection_subscribe(fixture->camd, NULL, NULL), 0);
    assert_nothing_now(fixture);
    answer_the_door(fixture);
    assert_nothing_now(fixture);

    const pid_t child = fork();

    if (child == 0) {
        camd_connection_free(fixture->camd);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(is_readable(descriptor));
    say(fixture, "{\"id\":1,\"part\":{\"snapshot\":{\"epoch\":7,\"seq\":44,\"cameras\":[]}}}\n");
    assert_true(is_readable(descriptor));
    assert_int_equal(next(fixture)->kind, CAMD_REPLY_SNAPSHOT);
    hang_up(fixture);
    assert_true(is_readable(descriptor));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_question_has_parts_and_a_result),
        TEST(test_questions_are_numbered),
        TEST(test_members_that_are_not_known_are_ignored),
        TEST(test_an_answer_to_something_else_is_none),
        TEST(test_an_error_has_code_text_and_hint),
        TEST(test_a_request_that_camd_cannot_read_is_answered),
        TEST(test_requests_are_bounded_and_checked),
        TEST(test_a_line_is_at_most_so_long),
        TEST(test_failures_have_their_numbers),
        TEST(test_one_client_too_many_is_told_why),
        TEST(test_one_client_too_many_is_told_after_the_greeting),
        TEST(test_a_connection_that_was_closed_for_being_idle_is_made_again),
        TEST(test_a_subscription_is_told_events),
        TEST(test_a_subscription_ignores_parts_that_are_not_known),
        TEST(test_a_subscription_goes_on_where_it_was),
        TEST(test_what_nobody_knows_of_an_epoch_is_told),
        TEST(test_a_daemon_that_is_not_there_is_told_once),
        TEST(test_a_subscription_that_is_refused_ends),
        TEST(test_a_subscription_that_camd_cannot_read_is_refused),
        TEST(test_a_subscription_says_why_it_was_lost),
        TEST(test_one_descriptor_stands_for_all),
        TEST(test_a_child_that_frees_its_copy_leaves_the_parent_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
