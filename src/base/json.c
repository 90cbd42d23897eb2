#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *json_member_string(const json_t *object, const char *name, const char *fallback)
{
    const json_t *member = json_object_get(object, name);
    return json_is_string(member) ? json_string_value(member) : fallback;
}

int64_t json_member_int(const json_t *object, const char *name, int64_t fallback)
{
    const json_t *member = json_object_get(object, name);
    return json_is_integer(member) ? (int64_t)json_integer_value(member) : fallback;
}

double json_member_double(const json_t *object, const char *name, double fallback)
{
    const json_t *member = json_object_get(object, name);
    return json_is_number(member) ? json_number_value(member) : fallback;
}

bool json_member_bool(const json_t *object, const char *name, bool fallback)
{
    const json_t *member = json_object_get(object, name);
    return json_is_boolean(member) ? json_is_true(member) : fallback;
}

/*
 * Whether brackets are nested too deeply, looking at nothing but strings and brackets: jansson judges the
 * rest. Its own limit is fixed when it is compiled.
 */
static bool json_is_too_deep(const char *text, size_t length)
{
    bool in_string = false;
    unsigned int depth = 0;
    for (size_t i = 0; i < length; i++) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

/* A problem of ours in the form of jansson's. */
static void json_set_problem(json_error_t *error, const char *text)
{
    memset(error, 0, sizeof(*error));
    error->line = -1;
    error->column = -1;
    snprintf(error->text, sizeof(error->text), "%s", text);
}

json_t *json_parse_object(const char *text, size_t length, json_error_t *error)
{
    if (json_is_too_deep(text, length)) {
        json_set_problem(error, "nested too deeply");
        return NULL;
    }

    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, error);

    if (value && !json_is_object(value)) {
        json_decref(value);
        json_set_problem(error, "not an object");
        return NULL;
    }
    return value;
}

char *json_text(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_DIGITS);
}

json_t *json_string_lossy(const char *text)
{
    json_t *string = json_string(text);
    if (string)
        return string;

    /* jansson takes nothing but UTF-8: what came from a stranger may be anything. */
    char *plain = strdup(text);

    if (!plain)
        return NULL;
    for (char *c = plain; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    string = json_string(plain);
    free(plain);
    return string;
}
