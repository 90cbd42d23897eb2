/* control_request.c - requests of the control socket: reading one, answering it (control.h) */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/control/control_client.h"
#include "daemon/handoff/handoff_fields.h"

enum { CONTROL_WORD_SHOWN = 64 }; /* of a stranger's word in our answer */

/* ---- lines of answers ---- */

static const char begin_without_id[] = "{\"id\":null,";
static const char name_part[] = "\"part\":", name_ok[] = "\"ok\":", name_error[] = "\"error\":";

static void put(struct control_part *part, const char *text)
{
    if (byte_queue_append(part->json.out, text, strlen(text)) < 0)
        part->json.failed = true;
}

/* {"id":ID, as in request->begin, then "NAME": and then comes the value. */
static struct control_mark line_begin(struct control_client *client, const char *begin, const char *name,
                                      struct control_part *part)
{
    const struct control_mark before = control_output_mark(&client->output);
    part->output = &client->output;
    json_writer_init(&part->json, &client->output.bytes);
    put(part, begin);
    put(part, name);
    return before;
}

/* The line is there as a whole or not at all. */
static void line_end(struct control_client *client, struct control_mark before, struct control_part *part)
{
    put(part, "}\n");
    if (!part->json.failed)
        return;
    control_output_take_back(&client->output, before);
    client->broken = true; /* memory is short: without its answer the client must not go on */
}

/* value is stolen. */
static void client_put_line(struct control_client *client, const char *begin, const char *name, json_t *value)
{
    struct control_part part;
    const struct control_mark before = line_begin(client, begin, name, &part);
    json_write_tree(&part.json, NULL, value);
    line_end(client, before, &part);
    json_decref(value);
}

/* Texts may quote what is not UTF-8, and passwords: paths, strangers, libraries. */
static json_t *error_value(enum control_error code, const char *text, const char *hint)
{
    char *redacted = secret_redact(text);
    json_t *value = json_pack("{s:s, s:o}", "code", control_error_word(code), "text",
                              json_string_lossy(redacted ? redacted : "memory is short"));
    free(redacted);
    if (value && hint)
        json_object_set_new(value, "hint", json_string_lossy(hint));
    return value;
}

void control_request_refuse(struct control_client *client, enum control_error code, const char *hint,
                            const char *text)
{
    client_put_line(client, begin_without_id, name_error, error_value(code, text, hint));
}

/* ---- a request's life ---- */

static void request_release(struct control_request *request)
{
    void (*release)(void *) = request->release;
    request->release = NULL;
    if (release)
        release(request->state);
}

/* The request is answered: the client can have its next. */
static void request_end(struct control_request *request)
{
    assert(!request->answered);
    struct control_client *client = request->client;
    if (client) {
        client->request = NULL;
        control_client_schedule(client);
    }
    free(request);
}

void control_request_abandon(struct control_request *request)
{
    request->client = NULL;
    if (request->next) {
        request_release(request);
        free(request);
    }
    /* else it lives on until it is answered */
}

/* ok and error (one of them NULL) are stolen. */
static void branch_end(struct control_request *request, json_t *ok, json_t *error)
{
    request->answered(request->answered_state, ok, error);
    json_decref(ok);
    json_decref(error);
    free(request);
}

void control_reply_ok(struct control_request *request, json_t *result)
{
    assert(!request->next);
    if (request->answered) {
        branch_end(request, result ? result : json_object(), NULL);
        return;
    }
    if (!request->client)
        json_decref(result);
    else
        client_put_line(request->client, request->begin, name_ok, result ? result : json_object());
    request_end(request);
}

void control_reply_made_error(struct control_request *request, json_t *error)
{
    assert(!request->next);
    if (request->answered) {
        branch_end(request, NULL, error ? error : json_object());
        return;
    }
    if (request->client)
        client_put_line(request->client, request->begin, name_error, error);
    else
        json_decref(error);
    request_end(request);
}

void control_reply_error_with(struct control_request *request, enum control_error code, json_t *fields,
                              const char *hint, const char *text)
{
    json_t *value = error_value(code, text, hint);
    if (fields && value)
        json_object_update_missing(value, fields);
    json_decref(fields);
    control_reply_made_error(request, value);
}

