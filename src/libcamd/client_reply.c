#include "libcamd/client_reply.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void client_reply_fini(struct client_reply *made)
{
    json_decref(made->tree);
    free(made->printed);
    *made = (struct client_reply){.tree = NULL};
}

static const struct {
    int problem;
    const char *words;
} problem_words[] = {
    {ENOENT, "no camd is there"},
    {ECONNREFUSED, "no camd is there"},
    {EACCES, "camd does not let this user talk to it"},
    {EAGAIN, "camd accepts no connection"},
    {ETIMEDOUT, "camd says nothing"},
    {EBUSY, "camd takes no more clients"},
    {ECONNRESET, "camd has closed the connection"},
    {ENOTCONN, "nothing was asked"},
    {EPROTO, "what answers does not speak camd's protocol"},
    {EPROTONOSUPPORT, "camd speaks another version of the protocol"},
    {EMSGSIZE, "camd sent a line that is too long"},
    {EALREADY, "the connection is subscribed"},
    {EINVAL, "the verb or its parameters are malformed"},
    {ENAMETOOLONG, "the name of the socket is too long"},
    {E2BIG, "the request is too long"},
    {ENOBUFS, "too many requests wait to be sent"},
};

const char *camd_connection_strerror(int problem)
{
    const char *system = NULL;
    for (size_t i = 0; i < sizeof(problem_words) / sizeof(problem_words[0]); i++) {
        if (problem_words[i].problem == -problem)
            return problem_words[i].words;
    }
    system = strerrordesc_np(-problem);
    return system ? system : "unknown error";
}

/* Strings are never NULL. */
static void begin_reply(struct client_reply *made)
{
    client_reply_fini(made);
    made->reply =
        (struct camd_reply){.text = "", .event = "", .camera = "", .code = "", .reason = "", .hint = ""};
}

void client_reply_lost(struct client_reply *made, int problem)
{
    struct camd_reply *const reply = &made->reply;
    if (reply->kind != CAMD_REPLY_ERROR) { /* camd has not said why */
        begin_reply(made);
        reply->reason = camd_connection_strerror(problem);
    }
    reply->kind = CAMD_REPLY_LOST;
    reply->problem = problem;
    reply->text = "{}";
    reply->length = 2;
}

/* ---- members ---- */

static const char *member_text(const json_t *object, const char *name)
{
    const char *const text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static uint64_t member_count(const json_t *object, const char *name)
{
    const json_int_t value = json_integer_value(json_object_get(object, name));
    return value < 0 ? 0 : (uint64_t)value;
}

static struct camd_place member_place(const json_t *object)
{
    return (struct camd_place){member_count(object, "epoch"), member_count(object, "seq")};
}

/* ---- what each kind says besides its text ---- */

static void read_error(struct camd_reply *reply, const json_t *error)
{
    reply->code = member_text(error, "code");
    reply->reason = member_text(error, "text");
    reply->hint = member_text(error, "hint");
}

static void read_event(struct camd_reply *reply, const json_t *event)
{
    reply->place = member_place(event);
    reply->event = member_text(event, "event");
    reply->camera = member_text(event, "camera");
}

static void read_snapshot(struct camd_reply *reply, const json_t *snapshot)
{
    reply->place = member_place(snapshot);
}

/* The place after what is missed: its last number, where that is known. */
static void read_missed(struct camd_reply *reply, const json_t *missed)
{
    reply->missed_from = member_count(missed, "from");
    reply->missed_to = member_count(missed, "to"); /* of null, 0 */
    reply->place = (struct camd_place){member_count(missed, "epoch"), reply->missed_to};
}

/* A value is named by its member: in a line, and in a part of a subscription. */
struct reply_kind {
    const char *name;
    enum camd_reply_kind kind;
    void (*read)(struct camd_reply *reply, const json_t *value); /* NULL: its text says all */
};

static const struct reply_kind line_kinds[] = {
    {"error", CAMD_REPLY_ERROR, read_error},
    {"part", CAMD_REPLY_PART, NULL},
    {"ok", CAMD_REPLY_OK, NULL},
    {NULL, 0, NULL},
};
static const struct reply_kind part_kinds[] = {
    {"event", CAMD_REPLY_EVENT, read_event},
    {"snapshot", CAMD_REPLY_SNAPSHOT, read_snapshot},
    {"missed", CAMD_REPLY_MISSED, read_missed},
    {NULL, 0, NULL},
};

/* ---- as camd prints it ---- */

/* Whether the object that begins there ends there, too: a later camd may say more behind it. */
static bool is_one_object(const char *text, size_t length)
{
    size_t depth = 0;
    bool is_text = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\' && is_text)
            i++;
        else if (text[i] == '"')
            is_text = !is_text;
        else if (!is_text && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!is_text && (text[i] == '}' || text[i] == ']') && --depth == 0)
            return i + 1 == length;
        if (depth == 0)
            return false;
    }
    return false;
}

