#include "base/json_writer.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"

enum {
    INTEGER_BYTES = 24, /* of any 64-bit number, with its sign and a point */
};

void json_writer_init(struct json_writer *writer, struct byte_queue *out)
{
    *writer = (struct json_writer){.out = out};
}

/* ---- the frame ---- */

/*
 * Everything is put at a place that is reserved before, with a comma and the name in front of a value: what is printed
 * often are short members, and a call for each of their pieces would cost more than the pieces.
 */
static char *reserve(struct json_writer *writer, size_t size)
{
    char *room = writer->failed ? NULL : byte_queue_reserve(writer->out, size);
    if (!room)
        writer->failed = true;
    return room;
}

/* Where the value's first byte goes, with room for size bytes; NULL: memory is short. *begin is for put_end. */
static char *put_begin(struct json_writer *writer, const char *name, size_t size, char **begin)
{
    const size_t length = name ? strlen(name) : 0;
    char *at = reserve(writer, length + strlen(",\"\":") + size);
    if (!at)
        return NULL;
    *begin = at;
    if (writer->separate)
        *at++ = ',';
    writer->separate = true;
    if (!name)
        return at;
    *at++ = '"';
    memcpy(at, name, length);
    at += length;
    *at++ = '"';
    *at++ = ':';
    return at;
}

static void put_end(struct json_writer *writer, const char *begin, const char *end)
{
    byte_queue_commit(writer->out, (size_t)(end - begin));
}

static void put_value(struct json_writer *writer, const char *name, const char *text, size_t size)
{
    char *begin, *at = put_begin(writer, name, size, &begin);
    if (!at)
        return;
    memcpy(at, text, size);
    put_end(writer, begin, at + size);
}

void json_write_name(struct json_writer *writer, const char *name)
{
    put_value(writer, name, "", 0);
}

static void begin(struct json_writer *writer, const char *name, const char *bracket)
{
    put_value(writer, name, bracket, 1);
    writer->separate = false;
}

static void end(struct json_writer *writer, const char *bracket)
{
    writer->separate = false; /* no comma before it */
    put_value(writer, NULL, bracket, 1);
}

void json_write_begin_object(struct json_writer *writer, const char *name)
{
    begin(writer, name, "{");
}

void json_write_end_object(struct json_writer *writer)
{
    end(writer, "}");
}

void json_write_begin_array(struct json_writer *writer, const char *name)
{
    begin(writer, name, "[");
}

void json_write_end_array(struct json_writer *writer)
{
    end(writer, "]");
}

/* ---- numbers and the like ---- */

void json_write_null(struct json_writer *writer, const char *name)
{
    put_value(writer, name, "null", strlen("null"));
}

void json_write_bool(struct json_writer *writer, const char *name, bool value)
{
    const char *word = value ? "true" : "false";
    put_value(writer, name, word, strlen(word));
}

