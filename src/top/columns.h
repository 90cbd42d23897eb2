/*
 * columns.h - what is known of a camera, a column each: how it is called, shown and sorted by
 *
 * One table of which the screen, the plain table and the sorting are made.
 */
#ifndef CAMD_TOP_COLUMNS_H
#define CAMD_TOP_COLUMNS_H

#include "protocol/top_columns.h"
#include "top/rates.h"

enum { COLUMN_TEXT_BYTES = 64, COLUMN_GAP = 2 };

struct column {
    const char *heading; /* on the screen */
    char key;            /* on the keyboard */
    int width;           /* of what is shown; 0: the name's, which gets what is left */
    bool is_right;       /* numbers */
    bool largest_first;
    int expendable;                         /* 0: never left out; else the highest goes first */
    double (*value)(const struct row *row); /* to sort by; NULL: by name */
    void (*write)(const struct row *row, char text[COLUMN_TEXT_BYTES]);
};

extern const struct column columns[TOP_COLUMN_COUNT];
extern const size_t column_count;
/* What is sorted by at first: what is wrong. */
extern const struct column *const column_usual;

const char *column_word(const struct column *column);
/* NULL: there is no such one. */
const struct column *column_of_word(const char *word);
const struct column *column_of_key(int key);

/* The rows in that order; those of the same value by what is wrong, and then by name. */
void columns_sort(struct rates *rates, const struct column *by, bool is_reversed);

/* Which columns have room in so many, and in *name_width how wide the name's is: at most longest, the longest name's. */
void columns_choose(int width, int longest, bool shown[TOP_COLUMN_COUNT], int *name_width);

#endif
