#include "camctl/connection.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "camd/client.h"
#include "protocol/verbs.h"

struct connection {
    struct camd_connection *camd;
    const char *path;
    int64_t deadline_ns, timeout_ms;
    int64_t greeted_ns; /* monotonic: when camd last greeted */
    /*
     * A request that changes nothing, while it can be made again: an upgrade of camd may end the connection. That is until
     * something has come of its answer, and of a listing of events for the rest, behind the last one that has.
     */
    char *verb, *parameters;
    bool has_begun;          /* something has come */
    bool is_rest;            /* what comes is what was asked for behind the place */
    struct camd_place place; /* of the last event that has; epoch 0: none yet */
};

static const char no_daemon_hint[] =
    "start it (as the service camd, or camd -d), or name another socket with -s";
static const char silent_hint[] = "it may be stopped, or busy: see its log, or wait longer with --timeout";
static const char died_hint[] = "it may have stopped, or is being upgraded: see its log, or try again";
static const char version_hint[] = "camctl and camd should be of the same version; is the socket camd's?";

/* ---- failures ---- */

static enum status fail_denied(const char *path, json_t **error)
{
    struct stat info;
    const struct group *group = stat(path, &info) == 0 ? getgrgid(info.st_gid) : NULL;
    char *hint =
        group && info.st_gid != 0
            ? text_format("be root, camd's user, or (to look only) in the group %s", group->gr_name)
            : text_format("be root or camd's user, or (to look only) in the group that camd is told of");
    enum status status = status_fail(error, "denied", hint, "you may not talk to camd at %s", path);
    free(hint);
    return status;
}

static enum status fail_memory(json_t **error)
{
    return status_fail(error, "failed", NULL, "memory is short");
}

/* problem: -errno of libcamd; other_hint: for one that has no words of its own here. */
static enum status fail(const char *path, int64_t timeout_ms, int problem, const char *other_hint,
                        json_t **error)
{
    char waited[TEXT_DURATION_BYTES];
    switch (problem) {
    case -EACCES:
    case -EPERM:
        return fail_denied(path, error);
    case -ENOMEM:
        return fail_memory(error);
    case -EAGAIN:
        return status_fail(error, FAILURE_NO_ANSWER, silent_hint, "camd at %s accepts no connection", path);
    case -ENOENT:
    case -ECONNREFUSED:
        return status_fail(error, FAILURE_NO_ANSWER, no_daemon_hint, "no camd answers at %s: is it running?",
                           path);
    case -ETIMEDOUT:
        return status_fail(error, FAILURE_NO_ANSWER, silent_hint, "camd at %s did not answer within %s", path,
                           text_duration((double)timeout_ms / 1000, waited));
    case -ECONNRESET:
        return status_fail(error, FAILURE_NO_ANSWER, died_hint, "camd at %s closed the connection", path);
    case -EMSGSIZE:
        return status_fail(error, FAILURE_NO_ANSWER, version_hint,
                           "camd at %s sent a line of more than %d bytes", path, CAMD_LINE_BYTES);
    case -EPROTO:
        return status_fail(error, FAILURE_NO_ANSWER, version_hint,
                           "what answers at %s does not speak camd's protocol", path);
    default:
        return status_fail(error, FAILURE_NO_ANSWER, other_hint, "no camd answers at %s: %s", path,
                           camd_connection_strerror(problem));
    }
}

static enum status fail_nonsense(const struct connection *connection, json_t **error)
{
    return fail(connection->path, connection->timeout_ms, -EPROTO, NULL, error);
}

/* ---- time ---- */

void connection_set_timeout(struct connection *connection, int64_t begun_ns, int64_t timeout_ms)
{
    connection->timeout_ms = timeout_ms;
    connection->deadline_ns = timeout_ms < 0 ? INT64_MAX : begun_ns + timeout_ms * CLOCK_NS_PER_MS;
}

int64_t connection_deadline_ns(const struct connection *connection)
{
    return connection->deadline_ns;
}

int64_t connection_stood_ms(const struct connection *connection)
{
    return (clock_monotonic_ns() - connection->greeted_ns) / CLOCK_NS_PER_MS;
}

