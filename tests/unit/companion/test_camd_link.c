/*
 * What a program beside the daemon notices of a camd that hangs or refuses: the camd is in the same loop, and answers or does
 * not. Times are short, and nothing is asserted of how long anything took.
 */
#include "companion/camd_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"

enum { CLIENTS_MAX = 64 };
static const double SILENCE_S = 0.05, PATIENCE_S = 30;

struct client {
    ev_io io;
    json_int_t asked, answered; /* the last of its requests, which count from 1; subscriptions aside */
};

struct fixture {
    struct ev_loop *loop;
    char directory[32], path[64];
    struct camd_link *link;

    /* camd */
    ev_io listener;
    struct client clients[CLIENTS_MAX];
    size_t client_count;
    bool answers;         /* else it hangs: what is asked meanwhile is answered when it goes on */
    unsigned int refuses; /* subscriptions */
    const char *code;     /* of the error with which it was answered */
    unsigned int versions, subscriptions;
    int64_t from; /* of the last subscription; -1: none */

    /* what was told */
    bool is_silent, was_silent_first; /* before the answer */
    unsigned int silences, answers_again, snapshots, refusals;
    char code_of_answer[16], why[CAMD_LINK_TEXT_BYTES];
};

/* ---- camd ---- */

/* Who has asked may have gone. */
static void send_to(int fd, const char *line, size_t length)
{
    const ssize_t sent = send(fd, line, length, MSG_NOSIGNAL);
    assert_true(sent == (ssize_t)length || errno == EPIPE || errno == ECONNRESET);
}

static void say(const struct fixture *fixture, int fd, json_int_t id, const char *rest)
{
    char line[256];
    (void)fixture;
    const int length = snprintf(line, sizeof(line), "{\"id\":%lld,%s}\n", (long long)id, rest);
    send_to(fd, line, (size_t)length);
}

static void answer(const struct fixture *fixture, struct client *client)
{
    while (client->answered < client->asked)
        say(fixture, client->io.fd, ++client->answered, "\"ok\":{}");
}

static void go_on(struct fixture *fixture)
{
    fixture->answers = true;
    for (size_t i = 0; i < fixture->client_count; i++) {
        if (ev_is_active(&fixture->clients[i].io))
            answer(fixture, &fixture->clients[i]);
    }
}

static void take_subscription(struct fixture *fixture, int fd, json_int_t id, const json_t *request)
{
    char refusal[128];
    fixture->subscriptions++;
    fixture->from = json_member_int(json_object_get(request, "from"), "seq", -1);
    if (fixture->refuses == 0) {
        say(fixture, fd, id, "\"part\":{\"snapshot\":{\"epoch\":1,\"seq\":7,\"cameras\":[]}}");
        return;
    }
    fixture->refuses--;
    snprintf(refusal, sizeof(refusal), "\"error\":{\"code\":\"%s\",\"text\":\"no\",\"hint\":\"wait\"}",
             fixture->code);
    say(fixture, fd, id, refusal);
}

static void take_line(struct fixture *fixture, struct client *client, const char *line, size_t length)
{
    json_error_t error;
    json_t *request = json_loadb(line, length, 0, &error);
    const char *verb = json_member_string(request, "verb", "");
    const json_int_t id = json_member_int(request, "id", 0);
    fixture->versions += strcmp(verb, "version") == 0;
    if (strcmp(verb, "subscribe") != 0)
        client->asked = id;
    else if (fixture->answers)
        take_subscription(fixture, client->io.fd, id, request);
    if (fixture->answers)
        answer(fixture, client);
    json_decref(request);
}

static void on_client(EV_P_ ev_io *watcher, int events)
{
    struct client *client = (struct client *)watcher; /* its first member */
    struct fixture *fixture = watcher->data;
    char text[4096];
    const ssize_t length = read(watcher->fd, text, sizeof(text));
    (void)events;
    if (length <= 0) {
        ev_io_stop(EV_A_ watcher);
        close(watcher->fd);
        return;
    }
    for (char *line = text, *end; (end = memchr(line, '\n', (size_t)(text + length - line))); line = end + 1)
        take_line(fixture, client, line, (size_t)(end - line));
}

