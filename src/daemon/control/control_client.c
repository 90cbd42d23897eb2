#include "daemon/control/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"

enum {
    CONTROL_RECEIVE_BYTES = 16384, /* asked for at once */
    CONTROL_SEND_PIECES = 64,      /* given at once */
    CONTROL_FINISH_TURNS = 64,     /* of making and sending, when the daemon ends */
    CONTROL_LAST_WORDS = 128,
};

#define GREETING "{\"camd\":\"" CAMD_VERSION "\",\"protocol\":1}\n"
static const char greeting[] = GREETING;
_Static_assert(CONTROL_PROTOCOL == 1, "the greeting names the protocol");

/* ---- the end of a client ---- */

void control_enter(struct control *control)
{
    control->depth++;
}

void control_leave(struct control *control)
{
    if (--control->depth > 0)
        return;
    while (!LIST_EMPTY(&control->dead)) {
        struct control_client *client = LIST_FIRST(&control->dead);
        LIST_REMOVE(client, link);
        free(client);
    }
    if (control->freed)
        free(control);
}

static void client_close(struct control_client *client)
{
    struct control *control = client->control;
    if (client->dead)
        return;
    client->dead = true;
    control_turns_leave(client);
    ev_timer_stop(control->loop, &client->timer);
    ev_io_stop(control->loop, &client->io);
    sys_close(&client->io.fd);
    byte_queue_fini(&client->input);
    control_output_fini(&client->output);
    LIST_REMOVE(client, link);
    LIST_INSERT_HEAD(&control->dead, client, link);
    control->client_count--;
    if (!client->access.may_change)
        control->reader_count--;

    struct control_request *request = client->request;
    client->request = NULL;
    if (request)
        control_request_abandon(request);
}

