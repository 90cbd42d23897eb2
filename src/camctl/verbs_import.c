/*
 * verbs_import.c - import: the cameras of a file that export has written, or another program's
 *
 * Each camera is checked by the daemon before the first is added. What belongs in camd.ini is printed, not written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "camctl/command.h"
#include "camctl/import_foreign.h"
#include "config/config_edit.h"

struct importing {
    struct command *command;
    json_t *cameras;  /* {NAME: {KEY: VALUE}} in the order of the file */
    FILE *sections;   /* text that belongs in camd.ini */
    json_t *existing; /* {NAME: show's answer} of those that there are */
    json_t *outcomes, *left_out;
    bool is_foreign;    /* of another program */
    json_t *notes;      /* [{"line", "of", "text"}]: what of it was left out, or done otherwise */
    json_int_t dropped; /* notes for which there was no room */
    json_int_t unread;  /* cameras of it that notes say are left out */
    bool knows_trials;  /* camd knows dry_run of set */
};

/* ---- the file ---- */

static void take_section(void *context, const char *title, const char *name,
                         const struct config_setting *settings, size_t count)
{
    struct importing *importing = context;
    const bool is_camera = strcmp(title, "camera") == 0;
    json_t *values = is_camera ? json_object() : NULL;
    if (!is_camera)
        fprintf(importing->sections, "[%s%s%s]\n", title, name[0] ? " " : "", name);
    for (size_t i = 0; i < count; i++) {
        if (is_camera)
            json_object_set_new(values, settings[i].key, json_string(settings[i].value));
        else
            fprintf(importing->sections, "%s = %s\n", settings[i].key, settings[i].value);
    }
    if (is_camera)
        json_object_set_new(importing->cameras, name, values);
}

static enum status read_own(struct importing *importing, const char *file)
{
    struct config_problems *problems = calloc(1, sizeof(*problems));
    const int error = problems ? config_sections_read(file, take_section, importing, problems) : -ENOMEM;
    char *text = error == -EINVAL ? config_problem_text(&problems->list[0]) : NULL;
    enum status status = STATUS_DONE;
    if (error < 0)
        status = status_fail(
            &importing->command->error, "failed",
            "nothing was imported; camctl export writes such a file, and other programs' end in .yml or .csv",
            "%s", text ? text : strerror(-error));
    free(text);
    if (problems)
        config_problems_clear(problems);
    free(problems);
    return status;
}

static enum status read_foreign(struct importing *importing, const char *file)
{
    json_t *document = NULL, *settings, *value;
    const char *title, *key;
    enum status status = import_foreign_read(file, &document, &importing->command->error);
    if (status != STATUS_DONE)
        return status;
    json_object_update(importing->cameras, json_object_get(document, "cameras"));
    json_array_extend(importing->notes, json_object_get(document, "notes"));
    importing->dropped = json_member_int(document, "dropped", 0);
    importing->unread = json_member_int(document, "left_out", 0);
    json_object_foreach(json_object_get(document, "sections"), title, settings) {
        fprintf(importing->sections, "[%s]\n", title);
        json_object_foreach(settings, key, value)
            fprintf(importing->sections, "%s = %s\n", key, json_string_value(value));
    }
    json_decref(document);
    return STATUS_DONE;
}

static enum status read_file(struct importing *importing, const char *file)
{
    importing->is_foreign = import_foreign_is(file);
    const enum status status =
        importing->is_foreign ? read_foreign(importing, file) : read_own(importing, file);

    if (status == STATUS_DONE && json_object_size(importing->cameras) == 0 && importing->unread == 0)
        return status_fail(&importing->command->error, "failed", NULL,
                           importing->is_foreign ? "%s has no cameras" : "%s has no [camera NAME] section",
                           file);
    return status;
}

/* ---- what there is ---- */

static void take_existing(void *context, json_t *part)
{
    json_object_set(context, json_member_string(part, "name", ""), part);
}

static enum status find_existing(struct importing *importing)
{
    struct command *command = importing->command;
    enum status status = command_request(command, VERB_SHOW, json_pack("{s:b}", "all", true), take_existing,
                                         importing->existing, NULL);
    if (status != STATUS_NO_CAMERA) /* there is none, which is fine */
        return status;
    command_forget_error(command);
    return STATUS_DONE;
}

/* ---- one camera ---- */

static void leave_out(struct importing *importing, const char *name, const char *why)
{
    json_object_set_new(importing->left_out, name, json_string(why));
}

/* The words of the error that the last request ended with, which is over. */
static void leave_out_for_error(struct importing *importing, const char *name)
{
    leave_out(importing, name, json_member_string(importing->command->error, "text", "it failed"));
    command_forget_error(importing->command);
}

static bool has_masked_secret(const json_t *settings)
{
    return strstr(json_member_string(settings, "input", ""), ":***@") != NULL;
}

/* The connection is gone: what comes after it has no answer, either. */
static bool is_fatal(enum status status)
{
    return status == STATUS_NO_ANSWER || status == STATUS_DENIED;
}

