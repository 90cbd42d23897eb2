#include "camctl/status_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "camctl/several.h"

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_CRITICAL, VERDICT_UNKNOWN, VERDICTS };

enum { NAMED_MAX = 8 }; /* cameras in the line, of each kind: the number of the others is told */

static const char *const verdict_words[VERDICTS] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

/* Cameras, or detectors, that are in the same way. */
struct group {
    const json_t *members[NAMED_MAX];
    size_t count;
};

struct tally {
    struct group not_up, degraded, detectors;
    size_t wanted;
};

/* ---- what camd says ---- */

struct answer {
    json_t *names; /* of the cameras that are meant; NULL: all */
    json_t *daemon, *cameras, *detectors;
};

static bool is_meant(const struct answer *answer, const char *name)
{
    for (size_t i = 0; i < json_array_size(answer->names); i++)
        if (strcmp(json_string_value(json_array_get(answer->names, i)), name) == 0)
            return true;
    return !answer->names;
}

static void collect(void *context, json_t *part)
{
    struct answer *answer = context;
    json_t *camera = json_object_get(part, "camera"), *detectors = json_object_get(part, "detectors"),
           *daemon = json_object_get(part, "daemon");
    if (daemon)
        answer->daemon = json_incref(daemon);
    if (detectors)
        answer->detectors = json_incref(detectors);
    if (camera && is_meant(answer, json_member_string(camera, "name", "")))
        json_array_append(answer->cameras, camera);
}

/* Names and patterns are camd's to understand: one that means no camera is an error. */
static enum status find_names(struct command *command, struct answer *answer)
{
    json_t *body = NULL, *ok = NULL;
    if (command->options->operand_count == 0)
        return STATUS_DONE;
    enum status status = several_body(command, command->options->operand_count, &body);
    if (status == STATUS_DONE)
        status = command_request(command, VERB_MATCH, body, NULL, NULL, &ok);
    if (status == STATUS_DONE)
        answer->names = json_incref(json_object_get(ok, "cameras"));
    json_decref(ok);
    return status;
}

/* ---- what it means ---- */

static void add(struct group *group, const json_t *member)
{
    if (group->count < NAMED_MAX)
        group->members[group->count] = member;
    group->count++;
}

static bool is_state(const json_t *object, const char *state)
{
    return strcmp(json_member_string(object, "state", ""), state) == 0;
}

/* One that is disabled or stopped does not count; a file of cameras_dir with problems is one that should run. */
static void tally_camera(struct tally *tally, const json_t *camera)
{
    const bool is_wanted = strcmp(json_member_string(camera, "want", ""), "up") == 0;
    if (!is_wanted && !is_state(camera, "failed"))
        return;
    tally->wanted++;
    if (is_state(camera, "degraded"))
        add(&tally->degraded, camera);
    else if (!is_state(camera, "up"))
        add(&tally->not_up, camera);
}

static struct tally tally_all(const struct answer *answer)
{
    struct tally tally = {0};
    for (size_t i = 0; i < json_array_size(answer->cameras); i++)
        tally_camera(&tally, json_array_get(answer->cameras, i));
    for (size_t i = 0; !answer->names && i < json_array_size(answer->detectors); i++) {
        const json_t *detector = json_array_get(answer->detectors, i);
        if (!is_state(detector, "up") && strcmp(json_member_string(detector, "want", ""), "up") == 0)
            add(&tally.detectors, detector);
    }
    return tally;
}

static enum verdict verdict_of(const struct tally *tally)
{
    if (tally->not_up.count > 0)
        return VERDICT_CRITICAL;
    return tally->degraded.count + tally->detectors.count > 0 ? VERDICT_WARNING : VERDICT_OK;
}

/* ---- in words ---- */

/* ": yard (backoff: connection refused), front (degraded: frozen) and 3 more" */
static void write_group(FILE *out, const struct group *group)
{
    for (size_t i = 0; i < group->count && i < NAMED_MAX; i++) {
        const json_t *member = group->members[i];
        const char *reason = json_member_string(member, "reason", "");
        fprintf(out, "%s%s (%s%s%s)", i == 0 ? ": " : ", ", json_member_string(member, "name", "?"),
                json_member_string(member, "state", "?"), reason[0] ? ": " : "", reason);
    }
    if (group->count > NAMED_MAX)
        fprintf(out, " and %zu more", group->count - NAMED_MAX);
}

