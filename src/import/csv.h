/*
 * csv.h - rows of a table as text, by RFC 4180
 *
 * A cell may stand in double quotes; then it may hold separators, line ends, and a quote as two. Lines end with LF, CRLF or CR.
 * The separator is the one of comma, semicolon and tab that the first line has most of, outside quotes; or what a first
 * line "sep=;" names, as spreadsheets write it: any character of ASCII that is no letter, digit or double quote.
 */
#ifndef CAMD_IMPORT_CSV_H
#define CAMD_IMPORT_CSV_H

#include <stddef.h>

enum { CSV_COLUMNS_MAX = 256 };

struct csv {
    char *at, *end; /* what has not been read; the text is changed while it is read */
    char separator;
    const char *fault;            /* of the whole text; NULL: none */
    size_t line;                  /* of the row that was read last */
    size_t next_line;             /* of what comes then */
    char *cells[CSV_COLUMNS_MAX]; /* of the row */
    size_t count;
};

/* text: length bytes and a NUL behind them. It has to stay. */
void csv_init(struct csv *csv, char *text, size_t length);
/*
 * Reads the next row that is not empty into cells. 1; 0 at the end; or -1 with what is wrong (static), which is about
 * csv->line. Nothing can be read after that.
 */
int csv_next(struct csv *csv, const char **problem);

#endif
