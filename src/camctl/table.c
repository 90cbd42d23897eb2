/* table.c - aligned columns */
#include "camctl/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/visible_text.h"

enum { NOTE_INDENT = 4 }; /* of lines under a row */

/* A cell, or a note under the row before it. */
struct cell {
    char *text; /* escaped */
    size_t columns;
    enum style style;
    bool note;
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct cell *cells;
    size_t count, room;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
    struct table *table = count <= TABLE_COLUMNS_MAX ? calloc(1, sizeof(*table)) : NULL;
    if (table) {
        table->columns = columns;
        table->column_count = count;
    }
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

static void table_add(struct table *table, bool note, enum style style, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

static void table_add(struct table *table, bool note, enum style style, const char *format, va_list arguments)
{
    char *text = table ? text_format_arguments(format, arguments) : NULL;
    if (!text)
        return;
    if (table->count == table->room) {
        size_t room = table->room ? 2 * table->room : 64;
        struct cell *cells = realloc(table->cells, room * sizeof(*cells));
        if (!cells) {
            free(text);
            return;
        }
        table->cells = cells;
        table->room = room;
    }
    struct cell *cell = &table->cells[table->count];
    *cell = (struct cell){.style = style, .note = note};
    cell->text = visible_text(text, &cell->columns);
    free(text);
    if (cell->text)
        table->count++;
}

void table_cell(struct table *table, enum style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    table_add(table, false, style, format, arguments);
    va_end(arguments);
}

void table_note(struct table *table, enum style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    table_add(table, true, style, format, arguments);
    va_end(arguments);
}

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS_MAX])
{
    size_t column = 0;
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = strlen(table->columns[i].heading);
    for (size_t i = 0; i < table->count; i++) {
        if (table->cells[i].note)
            continue;
        if (table->cells[i].columns > widths[column])
            widths[column] = table->cells[i].columns;
        column = (column + 1) % table->column_count;
    }
}

/* Which columns fit: the most expendable ones go until the rest does, or until none may go. */
static void choose(const struct table *table, const size_t widths[TABLE_COLUMNS_MAX], size_t limit,
                   bool shown[TABLE_COLUMNS_MAX])
{
    size_t total = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        shown[i] = true;
        total += widths[i] + (i ? TABLE_GAP : 0);
    }
    while (limit && total > limit) {
        size_t worst = table->column_count;
        int expendable = 0;
        for (size_t i = 0; i < table->column_count; i++) {
            if (shown[i] && table->columns[i].expendable > expendable) {
                worst = i;
                expendable = table->columns[i].expendable;
            }
        }
        if (worst == table->column_count)
            return;
        shown[worst] = false;
        total -= widths[worst] + TABLE_GAP;
    }
}

static void print_cell(struct writer *output, const struct table_column *column, const struct cell *cell,
                       size_t width, bool last)
{
    size_t padding = width - cell->columns;
    if (column->right)
        writer_pad(output, padding);
    writer_escaped(output, cell->style, cell->text);
    if (!column->right && !last)
        writer_pad(output, padding);
    if (!last)
        writer_pad(output, TABLE_GAP);
}

/* cells: one a column. */
static void print_row(const struct table *table, struct writer *output, const struct cell *cells,
                      const size_t widths[TABLE_COLUMNS_MAX], const bool shown[TABLE_COLUMNS_MAX])
{
    size_t last = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (shown[i])
            last = i;
    for (size_t i = 0; i < table->column_count; i++)
        if (shown[i])
            print_cell(output, &table->columns[i], &cells[i], widths[i], i == last);
    writer_blank(output);
}

static void print_headings(const struct table *table, struct writer *output,
                           const size_t widths[TABLE_COLUMNS_MAX], const bool shown[TABLE_COLUMNS_MAX])
{
    struct cell cells[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < table->column_count; i++) {
        cells[i] = (struct cell){
            .text = (char *)table->columns[i].heading, /* only read */
            .columns = strlen(table->columns[i].heading),
            .style = STYLE_STRONG,
        };
    }
    print_row(table, output, cells, widths, shown);
}

void table_print(const struct table *table, struct writer *output)
{
    size_t widths[TABLE_COLUMNS_MAX];
    bool shown[TABLE_COLUMNS_MAX];
    if (!table)
        return;
    measure(table, widths);
    choose(table, widths, output->width, shown);
    print_headings(table, output, widths, shown);
    for (size_t i = 0; i < table->count;) {
        const struct cell *cell = &table->cells[i];
        if (cell->note) {
            writer_pad(output, NOTE_INDENT);
            writer_wrapped(output, cell->style, cell->text, NOTE_INDENT, NOTE_INDENT + 2);
            i++;
        } else if (table->count - i >= table->column_count) {
            print_row(table, output, cell, widths, shown);
            i += table->column_count;
        } else {
            break; /* a row that memory did not suffice for */
        }
    }
}
