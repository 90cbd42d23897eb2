#include "camctl/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "camctl/input.h"

/* value NULL: it is taken out. */
static enum status put(json_t *settings, const char *name, const char *value, json_t **error)
{
    if (json_object_get(settings, name))
        return status_fail(error, "usage", NULL, "%s is given twice", name);
    json_t *json = value ? json_string(value) : json_null();
    if (!json || json_object_set_new(settings, name, json) != 0)
        return status_fail(error, "usage", NULL, "%s: the value is not valid UTF-8 text", name);
    return STATUS_DONE;
}

enum status settings_add(json_t *settings, const char *word, bool may_take_out, json_t **error)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return status_fail(error, "usage",
                           "camctl help keys lists them; if a path is meant: there is no such file",
                           "%s is no setting: expected KEY=VALUE", word);
    if (strcmp(word, "input=-") == 0)
        return settings_add_input(settings, equals + 1, error);
    json_t *key = json_stringn(word, (size_t)(equals - word));
    if (!key)
        return status_fail(error, "usage", NULL, "a setting is not valid UTF-8 text");
    enum status status =
        put(settings, json_string_value(key), may_take_out && !equals[1] ? NULL : equals + 1, error);
    json_decref(key);
    return status;
}

/* ---- input without its key ---- */

bool settings_is_input(const char *word)
{
    static const char graph[] = "lavfi:";
    const size_t key = strcspn(word, "=");
    if (strcmp(word, "-") == 0 || word[0] == '/' || strncasecmp(word, graph, sizeof(graph) - 1) == 0)
        return true;
    if (memmem(word, key, "://", 3))
        return true;
    return word[key] == '\0' && access(word, F_OK) == 0;
}

enum status settings_add_input(json_t *settings, const char *word, json_t **error)
{
    const bool is_relative = !strchr(word, ':') && word[0] != '/';
    char *line = NULL, *path = NULL;
    enum status status = STATUS_DONE;
    if (strcmp(word, "-") == 0)
        status = input_read(&line, error);
    else if (is_relative)
        path = realpath(word, NULL);
    if (status == STATUS_DONE)
        status = put(settings, "input", line ? line : path ? path : word, error);
    free(path);
    secret_free(line);
    return status;
}