static int left_ms(const struct connection *connection)
{
    int64_t left_ns;
    if (connection->deadline_ns == INT64_MAX)
        return -1;
    left_ns = connection->deadline_ns - clock_monotonic_ns();
    if (left_ns <= 0)
        return 0;
    left_ns = (left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
    return left_ns > INT_MAX ? INT_MAX : (int)left_ns;
}

/* ---- the conversation ---- */

/* The error of a reply, or of a greeting, as camd wrote it. */
static enum status adopt(const struct connection *connection, const struct camd_reply *reply, json_t **error)
{
    json_error_t problem;
    json_t *said = json_parse_object(reply->text, reply->length, &problem);
    enum status status = said ? status_adopt(error, said) : fail_nonsense(connection, error);
    json_decref(said);
    return status;
}

static enum status greeted(struct connection *connection, json_t **error)
{
    const struct camd_reply *refusal = NULL;
    const int result = camd_connection_open(connection->camd, left_ms(connection), &refusal);
    switch (result) {
    case 0:
        connection->greeted_ns = clock_monotonic_ns();
        return STATUS_DONE;
    case -EBUSY:
        return adopt(connection, refusal, error);
    case -EPROTONOSUPPORT:
        return status_fail(error, FAILURE_NO_ANSWER, "install camctl and camd of the same version",
                           "camd %s at %s speaks another version of the protocol than camctl " CAMD_VERSION,
                           camd_connection_version(connection->camd), connection->path);
    default:
        return fail(connection->path, connection->timeout_ms, result, no_daemon_hint, error);
    }
}

enum status connection_open(struct connection **connection, const char *path, int64_t timeout_ms,
                            json_t **error)
{
    struct connection *made = calloc(1, sizeof(*made));
    int result = made ? camd_connection_new(&made->camd, path) : -ENOMEM;
    if (result < 0) {
        free(made);
        return fail(path, timeout_ms, result, no_daemon_hint, error);
    }
    made->path = path;
    connection_set_timeout(made, clock_monotonic_ns(), timeout_ms);
    enum status status = greeted(made, error);
    if (status != STATUS_DONE) {
        connection_close(made);
        return status;
    }
    *connection = made;
    return STATUS_DONE;
}

static void forget_request(struct connection *connection)
{
    free(connection->verb);
    free(connection->parameters);
    connection->verb = connection->parameters = NULL;
    connection->is_rest = false;
}

/* Who follows goes on behind what it has seen, which the same request again would not: see follow.h. */
static bool may_repeat(const char *verb, const json_t *parameters)
{
    const int number = verb_from_word(verb);
    return number >= 0 && number != VERB_SUBSCRIBE && verb_table[number].privilege == VERB_READ &&
           !json_member_bool(parameters, "follow", false);
}

/* Those that fail to be kept are not repeated. */
static void keep_request(struct connection *connection, const char *verb, const char *parameters)
{
    connection->verb = strdup(verb);
    connection->parameters = strdup(parameters);
    connection->has_begun = false;
    connection->place = (struct camd_place){0, 0};
    if (!connection->verb || !connection->parameters)
        forget_request(connection);
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    camd_connection_free(connection->camd);
    forget_request(connection);
    free(connection);
}

enum status connection_send(struct connection *connection, const char *verb, const json_t *parameters,
                            json_t **error)
{
    /* who follows is to know when it was greeted, also where camd has closed the connection meanwhile */
    const enum status status = greeted(connection, error);
    if (status != STATUS_DONE)
        return status;
    char *text = json_text(parameters);
    int result = text ? camd_connection_ask(connection->camd, verb, text) : -ENOMEM;
    forget_request(connection);
    if (result >= 0 && may_repeat(verb, parameters))
        keep_request(connection, verb, text);
    free(text);
    if (result == -E2BIG)
        return status_fail(error, "usage", NULL, "the request is too long: the limit is %d bytes",
                           CAMD_REQUEST_BYTES);
    return result < 0 ? fail(connection->path, connection->timeout_ms, result, no_daemon_hint, error)
                      : STATUS_DONE;
}

/* For what has not come yet: behind the last event that has. The caller's to free; NULL: memory is short. */
static char *rest_of_request(const struct connection *connection)
{
    const struct camd_place *place = &connection->place;
    json_error_t problem;
    json_t *parameters = json_parse_object(connection->parameters, strlen(connection->parameters), &problem);
    if (place->epoch > 0) {
        json_object_del(parameters, "last");
        json_object_set_new(
            parameters, "from",
            json_pack("{s:I, s:I}", "epoch", (json_int_t)place->epoch, "seq", (json_int_t)place->seq));
    }
    char *text = parameters ? json_text(parameters) : NULL;
    json_decref(parameters);
    return text;
}

/* In place of events: camd does not have these. *goes_on: it has those behind them. */
static bool is_missed(const struct camd_reply *reply, bool *goes_on)
{
    static const char missed[] = "{\"missed\":";
    json_error_t problem;
    if (reply->kind != CAMD_REPLY_PART || strncmp(reply->text, missed, sizeof(missed) - 1) != 0)
        return false;
    json_t *part = json_parse_object(reply->text, reply->length, &problem);
    *goes_on = json_is_integer(json_object_get(json_object_get(part, "missed"), "to"));
    json_decref(part);
    return true;
}

/*
 * As camd_connection_receive. Whoever says where to go on is told of each hole in the numbers, which are many in a store that
 * is full: the first answer passed over them in silence, and so does its rest. Where nobody knows how many events are gone,
 * the rest is: the answer ends where it was cut off.
 */
static int receive_part(struct connection *connection, const struct camd_reply **reply)
{
    bool goes_on = true;
    for (;;) {
        const int result = camd_connection_receive(connection->camd, left_ms(connection), reply);
        if (result <= 0 || !connection->is_rest || !is_missed(*reply, &goes_on))
            return result;
        if (!goes_on) {
            forget_request(connection);
            return -ECONNRESET;
        }
    }
}

/* Makes a connection. Returns as camd_connection_receive. */
static int repeat(struct connection *connection, const struct camd_reply **reply)
{
    char *parameters = rest_of_request(connection);
    int result = parameters ? camd_connection_ask(connection->camd, connection->verb, parameters) : -ENOMEM;
    free(parameters);
    if (result < 0)
        return -ECONNRESET;
    connection->is_rest = connection->place.epoch > 0;
    return receive_part(connection, reply);
}

/* What came of the answer: behind an event a listing can go on, whose place comes first in it, as camd prints it. */
static void note_answer(struct connection *connection, const struct camd_reply *reply)
{
    struct camd_place place;
    if (!connection->verb || reply->kind != CAMD_REPLY_PART ||
        strcmp(connection->verb, verb_table[VERB_EVENTS].word) != 0) {
        forget_request(connection);
        return;
    }
    connection->has_begun = true;
    if (sscanf(reply->text, "{\"event\":{\"epoch\":%" SCNu64 ",\"seq\":%" SCNu64, &place.epoch, &place.seq) ==
        2)
        connection->place = place;
}

/* As camd_connection_receive. */
static int receive(struct connection *connection, const struct camd_reply **reply)
{
    int result = receive_part(connection, reply);
    if (result == -ECONNRESET && connection->verb && (!connection->has_begun || connection->place.epoch > 0))
        result = repeat(connection, reply);
    if (result > 0)
        note_answer(connection, *reply);
    else
        forget_request(connection);
    return result;
}

enum status connection_receive_text(struct connection *connection, const char **part, size_t *length,
                                    json_t **ok, json_t **error)
{
    const struct camd_reply *reply = NULL;
    json_error_t problem;
    int result = receive(connection, &reply);
    if (result <= 0)
        return fail(connection->path, connection->timeout_ms, result < 0 ? result : -ETIMEDOUT, NULL, error);
    switch (reply->kind) {
    case CAMD_REPLY_PART:
        *part = reply->text;
        *length = reply->length;
        return STATUS_DONE;
    case CAMD_REPLY_OK:
        *ok = json_parse_object(reply->text, reply->length, &problem);
        return *ok ? STATUS_DONE : fail_nonsense(connection, error);
    case CAMD_REPLY_ERROR:
        return adopt(connection, reply, error);
    default:
        return fail_nonsense(connection, error);
    }
}

enum status connection_receive(struct connection *connection, json_t **part, json_t **ok, json_t **error)
{
    const char *text = NULL;
    size_t length = 0;
    json_error_t problem;
    enum status status = connection_receive_text(connection, &text, &length, ok, error);
    if (status != STATUS_DONE || !text)
        return status;
    *part = json_parse_object(text, length, &problem);
    return *part ? STATUS_DONE : fail_nonsense(connection, error);
}

bool connection_wait_end(struct connection *connection)
{
    const struct camd_reply *reply;
    int result;
    do
        result = camd_connection_receive(connection->camd, left_ms(connection), &reply);
    while (result > 0);
    return result != 0;
}

pid_t connection_daemon_pid(const struct connection *connection)
{
    return camd_connection_pid(connection->camd);
}