/* Digits from behind, at least `least`; what is before them is where the result points. */
static char *digits(char *end, uint64_t value, unsigned int least)
{
    char *at = end;
    while (value > 0 || (unsigned int)(end - at) < least) {
        *--at = (char)('0' + value % 10);
        value /= 10;
    }
    return at;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

void json_write_int(struct json_writer *writer, const char *name, int64_t value)
{
    char text[INTEGER_BYTES], *end = text + sizeof(text);
    char *at = digits(end, magnitude(value), 1);
    if (value < 0)
        *--at = '-';
    put_value(writer, name, at, (size_t)(end - at));
}

void json_write_count(struct json_writer *writer, const char *name, uint64_t value)
{
    json_write_int(writer, name, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

/* Whole thousandths, as most of what is shown, have all their digits in an integer; false for others. */
static bool to_thousandths(double value, int64_t *thousandths)
{
    const double limit = 1e9; /* 12 digits are 12 digits then */
    if (!(value > -limit && value < limit) || (value == 0.0 && signbit(value)))
        return false;
    *thousandths = (int64_t)(value * 1000.0 + (value < 0.0 ? -0.5 : 0.5));
    return (double)*thousandths / 1000.0 == value;
}

static void write_thousandths(struct json_writer *writer, const char *name, int64_t value)
{
    char text[INTEGER_BYTES], *end = text + sizeof(text);
    char *at = digits(end, magnitude(value), 4);
    char *point = end - 3; /* the digits before it make room */
    memmove(at - 1, at, (size_t)(point - at));
    at--;
    point[-1] = '.';
    while (end - point > 1 && end[-1] == '0')
        end--;
    if (value < 0)
        *--at = '-';
    put_value(writer, name, at, (size_t)(end - at));
}

void json_write_real(struct json_writer *writer, const char *name, double value)
{
    int64_t thousandths;
    if (to_thousandths(value, &thousandths)) {
        write_thousandths(writer, name, thousandths);
        return;
    }
    json_t *real = isfinite(value) ? json_real(value) : json_null();
    json_write_tree(writer, name, real);
    json_decref(real);
}

/* ---- text and trees ---- */

enum { ESCAPED_BYTES = 6 }; /* the most that one byte of a text becomes */

/* As jansson escapes: what has a letter of its own has that. */
static char *put_escaped(char *at, char c)
{
    static const char with_letter[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt",
                      digits_of[] = "0123456789ABCDEF";
    const char *found = strchr(with_letter, c);
    *at++ = '\\';
    if (found) {
        *at++ = letters[found - with_letter];
        return at;
    }
    memcpy(at, "u00", 3);
    at[3] = digits_of[c / 16];
    at[4] = digits_of[c % 16];
    return at + 5;
}

static bool is_escaped(char c)
{
    return (c >= 0 && c < ' ') || c == '"' || c == '\\';
}

/* What text takes when it is printed; SIZE_MAX: it is not ASCII. */
static size_t printed_size(const char *text, size_t length)
{
    unsigned char all = 0;
    size_t escaped = 0;
    for (size_t i = 0; i < length; i++) {
        all |= (unsigned char)text[i];
        escaped += is_escaped(text[i]);
    }
    return all >= 0x80 ? SIZE_MAX : length + escaped * (ESCAPED_BYTES - 1);
}

/* What is UTF-8 and what is not, jansson knows. */
static void write_foreign(struct json_writer *writer, const char *name, const char *text)
{
    json_t *string = json_string_lossy(text);
    json_write_tree(writer, name, string);
    json_decref(string);
}

static void write_ascii(struct json_writer *writer, const char *name, const char *text, size_t length,
                        size_t size)
{
    char *begin, *at = put_begin(writer, name, size + strlen("\"\""), &begin);
    if (!at)
        return;
    *at++ = '"';
    if (size == length) {
        memcpy(at, text, length);
        at += length;
    } else {
        for (size_t i = 0; i < length; i++)
            if (is_escaped(text[i]))
                at = put_escaped(at, text[i]);
            else
                *at++ = text[i];
    }
    *at++ = '"';
    put_end(writer, begin, at);
}

void json_write_string(struct json_writer *writer, const char *name, const char *text)
{
    if (!text) {
        json_write_null(writer, name);
        return;
    }
    const size_t length = strlen(text), size = printed_size(text, length);
    if (size == SIZE_MAX)
        write_foreign(writer, name, text);
    else
        write_ascii(writer, name, text, length, size);
}

static int dumped(const char *bytes, size_t size, void *context)
{
    struct json_writer *writer = context;
    char *room = reserve(writer, size);
    if (!room)
        return -1;
    memcpy(room, bytes, size);
    byte_queue_commit(writer->out, size);
    return 0;
}

void json_write_tree(struct json_writer *writer, const char *name, const json_t *value)
{
    json_write_name(writer, name);
    if (!value || json_dump_callback(value, dumped, writer, JSON_COMPACT | JSON_DIGITS | JSON_ENCODE_ANY) < 0)
        writer->failed = true;
}
