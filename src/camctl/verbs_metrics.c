/* verbs_metrics.c - metrics: what status knows, for Prometheus */
#include "metrics/metrics.h"

#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "camctl/command.h"
#include "camctl/file.h"
#include "camctl/status_fetch.h"

static void show_text(struct writer *output, const json_t *document)
{
    fputs(json_string_value(json_object_get(document, "metrics")), output->stream);
}

static enum status write_file(struct command *command, const char *path, const struct byte_queue *text)
{
    const int result = file_replace(path, byte_queue_front(text), text->length);
    if (result < 0)
        return file_unwritten(&command->error, path, result);
    if (command->output->json) {
        json_t *document =
            json_pack("{s:o, s:I}", "file", json_string_lossy(path), "bytes", (json_int_t)text->length);
        writer_document(command->output, document, NULL);
        json_decref(document);
    }
    return STATUS_DONE;
}

static enum status write_text(struct command *command, const struct byte_queue *text)
{
    const char *path = command->options->output;
    json_t *document;
    if (path && strcmp(path, "-") != 0)
        return write_file(command, path, text);
    document = json_pack("{s:s%}", "metrics", byte_queue_front(text), text->length);
    if (!document)
        return status_fail(&command->error, "failed", NULL, "memory is short");
    writer_document(command->output, document, show_text);
    json_decref(document);
    return STATUS_DONE;
}

static enum status print(struct command *command, const json_t *status)
{
    struct byte_queue text;
    enum status result;
    byte_queue_init(&text);
    result = metrics_print(status, &text) < 0
                 ? status_fail(&command->error, "failed", NULL, "memory is short")
                 : write_text(command, &text);
    byte_queue_fini(&text);
    return result;
}

/* That camd does not answer is worth a metric, so that nobody takes what a file of before has for the present. */
static void print_not_up(struct command *command)
{
    const bool has_one_document = command->output->json && !command->options->output;
    json_t *why = command->error;
    if (has_one_document) /* which is the error */
        return;
    command->error = NULL;
    if (print(command, NULL) == STATUS_DONE) {
        command->error = why;
        return;
    }
    json_decref(why); /* the file that could not be written is more urgent */
}

enum status verbs_metrics(struct command *command)
{
    json_t *document;
    enum status status = status_fetch(command, NULL, &document);
    if (status == STATUS_DONE)
        status = print(command, document);
    else if (status == STATUS_NO_ANSWER)
        print_not_up(command);
    json_decref(document);
    return status;
}
