/* verbs_settings.c - set, rename and show: what is written of cameras */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "camctl/command.h"
#include "camctl/settings.h"
#include "camctl/several.h"
#include "camctl/table.h"

/* ---- set ---- */

static void show_set(struct writer *output, const json_t *document)
{
    const char *name;
    json_t *words;
    json_object_foreach(json_object_get(document, "outcomes"), name, words) {
        writer_line(output, STYLE_PLAIN, 4, "%s: %s", name, json_string_value(words));
    }
}

/* Names come first; the first word with a = ends them. */
static int count_names(const struct options *options)
{
    int count = 0;
    while (count < options->operand_count && !strchr(options->operands[count], '='))
        count++;
    return count;
}

/* A URL or a path can't be a camera's name. */
static const char *find_input(const struct options *options, int names)
{
    for (int i = 0; i < names; i++)
        if (strchr(options->operands[i], '/'))
            return options->operands[i];
    return NULL;
}

static enum status make_request(struct command *command, json_t **body)
{
    const struct options *options = command->options;
    const int names = count_names(options);
    json_t *settings = json_object();
    enum status status = STATUS_DONE;
    if (find_input(options, names))
        status =
            status_fail(&command->error, "usage", "to give a camera another one: camctl set NAME input=URL",
                        "%s is no name of a camera", find_input(options, names));
    else if (names == options->operand_count)
        status = status_fail(&command->error, "usage", "camctl set front fps=5",
                             "set needs KEY=VALUE, or KEY= to take it out");
    else if (names == 0 && !options->given[OPTION_ALL])
        status = status_fail(&command->error, "usage", "camctl set front fps=5",
                             "set needs the name of a camera, or --all");
    for (int i = names; i < options->operand_count && status == STATUS_DONE; i++)
        status = settings_add(settings, options->operands[i], true, &command->error);
    if (status == STATUS_DONE)
        status = several_body(command, names, body);
    if (status == STATUS_DONE) {
        json_object_set(*body, "settings", settings);
        json_object_set_new(*body, "runtime", json_boolean(options->given[OPTION_RUNTIME]));
    }
    json_decref(settings);
    return status;
}

enum status verbs_set(struct command *command)
{
    json_t *body = NULL, *ok = NULL, *cameras = NULL;
    enum status status = make_request(command, &body);
    if (status == STATUS_DONE) {
        cameras = several_cameras(body);
        status = command_request(command, VERB_SET, body, NULL, NULL, &ok);
    }
    if (status == STATUS_DONE) {
        if (!json_object_get(ok, "cameras"))
            json_object_set(ok, "cameras", cameras);
        writer_document(command->output, ok, show_set);
        status = several_errors(command, ok);
    }
    json_decref(cameras);
    json_decref(ok);
    return status;
}

enum status verbs_rename(struct command *command)
{
    char **operands = command->options->operands;
    json_t *body = json_pack("{s:s, s:s}", "name", operands[0], "to", operands[1]);
    if (!body)
        return status_fail(&command->error, "usage", NULL, "a camera's name is not valid UTF-8 text");
    return command_request_shown(command, VERB_RENAME, body, show_set);
}

/* ---- show ---- */

/* "front.ini:3", as short as it can be: the whole path stands above. */
static void add_source(struct table *table, const json_t *setting)
{
    const char *source = json_member_string(setting, "source", ""),
               *file = json_member_string(setting, "file", NULL);
    const char *slash = file ? strrchr(file, '/') : NULL;
    const int64_t line = json_member_int(setting, "line", 0);
    if (strcmp(source, "override") == 0)
        table_cell(table, STYLE_WAIT, "camctl %s",
                   strcmp(json_member_string(setting, "value", ""), "yes") == 0 ? "enable" : "disable");
    else if (strcmp(source, "runtime") == 0)
        table_cell(table, STYLE_WAIT, "--runtime");
    else if (file)
        table_cell(table, STYLE_PLAIN, "%s:%" PRId64 "%s", slash ? slash + 1 : file, line,
                   strcmp(source, "defaults") == 0 ? " [defaults]" : "");
    else
        table_cell(table, STYLE_PLAIN, "%s", source);
}

