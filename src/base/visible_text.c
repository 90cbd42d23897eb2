#include "base/visible_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* Marks that turn the direction of writing, by which a text can pretend to be another. */
static bool turns_direction(wchar_t character)
{
    return (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069) ||
           character == 0x200e || character == 0x200f || character == 0x061c;
}

/*
 * Length in bytes of the character at text, and its width in columns; width -1: not to be shown as it is.
 */
static size_t next_character(const char *text, size_t left, int *width)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t length = mbrtowc(&character, text, left, &state);
    *width = -1;
    if (length == 0 || length == (size_t)-1 || length == (size_t)-2)
        return 1;
    if (iswprint((wint_t)character) && !turns_direction(character))
        *width = wcwidth(character);
    return length;
}

char *visible_text(const char *text, size_t *columns)
{
    size_t left = strlen(text), used = 0, wide = 0;
    char *escaped = malloc(4 * left + 1); /* \xNN for every byte at most */
    if (!escaped)
        return NULL;
    while (left > 0) {
        int width;
        size_t length = next_character(text, left, &width);
        if (width >= 0) {
            memcpy(escaped + used, text, length);
            used += length;
            wide += (size_t)width;
        } else {
            for (size_t i = 0; i < length; i++)
                used += (size_t)snprintf(escaped + used, 5, "\\x%02x", (unsigned int)(unsigned char)text[i]);
            wide += 4 * length;
        }
        text += length;
        left -= length;
    }
    escaped[used] = '\0';
    if (columns)
        *columns = wide;
    return escaped;
}

size_t visible_columns(const char *visible, size_t bytes)
{
    size_t columns = 0;
    while (bytes > 0) {
        int width;
        size_t length = next_character(visible, bytes, &width);
        columns += width > 0 ? (size_t)width : 0;
        visible += length;
        bytes -= length;
    }
    return columns;
}

size_t visible_fitting(const char *visible, size_t columns)
{
    size_t bytes = 0, left = strlen(visible);
    while (left > 0) {
        int width;
        size_t length = next_character(visible + bytes, left, &width);
        if (width > 0 && (size_t)width > columns)
            break;
        columns -= width > 0 ? (size_t)width : 0;
        bytes += length;
        left -= length;
    }
    return bytes;
}
