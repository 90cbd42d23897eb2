/* verbs_logs.c - logs: what the workers wrote, the last of it or each line as it comes */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/follow.h"
#include "camctl/several.h"
#include "camctl/words.h"

/* A line, or {"missed": {"lines"}}. */
static void show_line(struct writer *output, const json_t *line)
{
    const json_t *missed = json_object_get(line, "missed");
    const char *level = json_member_string(line, "level", "");
    char time[WRITER_TIME_BYTES];
    if (missed)
        writer_line(output, STYLE_WAIT, 4, "%" PRId64 " lines are gone: they came faster than they were read",
                    json_member_int(missed, "lines", 0));
    else
        writer_line(output, words_level_style(level), 4, "%s  %s %s  %s: %s",
                    writer_time(output, json_member_string(line, "time", "-"), time),
                    json_member_string(line, "camera", "-"), json_member_string(line, "worker", "-"), level,
                    json_member_string(line, "text", ""));
}

static void show_lines(struct writer *output, const json_t *document)
{
    const json_t *lines = json_object_get(document, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++)
        show_line(output, json_array_get(lines, i));
}

/* What a part holds: a line, or itself. */
static json_t *part_line(json_t *part)
{
    json_t *line = json_object_get(part, "line");
    return line ? line : part;
}

static void collect(void *context, json_t *part)
{
    json_array_append(json_object_get(context, "lines"), part_line(part));
}

static enum status show_kept(struct command *command, json_t *body)
{
    json_t *document = json_pack("{s:[]}", "lines");
    enum status status = command_request(command, VERB_LOGS, body, collect, document, NULL);
    if (status == STATUS_DONE)
        writer_document(command->output, document, show_lines);
    json_decref(document);
    return status;
}

/* ---- following them ---- */

struct following {
    struct follow follow; /* the first member: see follow.h */
    const json_t *body;   /* members of the request */
    /* Of the last line that was shown. Before there is one: the time at which following began, and any number. */
    json_int_t number;
    char time[CLOCK_TEXT_BYTES];
};

/* What comes again is no news; numbers of a camd that has been started meanwhile are lower, but its times are not. */
static bool note_line(struct following *following, const json_t *line)
{
    const json_int_t number = json_member_int(line, "number", 0);
    const char *time = json_member_string(line, "time", "");
    if (number == 0)
        return true;
    if (following->follow.is_again && number <= following->number && strcmp(time, following->time) <= 0)
        return false;
    following->number = number;
    snprintf(following->time, sizeof(following->time), "%s", time);
    return true;
}

static void stream(void *context, json_t *part)
{
    struct following *following = context;
    struct command *command = following->follow.command;
    json_t *line = part_line(part);
    if (note_line(following, line)) {
        following->follow.news++;
        writer_stream(command->output, line, show_line);
    }
}

/* A worker that has nothing to say for hours is no failure: only the greeting has to come in time. */
static json_t *request_lines(const struct follow *follow)
{
    const struct following *following = (const struct following *)follow;
    json_t *body = json_copy_of(following->body);
    json_object_set_new(body, "follow", json_true());
    /* all that there are: those that were shown are left out */
    if (follow->is_again)
        json_object_set_new(body, "lines", json_integer(INT32_MAX));
    if (command_connect(follow->command, 0) == STATUS_DONE)
        connection_set_timeout(follow->command->connection, 0, -1);
    else
        command_forget_error(follow->command); /* the request meets it again */
    return body;
}

static enum status follow(struct command *command, const json_t *body)
{
    struct following following = {
        .follow = {.command = command, .verb = VERB_LOGS}, .body = body, .number = INT64_MAX};
    clock_format_utc(clock_wall_ns(), following.time);
    const enum status status = command_connect(command, 0);
    if (status != STATUS_DONE)
        return status;
    return follow_run(&following.follow, request_lines, stream);
}

enum status verbs_logs(struct command *command)
{
    const struct options *options = command->options;
    json_t *body = json_object();
    if (options->operand_count > 0 || options->given[OPTION_ALL]) {
        json_decref(body);
        enum status status = several_body(command, options->operand_count, &body);
        if (status != STATUS_DONE)
            return status;
    }
    if (options->given[OPTION_LINES])
        json_object_set_new(body, "lines", json_integer(options->lines));
    if (!options->given[OPTION_FOLLOW])
        return show_kept(command, body);
    const enum status status = follow(command, body);
    json_decref(body);
    return status;
}
