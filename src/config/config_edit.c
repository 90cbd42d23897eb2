#include "config/config_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_camera.h"
#include "config/config_document.h"
#include "config/config_line.h"
#include "config/config_problem.h"
#include "config/config_read.h"

/* A line of the text, with its end. */
struct line {
    const char *text;
    size_t length;
    bool is_dropped;
    const char *replacement; /* the value that the setting which begins here gets; NULL: none */
};

struct edit {
    const char *file;
    struct config_document before;
    const struct config_section *section; /* of the camera */
    struct line *lines;                   /* the first line is lines[1], as in messages */
    size_t count;
    const struct config_setting *changes;
    size_t change_count;
    const char *name;   /* another name for the section; NULL: the same */
    const char *ending; /* of its lines */
    uint32_t last;      /* the line of the section after which new settings come */
};

/* ---- lines ---- */

static bool is_content(const struct line *line)
{
    size_t at = 0;
    while (at < line->length && strchr(" \t\r\n", line->text[at]))
        at++;
    return at < line->length && !strchr(";#", line->text[at]);
}

static bool goes_on(const struct line *line)
{
    return strchr(" \t", line->text[0]) && is_content(line);
}

static int split(struct edit *edit, const char *text, size_t length)
{
    size_t count = 1;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    edit->lines = calloc(count + 1, sizeof(*edit->lines));
    if (!edit->lines)
        return -ENOMEM;
    while (length > 0) {
        const char *feed = memchr(text, '\n', length);
        const size_t bytes = feed ? (size_t)(feed - text) + 1 : length;
        edit->lines[++edit->count] = (struct line){.text = text, .length = bytes};
        text += bytes;
        length -= bytes;
    }
    return 0;
}

/* The line after the section's last one. */
static uint32_t section_end(const struct edit *edit)
{
    const struct config_section *next = edit->section + 1;
    const bool is_last = next == edit->before.sections + edit->before.count;
    return is_last ? (uint32_t)edit->count + 1 : next->line;
}

/* ---- where settings are ---- */

/* The line after the last that may belong to the setting. */
static uint32_t entry_end(const struct edit *edit, const struct config_entry *entry)
{
    const bool is_last = entry + 1 == edit->section->entries + edit->section->count;
    return is_last ? section_end(edit) : entry[1].line;
}

/* Comments between the lines of a value stay. */
static void drop(struct edit *edit, const struct config_entry *entry)
{
    edit->lines[entry->line].is_dropped = true;
    for (uint32_t at = entry->line + 1; at < entry_end(edit, entry); at++)
        edit->lines[at].is_dropped = goes_on(&edit->lines[at]);
}

static void find_last(struct edit *edit)
{
    const struct config_section *section = edit->section;
    edit->last = section->line;
    if (section->count == 0)
        return;
    const struct config_entry *entry = &section->entries[section->count - 1];
    edit->last = entry->line;
    for (uint32_t at = entry->line + 1; at < entry_end(edit, entry); at++) {
        if (goes_on(&edit->lines[at]))
            edit->last = at;
    }
}

static void mark(struct edit *edit)
{
    for (size_t i = 0; i < edit->change_count; i++) {
        const struct config_setting *change = &edit->changes[i];
        const struct config_entry *entry = config_section_entry(edit->section, change->key);
        if (!entry || (change->value && strcmp(entry->value, change->value) == 0))
            continue;
        drop(edit, entry);
        edit->lines[entry->line].replacement = change->value;
    }
}

/* ---- writing ---- */

static void write_setting(const struct edit *edit, FILE *out, const char *key, const char *value)
{
    char *text = NULL;
    size_t length = 0;
    FILE *lines = open_memstream(&text, &length);
    if (!lines)
        return; /* what comes out is looked at */
    config_line_write(lines, key, value);
    if (fclose(lines) == 0) {
        char *rest = text;
        for (const char *line; (line = strsep(&rest, "\n")) && line[0] != '\0';)
            fprintf(out, "%s%s", line, edit->ending);
    }
    free(text);
}

static const char *key_at(const struct edit *edit, size_t line)
{
    for (size_t i = 0; i < edit->section->count; i++) {
        if (edit->section->entries[i].line == line)
            return edit->section->entries[i].name;
    }
    return "";
}

/* What follows the name stays: a comment, perhaps. */
static void write_title(const struct edit *edit, FILE *out, const struct line *line)
{
    const char *open = memchr(line->text, '[', line->length);
    const char *close = memchr(line->text, ']', line->length);
    if (open && close)
        fprintf(out, "%.*s[camera %s%.*s", (int)(open - line->text), line->text, edit->name,
                (int)(line->text + line->length - close), close);
}

