#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camd/shm.h"

/* ASCII only, whatever the locale: what is compared here are words of files and messages. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_folded(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

_Static_assert(CAMD_NAME_MAX == 40, "TEXT_NAME_RULE");

bool text_is_name_character(char c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

bool text_is_camera_name(const char *name)
{
    size_t length = 0;
    for (; name[length]; length++) {
        if (length == CAMD_NAME_MAX || !text_is_name_character(name[length]))
            return false;
    }
    return length > 0 && strcmp(name, "-") != 0;
}

/* ---- nearest word ---- */

enum {
    NEAREST_BYTES = 64, /* longer words are nobody's misspelling */
    NEAREST_DISTANCE = 3,
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance; three rows of its matrix are enough since a swap looks two rows back. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NEAREST_BYTES + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above_two = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = above[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = smaller(row[j], above_two[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length > NEAREST_BYTES)
        return NULL;
    size_t best = smaller(NEAREST_DISTANCE, length / 3) + 1; /* the first distance that is too much */
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t candidate_length = strlen(candidates[i]);
        if (candidate_length > NEAREST_BYTES)
            continue;
        size_t distance = edit_distance(word, length, candidates[i], candidate_length);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

const char *text_suggestion(const char *word, char text[TEXT_SUGGESTION_BYTES])
{
    text[0] = '\0';
    if (word)
        snprintf(text, TEXT_SUGGESTION_BYTES, " (did you mean %s?)", word);
    return text;
}

const char *text_list(char *text, size_t size, const char *const *words, size_t count, const char *last)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " ";
        const bool is_last = i > 0 && i + 1 == count;
        length += (size_t)snprintf(text + length, size - length, "%s%s%s%s", before, is_last ? last : "",
                                   is_last ? " " : "", words[i]);
    }
    return text;
}

/* ---- numbers ---- */

bool text_to_int(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || digits[count] != '\0')
        return false;
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    if (errno != 0)
        return false;
    *value = number;
    return true;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point: no "nan", "inf" or "0x1p3". */
static bool is_decimal(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    size_t fraction = 0;
    if (*text == '.') {
        fraction = strspn(text + 1, "0123456789");
        text += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (lower(*text) == 'e') {
        text++;
        text += *text == '-' || *text == '+';
        size_t exponent = strspn(text, "0123456789");
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

/* The locale whose decimal sign is a point. glibc does not allocate for "C"; 0 could only be a broken libc. */
static locale_t c_locale(void)
{
    static locale_t locale;
    if (!locale)
        locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return locale;
}

bool text_to_double(const char *text, double *value)
{
    locale_t locale = c_locale();
    if (!locale || !is_decimal(text))
        return false;
    double number = strtod_l(text, NULL, locale);
    if (!isfinite(number))
        return false;
    *value = number;
    return true;
}

/* snprintf obeys the thread's locale, so that is exchanged around it. %g drops zeros: 15 digits print 0.1 as such. */
static void print_decimal(char text[TEXT_NUMBER_BYTES], int digits, double value)
{
    locale_t before = uselocale(c_locale());
    snprintf(text, TEXT_NUMBER_BYTES, "%.*g", digits, value);
    uselocale(before);
}

void text_from_double(char text[TEXT_NUMBER_BYTES], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        double again;
        print_decimal(text, digits, value);
        if (text_to_double(text, &again) && again >= value && again <= value)
            return;
    }
}

/* %.3g alone would make powers of ten of what is larger than 999.5. */
const char *text_rate(double rate, char text[TEXT_NUMBER_BYTES])
{
    snprintf(text, TEXT_NUMBER_BYTES, rate < 999.5 ? "%.3g" : "%.0f", rate < 1e9 ? rate : 1e9);
    return text;
}

void text_from_float(char text[TEXT_NUMBER_BYTES], float value)
{
    for (int digits = 6; digits <= 9; digits++) {
        double again;
        print_decimal(text, digits, (double)value);
        if (text_to_double(text, &again) && (float)again >= value && (float)again <= value)
            return;
    }
}

bool text_to_bool(const char *text, bool *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"no", false},  {"true", true}, {"false", false},
                 {"on", true},  {"off", false}, {"1", true},    {"0", false}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (equal_folded(text, words[i].word)) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = text_format_arguments(format, arguments);
    va_end(arguments);
    return text;
}

char *text_format_arguments(const char *format, va_list arguments)
{
    char *text;
    return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

uint64_t text_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

const char *text_before_operand(const char *operand)
{
    return operand[0] == '-' ? "-- " : "";
}