static void write_tally(FILE *out, const struct tally *tally)
{
    const size_t up = tally->wanted - tally->not_up.count;
    if (tally->wanted == 0)
        fprintf(out, "no camera should run");
    else
        fprintf(out, "%zu of %zu camera%s up", up, tally->wanted, tally->wanted == 1 ? "" : "s");
    if (tally->not_up.count > 0)
        fprintf(out, "; not up");
    write_group(out, &tally->not_up);
    if (tally->degraded.count > 0)
        fprintf(out, "; not well");
    write_group(out, &tally->degraded);
    if (tally->detectors.count > 0)
        fprintf(out, "; only motion is seen without detector%s", tally->detectors.count == 1 ? "" : "s");
    write_group(out, &tally->detectors);
}

/* A line is one line, and what follows a bar is for machines. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if (*text == '\n' || *text == '\r' || *text == '|')
            *text = ' ';
}

static char *text_of(const struct tally *tally)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    write_tally(out, tally);
    if (fclose(out) != 0)
        return NULL;
    make_plain(text);
    return text;
}

static void show(struct writer *output, const json_t *document)
{
    /* a terminal's width is no reason for a second line */
    output->width = 0;
    if (json_object_get(document, "wanted"))
        writer_line(output, STYLE_PLAIN, 0,
                    "CAMD %s - %s | up=%" JSON_INTEGER_FORMAT " degraded=%" JSON_INTEGER_FORMAT
                    " not_up=%" JSON_INTEGER_FORMAT,
                    json_member_string(document, "verdict", ""), json_member_string(document, "text", ""),
                    (json_int_t)json_member_int(document, "up", 0),
                    (json_int_t)json_member_int(document, "degraded", 0),
                    (json_int_t)json_member_int(document, "not_up", 0));
    else
        writer_line(output, STYLE_PLAIN, 0, "CAMD %s - %s", json_member_string(document, "verdict", ""),
                    json_member_string(document, "text", ""));
}

static enum status print(struct writer *output, enum verdict verdict, json_t *document)
{
    json_object_set_new(document, "verdict", json_string(verdict_words[verdict]));
    json_object_set_new(document, "exit_status", json_integer(verdict));
    writer_document(output, document, show);
    json_decref(document);
    return (enum status)verdict;
}

/* ---- the whole ---- */

bool status_check_is_asked(int argc, char *const *argv)
{
    bool is_status = false, is_check = false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        is_status = is_status || strcmp(argv[i], "status") == 0;
        is_check = is_check || strcmp(argv[i], "--check") == 0;
    }
    return is_status && is_check;
}

enum status status_check_error(struct writer *output, json_t **error)
{
    const bool is_silent = strcmp(json_member_string(*error, "code", ""), FAILURE_NO_ANSWER) == 0;
    char *text = strdup(json_member_string(*error, "text", "it failed"));
    if (text)
        make_plain(text);
    json_t *document = json_pack("{s:s}", "text", text ? text : "memory is short");
    free(text);
    json_decref(*error);
    *error = NULL;
    return print(output, is_silent ? VERDICT_CRITICAL : VERDICT_UNKNOWN, document);
}

enum status status_check_unknown(void)
{
    return (enum status)VERDICT_UNKNOWN;
}

static enum status judge(struct command *command, const struct answer *answer)
{
    const struct tally tally = tally_all(answer);
    char *text = text_of(&tally);
    json_t *document =
        json_pack("{s:s, s:I, s:I, s:I, s:I}", "text", text ? text : "memory is short", "wanted",
                  (json_int_t)tally.wanted, "up",
                  (json_int_t)(tally.wanted - tally.not_up.count - tally.degraded.count), "degraded",
                  (json_int_t)tally.degraded.count, "not_up", (json_int_t)tally.not_up.count);
    free(text);
    if (!is_state(answer->daemon, "stopping"))
        return print(command->output, verdict_of(&tally), document);
    json_object_set_new(document, "text", json_string("camd is stopping"));
    return print(command->output, VERDICT_CRITICAL, document);
}

enum status status_check(struct command *command)
{
    struct answer answer = {.cameras = json_array()};
    enum status status = find_names(command, &answer);
    if (status == STATUS_DONE)
        status = command_request(command, VERB_STATUS, NULL, collect, &answer, NULL);
    status = status == STATUS_DONE ? judge(command, &answer)
                                   : status_check_error(command->output, &command->error);
    json_decref(answer.names);
    json_decref(answer.daemon);
    json_decref(answer.cameras);
    json_decref(answer.detectors);
    return status;
}
