/* verbs_logs.c - logs: what the workers wrote, the last of it or each line as it comes */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "camctl/command.h"

static enum style style_of(const char *level)
{
    static const enum style styles[LOG_LEVEL_COUNT] = {
        [LOG_ERROR] = STYLE_BAD,  [LOG_WARNING] = STYLE_WAIT, [LOG_NOTICE] = STYLE_PLAIN,
        [LOG_INFO] = STYLE_PLAIN, [LOG_DEBUG] = STYLE_FAINT,
    };
    int known = log_level_from_word(level);

    return known < 0 ? STYLE_PLAIN : styles[known];
}

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
        writer_line(output, style_of(level), 4, "%s  %s %s  %s: %s",
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

static void stream(void *context, json_t *part)
{
    struct command *command = context;

    writer_stream(command->output, part_line(part), show_line);
}

/* A worker that has nothing to say for hours is no failure: only the greeting has to come in time. */
static enum status follow(struct command *command, json_t *body)
{
    enum status status = command_connect(command, 0);

    if (status != STATUS_DONE) {
        json_decref(body);
        return status;
    }
    connection_set_timeout(command->connection, 0, -1);
    json_object_set_new(body, "follow", json_true());
    return command_request(command, VERB_LOGS, body, stream, command, NULL);
}

enum status verbs_logs(struct command *command)
{
    const struct options *options = command->options;
    json_t *body = options->operand_count ? json_pack("{s:s}", "name", options->operands[0]) : json_object();

    if (!body)
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    if (options->given[OPTION_LINES])
        json_object_set_new(body, "lines", json_integer(options->lines));
    return options->given[OPTION_FOLLOW] ? follow(command, body) : show_kept(command, body);
}
