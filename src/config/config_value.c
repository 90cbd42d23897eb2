#include "config/config_value.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config.h"
#include "config/config_family.h"
#include "config/config_keys.h"
#include "config/config_line.h"

const char config_value_no_memory[] = "memory is short";

static const char too_small[] = "is too small";
static const char too_large[] = "is too large";

const char *config_value_set_text(void *field, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return config_value_no_memory;
    free(*(char **)field);
    *(char **)field = copy;
    return NULL;
}

char *config_value_print_text(const struct config_key *key, const void *field)
{
    (void)key;
    const char *text = *(char *const *)field;
    return strdup(text ? text : "");
}

json_t *config_value_json_text(const void *field)
{
    const char *text = *(char *const *)field;
    return text ? json_string(text) : json_null();
}

static void describe_number(const char *kind, const struct config_key *key, const char *unit, FILE *out)
{
    char least[TEXT_NUMBER_BYTES], most[TEXT_NUMBER_BYTES];
    text_from_double(least, key->least);
    text_from_double(most, key->most);
    fprintf(out, "%s from %s to %s", kind, least, most);
    if (unit)
        fprintf(out, " (%s)", unit);
}

static void describe_words(const char *const *words, FILE *out)
{
    for (; *words; words++)
        fprintf(out, "%s%s", *words, !words[1] ? "" : !words[2] ? " or " : ", ");
}

/* ---- bool ---- */

static const char *bool_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    return text_to_bool(text, field) ? NULL : "is not a yes or no";
}

static char *bool_print(const struct config_key *key, const void *field)
{
    (void)key;
    return strdup(*(const bool *)field ? "yes" : "no");
}

static json_t *bool_json(const void *field)
{
    return json_boolean(*(const bool *)field);
}

static void bool_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("yes or no", out);
}

const struct config_type config_type_bool = {
    .size = sizeof(bool),
    .parse = bool_parse,
    .print = bool_print,
    .json = bool_json,
    .describe = bool_describe,
};

/* ---- integers ---- */

static const char *integer_parse(const struct config_key *key, const char *text, void *field)
{
    int64_t value;
    if (!text_to_int(text, &value)) {
        double number;
        if (!text_to_double(text, &number))
            return "is not a number";
        if (fabs(number) < 9e18)
            return "is not a whole number";
        return number < 0 ? too_small : too_large;
    }
    if ((double)value < key->least)
        return too_small;
    if ((double)value > key->most)
        return too_large;
    *(int64_t *)field = value;
    return NULL;
}

static const char *even_parse(const struct config_key *key, const char *text, void *field)
{
    int64_t value;
    const char *fault = integer_parse(key, text, &value);
    if (fault)
        return fault;
    if (value % 2 != 0)
        return "is odd";
    *(int64_t *)field = value;
    return NULL;
}

static char *integer_print(const struct config_key *key, const void *field)
{
    (void)key;
    return text_format("%" PRId64, *(const int64_t *)field);
}

static json_t *integer_json(const void *field)
{
    return json_integer(*(const int64_t *)field);
}

static void integer_describe(const struct config_key *key, FILE *out)
{
    describe_number("a whole number", key, key->unit, out);
}

static void even_describe(const struct config_key *key, FILE *out)
{
    describe_number("an even number", key, key->unit, out);
}

const struct config_type config_type_integer = {
    .size = sizeof(int64_t),
    .parse = integer_parse,
    .print = integer_print,
    .json = integer_json,
    .describe = integer_describe,
};

const struct config_type config_type_even = {
    .size = sizeof(int64_t),
    .parse = even_parse,
    .print = integer_print,
    .json = integer_json,
    .describe = even_describe,
};

/* ---- real numbers ---- */

static const char *real_parse(const struct config_key *key, const char *text, void *field)
{
    double value;
    if (!text_to_double(text, &value))
        return "is not a number";
    if (value < key->least)
        return too_small;
    if (value > key->most)
        return too_large;
    *(double *)field = value;
    return NULL;
}

static char *real_print(const struct config_key *key, const void *field)
{
    (void)key;
    char text[TEXT_NUMBER_BYTES];
    text_from_double(text, *(const double *)field);
    return strdup(text);
}

static json_t *real_json(const void *field)
{
    return json_real(*(const double *)field);
}

static void real_describe(const struct config_key *key, FILE *out)
{
    describe_number("a number", key, key->unit, out);
}

const struct config_type config_type_real = {
    .size = sizeof(double),
    .parse = real_parse,
    .print = real_print,
    .json = real_json,
    .describe = real_describe,
};

/* ---- times ---- */

static const char *time_parse(const struct config_key *key, const char *text, void *field)
{
    double seconds;
    if (!text_to_duration(text, &seconds))
        return real_parse(key, text, &seconds);
    if (seconds < key->least)
        return too_small;
    if (seconds > key->most)
        return too_large;
    /* No time is negative. */
    int64_t milliseconds = (int64_t)(seconds * 1000 + 0.5);
    if (fabs(seconds * 1000 - (double)milliseconds) > 1e-6)
        return "is finer than a millisecond";
    *(int64_t *)field = milliseconds;
    return NULL;
}

