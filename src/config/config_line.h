/*
 * config_line.h - what a line of a file can hold
 *
 * inih cuts lines, names and values that are too long for it, without a word. What is read is checked with
 * these before inih sees it, and what is written is broken into continuation lines.
 */
#ifndef CAMD_CONFIG_CONFIG_LINE_H
#define CAMD_CONFIG_CONFIG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    CONFIG_LINE_BYTES = 198, /* inih's 200 as distributions build it, less line feed and NUL */
    CONFIG_TITLE_BYTES = 49, /* of a section's title, which inih cuts there */
    /* Of a key: zone.NAME.filter.LABEL.KEY fits, and leaves room for its value in a line. */
    CONFIG_KEY_BYTES = 112,
};

/* Why the value can't be written so that it reads back (static text), or NULL. */
const char *config_line_check(const char *name, const char *value);

/*
 * A continuation line (without its white space) that was probably meant as a line of its own: a section, or a
 * key with '=' that got indented.
 */
bool config_line_is_mistaken(const char *text);

/* White space, then ';': the rest of the line would be a comment to inih. */
bool config_line_has_comment(const char *text);

/* Workers and clients get names and values as JSON, which is UTF-8. False when memory is short, too. */
bool config_text_is_utf8(const char *text, size_t length);

/* "name = value", with continuation lines; the value has passed config_line_check. */
void config_line_write(FILE *out, const char *name, const char *value);

#endif
