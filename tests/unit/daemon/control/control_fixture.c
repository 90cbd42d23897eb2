#include "control_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/log.h"

enum { PATIENCE_TURNS = 3000 };

/* ---- the daemon's side ---- */

void fixture_free_control(struct fixture *fixture)
{
    struct control *control = fixture->control;
    fixture->control = NULL;
    control_free(control);
}

struct series { /* an answer in parts */
    struct fixture *fixture;
    unsigned int index, count;
    char *filler;
    bool follow;
};

static int series_next(void *state, struct control_part *part)
{
    struct series *series = state;
    if (series->fixture->free_in_next) {
        json_write_begin_object(&part->json, NULL);
        fixture_free_control(series->fixture);
        json_write_end_object(&part->json);
        return 1;
    }
    if (series->follow && series->index >= series->fixture->available)
        return 0;
    if (!series->follow && series->index >= series->count)
        return -1;
    series->fixture->parts_made++;
    json_write_begin_object(&part->json, NULL);
    json_write_int(&part->json, "index", series->index++);
    if (series->fixture->shared)
        control_part_share(part, "filler", series->fixture->shared);
    else
        json_write_string(&part->json, "filler", series->filler);
    json_write_end_object(&part->json);
    return 1;
}

static void series_release(void *state)
{
    struct series *series = state;
    struct fixture *fixture = series->fixture;
    fixture->released++;
    free(series->filler);
    free(series);
    if (fixture->free_in_release)
        fixture_free_control(fixture);
}

static void fixture_begin_series(struct fixture *fixture, struct control_request *request, const json_t *body,
                                 bool follow)
{
    const size_t size = (size_t)json_member_int(body, "size", 0);
    struct series *series = calloc(1, sizeof(*series));
    assert_non_null(series);
    *series = (struct series){.fixture = fixture,
                              .count = (unsigned int)json_member_int(body, "count", 0),
                              .filler = calloc(1, size + 1),
                              .follow = follow};
    memset(series->filler, 'x', size);
    control_reply_parts(request, series_next, series_release, series);
}

void fixture_handle(void *context, struct control_request *request, enum verb verb, const json_t *body)
{
    struct fixture *fixture = context;
    fixture->requests++;
    if (verb == VERB_VERSION) {
        control_reply_ok(request, json_pack("{s:s}", "version", "test"));
    } else if (verb == VERB_STATUS || verb == VERB_SUBSCRIBE) {
        fixture_begin_series(fixture, request, body, verb == VERB_SUBSCRIBE);
    } else if (verb == VERB_ADD) {
        assert_true(fixture->held_count < FIXTURE_HELD);
        fixture->held[fixture->held_count++] = request;
    } else if (verb == VERB_RELOAD) {
        fixture_free_control(fixture);
        control_reply_ok(request, NULL); /* too late: dropped */
    } else if (verb == VERB_SHUTDOWN) {
        control_reply_ok(request, NULL);
        fixture_free_control(fixture);
    } else {
        control_reply_error_with(request, CONTROL_REFUSED,
                                 json_pack("{s:i, s:s}", "next_start_ms", 5, "code", "no"), "say it in ASCII",
                                 "caf\xe9 is closed");
    }
}

int fixture_setup(void **state)
{
    log_set_level(LOG_ERROR);
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    if (!fixture)
        return -1;
    strcpy(fixture->directory, "/tmp/camd-control-XXXXXX");
    if (!mkdtemp(fixture->directory))
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/camd.sock", fixture->directory);
    fixture->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (!fixture->loop ||
        control_new(&fixture->control, fixture->loop, fixture->path, (gid_t)-1, fixture_handle, fixture) < 0)
        return -1;
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    fixture_free_control(fixture);
    ev_loop_destroy(fixture->loop);
    const int error = rmdir(fixture->directory); /* nothing is left behind */
    free(fixture);
    return error;
}

void fixture_turn(struct fixture *fixture)
{
    ev_run(fixture->loop, EVRUN_NOWAIT);
}

void fixture_turns(struct fixture *fixture, unsigned int count)
{
    while (count-- > 0)
        fixture_turn(fixture);
}