static double time_seconds(const void *field)
{
    return (double)*(const int64_t *)field / 1000;
}

static char *time_print(const struct config_key *key, const void *field)
{
    double seconds = time_seconds(field);
    return real_print(key, &seconds);
}

static json_t *time_json(const void *field)
{
    return json_real(time_seconds(field));
}

static void time_describe(const struct config_key *key, FILE *out)
{
    describe_number("a number", key, "seconds", out);
}

const struct config_type config_type_time = {
    .size = sizeof(int64_t),
    .parse = time_parse,
    .print = time_print,
    .json = time_json,
    .describe = time_describe,
};

/* ---- words ---- */

static const char not_a_word[] = "is not one of the words";

static const char *level_parse(const struct config_key *key, const char *text, void *field)
{
    for (size_t i = 0; key->words[i]; i++) {
        if (strcmp(text, key->words[i]) == 0) {
            *(int64_t *)field = (int64_t)i;
            return NULL;
        }
    }
    return not_a_word;
}

static char *level_print(const struct config_key *key, const void *field)
{
    return strdup(key->words[*(const int64_t *)field]);
}

static void words_describe(const struct config_key *key, FILE *out)
{
    describe_words(key->words, out);
}

const struct config_type config_type_level = {
    .size = sizeof(int64_t),
    .parse = level_parse,
    .print = level_print,
    .json = integer_json,
    .describe = words_describe,
};

/* ---- any value ---- */

static void *field_of(const struct config_key *key, void *owner)
{
    return (char *)owner + key->offset;
}

static const void *field_in(const struct config_key *key, const void *owner)
{
    return (const char *)owner + key->offset;
}

static bool is_absent(const struct config_key *key, const void *field)
{
    static const char zeros[sizeof(struct config_distances)];
    _Static_assert(sizeof(double) <= sizeof(zeros) && sizeof(char *) <= sizeof(zeros), "all fields fit");
    return key->absent && memcmp(field, zeros, key->type->size) == 0;
}

const char *config_value_parse(const struct config_key *key, const char *name, const char *text, void *owner)
{
    const char *fault = config_line_check(name, text);
    if (fault)
        return fault;
    if (key->family)
        return config_family_parse(key, name, text, owner);
    if (key->absent && strcmp(text, key->absent) == 0) {
        config_value_clear(key, owner);
        return NULL;
    }
    return key->type->parse(key, text, field_of(key, owner));
}

char *config_value_print(const struct config_key *key, const void *owner)
{
    const void *field = field_in(key, owner);
    return is_absent(key, field) ? strdup(key->absent) : key->type->print(key, field);
}

void config_value_write(FILE *out, const struct config_key *key, const void *owner, bool show_secrets)
{
    char *value = config_value_print(key, owner);
    if (value && key->is_secret && !show_secrets) {
        char *redacted = secret_redact_value(value);
        free(value);
        value = redacted;
    }
    if (value && *value)
        config_line_write(out, key->name, value);
    free(value);
}

char *config_value_expected(const struct config_key *key)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    if (key->absent)
        fprintf(out, "%s or ", key->absent);
    key->type->describe(key, out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

bool config_value_is_equal(const struct config_key *key, const void *owner, const void *other)
{
    if (key->family)
        return config_family_is_equal(key->family, owner, other);
    const void *a = field_in(key, owner);
    const void *b = field_in(key, other);
    if (!key->type->is_text)
        return memcmp(a, b, key->type->size) == 0;
    const char *a_text = *(char *const *)a;
    const char *b_text = *(char *const *)b;
    return a_text && b_text ? strcmp(a_text, b_text) == 0 : a_text == b_text;
}

bool config_value_copy(const struct config_key *key, void *to, const void *from)
{
    if (key->family)
        return config_family_copy(key->family, to, from);
    if (!key->type->is_text) {
        memcpy(field_of(key, to), field_in(key, from), key->type->size);
        return true;
    }
    const char *text = *(char *const *)field_in(key, from);
    char *copy = text ? strdup(text) : NULL;
    *(char **)field_of(key, to) = copy;
    return copy || !text;
}

void config_value_swap(const struct config_key *key, void *owner, void *other)
{
    char *a = field_of(key, owner), *b = field_of(key, other);
    for (size_t i = 0; i < key->type->size; i++) {
        const char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

void config_value_clear(const struct config_key *key, void *owner)
{
    if (key->family) {
        config_family_clear(key->family, owner);
        return;
    }
    if (key->type->is_text)
        free(*(char **)field_of(key, owner));
    memset(field_of(key, owner), 0, key->type->size);
}

json_t *config_value_json(const struct config_key *key, const void *owner)
{
    if (key->family)
        return config_family_json(key->family, owner);
    const void *field = field_in(key, owner);
    bool is_null = is_absent(key, field) && !key->is_absent_zero && !key->type->is_list;
    return is_null ? json_null() : key->type->json(field);
}