/* A peer that closed, unlike one that only shut down its sending side, gets nothing any more. */
static bool client_is_hung_up(const struct control_client *client)
{
    struct pollfd state = {.fd = client->io.fd, .events = 0};
    return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

/* ---- what to wait for ---- */

/* True while it is our turn, however long that takes. With parts to send it is the client's turn: to read. */
static bool client_is_owed(const struct control_client *client)
{
    const struct control_request *request = client->request;
    return request && (!request->next || request->follows);
}

static bool client_has_line(const struct control_client *client)
{
    const struct byte_queue *input = &client->input;
    return input->length > CONTROL_REQUEST_BYTES || (client->input_ended && input->length > 0) ||
           (input->length > client->scanned &&
            memchr(byte_queue_front(input) + client->scanned, '\n', input->length - client->scanned) != NULL);
}

/*
 * Reading goes on while a request is answered, as far as there is room: so a hang-up is seen. More work than
 * one turn allows goes on when the socket can be written to, which is at once or, with a client that does not
 * read, later.
 */
static int client_wanted_events(const struct control_client *client)
{
    int events = 0;
    if (!client->input_ended && (client->closing || client->input.length <= CONTROL_REQUEST_BYTES))
        events |= EV_READ;
    const bool next_request = !client->request && !client->closing && client_has_line(client);
    if (control_output_length(&client->output) > 0 || control_request_has_parts(client) || next_request)
        events |= EV_WRITE;
    return events;
}

static void client_watch(struct control_client *client)
{
    struct ev_loop *loop = client->control->loop;
    const int events = client_wanted_events(client);
    if (events != (client->io.events & (EV_READ | EV_WRITE)) || !ev_is_active(&client->io)) {
        ev_io_stop(loop, &client->io);
        ev_io_set(&client->io, client->io.fd, events);
        if (events != 0)
            ev_io_start(loop, &client->io);
    }
    /* Nothing needs to run out while it is our turn, unless we would not see the client go. */
    if (client_is_owed(client) && (events & EV_READ) != 0)
        ev_timer_stop(loop, &client->timer);
    else if (!ev_is_active(&client->timer))
        ev_timer_again(loop, &client->timer);
}

static void client_settle(struct control_client *client)
{
    const bool drained = control_output_length(&client->output) == 0;
    const bool done =
        drained && client->input_ended && !client->request && (client->closing || client->input.length == 0);
    if (client->broken || done || (client->closing && client->discarded > CONTROL_DISCARD_BYTES)) {
        client_close(client);
        return;
    }
    if (client->closing && drained && !client->shut) {
        client->shut = true;
        shutdown(client->io.fd, SHUT_WR);
        client->timer.repeat = CONTROL_LINGER_S;
        ev_timer_again(client->control->loop, &client->timer);
    }
    client_watch(client);
}

/* ---- input and output ---- */

__attribute__((format(printf, 4, 5))) static void client_close_with(struct control_client *client,
                                                                    enum control_error code, const char *hint,
                                                                    const char *format, ...)
{
    char text[CONTROL_LAST_WORDS];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    control_request_refuse(client, code, hint, text);
    client->closing = true;
    byte_queue_fini(&client->input);
    client->scanned = 0;
}

static void client_ended(struct control_client *client)
{
    client->input_ended = true;
    if (client_is_hung_up(client))
        client_close(client);
}

/* What came: part of a request, or, of a client that is being closed, nothing to anybody. */
static void client_keep(struct control_client *client, const char *bytes, size_t length)
{
    if (client->closing)
        client->discarded += length;
    else if (byte_queue_append(&client->input, bytes, length) < 0)
        client->broken = true;
}

static void client_receive(struct control_client *client)
{
    char received[CONTROL_RECEIVE_BYTES];
    size_t size = sizeof(received);
    if (!client->closing) {
        const size_t left = CONTROL_REQUEST_BYTES + 1 - client->input.length;
        if (left == 0)
            return;
        size = left < size ? left : size;
    }
    const ssize_t got = recv(client->io.fd, received, size, MSG_DONTWAIT);
    if (got > 0)
        client_keep(client, received, (size_t)got);
    else if (got == 0)
        client_ended(client);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        client_close(client);
}

/* Most answers are one piece, of which the kernel has less to look at. */
static ssize_t send_pieces(int fd, struct iovec *pieces, size_t count)
{
    const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return count == 1 ? send(fd, pieces->iov_base, pieces->iov_len, flags) : sendmsg(fd, &message, flags);
}

static void client_send(struct control_client *client)
{
    struct iovec pieces[CONTROL_SEND_PIECES];
    while (!client->dead && control_output_length(&client->output) > 0) {
        const size_t count = control_output_gather(&client->output, pieces, CONTROL_SEND_PIECES);
        const ssize_t sent = send_pieces(client->io.fd, pieces, count);
        if (sent > 0) {
            control_output_consume(&client->output, (size_t)sent);
            ev_timer_again(client->control->loop, &client->timer);
        } else if (sent < 0 && errno == EINTR) {
            continue;
        } else {
            if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
                client_close(client);
            return;
        }
    }
}

/* The first line of input, its newline included: 0 when it is not all there. */
static size_t client_line_length(struct control_client *client)
{
    const struct byte_queue *input = &client->input;
    if (input->length == 0)
        return 0;
    const char *front = byte_queue_front(input);
    const char *newline = memchr(front + client->scanned, '\n', input->length - client->scanned);
    if (newline)
        return (size_t)(newline - front) + 1;
    client->scanned = input->length;
    /* A request needs its closing brace, so one without a newline before the end is whole or refused. */
    return client->input_ended ? input->length : 0;
}

static bool line_is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r\n", line[i]) || line[i] == '\0')
            return false;
    return true;
}

/* What is in the line is known by then: the handler may close the client, and with it its input. */
static void client_begin_request(struct control_client *client, size_t length)
{
    json_error_t problem;
    json_t *body = json_parse_object(byte_queue_front(&client->input), length, &problem);
    byte_queue_consume(&client->input, length);
    client->scanned = 0;
    ev_timer_again(client->control->loop, &client->timer);
    control_request_begin(client, body, problem.text);
    json_decref(body);
}

/* Looks at one request, if one is there. */
static void client_next_request(struct control_client *client)
{
    size_t length;
    while ((length = client_line_length(client)) > 0) {
        if (!line_is_blank(byte_queue_front(&client->input), length)) {
            client_begin_request(client, length);
            return;
        }
        byte_queue_consume(&client->input, length);
        client->scanned = 0;
    }
    if (client->input.length > CONTROL_REQUEST_BYTES)
        client_close_with(client, CONTROL_USAGE, "a request is one line of JSON and ends with a newline",
                          "the request is longer than %d bytes", CONTROL_REQUEST_BYTES);
}

/* ---- what the loop calls ---- */

