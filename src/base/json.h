/* json.h - what camd adds to jansson: members with a default, objects that are only read, text of strangers */
#ifndef CAMD_BASE_JSON_H
#define CAMD_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How numbers are written: 0.85, where jansson's own 17 digits would say 0.84999999999999998. */
#define JSON_DIGITS JSON_REAL_PRECISION(12)

/* Members, with a default for absent ones or those of another type. Strings stay the object's. */
const char *json_member_string(const json_t *object, const char *name, const char *fallback);
int64_t json_member_int(const json_t *object, const char *name, int64_t fallback);
double json_member_double(const json_t *object, const char *name, double fallback);
bool json_member_bool(const json_t *object, const char *name, bool fallback);

/*
 * For what jansson only reads and yet takes as a json_t *. Here, and nowhere else, const is cast away: its iterators and its
 * copying change nothing, and the count of references is no part of a value.
 */
static inline json_t *json_readable(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

/* json_object_foreach over an object that is not ours to change; member: a json_t * or const json_t *, borrowed. */
#define json_members_foreach(object, name, member) json_object_foreach(json_readable(object), name, member)

/* json_copy and json_incref of one: a new reference. */
static inline json_t *json_copy_of(const json_t *value)
{
    return json_copy(json_readable(value));
}

static inline json_t *json_hold(const json_t *value)
{
    return json_incref(json_readable(value));
}

/*
 * Parses text of a stranger: an object, at most JSON_DEPTH_MAX levels deep (jansson's own limit would let 64
 * KiB of brackets use a lot of stack), without duplicate members. Otherwise NULL, and error->text has the
 * reason; it may quote a few characters of the text. The caller owns the result.
 */
enum { JSON_DEPTH_MAX = 16 };
json_t *json_parse_object(const char *text, size_t length, json_error_t *error);

/* Compact text, the caller's to free; NULL when memory is short. */
char *json_text(const json_t *value);

/*
 * A string of text that may be anything, a camera's answer for instance: when it isn't UTF-8, the bytes
 * outside ASCII become "?". New reference; NULL when memory is short.
 */
json_t *json_string_lossy(const char *text);

#endif