static void write_new_settings(const struct edit *edit, FILE *out)
{
    const struct line *line = &edit->lines[edit->last];
    bool is_ended = line->is_dropped || (line->length > 0 && line->text[line->length - 1] == '\n');
    for (size_t i = 0; i < edit->change_count; i++) {
        const struct config_setting *change = &edit->changes[i];
        if (!change->value || config_section_entry(edit->section, change->key))
            continue;
        if (!is_ended)
            fputs(edit->ending, out);
        is_ended = true;
        write_setting(edit, out, change->key, change->value);
    }
}

static void write_all(const struct edit *edit, FILE *out)
{
    for (size_t i = 1; i <= edit->count; i++) {
        const struct line *line = &edit->lines[i];
        if (line->replacement)
            write_setting(edit, out, key_at(edit, i), line->replacement);
        else if (edit->name && i == edit->section->line)
            write_title(edit, out, line);
        else if (!line->is_dropped)
            fwrite(line->text, 1, line->length, out);
        if (i == edit->last)
            write_new_settings(edit, out);
    }
}

/* ---- what came out ---- */

static const struct config_setting *find_change(const struct config_setting *changes, size_t count,
                                                const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(changes[i].key, key) == 0)
            return &changes[i];
    }
    return NULL;
}

static bool is_entry(const struct config_section *section, size_t at, const char *name, const char *value)
{
    return at < section->count && strcmp(section->entries[at].name, name) == 0 &&
           strcmp(section->entries[at].value, value) == 0;
}

/* The section's settings, then the new ones; edited: whether the changes are this section's. */
static bool is_section_right(const struct edit *edit, const struct config_section *before,
                             const struct config_section *after, bool edited)
{
    size_t at = 0;
    for (size_t i = 0; i < before->count; i++) {
        const struct config_entry *entry = &before->entries[i];
        const struct config_setting *change =
            edited ? find_change(edit->changes, edit->change_count, entry->name) : NULL;
        if (change && !change->value)
            continue;
        if (!is_entry(after, at++, entry->name, change ? change->value : entry->value))
            return false;
    }
    for (size_t i = 0; edited && i < edit->change_count; i++) {
        const struct config_setting *change = &edit->changes[i];
        if (change->value && !config_section_entry(before, change->key) &&
            !is_entry(after, at++, change->key, change->value))
            return false;
    }
    const char *name = edited && edit->name ? edit->name : before->name;
    return at == after->count && after->place == before->place && strcmp(after->name, name) == 0;
}

static bool is_right(const struct edit *edit, const struct config_document *after)
{
    for (size_t i = 0; i < edit->before.count && i < after->count; i++) {
        const struct config_section *before = &edit->before.sections[i];
        if (!is_section_right(edit, before, &after->sections[i], before == edit->section))
            return false;
    }
    return edit->before.count == after->count;
}

/* 0, -EINVAL with a problem: what would come out is not what is wanted, whyever. */
static int look_again(const struct edit *edit, const char *text, size_t length,
                      struct config_problems *problems)
{
    struct config_document after = {.file = edit->file};
    struct config_problems found = {0};
    int status = config_read_text(text, length, &after, &found);
    if (status == 0 && (config_problem_total(&found) > 0 || !is_right(edit, &after))) {
        config_problem_add(problems, edit->file, edit->section->line, NULL,
                           "cannot be changed so that it reads back as it should: edit it by hand");
        status = -EINVAL;
    }
    config_problems_clear(&found);
    config_document_clear(&after);
    return status;
}

/* ---- the whole ---- */

static void edit_fini(struct edit *edit)
{
    config_document_clear(&edit->before);
    free(edit->lines);
}

/* Reads what is there. */
static int edit_init(struct edit *edit, const char *file, const char *text, size_t length, const char *camera,
                     struct config_problems *problems)
{
    const size_t before = config_problem_total(problems);
    *edit = (struct edit){.file = file, .before = {.file = file}};
    int status = config_read_text(text, length, &edit->before, problems);
    if (status == 0 && config_problem_total(problems) > before)
        status = -EINVAL;
    if (status == 0)
        status = split(edit, text, length);
    if (status == 0)
        edit->section = config_document_camera(&edit->before, camera);
    if (status == 0 && !edit->section)
        status = -ENOENT;
    if (status < 0) {
        edit_fini(edit);
        return status;
    }
    const struct line *title = &edit->lines[edit->section->line];
    edit->ending = title->length > 1 && title->text[title->length - 2] == '\r' ? "\r\n" : "\n";
    find_last(edit);
    return 0;
}