static void on_listener(EV_P_ ev_io *watcher, int events)
{
    static const char greeting[] = "{\"camd\":\"9.8\",\"protocol\":1}\n";
    struct fixture *fixture = watcher->data;
    (void)events;
    assert_true(fixture->client_count < CLIENTS_MAX);
    ev_io *client = &fixture->clients[fixture->client_count++].io;
    ev_io_init(client, on_client, accept(watcher->fd, NULL, NULL), EV_READ);
    client->data = fixture;
    ev_io_start(EV_A_ client);
    send_to(client->fd, greeting, strlen(greeting));
}

static void listen_as_camd(struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    ev_io_init(&fixture->listener, on_listener, fd, EV_READ);
    fixture->listener.data = fixture;
    ev_io_start(fixture->loop, &fixture->listener);
}

/* ---- what is told ---- */

static void take_silence(void *context, bool is_silent)
{
    struct fixture *fixture = context;
    assert_true(is_silent != fixture->is_silent);
    fixture->is_silent = is_silent;
    fixture->silences += is_silent;
    fixture->answers_again += !is_silent;
}

static void take_reply(void *context, const struct camd_reply *reply)
{
    struct fixture *fixture = context;
    fixture->snapshots += reply->kind == CAMD_REPLY_SNAPSHOT;
    if (reply->kind != CAMD_REPLY_ERROR)
        return;
    fixture->refusals++;
    camd_link_explain(reply, fixture->why);
}

static void take_answer(void *context, const struct camd_reply *reply)
{
    struct fixture *fixture = context;
    fixture->was_silent_first = camd_link_is_silent(fixture->link);
    snprintf(fixture->code_of_answer, sizeof(fixture->code_of_answer), "%s", reply->code);
}

/* ---- the tests ---- */

static void on_patience(EV_P_ ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
    fail_msg("it does not come");
}