static json_t *format_error(enum control_error code, const char *hint, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static json_t *format_error(enum control_error code, const char *hint, const char *format, va_list arguments)
{
    char *text = text_format_arguments(format, arguments);
    json_t *value = error_value(code, text ? text : "memory is short", hint);
    free(text);
    return value;
}

json_t *control_error(enum control_error code, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *value = format_error(code, hint, format, arguments);
    va_end(arguments);
    return value;
}

void control_reply_error(struct control_request *request, enum control_error code, const char *hint,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *value = format_error(code, hint, format, arguments);
    va_end(arguments);
    control_reply_made_error(request, value);
}

uid_t control_request_uid(const struct control_request *request)
{
    return request->access.uid;
}

bool control_request_is_awaited(const struct control_request *request)
{
    return request->client || request->answered;
}

struct control_request *control_request_branch(const struct control_request *request,
                                               control_answered *answered, void *state)
{
    struct control_request *branch = calloc(1, sizeof(*branch));
    if (!branch)
        return NULL;
    branch->access = request->access;
    branch->answered = answered;
    branch->answered_state = state;
    return branch;
}

/* ---- upgrade ---- */

json_t *control_request_hand_over(const struct control_request *request)
{
    const struct control_client *client = request->client;
    return json_pack("{s:s, s:o}", "begin", request->begin, "client",
                     handoff_write_fd(client ? client->io.fd : -1));
}

/* Nothing else waits for the client: it was flushed before, and asks nothing more until it is answered. */
void control_answer_over(const json_t *record, bool is_error, json_t *result)
{
    int fd = handoff_read_fd(json_object_get(record, "client"));
    json_t *value = is_error ? error_value(CONTROL_FAILED, json_member_string(result, "text", ""),
                                           json_member_string(result, "hint", NULL))
                             : json_incref(result);
    char *answer = json_text(value);
    char *line = answer ? text_format("%s%s%s}\n", json_member_string(record, "begin", begin_without_id),
                                      is_error ? name_error : name_ok, answer)
                        : NULL;
    if (fd >= 0 && line)
        send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
    sys_close(&fd);
    free(line);
    free(answer);
    json_decref(value);
    json_decref(result);
}

/* ---- answers in parts ---- */

void control_reply_parts(struct control_request *request, control_next *next, void (*release)(void *state),
                         void *state)
{
    assert(!request->next && !request->answered);
    request->next = next;
    request->release = release;
    request->state = state;
    if (!request->client)
        control_request_abandon(request);
    else
        control_client_schedule(request->client);
}

bool control_request_has_parts(const struct control_client *client)
{
    return client->request && client->request->next && !client->request->waiting;
}

void control_part_share(struct control_part *part, const char *name, struct shared_text *text)
{
    json_write_name(&part->json, name);
    if (!part->json.failed && control_output_share(part->output, text) < 0)
        part->json.failed = true;
}

/* What next says; the line is there when it is 1. The client may be dead then: it ended in control_free. */
static int client_make_part(struct control_client *client)
{
    struct control_request *request = client->request;
    struct control_part part;
    client->line = line_begin(client, request->begin, name_part, &part);
    client->in_part = true;
    const int more = request->next(request->state, &part);
    client->in_part = false;
    if (client->dead)
        control_output_fini(&client->output);
    else if (more > 0)
        line_end(client, client->line, &part);
    else
        control_output_take_back(&client->output, client->line);
    return more;
}

void control_request_make_parts(struct control_client *client)
{
    while (!client->dead && !client->broken && control_request_has_parts(client) &&
           control_output_length(&client->output) < CONTROL_OUTPUT_BYTES) {
        struct control_request *request = client->request;
        const int more = client_make_part(client);
        if (client->dead) /* and the request, too */
            return;
        if (more == 0) {
            request->waiting = true;
            request->follows = true;
        } else if (more < 0) {
            client_put_line(client, request->begin, name_ok, json_object());
            client->request = NULL; /* before release, which may end in control_free */
            request_release(request);
            free(request);
        }
    }
}

/* ---- reading a request ---- */

static int verb_known(const char *word, struct control_request *request)
{
    const int verb = verb_from_word(word);
    if (verb >= 0 && verb_table[verb].privilege != VERB_LOCAL)
        return verb;
    const char *words[VERB_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (verb_table[i].privilege != VERB_LOCAL)
            words[count++] = verb_table[i].word;
    const char *nearest = text_nearest(word, words, count);
    char *hint = nearest ? text_format("did you mean \"%s\"?", nearest) : NULL;
    control_reply_error(request, CONTROL_USAGE, hint ? hint : "see camd-ipc(7) for the verbs",
                        "unknown verb \"%.*s\"", CONTROL_WORD_SHOWN, word);
    free(hint);
    return -1;
}

static bool request_allowed(const struct control *control, struct control_request *request, enum verb verb,
                            const json_t *body)
{
    const struct control_access *access = &request->client->access;
    const bool change = verb_table[verb].privilege == VERB_CHANGE;
    if (change ? access->may_change : access->may_read)
        return true;
    const char *given = NULL;
    if (change && control->may && control->may(control->context, access->uid, verb, body, &given))
        return true;
    const char *who = change ? control->denied_change : control->denied_read;
    char *hint = given ? text_format("what allow of camd.ini gives: %s; for more, %s", given, who) : NULL;
    control_reply_error(request, CONTROL_DENIED, hint ? hint : who,
                        given && verb == VERB_SET ? "user %u may not use \"%s\" for all of these settings"
                                                  : "user %u may not use \"%s\"",
                        (unsigned int)access->uid, verb_table[verb].word);
    free(hint);
    return false;
}

static void request_dispatch(struct control *control, struct control_request *request, const json_t *body)
{
    const char *word = json_member_string(body, "verb", NULL);
    if (!word) {
        control_reply_error(request, CONTROL_USAGE,
                            "a request is {\"id\": ANYTHING, \"verb\": WORD, ...}, see camd-ipc(7)",
                            "the request has no member \"verb\" that is a string");
        return;
    }
    const int verb = verb_known(word, request);
    if (verb >= 0 && request_allowed(control, request, (enum verb)verb, body))
        control->handler(control->context, request, (enum verb)verb, body);
}

/* Prints {"id":ID, to begin the lines of the answer with. The length of ID, whatever that is: longer ones are not printed. */
static size_t print_begin(struct control_request *request, const json_t *id)
{
    static const char before[] = "{\"id\":";
    char *text = request->begin + strlen(before);
    memcpy(request->begin, before, strlen(before));
    const size_t length = json_dumpb(id, text, CONTROL_ID_BYTES, JSON_COMPACT | JSON_ENCODE_ANY);
    if (length > 0 && length <= CONTROL_ID_BYTES)
        memcpy(text + length, ",", sizeof(","));
    else
        strcpy(request->begin, begin_without_id);
    return length;
}

/* False: it was too long, which has been answered. */
static bool request_take_id(struct control_request *request, const json_t *body)
{
    const json_t *id = json_object_get(body, "id");
    if (!id) {
        strcpy(request->begin, begin_without_id);
        return true;
    }
    const size_t length = print_begin(request, id);
    if (length > 0 && length <= CONTROL_ID_BYTES)
        return true;
    control_reply_error(request, CONTROL_USAGE, "use a number or a short word: it comes back with every part",
                        "the id has %zu bytes, at most %d are allowed", length, CONTROL_ID_BYTES);
    return false;
}

void control_request_begin(struct control_client *client, const json_t *body, const char *problem)
{
    struct control_request *request = calloc(1, sizeof(*request));
    if (!request) {
        client->broken = true;
        return;
    }
    request->client = client;
    client->request = request;
    request->access = client->access;
    if (!request_take_id(request, body))
        return;
    if (!body)
        control_reply_error(request, CONTROL_USAGE, "send one JSON object a line, see camd-ipc(7)",
                            "the request is not a JSON object: %s", problem);
    else
        request_dispatch(client->control, request, body);
}
