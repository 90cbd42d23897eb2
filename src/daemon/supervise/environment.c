#include "daemon/supervise/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/user.h"

/* Variables and their text, measured first and written then. */
struct list {
    char **variables; /* NULL: only measured */
    char *text;
    size_t count, bytes;
};

static void add(struct list *list, const char *name, size_t name_length, const char *value)
{
    const size_t length = name_length + 1 + strlen(value) + 1;
    if (list->variables) {
        char *to = list->text + list->bytes;
        list->variables[list->count] = to;
        memcpy(to, name, name_length);
        to[name_length] = '=';
        strcpy(to + name_length + 1, value);
    }
    list->count++;
    list->bytes += length;
}

/* Whether a name is one of several that have commas between them. */
static bool is_in(const char *names, const char *name, size_t length)
{
    while (names && names[0] != '\0') {
        const size_t end = strcspn(names, ",");
        if (end == length && length > 0 && strncmp(names, name, length) == 0)
            return true;
        names += end + (names[end] == ',');
    }
    return false;
}

static bool is_locale(const char *name, size_t length)
{
    return (length > 3 && strncmp(name, "LC_", 3) == 0) || is_in("LANG,LANGUAGE,TZ", name, length);
}

static void fill(struct list *list, char *const *own, const char *passed, const struct user *user,
                 const char *instance)
{
    const struct {
        const char *name, *value;
    } always[] = {
        {"PATH", ENVIRONMENT_PATH}, {"HOME", user->home}, {"USER", user->name}, {"LOGNAME", user->name}};
    bool is_given[sizeof(always) / sizeof(always[0])] = {false};
    for (size_t i = 0; own && own[i]; i++) {
        const size_t length = strcspn(own[i], "=");
        const bool is_passed = is_in(passed, own[i], length);
        if (own[i][length] != '=' || (!is_passed && !is_locale(own[i], length)) ||
            is_in(ENVIRONMENT_INSTANCE, own[i], length))
            continue;
        add(list, own[i], length, own[i] + length + 1);
        for (size_t k = 0; k < sizeof(always) / sizeof(always[0]); k++)
            is_given[k] |= strlen(always[k].name) == length && strncmp(always[k].name, own[i], length) == 0;
    }
    for (size_t k = 0; k < sizeof(always) / sizeof(always[0]); k++) {
        if (!is_given[k])
            add(list, always[k].name, strlen(always[k].name), always[k].value);
    }
    if (instance)
        add(list, ENVIRONMENT_INSTANCE, strlen(ENVIRONMENT_INSTANCE), instance);
}

static size_t count_of(char *const *variables)
{
    size_t count = 0;
    while (variables[count])
        count++;
    return count;
}

char **environment_with(char *const *more, char *const *environment)
{
    const size_t first = count_of(more), rest = count_of(environment);
    char **variables = malloc((first + rest + 1) * sizeof(char *));
    if (!variables)
        return NULL;
    memcpy(variables, more, first * sizeof(char *));
    memcpy(variables + first, environment, (rest + 1) * sizeof(char *));
    return variables;
}

char **environment_make(char *const *own, const char *passed, const struct user *user, const char *instance)
{
    struct list list = {.variables = NULL};
    fill(&list, own, passed, user, instance);
    const size_t pointers = (list.count + 1) * sizeof(char *);
    char **variables = malloc(pointers + list.bytes);
    if (!variables)
        return NULL;
    list = (struct list){.variables = variables, .text = (char *)variables + pointers};
    fill(&list, own, passed, user, instance);
    variables[list.count] = NULL;
    return variables;
}
