#include "import/csv.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char separators[] = ",;\t";

/* ---- the separator ---- */

static char most_frequent(const char *at, const char *end)
{
    size_t counts[sizeof(separators)] = {0}, best = 0;
    bool is_quoted = false;
    for (; at < end && (is_quoted || (*at != '\n' && *at != '\r')); at++) {
        const char *found = *at && !is_quoted ? strchr(separators, *at) : NULL;
        is_quoted ^= *at == '"';
        if (found)
            counts[found - separators]++;
    }
    for (size_t i = 1; separators[i]; i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return separators[best];
}

static bool may_separate(char character)
{
    return character == '\t' || character == ' ' || (character != '"' && ispunct((unsigned char)character));
}

/* CR LF, LF, or CR alone. */
static void take_line_end(struct csv *csv)
{
    if (csv->at == csv->end)
        return;
    csv->at += *csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n' ? 2 : 1;
    csv->next_line++;
}

void csv_init(struct csv *csv, char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf", named[] = "sep=";
    *csv = (struct csv){.at = text, .end = text + length, .line = 1, .next_line = 1};
    if (memchr(text, '\0', length))
        csv->fault =
            "there is a zero byte, as in UTF-16: save it in UTF-8, which spreadsheets call CSV UTF-8";
    if (length >= 3 && memcmp(text, mark, 3) == 0)
        csv->at += 3;
    const size_t first = strcspn(csv->at, "\r\n");
    if (strncmp(csv->at, named, 4) != 0 || first < 5) {
        csv->separator = most_frequent(csv->at, csv->end);
        return;
    }
    csv->separator = csv->at[4];
    if (!may_separate(csv->separator))
        csv->fault = "sep= names what cannot stand between cells: expected a character such as , or ;";
    csv->at += first;
    take_line_end(csv);
}

/* ---- rows ---- */

/* Behind a cell: whether the row goes on. */
static bool end_cell(struct csv *csv, char *cell_end)
{
    const bool goes_on = csv->at < csv->end && *csv->at == csv->separator;
    if (goes_on)
        csv->at++;
    else
        take_line_end(csv);
    *cell_end = '\0'; /* behind what has been read, or on it */
    return goes_on;
}

static bool is_cell_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == csv->separator || *csv->at == '\n' || *csv->at == '\r';
}

/* In quotes, which are taken off in place. The end of its text, or NULL with a problem. */
static char *read_quoted(struct csv *csv, const char **problem)
{
    char *to = csv->at++;
    bool is_closed = false;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"') {
            csv->at++;
            is_closed = csv->at == csv->end || *csv->at != '"';
            if (is_closed)
                break;
        }
        csv->next_line +=
            *csv->at == '\n' || (*csv->at == '\r' && !(csv->at + 1 < csv->end && csv->at[1] == '\n'));
        *to++ = *csv->at;
    }
    if (!is_closed)
        *problem = "a cell in quotes does not end";
    else if (!is_cell_end(csv))
        *problem = "there is something behind the quotes of a cell: a quote in it is written as two";
    else
        return to;
    return NULL;
}

static char *read_plain(struct csv *csv)
{
    while (!is_cell_end(csv))
        csv->at++;
    return csv->at;
}

static int read_row(struct csv *csv, const char **problem)
{
    bool goes_on = true;
    csv->count = 0;
    csv->line = csv->next_line;
    while (goes_on) {
        char *cell = csv->at;
        if (csv->count == CSV_COLUMNS_MAX) {
            *problem = "there are too many columns";
            return -1;
        }
        char *end = cell < csv->end && *cell == '"' ? read_quoted(csv, problem) : read_plain(csv);
        if (!end)
            return -1;
        csv->cells[csv->count++] = cell;
        goes_on = end_cell(csv, end);
    }
    return 1;
}

int csv_next(struct csv *csv, const char **problem)
{
    if (csv->fault) {
        *problem = csv->fault;
        return -1;
    }
    while (csv->at < csv->end) {
        const int result = read_row(csv, problem);
        if (result < 0 || csv->count > 1 || csv->cells[0][0])
            return result;
    }
    return 0;
}
