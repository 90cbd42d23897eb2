#include "config/config_line.h"

#include <jansson.h>
#include <string.h>

#include "config/config.h"
#include "config/config_keys.h"

enum {
    INDENT = 4,
    WIDTH_BYTES = 100, /* where lines are broken when the value lets us choose */
    CHUNK_BYTES = 40,  /* of the value in any case, beside a long key */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool config_line_has_comment(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (is_blank(at[0]) && at[1] == ';')
            return true;
    }
    return false;
}

bool config_line_is_mistaken(const char *text)
{
    static const char *const sections[] = {"[camd]", "[defaults]", "[camera ", "[detector "};
    for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
        if (strncmp(text, sections[i], strlen(sections[i])) == 0)
            return true;
    }

    char word[CONFIG_KEY_BYTES + 1];
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    size_t blanks = strspn(text + length, " \t");
    if (length == 0 || length >= sizeof(word) ||
        (text[length + blanks] != '=' && text[length + blanks] != ':'))
        return false;
    memcpy(word, text, length);
    word[length] = '\0';
    return blanks > 0 || config_key_find(word);
}

/* ---- writing ---- */

/* Whether the value may go on in a new line there: white space at either side would be lost. */
static bool is_break(const char *text, size_t at)
{
    return at > 0 && !is_blank(text[at - 1]) && !is_blank(text[at]) && !strchr(";#", text[at]) &&
           !config_line_is_mistaken(text + at);
}

/*
 * How much of the text goes into the next line, whose width and limit are given: all of it, or up to a comma,
 * or up to wherever it can be broken. 0: it cannot.
 */
static size_t next_break(const char *text, size_t length, size_t width, size_t limit)
{
    if (length <= width)
        return length;
    for (size_t at = width; at > width / 2; at--) {
        if (text[at - 1] == ',' && is_break(text, at))
            return at;
    }
    for (size_t at = width; at > 0; at--) {
        if (is_break(text, at))
            return at;
    }
    if (length <= limit)
        return length;
    for (size_t at = limit; at > width; at--) {
        if (is_break(text, at))
            return at;
    }
    return 0;
}

/* Writes, or with out NULL only tries to; false: cannot be written. */
static bool write_lines(FILE *out, const char *name, const char *value)
{
    size_t length = strlen(value);
    size_t used = strlen(name) + 3;
    if (out)
        fprintf(out, "%s = ", name);
    do {
        size_t width = used + CHUNK_BYTES < WIDTH_BYTES ? WIDTH_BYTES - used : CHUNK_BYTES;
        size_t chunk = next_break(value, length, width, CONFIG_LINE_BYTES - used);
        if (chunk == 0 && length > 0)
            return false;
        if (out)
            fprintf(out, "%.*s\n%*s", (int)chunk, value, chunk < length ? INDENT : 0, "");
        value += chunk;
        length -= chunk;
        used = INDENT;
    } while (length > 0);
    return true;
}

void config_line_write(FILE *out, const char *name, const char *value)
{
    write_lines(out, name, value);
}

/* jansson checks what it is given. */
bool config_text_is_utf8(const char *text, size_t length)
{
    json_t *string = json_stringn(text, length);
    json_decref(string);
    return string != NULL;
}

const char *config_line_check(const char *name, const char *value)
{
    size_t length = strlen(value);
    if (length == 0)
        return "is empty";
    if (length >= CONFIG_VALUE_BYTES)
        return "is longer than 4095 bytes";
    _Static_assert(CONFIG_VALUE_BYTES == 4096, "the text above");
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
            return "has a control character or a line break";
    }
    if (!config_text_is_utf8(value, length))
        return "is not UTF-8 text";
    if (is_blank(value[0]) || is_blank(value[length - 1]))
        return "begins or ends with white space";
    if (value[0] == ';' || config_line_has_comment(value))
        return "has a ';' after white space, which would begin a comment";
    if (strlen(name) > CONFIG_KEY_BYTES || !write_lines(NULL, name, value))
        return "cannot be broken into lines of a file";
    return NULL;
}