static void client_run(struct control_client *client)
{
    client->running = true;
    client_send(client);
    if (!client->dead && !client->request && !client->closing && !client->broken &&
        control_output_length(&client->output) < CONTROL_OUTPUT_BYTES)
        client_next_request(client);
    if (!client->dead)
        control_request_make_parts(client);
    client_send(client);
    if (!client->dead)
        client_settle(client);
    client->running = false;
}

void control_client_serve(struct control_client *client, int events)
{
    struct control *control = client->control;
    control_enter(control);
    if ((events & EV_ERROR) != 0)
        client_close(client);
    if (!client->dead && (events & EV_READ) != 0)
        client_receive(client);
    if (!client->dead)
        client_run(client);
    control_leave(control);
}

static void client_on_event(struct ev_loop *loop, ev_io *io, int events)
{
    struct control_client *client = io->data;
    (void)loop;
    if (client->access.may_change)
        control_client_serve(client, events);
    else
        control_turns_wait(client, events);
}

static void client_on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct control_client *client = timer->data;
    struct control *control = client->control;
    control_enter(control);
    if (client->shut) {
        client_close(client);
    } else if (client_is_owed(client)) {
        if (client_is_hung_up(client))
            client_close(client);
        else
            ev_timer_again(loop, timer);
    } else if (control_output_length(&client->output) > 0 || client->request) {
        client_close(client); /* it reads nothing, so it can't be told */
    } else {
        char idle[TEXT_DURATION_BYTES];
        client_close_with(client, CONTROL_FAILED, "connect again when there is something to ask",
                          "closed after %s without a request", text_duration(CONTROL_IDLE_S, idle));
        client_run(client);
    }
    control_leave(control);
}

void control_client_schedule(struct control_client *client)
{
    if (!client->running && !client->dead)
        ev_feed_event(client->control->loop, &client->io, EV_CUSTOM);
}

void control_client_flush(struct control_client *client)
{
    for (int turn = 0; turn < CONTROL_FINISH_TURNS && !client->dead; turn++) {
        if (!client->in_part)
            control_request_make_parts(client);
        client_send(client);
        if (control_output_length(&client->output) > 0 || !control_request_has_parts(client))
            break;
    }
}

void control_client_finish(struct control_client *client)
{
    client->running = true;
    if (client->in_part) /* from within its answer: what is not whole is not sent */
        control_output_take_back(&client->output, client->line);
    control_client_flush(client);
    client_close(client);
}

/* ---- the beginning of a client ---- */

/*
 * Whether there is a place. Who may only read gets one while he has fewer than are left for readers: so nobody can take
 * all of them, one who is alone has half, and whoever comes after finds some.
 */
static bool control_has_place(const struct control *control, const struct control_access *access)
{
    if (control->client_count >= CONTROL_CLIENTS_MAX)
        return false;
    if (access->may_change)
        return true;
    const struct control_client *client;
    unsigned int own = 0;
    LIST_FOREACH(client, &control->clients, link)
        own += client->access.uid == access->uid;
    return own + control->reader_count < CONTROL_CLIENTS_MAX - CONTROL_CLIENTS_KEPT;
}

static void client_turn_away(int fd)
{
    static const char text[] = GREETING
        "{\"id\":null,\"error\":{\"code\":\"refused\",\"text\":\"too many clients, or too many of yours\","
        "\"hint\":\"close some of those that are connected, or try again in a minute\"}}\n";
    send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    sys_close(&fd);
}

int control_client_new(struct control *control, int fd, const struct control_access *access)
{
    if (!control_has_place(control, access)) {
        client_turn_away(fd);
        return -EBUSY;
    }
    struct control_client *client = calloc(1, sizeof(*client));
    if (!client || byte_queue_append(&client->output.bytes, greeting, sizeof(greeting) - 1) < 0) {
        free(client);
        sys_close(&fd);
        return -ENOMEM;
    }
    client->control = control;
    client->access = *access;
    ev_io_init(&client->io, client_on_event, fd, EV_READ);
    client->io.data = client;
    ev_init(&client->timer, client_on_timer);
    client->timer.repeat = CONTROL_IDLE_S;
    client->timer.data = client;
    LIST_INSERT_HEAD(&control->clients, client, link);
    control->client_count++;
    if (!access->may_change)
        control->reader_count++;

    control_enter(control);
    client_run(client);
    control_leave(control);
    return 0;
}
