/* csv_cameras.c - a table of cameras: what its columns mean */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config_keys.h"
#include "import/csv.h"
#include "import/formats.h"

static const char name_column[] = "name";

struct table {
    struct imported *imported;
    struct csv csv;
    char *header[CSV_COLUMNS_MAX]; /* NULL: a column that is left out */
    size_t count;
    bool has_name, has_input;
};

/* In place. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static bool is_there(const struct table *table, const char *word)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->header[i] && strcmp(table->header[i], word) == 0)
            return true;
    }
    return false;
}

/* The word of a column, or NULL and a note. */
static char *take_column(struct table *table, char *word)
{
    const size_t line = table->csv.line;
    const struct config_key *key = config_key_find(word);
    char suggestion[TEXT_SUGGESTION_BYTES];
    if (is_there(table, word)) {
        imported_note(table->imported, line, word, "left out: there is such a column already");
        return NULL;
    }
    if (strcmp(word, name_column) == 0 || (key && key->places & CONFIG_PLACE_CAMERA))
        return word;
    if (*word)
        imported_note(table->imported, line, word, "left out: it is no key of a camera%s",
                      text_suggestion(config_key_nearest(word, CONFIG_PLACE_CAMERA), suggestion));
    return NULL;
}

static void read_header(struct table *table)
{
    for (size_t i = 0; i < table->csv.count; i++) {
        table->header[i] = take_column(table, trim(table->csv.cells[i]));
        table->count = i + 1;
    }
    table->has_name = is_there(table, name_column);
    table->has_input = is_there(table, "input");
}

/* A line end within a cell can't be in a setting. */
static void set(struct table *table, json_t *camera, const char *key, char *value)
{
    if (!*value || strcmp(key, name_column) == 0)
        return;
    if (strpbrk(value, "\r\n"))
        imported_note(table->imported, table->csv.line, key, "left out: the cell has a line end in it");
    else if (!imported_set(camera, key, value))
        imported_note(table->imported, table->csv.line, key, "left out: the cell is no UTF-8 text");
}

static void read_camera(struct table *table)
{
    const struct csv *csv = &table->csv;
    char *name = NULL;
    for (size_t i = 0; i < csv->count && i < table->count; i++) {
        if (table->header[i] && strcmp(table->header[i], name_column) == 0)
            name = trim(csv->cells[i]);
    }
    if (csv->count != table->count) {
        imported_note(table->imported, csv->line, name && *name ? name : "the row",
                      "left out: it has %zu cell%s, and the header has %zu", csv->count,
                      csv->count == 1 ? "" : "s", table->count);
        table->imported->left_out++;
        return;
    }
    json_t *camera = imported_camera(table->imported, csv->line, *name ? name : "the row", name);
    if (!camera)
        table->imported->left_out++;
    for (size_t i = 0; i < table->count && camera; i++) {
        if (table->header[i])
            set(table, camera, table->header[i], trim(csv->cells[i]));
    }
}

/* What is missing from the header, or NULL. */
static const char *header_fault(const struct table *table)
{
    return !table->has_name    ? "the first row names no column \"name\""
           : !table->has_input ? "the first row names no column \"input\""
                               : NULL;
}

static char *problem_text(const struct table *table, const char *problem)
{
    return text_format(
        "line %zu: %s: expected a table whose first row has keys of cameras, such as name,input,fps",
        table->csv.line, problem);
}

char *csv_read_cameras(struct imported *imported, char *text, size_t length)
{
    struct table table = {.imported = imported};
    const char *problem = NULL;
    csv_init(&table.csv, text, length);
    int result = csv_next(&table.csv, &problem);
    if (result == 0)
        problem = "there is nothing in it";
    if (result > 0) {
        read_header(&table);
        problem = header_fault(&table);
    }
    while (!problem && csv_next(&table.csv, &problem) > 0)
        read_camera(&table);
    return problem ? problem_text(&table, problem) : NULL;
}
