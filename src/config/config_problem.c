#include "config/config_problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config_line.h"

enum { QUOTE_BYTES = 60 };

static void problem_fini(struct config_problem *problem)
{
    free(problem->file);
    free(problem->key);
    free(problem->text);
    *problem = (struct config_problem){0};
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* Problems go into logs and JSON: no control characters, and no bytes that are not UTF-8. */
static void clean(char *text)
{
    bool is_utf8 = config_text_is_utf8(text, strlen(text));
    for (char *at = text; *at; at++) {
        if (is_control(*at) || (!is_utf8 && (unsigned char)*at >= 0x80))
            *at = '?';
    }
}

/* New string, redacted, of at most QUOTE_BYTES and "..."; NULL when memory is short. */
static char *shorten(const char *text)
{
    char *redacted = secret_redact_value(text);
    if (!redacted || strlen(redacted) <= QUOTE_BYTES)
        return redacted;
    size_t length = QUOTE_BYTES;
    while (length > 0 && ((unsigned char)redacted[length] & 0xc0) == 0x80)
        length--; /* not within a UTF-8 sequence */
    char *shortened = text_format("%.*s...", (int)length, redacted);
    free(redacted);
    return shortened;
}

/* Without "://" it is not redacted as a URL, but may have been meant as one with a password. */
static bool may_be_shown(const char *text)
{
    return *text && (!strchr(text, '@') || strstr(text, "://"));
}

/* Those of one file follow each other. */
static bool file_has_room(const struct config_problems *problems, const char *file)
{
    if (!file || problems->count < CONFIG_FILE_PROBLEMS_MAX)
        return true;
    const char *other = problems->list[problems->count - CONFIG_FILE_PROBLEMS_MAX].file;
    return !other || strcmp(other, file) != 0;
}

void config_problem_add(struct config_problems *problems, const char *file, uint32_t line, const char *key,
                        const char *format, ...)
{
    if (!config_problem_has_room(problems) || !file_has_room(problems, file)) {
        problems->dropped++;
        return;
    }
    struct config_problem problem = {
        .file = file ? strdup(file) : NULL,
        .key = !key                ? NULL
               : may_be_shown(key) ? shorten(key)
                                   : strdup("(not shown)"),
        .line = line,
    };
    va_list arguments;
    va_start(arguments, format);
    problem.text = text_format_arguments(format, arguments);
    va_end(arguments);

    if ((file && !problem.file) || (key && !problem.key) || !problem.text) {
        problem_fini(&problem);
        problems->dropped++;
        return;
    }
    if (file)
        clean(problem.file);
    if (key)
        clean(problem.key);
    clean(problem.text);
    problems->list[problems->count++] = problem;
}

bool config_problem_has_room(const struct config_problems *problems)
{
    return problems->count < CONFIG_PROBLEMS_MAX;
}

/* By insertion: it keeps the order of those of one line, and the list is short and nearly in order. */
void config_problem_sort(struct config_problems *problems, size_t first)
{
    for (size_t i = first + 1; i < problems->count; i++) {
        struct config_problem problem = problems->list[i];
        size_t at = i;
        for (; at > first && problems->list[at - 1].line > problem.line; at--)
            problems->list[at] = problems->list[at - 1];
        problems->list[at] = problem;
    }
}

size_t config_problem_total(const struct config_problems *problems)
{
    return problems->count + problems->dropped;
}

void config_problems_clear(struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        problem_fini(&problems->list[i]);
    problems->count = 0;
    problems->dropped = 0;
}

struct config_problems *config_problems_new(void)
{
    return calloc(1, sizeof(struct config_problems));
}

void config_problems_free(struct config_problems *problems)
{
    if (problems)
        config_problems_clear(problems);
    free(problems);
}

char *config_problem_text(const struct config_problem *problem)
{
    char line[16] = "";
    if (problem->line > 0)
        snprintf(line, sizeof(line), ":%u", problem->line);
    /* a URL that somebody gave in the place of a file */
    char *file = problem->file ? secret_redact_value(problem->file) : strdup("");
    const char *key = problem->key ? problem->key : "";
    char *text = file ? text_format("%s%s%s%s%s%s", file, line, *file ? ": " : "", key, *key ? ": " : "",
                                    problem->text)
                      : NULL;
    free(file);
    return text;
}

void config_problems_print(const struct config_problems *problems, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        char *text = config_problem_text(&problems->list[i]);
        fprintf(out, "%s%s\n", prefix, text ? text : "memory is short");
        free(text);
    }
    if (problems->dropped > 0)
        fprintf(out, "%sand %zu more\n", prefix, problems->dropped);
}

char *config_problem_quote(const char *text)
{
    char *shortened = may_be_shown(text) ? shorten(text) : NULL;
    if (!shortened)
        return strdup("the value");
    char *quoted = text_format("'%s'", shortened);
    free(shortened);
    return quoted;
}