/* "NAME":OBJECT} cuts the object out, which is of the given length then. */
static bool cut_value(const char *name, char **text, size_t *length)
{
    const size_t named = strlen(name), before = named + 3;
    if (*length <= before + 1 || (*text)[0] != '"' || memcmp(*text + 1, name, named) != 0 ||
        memcmp(*text + 1 + named, "\":", 2) != 0 || (*text)[*length - 1] != '}' ||
        !is_one_object(*text + before, *length - before - 1))
        return false;
    (*text)[*length - 1] = '\0';
    *text += before;
    *length -= before + 1;
    return true;
}

/* {"id":NUMBER,"part":OBJECT}, or ok, without blanks: a long answer need not be parsed here to be parsed by who asked. */
static bool cut_line(struct camd_reply *reply, char *line, size_t length)
{
    static const char begin[] = "{\"id\":";
    const size_t before = sizeof(begin) - 1;
    if (length <= before || memcmp(line, begin, before) != 0 || line[before] < '1' || line[before] > '9')
        return false;

    char *text = NULL;
    const long request = strtol(line + before, &text, 10);

    if (request > INT_MAX || *text != ',')
        return false;
    text++;

    size_t left = length - (size_t)(text - line);

    for (const struct reply_kind *kind = line_kinds; kind->name; kind++) {
        if (!kind->read && cut_value(kind->name, &text, &left)) {
            reply->kind = kind->kind;
            reply->request = (int)request;
            reply->text = text;
            reply->length = left;
            return true;
        }
    }
    return false;
}

/* ---- as anybody prints it ---- */

/* The tree goes with the reply, whose strings stand in it. */
static int parse_line(struct client_reply *made, const char *line, size_t length)
{
    made->tree = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(made->tree) ? 0 : -EPROTO;
}

static int take_value(struct client_reply *made, const struct reply_kind *kinds, const json_t *object,
                      const json_t **value)
{
    const struct reply_kind *kind = kinds;
    while (kind->name && (*value = json_object_get(object, kind->name)) == NULL)
        kind++;
    if (!kind->name)
        return -EPROTO;
    made->reply.kind = kind->kind;
    if (kind->read)
        kind->read(&made->reply, *value);
    return 0;
}

static int print_value(struct client_reply *made, const json_t *value)
{
    /* numbers of at most 15 digits come out as they were written */
    made->printed = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (!made->printed)
        return -ENOMEM;
    made->reply.text = made->printed;
    made->reply.length = strlen(made->printed);
    return 0;
}

/* null and what else was never sent as a number: 0. */
static int read_number(const json_t *id)
{
    const json_int_t number = json_integer_value(id);
    return number > 0 && number <= INT_MAX ? (int)number : 0;
}

int client_reply_read(struct client_reply *made, char *line, size_t length, bool subscribed)
{
    const json_t *value = NULL, *told = NULL;
    begin_reply(made);
    if (!subscribed && cut_line(&made->reply, line, length))
        return 0;

    int result = parse_line(made, line, length);

    if (result == 0) {
        made->reply.request = read_number(json_object_get(made->tree, "id"));
        result = take_value(made, line_kinds, made->tree, &value);
    }
    /* a part of another kind, which a later camd may have, stays one */
    if (result == 0 && subscribed && made->reply.kind == CAMD_REPLY_PART &&
        take_value(made, part_kinds, value, &told) == 0)
        value = told;
    return result < 0 ? result : print_value(made, value);
}

int client_reply_greeting(struct client_reply *made, char *line, size_t length,
                          char version[CLIENT_VERSION_BYTES])
{
    begin_reply(made);

    int result = parse_line(made, line, length);

    if (result < 0)
        return result;
    if (json_object_get(made->tree, "error")) {
        result = client_reply_read(made, line, length, false);
        return result < 0 ? result : -EBUSY;
    }
    if (!json_is_string(json_object_get(made->tree, "camd")))
        return -EPROTO;
    snprintf(version, CLIENT_VERSION_BYTES, "%s", member_text(made->tree, "camd"));
    return member_count(made->tree, "protocol") == CLIENT_PROTOCOL ? 0 : -EPROTONOSUPPORT;
}
