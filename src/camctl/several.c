#include "camctl/several.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "base/pattern.h"
#include "protocol/verbs.h"

static enum status not_utf8(struct command *command, json_t *body, json_t *names)
{
    json_decref(body);
    json_decref(names);
    return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
}

enum status several_body(struct command *command, int count, json_t **body)
{
    const struct options *options = command->options;
    json_t *made = json_object(), *names = json_array();
    if (options->given[OPTION_ALL] && count > 0) {
        json_decref(made);
        json_decref(names);
        return status_fail(&command->error, "usage", NULL, "%s: expected names of cameras or --all, not both",
                           verb_table[options->verb].word);
    }
    for (int i = 0; i < count; i++)
        if (json_array_append_new(names, json_string(options->operands[i])) != 0)
            return not_utf8(command, made, names);
    if (options->given[OPTION_ALL])
        json_object_set_new(made, "all", json_true());
    else if (count == 1 && !pattern_is(options->operands[0]))
        json_object_set(made, "name", json_array_get(names, 0));
    else
        json_object_set(made, "names", names);
    json_decref(names);
    *body = made;
    return STATUS_DONE;
}

json_t *several_cameras(const json_t *body)
{
    json_t *name = json_object_get(body, "name");
    return name ? json_pack("[O]", name) : json_incref(json_object_get(body, "names"));
}

bool several_is_asked(const struct options *options)
{
    return options->given[OPTION_ALL] || options->operand_count > 1 || pattern_is(options->operands[0]);
}

enum status several_names(struct command *command, json_t **names)
{
    json_t *body = NULL, *ok = NULL;
    enum status status = several_body(command, command->options->operand_count, &body);
    if (status != STATUS_DONE)
        return status;
    if (json_object_get(body, "name")) { /* whether there is such a camera is seen soon enough */
        *names = json_pack("[O]", json_object_get(body, "name"));
        json_decref(body);
        return STATUS_DONE;
    }
    status = command_request(command, VERB_MATCH, body, NULL, NULL, &ok);
    if (status == STATUS_DONE && json_array_size(json_object_get(ok, "cameras")) == 0)
        status = status_fail(&command->error, "failed", "camctl add NAME input=URL", "there are no cameras");
    if (status == STATUS_DONE)
        *names = json_incref(json_object_get(ok, "cameras"));
    json_decref(ok);
    return status;
}

/* ---- asking ---- */

static bool has_pattern(const json_t *body)
{
    const json_t *names = json_object_get(body, "names");
    for (size_t i = 0; i < json_array_size(names); i++)
        if (pattern_is(json_string_value(json_array_get(names, i))))
            return true;
    return json_is_true(json_object_get(body, "all"));
}

/* "a, b, c", the caller's to free. */
static char *list_names(const json_t *names)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; out && i < json_array_size(names); i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(names, i)));
    if (!out || fclose(out) != 0)
        return NULL;
    return text;
}

static bool is_yes(void)
{
    char *line = NULL;
    size_t room = 0;
    const bool yes =
        getline(&line, &room, stdin) > 0 && (strcasecmp(line, "y\n") == 0 || strcasecmp(line, "yes\n") == 0);
    free(line);
    return yes;
}

/* On the terminal, in lines of its width. */
static void ask(const char *question, const char *list, size_t count, const char *words)
{
    struct writer terminal;
    writer_init(&terminal, stderr, false);
    writer_line(&terminal, STYLE_PLAIN, 4, "%s %zu camera%s, %s: %s", question, count, count == 1 ? "" : "s",
                words, list);
    fputs("Really? [y/N] ", stderr);
    fflush(stderr);
}

static enum status confirm(struct command *command, const json_t *names, const char *question,
                           const char *words)
{
    char *list = list_names(names);
    enum status status = STATUS_DONE;
    if (!list)
        return status_fail(&command->error, "failed", NULL, "memory is short");
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        status = status_fail(&command->error, "usage", "with --yes it is done without asking",
                             "there is no terminal to ask whether all of these are meant: %s", list);
    } else {
        ask(question, list, json_array_size(names), words);
        if (!is_yes())
            status = status_fail(&command->error, "refused", NULL, "nothing was done");
    }
    free(list);
    return status;
}

enum status several_confirm(struct command *command, json_t *body, const char *question, const char *words)
{
    json_t *ok = NULL;
    if (command->options->given[OPTION_YES] || !has_pattern(body))
        return STATUS_DONE;
    enum status status = command_request(command, VERB_MATCH, json_copy(body), NULL, NULL, &ok);
    json_t *names = json_object_get(ok, "cameras");
    if (status == STATUS_DONE)
        status = confirm(command, names, question, words);
    if (status == STATUS_DONE) { /* what was shown is what is meant */
        json_object_del(body, "all");
        json_object_set(body, "names", names);
        command_restart_time(command); /* nobody counts while somebody thinks */
    }
    json_decref(ok);
    return status;
}

/* ---- what could not be done ---- */

static int exit_status_of(const json_t *error)
{
    return control_error_exit_status(json_member_string(error, "code", "failed"));
}

/* A line an error, with its hint. */
static char *error_lines(const json_t *errors)
{
    char *text = NULL;
    size_t size = 0;
    const char *name;
    json_t *error;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    json_members_foreach(errors, name, error) {
        const char *hint = json_member_string(error, "hint", "");
        fprintf(out, "%s%s%s%s%s", size > 0 ? "\n" : "", json_member_string(error, "text", name),
                hint[0] ? " (" : "", hint, hint[0] ? ")" : "");
        fflush(out);
    }
    if (fclose(out) != 0)
        return NULL;
    return text;
}

enum status several_errors(struct command *command, const json_t *document)
{
    const json_t *errors = json_object_get(document, "errors"), *worst = NULL;
    const char *name;
    json_t *error;
    json_members_foreach(errors, name, error) {
        if (!worst || exit_status_of(error) < exit_status_of(worst))
            worst = error;
    }
    if (!worst)
        return STATUS_DONE;
    if (command->output->json)
        return (enum status)exit_status_of(worst); /* one document only, and it says all */
    char *lines = error_lines(errors);
    enum status status = status_fail(&command->error, json_member_string(worst, "code", "failed"), NULL, "%s",
                                     lines ? lines : "memory is short");
    free(lines);
    return status;
}
