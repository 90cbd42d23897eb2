#include "base/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"

enum {
    INTEGER_BYTES = 24, /* of any 64-bit number, with its sign and a point */
    DECIMALS_MAX = 9,
};

void json_writer_init(struct json_writer *writer, struct byte_queue *out)
{
    *writer = (struct json_writer){.out = out};
}

/* ---- the frame ---- */

static void put(struct json_writer *writer, const char *bytes, size_t size)
{
    if (!writer->failed && byte_queue_append(writer->out, bytes, size) < 0)
        writer->failed = true;
}

void json_write_name(struct json_writer *writer, const char *name)
{
    if (writer->separate)
        put(writer, ",", 1);
    writer->separate = true;
    if (name == NULL)
        return;
    put(writer, "\"", 1);
    put(writer, name, strlen(name));
    put(writer, "\":", 2);
}

static void put_value(struct json_writer *writer, const char *name, const char *text, size_t size)
{
    json_write_name(writer, name);
    put(writer, text, size);
}

static void begin(struct json_writer *writer, const char *name, const char *bracket)
{
    put_value(writer, name, bracket, 1);
    writer->separate = false;
}

static void end(struct json_writer *writer, const char *bracket)
{
    put(writer, bracket, 1);
    writer->separate = true;
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

void json_write_decimal(struct json_writer *writer, const char *name, int64_t value, unsigned int decimals)
{
    char text[INTEGER_BYTES], *end = text + sizeof(text);
    if (decimals > DECIMALS_MAX)
        decimals = DECIMALS_MAX;
    char *at = digits(end, magnitude(value), decimals + 1);
    char *point = end - decimals; /* the digits before it move to make room */
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
    json_t *real = isfinite(value) ? json_real(value) : json_null();
    json_write_tree(writer, name, real);
    json_decref(real);
}

/* ---- text and trees ---- */

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* As jansson escapes: what has a letter of its own has that. */
static void put_escaped(struct json_writer *writer, char c)
{
    static const char with_letter[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    char text[8];
    const char *found = strchr(with_letter, c);
    const int size = found != NULL ? snprintf(text, sizeof(text), "\\%c", letters[found - with_letter])
                     : c < ' '     ? snprintf(text, sizeof(text), "\\u%04X", (unsigned int)c)
                                   : snprintf(text, sizeof(text), "%c", c);
    put(writer, text, (size_t)size);
}

static bool is_ascii(const char *text, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

static void put_quoted(struct json_writer *writer, const char *text, const char *end)
{
    put(writer, "\"", 1);
    while (text < end) {
        const char *plain = text;
        while (text < end && is_plain(*text))
            text++;
        put(writer, plain, (size_t)(text - plain));
        if (text < end)
            put_escaped(writer, *text++);
    }
    put(writer, "\"", 1);
}

/* What is UTF-8 and what is not, jansson knows. */
static void write_foreign(struct json_writer *writer, const char *name, const char *text)
{
    json_t *string = json_string_lossy(text);
    json_write_tree(writer, name, string);
    json_decref(string);
}

void json_write_string(struct json_writer *writer, const char *name, const char *text)
{
    if (text == NULL) {
        json_write_null(writer, name);
        return;
    }
    const char *end = text + strlen(text);
    if (!is_ascii(text, (size_t)(end - text))) {
        write_foreign(writer, name, text);
        return;
    }
    json_write_name(writer, name);
    put_quoted(writer, text, end);
}

static int dumped(const char *bytes, size_t size, void *context)
{
    struct json_writer *writer = context;
    put(writer, bytes, size);
    return writer->failed ? -1 : 0;
}

void json_write_tree(struct json_writer *writer, const char *name, const json_t *value)
{
    json_write_name(writer, name);
    if (value == NULL ||
        json_dump_callback(value, dumped, writer, JSON_COMPACT | JSON_DIGITS | JSON_ENCODE_ANY) < 0)
        writer->failed = true;
}
