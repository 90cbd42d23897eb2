/* verbs_status.c - status: what is asked for; all cameras are shown by status_list.c, one in words by status_one.c */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "camctl/command.h"
#include "camctl/pass_on.h"
#include "camctl/several.h"
#include "camctl/status_check.h"
#include "camctl/status_fetch.h"
#include "camctl/status_list.h"
#include "camctl/status_log.h"
#include "camctl/status_one.h"

/* ---- as JSON for programs ---- */

static enum status pass_status_on(struct command *command, json_t *body)
{
    static const struct pass_on_member members[] = {
        {"daemon", "daemon", false, "{}"},
        {"camera", "cameras", true, NULL},
        {"detectors", "detectors", false, "[]"},
    };
    return pass_on(command, VERB_STATUS, body, members, sizeof(members) / sizeof(*members));
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
        return pass_status_on(command, body);
    return is_named && !command->output->json ? show_each(command, body) : show_all(command, body);
}
