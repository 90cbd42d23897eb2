/* verbs_status.c - status: what is asked for; all cameras are shown by status_list.c, one in words by status_one.c */
#include <stdio.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/several.h"
#include "camctl/status_check.h"
#include "camctl/status_fetch.h"
#include "camctl/status_list.h"
#include "camctl/status_log.h"
#include "camctl/status_one.h"

/* ---- as JSON for programs: put together of what camd printed ---- */

enum kind { KIND_DAEMON, KIND_CAMERAS, KIND_DETECTORS, KIND_COUNT };

struct texts {
    struct byte_queue of[KIND_COUNT];
    bool failed;
};

static void append(struct texts *texts, struct byte_queue *queue, const char *text, size_t length)
{
    if ((queue->length > 0 && byte_queue_append(queue, ",", 1) < 0) ||
        byte_queue_append(queue, text, length) < 0)
        texts->failed = true;
}

static void collect_text(void *context, const char *text, size_t length)
{
    static const char *const begins[KIND_COUNT] = {"{\"daemon\":", "{\"camera\":", "{\"detectors\":"};
    struct texts *texts = context;

    for (int kind = 0; kind < KIND_COUNT; kind++) {
        const size_t before = strlen(begins[kind]);

        if (length > before && memcmp(text, begins[kind], before) == 0)
            append(texts, &texts->of[kind], text + before, length - before - 1);
    }
}

static void print_text(FILE *stream, const char *before, const struct byte_queue *queue, const char *nothing)
{
    fputs(before, stream);
    if (queue->length > 0)
        fwrite(byte_queue_front(queue), 1, queue->length, stream);
    else
        fputs(nothing, stream);
}

static enum status pass_on(struct command *command, json_t *body)
{
    FILE *stream = command->output->stream;
    struct texts texts = {.failed = false};
    enum status status = command_request_text(command, VERB_STATUS, body, collect_text, &texts);

    if (status == STATUS_DONE && texts.failed)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    if (status == STATUS_DONE) {
        print_text(stream, "{\"daemon\":", &texts.of[KIND_DAEMON], "{}");
        print_text(stream, ",\"cameras\":[", &texts.of[KIND_CAMERAS], "");
        print_text(stream, "],\"detectors\":", &texts.of[KIND_DETECTORS], "[]");
        fputs("}\n", stream);
    }
    for (int kind = 0; kind < KIND_COUNT; kind++)
        byte_queue_fini(&texts.of[kind]);
    return status;
}

/* ---- which of them, and how ---- */

/* Its exit status says whether there are any. */
static enum status show_problems(struct command *command, json_t *body)
{
    json_t *document, *problems = NULL;
    bool has_problems = false;
    enum status status = status_fetch(command, body, &document);

    if (status == STATUS_DONE) {
        problems = status_list_problems_of(document, &has_problems);
        if (command->output->json)
            writer_document(command->output, problems, NULL);
        else
            status_list_problems(command->output, document);
        status = has_problems ? STATUS_FAILED : STATUS_DONE;
    }
    json_decref(problems);
    json_decref(document);
    return status;
}

static enum status show_all(struct command *command, json_t *body)
{
    json_t *document;
    enum status status = status_fetch(command, body, &document);

    if (status == STATUS_DONE)
        writer_document(command->output, document, status_list_all);
    json_decref(document);
    return status;
}

static bool names_detectors(const struct options *options)
{
    for (int i = 0; i < options->operand_count; i++)
        if (strncmp(options->operands[i], "detector:", strlen("detector:")) == 0)
            return true;
    return false;
}

/* Each with the last lines of its log. */
static enum status show_each(struct command *command, json_t *body)
{
    json_t *document;
    enum status status = status_fetch(command, body, &document);

    if (!names_detectors(command->options)) /* then camd tells of all */
        json_object_del(document, "detectors");
    if (status == STATUS_DONE)
        status = status_log_fetch(command, document);
    if (status == STATUS_DONE)
        writer_document(command->output, document, status_one);
    json_decref(document);
    return status;
}

enum status verbs_status(struct command *command)
{
    const struct options *options = command->options;
    const bool is_named = options->operand_count > 0 || options->given[OPTION_ALL];
    json_t *body = json_object();

    if (options->given[OPTION_CHECK]) {
        json_decref(body);
        return status_check(command);
    }
    if (is_named) {
        json_decref(body);
        enum status status = several_body(command, options->operand_count, &body);
        if (status != STATUS_DONE)
            return status;
    }
    if (options->given[OPTION_PROBLEMS])
        return show_problems(command, body);
    if (writer_passes_json_on(command->output))
        return pass_on(command, body);
    return is_named && !command->output->json ? show_each(command, body) : show_all(command, body);
}