static enum status request_add(struct importing *importing, const char *name, json_t *settings, bool dry)
{
    json_t *body = json_pack("{s:s, s:O, s:b, s:f}", "name", name, "settings", settings, "dry_run", dry,
                             "timeout_s", 0.0);
    return command_request(importing->command, VERB_ADD, body, NULL, NULL, NULL);
}

static enum status add(struct importing *importing, const char *name, json_t *settings)
{
    return request_add(importing, name, settings, false);
}

static enum status have_checked(struct importing *importing, const char *name, json_t *settings)
{
    return request_add(importing, name, settings, true);
}

/* What its file has and the import has not is taken out. */
static enum status request_set(struct importing *importing, const char *name, json_t *settings, bool dry)
{
    const json_t *written = json_object_get(json_object_get(importing->existing, name), "settings");
    json_t *changes = json_copy(settings), *ok = NULL;
    for (size_t i = 0; i < json_array_size(written); i++) {
        const json_t *setting = json_array_get(written, i);
        const char *key = json_member_string(setting, "key", "");
        if (strcmp(json_member_string(setting, "source", ""), "file") == 0 && !json_object_get(changes, key))
            json_object_set_new(changes, key, json_null());
    }
    enum status status = command_request(
        importing->command, VERB_SET,
        json_pack("{s:s, s:o, s:b}", "name", name, "settings", changes, "dry_run", dry), NULL, NULL, &ok);
    if (status == STATUS_DONE && !dry)
        json_object_update(importing->outcomes, json_object_get(ok, "outcomes"));
    json_decref(ok);
    return status;
}

static enum status replace(struct importing *importing, const char *name, json_t *settings)
{
    return request_set(importing, name, settings, false);
}

/*
 * A camd that was started before the package was upgraded may take a trial of set for the change itself, and its version tells
 * nothing of that. No camd does what is asked here: one that knows dry_run refuses the number, others the setting.
 */
static enum status check_trials(struct importing *importing, const char *name, const json_t *settings)
{
    struct command *command = importing->command;
    const char *key = json_object_iter_key(json_object_iter((json_t *)settings));
    if (importing->knows_trials)
        return STATUS_DONE;
    const enum status status = command_request(
        command, VERB_SET,
        json_pack("{s:s, s:{s:i}, s:i}", "name", name, "settings", key ? key : "input", 1, "dry_run", 1),
        NULL, NULL, NULL);
    if (is_fatal(status))
        return status;
    importing->knows_trials = strstr(json_member_string(command->error, "text", ""), "\"dry_run\"");
    command_forget_error(command);
    return importing->knows_trials
               ? STATUS_DONE
               : status_fail(&command->error, "failed", NULL,
                             "camd is older than camctl and would change it without a check: camctl upgrade, "
                             "then import again");
}

static enum status have_replacing_checked(struct importing *importing, const char *name, json_t *settings)
{
    const enum status status = check_trials(importing, name, settings);
    return status == STATUS_DONE ? request_set(importing, name, settings, true) : status;
}

/* Again without what was refused, until there is nothing of that any more. */
static enum status attempt(struct importing *importing, const char *name, json_t *settings,
                           enum status (*function)(struct importing *importing, const char *name,
                                                   json_t *settings))
{
    for (;;) {
        const enum status status = function(importing, name, settings);
        const char *text = json_member_string(importing->command->error, "text", "");
        if (status == STATUS_DONE || status == STATUS_NOT_RUNNING || is_fatal(status) ||
            !importing->is_foreign || !import_foreign_drop(name, text, settings, importing->notes))
            return status;
        command_forget_error(importing->command);
    }
}

/* Whether it may be imported; those that may not are left out. */
static enum status check_camera(struct importing *importing, const char *name, json_t *settings)
{
    const bool is_there = json_object_get(importing->existing, name);
    enum status status = STATUS_DONE;
    if (has_masked_secret(settings))
        leave_out(importing, name, "its password is masked: export it with --show-secrets");
    else if (is_there && !importing->command->options->given[OPTION_REPLACE])
        leave_out(importing, name, "there is such a camera already; --replace changes its settings to these");
    else
        status = attempt(importing, name, settings, is_there ? have_replacing_checked : have_checked);
    if (status != STATUS_DONE && !is_fatal(status)) {
        leave_out_for_error(importing, name);
        status = STATUS_DONE;
    }
    return status;
}

static enum status import_camera(struct importing *importing, const char *name, json_t *settings)
{
    const bool is_there = json_object_get(importing->existing, name);
    enum status status = STATUS_DONE;
    if (importing->command->options->given[OPTION_DRY_RUN]) {
        json_object_set_new(importing->outcomes, name,
                            json_string(is_there ? "would be changed" : "would be added"));
        return STATUS_DONE;
    }
    status = attempt(importing, name, settings, is_there ? replace : add);
    if (!is_there && (status == STATUS_DONE || status == STATUS_NOT_RUNNING)) {
        command_forget_error(importing->command);
        json_object_set_new(importing->outcomes, name, json_string("added"));
        return STATUS_DONE;
    }
    if (status != STATUS_DONE && !is_fatal(status)) {
        leave_out_for_error(importing, name);
        status = STATUS_DONE;
    }
    return status;
}

