#include "daemon/handoff/handoff_fields.h"

#include <errno.h>
#include <ev.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

/* ---- descriptors and timers ---- */

/* An object, so that whoever walks over a record finds all of them (handoff_record.h). */
json_t *handoff_write_fd(int fd)
{
    return fd < 0 ? json_null() : json_pack("{s:i}", "fd", fd);
}

int handoff_read_fd(const json_t *value)
{
    const int64_t fd = json_member_int(value, "fd", -1);
    return fd >= 0 && fd <= INT32_MAX ? (int)fd : -1;
}

json_t *handoff_write_timer(struct ev_loop *loop, const struct ev_timer *timer)
{
    if (!ev_is_active(timer))
        return json_null();
    const double left_s = ev_timer_remaining(loop, (ev_timer *)timer);
    return json_integer(left_s > 0.0 ? (json_int_t)ceil(left_s * 1000.0) : 0);
}

void handoff_read_timer(const json_t *value, struct ev_loop *loop, struct ev_timer *timer)
{
    const json_int_t left_ms = json_integer_value(value);
    if (!json_is_integer(value))
        return;
    ev_now_update(loop);
    ev_timer_set(timer, left_ms > 0 ? (double)left_ms / 1000.0 : 0.0, timer->repeat);
    ev_timer_start(loop, timer);
}

/* ---- numbers ---- */

/* A member of any size, as it is in the widest. */
union number {
    uint8_t bits_8;
    uint16_t bits_16;
    uint32_t bits_32;
    uint64_t bits_64;
};

/* JSON has no unsigned numbers of 64 bits: the upper half is written as negative ones. */
static int64_t unsigned_value(const void *member, size_t size)
{
    union number number = {.bits_64 = 0};
    memcpy(&number, member, size);
    switch (size) {
    case sizeof(number.bits_8):
        return number.bits_8;
    case sizeof(number.bits_16):
        return number.bits_16;
    case sizeof(number.bits_32):
        return number.bits_32;
    default:
        return (int64_t)number.bits_64;
    }
}

static int64_t signed_value(const void *member, size_t size)
{
    const int64_t value = unsigned_value(member, size);
    return size == sizeof(int32_t) ? (int32_t)(uint32_t)value : value;
}

/* value is one that fits. */
static void set_value(void *member, size_t size, int64_t value)
{
    union number number;
    if (size == sizeof(number.bits_8))
        number.bits_8 = (uint8_t)value;
    else if (size == sizeof(number.bits_16))
        number.bits_16 = (uint16_t)value;
    else if (size == sizeof(number.bits_32))
        number.bits_32 = (uint32_t)value;
    else
        number.bits_64 = (uint64_t)value;
    memcpy(member, &number, size);
}

static int set_number(void *member, size_t size, int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most)
        return -EINVAL;
    set_value(member, size, value);
    return 0;
}

/* What an unsigned member of that size can have, as it is written. */
static int set_unsigned(void *member, size_t size, int64_t value)
{
    if (size == sizeof(uint64_t))
        return set_number(member, size, value, INT64_MIN, INT64_MAX);
    return set_number(member, size, value, 0, (INT64_C(1) << 8 * size) - 1);
}

/* ---- one member ---- */

static json_t *write_numbers(const void *member, size_t size, size_t each)
{
    json_t *list = json_array();
    for (size_t at = 0; at < size; at += each)
        json_array_append_new(list, json_integer(unsigned_value((const char *)member + at, each)));
    return list;
}

static json_t *write_member(const void *member, const struct handoff_field *field)
{
    switch (field->type) {
    case HANDOFF_TYPE_BOOL:
        return json_boolean(*(const bool *)member);
    case HANDOFF_TYPE_SIGNED:
        return json_integer(signed_value(member, field->size));
    case HANDOFF_TYPE_UNSIGNED:
    case HANDOFF_TYPE_ENUM:
        return json_integer(unsigned_value(member, field->size));
    case HANDOFF_TYPE_REAL:
        return isfinite(*(const double *)member) ? json_real(*(const double *)member) : json_null();
    case HANDOFF_TYPE_TEXT:
        return *(char *const *)member ? json_string_lossy(*(char *const *)member) : json_null();
    case HANDOFF_TYPE_CHARS:
        return json_string_lossy(member);
    case HANDOFF_TYPE_KEPT:
        return json_string_lossy(kept_text(member));
    case HANDOFF_TYPE_NUMBERS:
        return write_numbers(member, field->size, (size_t)field->limit);
    case HANDOFF_TYPE_FD:
        break;
    }
    return handoff_write_fd(*(const int *)member);
}