static bool is_built_in(const json_t *setting)
{
    return strcmp(json_member_string(setting, "source", ""), "built in") == 0;
}

static void show_written(struct writer *output, const json_t *settings)
{
    static const struct table_column columns[] = {
        {"SETTING", false, 0}, {"FROM", false, 0}, {"VALUE", false, 0}};
    struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(settings); i++) {
        const json_t *setting = json_array_get(settings, i);
        if (is_built_in(setting))
            continue;
        table_cell(table, STYLE_PLAIN, "%s", json_member_string(setting, "key", ""));
        add_source(table, setting);
        table_cell(table, STYLE_PLAIN, "%s", json_member_string(setting, "value", ""));
    }
    table_print(table, output);
    table_free(table);
}

/* Many, and seldom wanted: as a paragraph. */
static void show_built_in(struct writer *output, const json_t *settings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool is_first = true;
    for (size_t i = 0; out && i < json_array_size(settings); i++) {
        const json_t *setting = json_array_get(settings, i);
        if (!is_built_in(setting))
            continue;
        fprintf(out, "%s%s=%s", is_first ? "" : ", ", json_member_string(setting, "key", ""),
                json_member_string(setting, "value", ""));
        is_first = false;
    }
    if (!out || fclose(out) != 0)
        return;
    writer_line(output, STYLE_FAINT, 2, "built in: %s", text);
    free(text);
}

static void show_settings(struct writer *output, const json_t *document)
{
    const json_t *cameras = json_object_get(document, "cameras");
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        const char *file = json_member_string(camera, "file", NULL);
        if (i > 0)
            writer_blank(output);
        if (file)
            writer_line(output, STYLE_STRONG, 4, "%s  %s:%" PRId64, json_member_string(camera, "name", ""),
                        file, json_member_int(camera, "line", 0));
        else
            writer_line(output, STYLE_STRONG, 4, "%s  added at run time",
                        json_member_string(camera, "name", ""));
        show_written(output, json_object_get(camera, "settings"));
        show_built_in(output, json_object_get(camera, "settings"));
    }
}

static void take_camera(void *context, json_t *part)
{
    json_array_append(context, part);
}

enum status verbs_show(struct command *command)
{
    json_t *body = NULL, *cameras = json_array();
    enum status status = several_body(command, command->options->operand_count, &body);
    if (status == STATUS_DONE)
        status = command_request(command, VERB_SHOW, body, take_camera, cameras, NULL);
    if (status == STATUS_DONE) {
        json_t *document = json_pack("{s:O}", "cameras", cameras);
        writer_document(command->output, document, show_settings);
        json_decref(document);
    }
    json_decref(cameras);
    return status;
}

/* ---- export ---- */

static void take_text(void *context, json_t *part)
{
    fputs(json_member_string(part, "text", ""), context);
}

static void show_export(struct writer *output, const json_t *document)
{
    fputs(json_member_string(document, "configuration", ""), output->stream);
}

enum status verbs_export(struct command *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return status_fail(&command->error, "failed", NULL, "memory is short");
    enum status status =
        command_request(command, VERB_EXPORT,
                        json_pack("{s:b}", "show_secrets", command->options->given[OPTION_SHOW_SECRETS]),
                        take_text, out, NULL);
    const bool is_whole = fclose(out) == 0;
    if (status == STATUS_DONE && !is_whole)
        status = status_fail(&command->error, "failed", NULL, "memory is short");
    if (status == STATUS_DONE) {
        json_t *document = json_pack("{s:s}", "configuration", text);
        writer_document(command->output, document, show_export);
        json_decref(document);
    }
    secret_free(text);
    return status;
}
