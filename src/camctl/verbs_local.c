/* verbs_local.c - check, which needs no daemon, and version, which tells as much as it can without one */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "camctl/command.h"
#include "config/config.h"

#define DEFAULT_FILE CAMD_SYSCONFDIR "/camd/camd.ini"

/* ---- check ---- */

static void show_check(struct writer *output, const json_t *document)
{
    const json_t *problems = json_object_get(document, "problems");
    int64_t cameras = json_member_int(document, "cameras", 0),
            dropped = json_member_int(document, "dropped", 0);

    for (size_t i = 0; i < json_array_size(problems); i++)
        writer_line(output, STYLE_PLAIN, 4, "%s",
                    json_member_string(json_array_get(problems, i), "message", ""));
    if (dropped > 0)
        writer_line(output, STYLE_PLAIN, 4, "and %" PRId64 " more", dropped);
    if (json_array_size(problems) == 0)
        writer_line(output, STYLE_PLAIN, 4, "%s: no problems; %" PRId64 " camera%s",
                    json_member_string(document, "file", ""), cameras, cameras == 1 ? "" : "s");
}

/* JSON null where there is none, or none that is UTF-8. */
static json_t *text_or_null(const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    return value ? value : json_null();
}

static json_t *problems_json(const struct config_problems *problems)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        const struct config_problem *problem = &problems->list[i];
        char *message = config_problem_text(problem);

        json_array_append_new(list,
                              json_pack("{s:o, s:i, s:o, s:o, s:o}", "file", text_or_null(problem->file),
                                        "line", (int)problem->line, "key", text_or_null(problem->key), "text",
                                        text_or_null(problem->text), "message", text_or_null(message)));
        free(message);
    }
    return list;
}

/* The problems are the verb's result, so they are printed as such; the error says how many there are. */
static enum status report_check(struct command *command, const char *file, const struct config *config,
                                const struct config_problems *problems)
{
    size_t count = problems->count + problems->dropped;
    json_t *document = json_pack("{s:o, s:o, s:I, s:I}", "file", text_or_null(file), "problems",
                                 problems_json(problems), "dropped", (json_int_t)problems->dropped, "cameras",
                                 (json_int_t)(config ? config->camera_count : 0));

    writer_document(command->output, document, show_check);
    json_decref(document);
    if (count == 0)
        return STATUS_DONE;
    if (command->output->json)
        return STATUS_FAILED; /* one document only, and it says all */
    return status_fail(&command->error, "failed", "camctl help keys lists the settings",
                       "%s has %zu problem%s", file, count, count == 1 ? "" : "s");
}

enum status verbs_check(struct command *command)
{
    const char *file = command->options->operand_count ? command->options->operands[0] : DEFAULT_FILE;
    struct config_problems *problems = calloc(1, sizeof *problems);
    struct config *config = NULL;
    enum status status;
    int result = problems ? config_load(file, &config, problems) : -ENOMEM;

    if (result == -ENOMEM)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    else
        status = report_check(command, file, config, problems);
    if (result == 0)
        config_free(config);
    if (problems)
        config_problems_clear(problems);
    free(problems);
    return status;
}

/* ---- version ---- */

static void show_version(struct writer *output, const json_t *document)
{
    const json_t *daemon = json_object_get(document, "daemon");

    writer_line(output, STYLE_PLAIN, 0, "camctl %s", json_member_string(document, "camctl", ""));
    if (daemon)
        writer_line(output, STYLE_PLAIN, 0, "camd   %s, protocol %" PRId64 ", pid %" PRId64,
                    json_member_string(daemon, "version", "?"), json_member_int(daemon, "protocol", 0),
                    json_member_int(daemon, "pid", 0));
}

enum status verbs_version(struct command *command)
{
    json_t *ok = NULL, *document = json_pack("{s:s}", "camctl", CAMD_VERSION);
    enum status status = command_request(command, VERB_VERSION, NULL, NULL, NULL, &ok);

    if (status == STATUS_DONE)
        json_object_set(document, "daemon", ok);
    /* camctl's own version is worth knowing when there is no daemon; in JSON the error is the one document */
    if (status == STATUS_DONE || !command->output->json)
        writer_document(command->output, document, show_version);
    json_decref(ok);
    json_decref(document);
    return status;
}