static int read_text(char **member, const json_t *value)
{
    char *copy = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    if (json_is_string(value) && !copy)
        return -ENOMEM;
    if (!json_is_string(value) && !json_is_null(value))
        return -EINVAL;
    free(*member);
    *member = copy;
    return 0;
}

static int read_chars(char *member, size_t size, const json_t *value)
{
    if (!json_is_string(value) || json_string_length(value) >= size)
        return -EINVAL;
    memcpy(member, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

static int read_number(void *member, const struct handoff_field *field, const json_t *value)
{
    const bool is_narrow = field->size == sizeof(int32_t);
    const int64_t number = json_integer_value(value);
    if (!json_is_integer(value))
        return -EINVAL;
    if (field->type == HANDOFF_TYPE_ENUM)
        return set_number(member, field->size, number, 0, field->limit - 1);
    if (field->type == HANDOFF_TYPE_UNSIGNED)
        return set_unsigned(member, field->size, number);
    return set_number(member, field->size, number, is_narrow ? INT32_MIN : INT64_MIN,
                      is_narrow ? INT32_MAX : INT64_MAX);
}

static int read_numbers(void *member, const struct handoff_field *field, const json_t *list)
{
    const size_t each = (size_t)field->limit;
    const json_t *value;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) * each > field->size)
        return -EINVAL;
    json_array_foreach(list, i, value) {
        if (!json_is_integer(value) ||
            set_unsigned((char *)member + i * each, each, json_integer_value(value)) < 0)
            return -EINVAL;
    }
    return 0;
}

static int read_member(void *member, const struct handoff_field *field, const json_t *value)
{
    switch (field->type) {
    case HANDOFF_TYPE_BOOL:
        if (!json_is_boolean(value))
            return -EINVAL;
        *(bool *)member = json_is_true(value);
        return 0;
    case HANDOFF_TYPE_SIGNED:
    case HANDOFF_TYPE_UNSIGNED:
    case HANDOFF_TYPE_ENUM:
        return read_number(member, field, value);
    case HANDOFF_TYPE_REAL:
        if (!json_is_number(value))
            return -EINVAL;
        *(double *)member = json_number_value(value);
        return 0;
    case HANDOFF_TYPE_TEXT:
        return read_text(member, value);
    case HANDOFF_TYPE_CHARS:
        return read_chars(member, field->size, value);
    case HANDOFF_TYPE_KEPT:
        if (!json_is_string(value))
            return -EINVAL;
        kept_text_set(member, "%s", json_string_value(value));
        return 0;
    case HANDOFF_TYPE_NUMBERS:
        return read_numbers(member, field, value);
    case HANDOFF_TYPE_FD:
        break;
    }
    *(int *)member = handoff_read_fd(value);
    return json_is_null(value) || *(int *)member >= 0 ? 0 : -EINVAL;
}

/* ---- all of them ---- */

json_t *handoff_write(const void *owner, const struct handoff_field *fields, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < count; i++) {
        const void *member = (const char *)owner + fields[i].offset;
        if (json_object_set_new(object, fields[i].name, write_member(member, &fields[i])) == 0)
            continue;
        json_decref(object);
        return NULL;
    }
    return object;
}

int handoff_read(const json_t *object, void *owner, const struct handoff_field *fields, size_t count)
{
    if (!json_is_object(object)) {
        log_error(NULL, "hand-off: there is no object with the member %s", fields[0].name);
        return -EINVAL;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, fields[i].name);
        const int error = value ? read_member((char *)owner + fields[i].offset, &fields[i], value) : 0;
        if (error == -EINVAL)
            log_error(NULL, "hand-off: the member %s has a value that it cannot have", fields[i].name);
        if (error < 0)
            return error;
    }
    return 0;
}