struct control_client *fixture_client(struct fixture *fixture)
{
    return fixture->control ? LIST_FIRST(&fixture->control->clients) : NULL;
}

void fixture_expire(struct fixture *fixture)
{
    struct control_client *client = fixture_client(fixture);
    assert_non_null(client);
    assert_true(ev_is_active(&client->timer));
    ev_feed_event(fixture->loop, &client->timer, EV_TIMER);
    fixture_turns(fixture, 3);
}

/* ---- the client's side ---- */

void peer_connect(struct peer *peer, struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
    peer->ended = false;
    byte_queue_init(&peer->input);
    peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(peer->fd >= 0);
    while (connect(peer->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        assert_int_equal(errno, EAGAIN);
        fixture_turn(fixture);
    }
}

void peer_greeted(struct peer *peer, struct fixture *fixture)
{
    peer_connect(peer, fixture);
    json_t *greeting = peer_line(peer, fixture);
    assert_string_equal(json_member_string(greeting, "camd", ""), CAMD_VERSION);
    assert_int_equal(json_member_int(greeting, "protocol", 0), CONTROL_PROTOCOL);
    json_decref(greeting);
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    byte_queue_fini(&peer->input);
}

bool peer_send(struct peer *peer, struct fixture *fixture, const char *bytes, size_t size)
{
    unsigned int turns = 0;
    while (size > 0) {
        const ssize_t sent = send(peer->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0) {
            assert_true(turns++ < PATIENCE_TURNS);
            fixture_turn(fixture);
            continue;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool peer_say(struct peer *peer, struct fixture *fixture, const char *text)
{
    return peer_send(peer, fixture, text, strlen(text));
}

size_t peer_take(struct peer *peer, size_t size)
{
    char *room = byte_queue_reserve(&peer->input, size);
    assert_non_null(room);
    const ssize_t got = recv(peer->fd, room, size, 0);
    if (got > 0)
        byte_queue_commit(&peer->input, (size_t)got);
    else if (got == 0 || errno != EAGAIN)
        peer->ended = true;
    return got > 0 ? (size_t)got : 0;
}

json_t *peer_line(struct peer *peer, struct fixture *fixture)
{
    for (unsigned int turn = 0; turn < PATIENCE_TURNS; turn++) {
        const char *front = byte_queue_front(&peer->input);
        const char *newline = front ? memchr(front, '\n', peer->input.length) : NULL;
        if (newline) {
            json_error_t problem;
            const size_t length = (size_t)(newline - front);
            json_t *line = json_loadb(front, length, 0, &problem);
            assert_non_null(line); /* whatever camd says is JSON */
            byte_queue_consume(&peer->input, length + 1);
            return line;
        }
        if (peer->ended)
            return NULL;
        fixture_turn(fixture);
        peer_take(peer, 65536);
    }
    return NULL;
}

static void check_id(const json_t *line, const char *id_text)
{
    char *text = json_dumps(json_object_get(line, "id"), JSON_ENCODE_ANY | JSON_COMPACT);
    assert_non_null(text);
    assert_string_equal(text, id_text);
    free(text);
}

void peer_expect_error(struct peer *peer, struct fixture *fixture, const char *code, const char *id_text)
{
    json_t *line = peer_line(peer, fixture);
    assert_non_null(line);
    const json_t *error = json_object_get(line, "error");
    assert_string_equal(json_member_string(error, "code", "none"), code);
    assert_true(strlen(json_member_string(error, "text", "")) > 0);
    assert_true(strlen(json_member_string(error, "hint", "")) > 0);
    check_id(line, id_text);
    json_decref(line);
}

void peer_expect_ok(struct peer *peer, struct fixture *fixture, const char *id_text)
{
    json_t *line = peer_line(peer, fixture);
    assert_non_null(line);
    assert_true(json_is_object(json_object_get(line, "ok")));
    check_id(line, id_text);
    json_decref(line);
}

void peer_expect_end(struct peer *peer, struct fixture *fixture)
{
    for (unsigned int turn = 0; turn < PATIENCE_TURNS && !peer->ended; turn++) {
        fixture_turn(fixture);
        peer_take(peer, 65536);
    }
    assert_true(peer->ended);
}