static enum status for_each(struct importing *importing,
                            enum status (*function)(struct importing *importing, const char *name,
                                                    json_t *settings))
{
    const char *name;
    json_t *settings;
    enum status status = STATUS_DONE;
    json_object_foreach(importing->cameras, name, settings) {
        if (status != STATUS_DONE || json_object_get(importing->left_out, name))
            continue;
        command_restart_time(importing->command);
        status = function(importing, name, settings);
    }
    return status;
}

/* ---- the whole ---- */

/* "12: cameras.front.record: left out: ...", the line first, as compilers have it. */
static void show_notes(struct writer *output, const json_t *document)
{
    const json_t *notes = json_object_get(document, "notes");
    const json_int_t dropped = json_member_int(document, "dropped", 0);
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *note = json_array_get(notes, i);
        const json_int_t line = json_member_int(note, "line", 0);
        char number[32] = "";
        if (line > 0)
            snprintf(number, sizeof(number), "line %" JSON_INTEGER_FORMAT ": ", line);
        writer_line(output, STYLE_PLAIN, 4, "%s%s: %s", number, json_member_string(note, "of", ""),
                    json_member_string(note, "text", ""));
    }
    if (dropped > 0)
        writer_line(output, STYLE_PLAIN, 4, "and %" JSON_INTEGER_FORMAT " more", dropped);
}

/* Whole, to be copied. */
static void show_sections(struct writer *output, const char *sections)
{
    while (*sections) {
        const size_t length = strcspn(sections, "\n");
        char *line = text_format("%.*s", (int)length, sections);
        char *shown = line ? visible_text(line, NULL) : NULL;
        if (shown)
            writer_escaped(output, STYLE_PLAIN, shown);
        writer_blank(output);
        secret_free(shown);
        secret_free(line);
        sections += length + (sections[length] == '\n');
    }
}

static void show_outcomes(struct writer *output, json_t *outcomes)
{
    const char *name;
    json_t *words;
    json_object_foreach(outcomes, name, words)
        writer_line(output, STYLE_PLAIN, 4, "%s: %s", name, json_string_value(words));
}

static void show_import(struct writer *output, const json_t *document)
{
    const char *sections = json_member_string(document, "sections", ""), *name;
    json_t *words;
    show_notes(output, document);
    show_outcomes(output, json_object_get(document, "outcomes"));
    json_object_foreach(json_object_get(document, "left_out"), name, words)
        writer_line(output, STYLE_WAIT, 4, "%s: left out: %s", name, json_string_value(words));
    if (sections[0]) {
        writer_line(output, STYLE_STRONG, 0, "these sections are not imported; they belong in camd.ini:");
        show_sections(output, sections);
    }
}

static enum status report(struct importing *importing, const char *sections)
{
    struct command *command = importing->command;
    const size_t count = json_object_size(importing->left_out) + (size_t)importing->unread;
    json_t *document = json_pack("{s:O, s:O, s:s, s:O, s:I}", "outcomes", importing->outcomes, "left_out",
                                 importing->left_out, "sections", sections, "notes", importing->notes,
                                 "dropped", importing->dropped);
    writer_document(command->output, document, show_import);
    json_decref(document);
    if (count == 0)
        return STATUS_DONE;
    if (command->output->json)
        return STATUS_FAILED; /* one document only, and it says all */
    return status_fail(&command->error, "failed", NULL, "%zu camera%s left out", count,
                       count == 1 ? " was" : "s were");
}

enum status verbs_import(struct command *command)
{
    char *sections = NULL;
    size_t size = 0;
    struct importing importing = {.command = command,
                                  .cameras = json_object(),
                                  .sections = open_memstream(&sections, &size),
                                  .existing = json_object(),
                                  .outcomes = json_object(),
                                  .left_out = json_object(),
                                  .notes = json_array()};
    if (!importing.sections)
        return status_fail(&command->error, "failed", NULL, "memory is short");
    enum status status = read_file(&importing, command->options->operands[0]);
    fclose(importing.sections);
    if (status == STATUS_DONE)
        status = find_existing(&importing);
    if (status == STATUS_DONE)
        status = for_each(&importing, check_camera);
    if (status == STATUS_DONE)
        status = for_each(&importing, import_camera);
    if (status == STATUS_DONE)
        status = report(&importing, sections ? sections : "");
    else if (!command->output->json) /* an error is the one document */
        show_outcomes(command->output, importing.outcomes);
    json_decref(importing.cameras);
    json_decref(importing.existing);
    json_decref(importing.outcomes);
    json_decref(importing.left_out);
    json_decref(importing.notes);
    secret_free(sections);
    return status;
}
