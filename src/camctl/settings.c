#include "camctl/settings.h"

#include <string.h>

#include "base/secret.h"
#include "camctl/input.h"

enum status settings_add(json_t *settings, const char *word, bool may_take_out, json_t **error)
{
    const char *equals = strchr(word, '=');

    if (!equals || equals == word)
        return status_fail(error, "usage", "camctl help keys lists them",
                           "%s is no setting: expected KEY=VALUE", word);
    json_t *key = json_stringn(word, (size_t)(equals - word));
    if (!key)
        return status_fail(error, "usage", NULL, "a setting is not valid UTF-8 text");
    enum status status = STATUS_DONE;
    const char *name = json_string_value(key);
    char *line = NULL;
    if (json_object_get(settings, name))
        status = status_fail(error, "usage", NULL, "%s is given twice", name);
    else if (strcmp(word, "input=-") == 0)
        status = input_read(&line, error);
    json_t *value = may_take_out && !equals[1] ? json_null() : json_string(line ? line : equals + 1);
    if (status == STATUS_DONE && json_object_set(settings, name, value) != 0)
        status = status_fail(error, "usage", NULL, "%s: the value is not valid UTF-8 text", name);
    json_decref(value);
    secret_free(line);
    json_decref(key);
    return status;
}