static int edit_write(const struct edit *edit, char **edited, struct config_problems *problems)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    write_all(edit, out);
    const bool is_whole = !ferror(out);
    int status = fclose(out) == 0 && is_whole ? look_again(edit, text, length, problems) : -ENOMEM;
    if (status < 0) {
        free(text);
        return status;
    }
    *edited = text;
    return 0;
}

/* It would be more than a key in a file, or not even fit into a message. */
static bool is_no_key(const char *key)
{
    for (const char *at = key; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f || strchr("=:", *at))
            return true;
    }
    return !config_text_is_utf8(key, strlen(key));
}

static int check_change(const struct config_setting *change, struct config_section *section,
                        struct config_problems *problems)
{
    const char *fault = change->value ? config_line_check(change->key, change->value) : NULL;
    if (is_no_key(change->key)) {
        char *quoted = config_problem_quote(change->key);
        config_problem_add(problems, NULL, 0, NULL, "%s is no key: expected letters, digits, _ - and points",
                           quoted ? quoted : "this");
        free(quoted);
        return -EINVAL;
    }
    if (fault)
        config_problem_add(problems, NULL, 0, change->key, "%s", fault);
    return config_section_add(section, NULL, 0, change->key, "", problems);
}

/* Keys that are none, belong elsewhere or are there twice, and values that cannot be written. */
static int check_changes(const struct edit *edit, struct config_problems *problems)
{
    const size_t before = config_problem_total(problems);
    struct config_section section = {.place = CONFIG_PLACE_CAMERA};
    int status = 0;
    for (size_t i = 0; i < edit->change_count && status != -ENOMEM; i++)
        status = check_change(&edit->changes[i], &section, problems);
    config_section_clear(&section);
    if (status != -ENOMEM)
        status = config_problem_total(problems) > before ? -EINVAL : 0;
    return status;
}

int config_edit_settings(const char *file, const char *text, size_t length, const char *camera,
                         const struct config_setting *changes, size_t count, char **edited,
                         struct config_problems *problems)
{
    struct edit edit;
    int status = edit_init(&edit, file, text, length, camera, problems);
    if (status < 0)
        return status;
    edit.changes = changes;
    edit.change_count = count;
    status = check_changes(&edit, problems);
    if (status == 0) {
        mark(&edit);
        status = edit_write(&edit, edited, problems);
    }
    edit_fini(&edit);
    return status;
}

int config_edit_name(const char *file, const char *text, size_t length, const char *camera, const char *name,
                     char **edited, struct config_problems *problems)
{
    struct edit edit;
    int status = edit_init(&edit, file, text, length, camera, problems);
    if (status < 0)
        return status;
    edit.name = name;
    status = edit_write(&edit, edited, problems);
    edit_fini(&edit);
    return status;
}

size_t config_edit_sections(const char *text, size_t length)
{
    struct config_document document = {0};
    struct config_problems problems = {0};
    const int status = config_read_text(text, length, &document, &problems);
    const size_t count = status == 0 && config_problem_total(&problems) == 0 ? document.count : 0;
    config_problems_clear(&problems);
    config_document_clear(&document);
    return count;
}

/* ---- with its meaning ---- */

/* What is wrong with a change is not in the file. */
static void take_off_file(struct config_problems *problems, size_t first,
                          const struct config_setting *changes, size_t count)
{
    for (size_t i = first; i < problems->count; i++) {
        struct config_problem *problem = &problems->list[i];
        if (!problem->key || !find_change(changes, count, problem->key))
            continue;
        free(problem->file);
        problem->file = NULL;
        problem->line = 0;
    }
}

int config_change_camera(const struct config *config, const char *file, const char *text, size_t length,
                         const char *name, const struct config_setting *changes, size_t count, char **edited,
                         struct config_camera *camera, struct config_problems *problems)
{
    char *made;
    int status = config_edit_settings(file, text, length, name, changes, count, &made, problems);
    if (status < 0)
        return status;
    const size_t first = problems->count;
    status = config_camera_read(config, file, made, strlen(made), name, camera, problems);
    take_off_file(problems, first, changes, count);
    if (status < 0)
        free(made);
    else
        *edited = made;
    return status;
}