#define RUN_UNTIL(fixture, condition)                                                                        \
    do {                                                                                                     \
        ev_timer patience;                                                                                   \
        ev_timer_init(&patience, on_patience, PATIENCE_S, 0.);                                               \
        ev_timer_start((fixture)->loop, &patience);                                                          \
        while (!(condition))                                                                                 \
            ev_run((fixture)->loop, EVRUN_ONCE);                                                             \
        ev_timer_stop((fixture)->loop, &patience);                                                           \
    } while (0)

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->loop = ev_loop_new(EVFLAG_AUTO);
    fixture->answers = true;
    fixture->code = "no_memory";
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/camd-link.XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/socket", fixture->directory);
    listen_as_camd(fixture);
    assert_int_equal(camd_link_new(&fixture->link, fixture->loop, fixture->path, SILENCE_S), 0);
    camd_link_watch_silence(fixture->link, take_silence, fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    camd_link_free(fixture->link);
    for (size_t i = 0; i < fixture->client_count; i++) {
        if (!ev_is_active(&fixture->clients[i].io))
            continue;
        ev_io_stop(fixture->loop, &fixture->clients[i].io);
        close(fixture->clients[i].io.fd);
    }
    ev_io_stop(fixture->loop, &fixture->listener);
    close(fixture->listener.fd);
    ev_loop_destroy(fixture->loop);
    unlink(fixture->path);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

/* Only camd-web noticed it, and only while somebody looked. */
static void test_a_camd_that_hangs_is_noticed_though_nothing_is_asked(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(camd_link_subscribe(fixture->link, NULL, take_reply, fixture), 0);
    RUN_UNTIL(fixture, fixture->snapshots == 1 && fixture->versions > 0);
    fixture->answers = false;
    RUN_UNTIL(fixture, fixture->silences > 0 && fixture->is_silent);
    assert_true(camd_link_is_silent(fixture->link));
    go_on(fixture);
    RUN_UNTIL(fixture, fixture->answers_again > 0 && !fixture->is_silent);
    assert_int_equal(fixture->snapshots, 1); /* the subscription has lost nothing */
}

static void on_time(EV_P_ ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    *(bool *)timer->data = true;
}

/* For what should not happen meanwhile. */
static void run_for(struct fixture *fixture, double seconds)
{
    bool is_over = false;
    ev_timer timer;
    ev_timer_init(&timer, on_time, seconds, 0.);
    timer.data = &is_over;
    ev_timer_start(fixture->loop, &timer);
    RUN_UNTIL(fixture, is_over);
}

/*
 * There was another connection after each silence, until the queue of a camd that was stopped had no room for anybody's;
 * then another request at every second silence, without end.
 */
static void test_a_camd_that_hangs_for_long_gets_one_more_connection_and_one_request_on_each(void **state)
{
    enum { SILENCES = 10, CONNECTIONS = 2 };
    struct fixture *fixture = *state;
    fixture->answers = false;
    RUN_UNTIL(fixture, fixture->versions == CONNECTIONS);
    run_for(fixture, SILENCES * SILENCE_S);
    assert_int_equal(fixture->client_count, CONNECTIONS);
    assert_int_equal(fixture->versions, CONNECTIONS);
    go_on(fixture);
    RUN_UNTIL(fixture, !fixture->is_silent);
    assert_int_equal(fixture->silences, 1);
    RUN_UNTIL(fixture, fixture->versions > CONNECTIONS); /* it is asked as before */
}

static struct rlimit limit_to_what_is_open(void)
{
    struct rlimit usual;
    const int next = dup(STDERR_FILENO);
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    const struct rlimit low = {.rlim_cur = (rlim_t)next, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    return usual;
}

/* It was taken for made, and never tried again. */
static void test_another_connection_that_could_not_be_made_is_made_later(void **state)
{
    struct fixture *fixture = *state;
    fixture->answers = false;
    assert_int_equal(camd_link_ask(fixture->link, "status", NULL, take_answer, fixture), 0);
    RUN_UNTIL(fixture, fixture->client_count == 1);
    const struct rlimit usual = limit_to_what_is_open();
    RUN_UNTIL(fixture, fixture->is_silent);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    RUN_UNTIL(fixture, fixture->client_count == 2);
    assert_string_equal(fixture->code_of_answer, "lost");
}

static void test_silence_is_told_before_what_waits_gets_its_error(void **state)
{
    struct fixture *fixture = *state;
    fixture->answers = false;
    assert_int_equal(camd_link_ask(fixture->link, "status", NULL, take_answer, fixture), 0);
    RUN_UNTIL(fixture, fixture->code_of_answer[0]);
    assert_string_equal(fixture->code_of_answer, "lost");
    assert_true(fixture->was_silent_first);
    go_on(fixture);
    RUN_UNTIL(fixture, !fixture->is_silent);
    assert_false(camd_link_is_silent(fixture->link));
}

/* It ended camd-mqtt. */
static void test_a_subscription_that_is_refused_is_asked_for_again(void **state)
{
    struct fixture *fixture = *state;
    const struct camd_place from = {.epoch = 1, .seq = 5};
    fixture->refuses = 1;
    assert_int_equal(camd_link_subscribe(fixture->link, &from, take_reply, fixture), 0);
    RUN_UNTIL(fixture, fixture->refusals == 1);
    assert_string_equal(fixture->why, "no: wait");
    RUN_UNTIL(fixture, fixture->snapshots == 1);
    assert_int_equal(fixture->subscriptions, 2);
    assert_int_equal(fixture->from, 5); /* nothing is missed on that account */
}

static void test_who_lacks_the_right_is_told_what_to_do(void **state)
{
    struct fixture *fixture = *state;
    fixture->refuses = 1;
    fixture->code = "denied";
    assert_int_equal(camd_link_subscribe(fixture->link, NULL, take_reply, fixture), 0);
    RUN_UNTIL(fixture, fixture->refusals == 1);
    assert_non_null(strstr(fixture->why, "into camd's group"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_camd_that_hangs_is_noticed_though_nothing_is_asked),
        TEST(test_a_camd_that_hangs_for_long_gets_one_more_connection_and_one_request_on_each),
        TEST(test_another_connection_that_could_not_be_made_is_made_later),
        TEST(test_silence_is_told_before_what_waits_gets_its_error),
        TEST(test_a_subscription_that_is_refused_is_asked_for_again),
        TEST(test_who_lacks_the_right_is_told_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
