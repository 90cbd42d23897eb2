/* verbs_local.c - check, which needs no daemon, and version, which tells as much as it can without one */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "camctl/check.h"
#include "camctl/command.h"
#include "config/config.h"

#define DEFAULT_FILE CAMD_SYSCONFDIR "/camd/camd.ini"

/* ---- check ---- */

/* On standard error: what is to be known beside the problems. */
static void show_texts(const char *label, const json_t *texts)
{
    struct writer output;
    writer_init(&output, stderr, false);
    for (size_t i = 0; i < json_array_size(texts); i++)
        writer_line(&output, STYLE_WAIT, 4, "%s%s", label, json_string_value(json_array_get(texts, i)));
}

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
    show_texts("warning: ", json_object_get(document, "warnings"));
    show_texts("not looked at, for want of permission: ", json_object_get(document, "unseen"));
    if (json_array_size(problems) == 0)
        writer_line(output, STYLE_PLAIN, 4, "%s: no problems%s; %" PRId64 " camera%s",
                    json_member_string(document, "file", ""),
                    json_array_size(json_object_get(document, "unseen")) > 0 ? " in what could be looked at"
                                                                             : "",
                    cameras, cameras == 1 ? "" : "s");
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

/* A setting that is wrong is explained by its key; not what a file lacks as a whole. */
static const char *hint_of(const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->list[i].key)
            return "camctl help KEY explains a setting";
    return NULL;
}

/* The problems are the verb's result, so they are printed as such; the error says how many there are. */
static enum status report_check(struct command *command, const char *file, const struct config *config,
                                const struct check_result *result)
{
    const struct config_problems *problems = result->problems;
    const bool is_whole = config && config->bad_file_count == 0;
    size_t count = problems->count + problems->dropped;
    json_t *document = json_pack("{s:o, s:o, s:I, s:I, s:O, s:O}", "file", text_or_null(file), "problems",
                                 problems_json(problems), "dropped", (json_int_t)problems->dropped, "cameras",
                                 (json_int_t)(is_whole ? config->camera_count : 0), "warnings",
                                 result->warnings, "unseen", result->unseen);
    writer_document(command->output, document, show_check);
    json_decref(document);
    if (count == 0)
        return STATUS_DONE;
    if (command->output->json)
        return STATUS_FAILED; /* one document only, and it says all */
    return status_fail(&command->error, "failed", hint_of(problems), "%s has %zu problem%s", file, count,
                       count == 1 ? "" : "s");
}

/* What is good of a configuration with problems, which have been told: the machine is looked at for it all the same. */
static void load_rest(const char *file, struct config **config)
{
    struct config_problems *told = calloc(1, sizeof(*told));
    if (told && config_load_start(file, config, told) < 0)
        *config = NULL;
    if (told)
        config_problems_clear(told);
    free(told);
}

/* The URL may have a password, which is not repeated. */
static enum status refuse_url(struct command *command)
{
    return status_fail(&command->error, "usage", "camctl probe looks at what a URL sends",
                       "check takes a configuration file, not a URL");
}

enum status verbs_check(struct command *command)
{
    const char *file = command->options->operand_count ? command->options->operands[0] : DEFAULT_FILE;
    if (strstr(file, "://"))
        return refuse_url(command);
    struct config_problems *problems = calloc(1, sizeof(*problems));
    struct check_result found = {problems, json_array(), json_array()};
    struct config *config = NULL;
    enum status status;
    int result = problems ? config_load(file, &config, problems) : -ENOMEM;

    if (result == -EINVAL)
        load_rest(file, &config);
    if (config && !check_machine(config, &found))
        result = -ENOMEM;
    if (result == -ENOMEM)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    else
        status = report_check(command, file, config, &found);
    config_free(config);
    json_decref(found.warnings);
    json_decref(found.unseen);
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
