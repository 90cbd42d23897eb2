/*
 * table.h - aligned columns
 *
 * Cells are collected first, so that each column is as wide as it must be. On a terminal that is too narrow
 * the columns that matter least are left out; elsewhere all are there.
 */
#ifndef CAMD_CAMCTL_TABLE_H
#define CAMD_CAMCTL_TABLE_H

#include "camctl/writer.h"

enum {
    TABLE_COLUMNS_MAX = 16,
    TABLE_GAP = 2, /* between columns */
};

struct table_column {
    const char *heading;
    bool right;     /* numbers */
    int expendable; /* 0: never left out; else the highest goes first */
};

struct table;

/* columns must outlive the table; at most TABLE_COLUMNS_MAX. NULL when memory is short, which the others accept. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);

/* The next cell, from left to right and then in the next row. */
void table_cell(struct table *table, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of its own under the row that was filled last, indented. */
void table_note(struct table *table, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void table_print(const struct table *table, struct writer *output);

#endif
