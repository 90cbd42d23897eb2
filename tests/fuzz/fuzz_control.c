/*
 * fuzz_control.c - what a client of the control socket may send: framing, JSON, dispatch, answers of every
 * kind
 *
 * The first byte says how the rest is sent and who sends it. There is no file and no listening socket: the
 * client is one end of a socket pair. Whatever comes in, camd says nothing but JSON lines of the promised
 * shape, holds no more than it may, and is rid of the client at the end.
 */
#include <ev.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/shared_text.h"
#include "daemon/control/control_client.h"
#include "fuzz.h"

enum {
    MODE_READER = 1,
    MODE_STRANGER = 2,
    MODE_BYTES = 4,
    MODE_HALF_CLOSE = 8,
    MODE_NEVER_READS = 16,
    HELD_MAX = 8
};

static struct control control;
static struct control_request *held[HELD_MAX];
static unsigned int held_count;
static unsigned int series_open;

/* ---- a daemon whose answers depend on nothing but the request ---- */

struct series {
    int64_t left, size;
    bool follow;
};

static int series_next(void *state, struct control_part *part)
{
    struct series *series = state;
    if (series->left <= 0)
        return series->follow ? 0 : -1;
    char *filler = calloc(1, (size_t)series->size + 1);
    check(filler != NULL);
    memset(filler, 'x', (size_t)series->size);
    if (series->left-- % 2 == 0) {
        json_write_string(&part->json, NULL, filler);
    } else {
        struct shared_text *text = shared_text_new("[1]", 3);
        json_write_begin_object(&part->json, NULL);
        json_write_string(&part->json, "filler", filler);
        control_part_share(part, "shared", text);
        json_write_end_object(&part->json);
        shared_text_release(text);
    }
    free(filler);
    return 1;
}

static void series_release(void *state)
{
    series_open--;
    free(state);
}

static int64_t bounded(const json_t *body, const char *name, int64_t most)
{
    const int64_t value = json_member_int(body, name, 0);
    return value < 0 ? 0 : value > most ? most : value;
}

static void handle(void *context, struct control_request *request, enum verb verb, const json_t *body)
{
    (void)context;
    check(json_is_object(body));
    check(verb_table[verb].privilege != VERB_LOCAL);
    check(verb_table[verb].privilege != VERB_CHANGE || request->client->access.may_change);
    if (verb == VERB_STATUS || verb == VERB_SUBSCRIBE) {
        struct series *series = malloc(sizeof(*series));
        check(series != NULL);
        *series =
            (struct series){bounded(body, "count", 200), bounded(body, "size", 5000), verb == VERB_SUBSCRIBE};
        series_open++;
        control_reply_parts(request, series_next, series_release, series);
    } else if (verb == VERB_ADD && held_count < HELD_MAX) {
        held[held_count++] = request;
    } else if (verb == VERB_SNAPSHOT) {
        control_reply_error(request, CONTROL_NO_CAMERA, NULL, "no camera %s",
                            json_member_string(body, "name", ""));
    } else {
        control_reply_ok(request, json_incref(json_object_get(body, "echo")));
    }
}

static void answer_held(void)
{
    for (unsigned int i = 0; i < held_count; i++)
        control_reply_ok(held[i], NULL);
    held_count = 0;
}

static void begin(void)
{
    control.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    check(control.loop != NULL);
    control.handler = handle;
    control.denied_read = control.denied_change = "ask root";
    LIST_INIT(&control.clients);
    control_turns_init(&control);
    LIST_INIT(&control.dead);
}

/* ---- its client ---- */

static void check_line(const char *text, size_t length)
{
    json_error_t problem;
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    check(json_is_object(line));
    if (!json_object_get(line, "protocol")) {
        const json_t *error = json_object_get(line, "error");
        check(json_object_size(line) == 2 && json_object_get(line, "id"));
        check((json_object_get(line, "part") != NULL) + (json_object_get(line, "ok") != NULL) +
                  (error != NULL) ==
              1);
        check(!error || (json_is_string(json_object_get(error, "code")) &&
                         json_is_string(json_object_get(error, "text"))));
    }
    json_decref(line);
}

/* Lines that have come, a rest of one line being kept in received. */
static void read_answers(int fd, struct byte_queue *received)
{
    for (;;) {
        char *room = byte_queue_reserve(received, 65536);
        check(room != NULL);
        const ssize_t got = recv(fd, room, 65536, MSG_DONTWAIT);
        if (got <= 0)
            return;
        byte_queue_commit(received, (size_t)got);
        for (;;) {
            const char *front = byte_queue_front(received);
            const char *newline = received->length == 0 ? NULL : memchr(front, '\n', received->length);
            if (!newline)
                break;
            check_line(front, (size_t)(newline - front));
            byte_queue_consume(received, (size_t)(newline - front) + 1);
        }
    }
}

static void turn(int fd, unsigned int mode, struct byte_queue *received)
{
    ev_run(control.loop, EVRUN_NOWAIT);
    const struct control_client *client = LIST_FIRST(&control.clients);
    if (client) {
        check(client->input.length <= CONTROL_REQUEST_BYTES + 1);
        check(control_output_length(&client->output) <=
              CONTROL_OUTPUT_BYTES + 3 * CONTROL_REQUEST_BYTES * 6); /* an answer may escape its echo */
    }
    if ((mode & MODE_NEVER_READS) == 0)
        read_answers(fd, received);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!control.loop)
        begin();
    if (size == 0)
        return 0;
    const unsigned int mode = data[0];
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    const struct control_access access = {.uid = 1000,
                                          .may_read = (mode & MODE_STRANGER) == 0,
                                          .may_change = (mode & (MODE_STRANGER | MODE_READER)) == 0};
    struct byte_queue received;
    byte_queue_init(&received);
    check(control_client_new(&control, fds[1], &access) == 0);

    const size_t step = (mode & MODE_BYTES) != 0 && size < 2000 ? 1 : 8192;
    for (size_t at = 1; at < size; at += step) {
        if (send(fds[0], data + at, size - at < step ? size - at : step, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break; /* camd has closed, or is busy answering: what follows is lost, as with any impatient
                      client */
        turn(fds[0], mode, &received);
    }
    if ((mode & MODE_HALF_CLOSE) != 0)
        shutdown(fds[0], SHUT_WR);
    for (int i = 0; i < 20; i++) {
        turn(fds[0], mode, &received);
        answer_held();
        control_wake(&control);
    }
    if ((mode & MODE_NEVER_READS) == 0)
        read_answers(fds[0], &received);

    close(fds[0]);
    struct control_client *client = LIST_FIRST(&control.clients);
    if (client &&
        ev_is_active(&client->timer)) /* one that closed both ways in turn is seen by the timer only */
        ev_feed_event(control.loop, &client->timer, EV_TIMER);
    for (int i = 0; i < 3; i++)
        ev_run(control.loop, EVRUN_NOWAIT);
    check(LIST_EMPTY(&control.clients) && control.client_count == 0 && control.reader_count == 0);
    check(series_open == 0);
    held_count = 0;
    byte_queue_fini(&received);
    return 0;
}
