#include "config/config_plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config_camera.h"
#include "config/config_document.h"
#include "config/config_problem.h"
#include "config/config_read.h"

const struct config_key *config_plain_find(const struct config_plain *plain, const char *name)
{
    for (size_t i = 0; i < plain->count; i++) {
        if (strcmp(plain->keys[i].name, name) == 0)
            return &plain->keys[i];
    }
    return NULL;
}

const char *config_plain_nearest(const struct config_plain *plain, const char *name)
{
    const char *candidates[CONFIG_PLAIN_KEYS_MAX];
    for (size_t i = 0; i < plain->count; i++)
        candidates[i] = plain->keys[i].name;
    return text_nearest(name, candidates, plain->count);
}

static int set_standards(const struct config_plain *plain, void *settings)
{
    for (size_t i = 0; i < plain->count; i++) {
        const struct config_key *key = &plain->keys[i];
        /* The table's own values are right (a test sees to it): only memory can be short. */
        if (key->standard && config_value_parse(key, key->name, key->standard, settings))
            return -ENOMEM;
    }
    return 0;
}

/* Keys that have no default have to be there, and what has to fit together has to. */
static void check(const struct config_plain *plain, const char *path, const struct config_section *section,
                  const void *settings, struct config_problems *problems)
{
    for (size_t i = 0; i < plain->count; i++) {
        const struct config_key *key = &plain->keys[i];
        if (!key->standard && !(section && config_section_find(section, key->name)))
            config_problem_add(problems, path, section ? section->line : 0, key->name, "is missing: %s",
                               key->meaning);
    }
    const char *name = NULL, *fault = plain->check ? plain->check(settings, &name) : NULL;
    const struct config_entry *entry = fault && section ? config_section_find(section, name) : NULL;
    if (fault)
        config_problem_add(problems, path, entry ? entry->line : 0, name, "%s", fault);
}

static int load_file(const struct config_plain *plain, const char *path, void *settings,
                     struct config_problems *problems)
{
    struct config_document document = {.file = path, .plain = plain};
    size_t first = problems->count, before = config_problem_total(problems);
    int status = path ? config_read_file(&document, problems) : 0;
    struct config_section *section = document.count > 0 ? &document.sections[0] : NULL;
    if (status == 0 && section)
        status = config_section_apply(section, path, settings, problems);
    /* what can't be read may be just what would be missed */
    if (status == 0 && config_problem_total(problems) == before)
        check(plain, path, section, settings, problems);
    config_document_clear(&document);
    config_problem_sort(problems, first);
    return status;
}

int config_plain_load(const struct config_plain *plain, const char *path, void *settings,
                      struct config_problems *problems)
{
    size_t before = config_problem_total(problems);
    int status = set_standards(plain, settings);
    if (status == 0)
        status = load_file(plain, path, settings, problems);
    if (status == 0 && config_problem_total(problems) > before)
        status = problems->count > 0 ? -EINVAL : -ENOMEM;
    return status;
}

uint32_t config_plain_line(const struct config_plain *plain, const char *path, const char *key)
{
    struct config_document document = {.file = path, .plain = plain};
    struct config_problems *problems = path ? config_problems_new() : NULL;
    const struct config_entry *entry = NULL;
    if (problems && config_read_file(&document, problems) == 0 && document.count > 0)
        entry = config_section_find(&document.sections[0], key);
    const uint32_t line = entry ? entry->line : 0;
    config_document_clear(&document);
    config_problems_free(problems);
    return line;
}

void config_plain_clear(const struct config_plain *plain, void *settings)
{
    for (size_t i = 0; i < plain->count; i++)
        config_value_clear(&plain->keys[i], settings);
}

void config_plain_print(const struct config_plain *plain, const void *settings, FILE *out, bool show_secrets)
{
    fprintf(out, "[%s]\n", plain->title);
    for (size_t i = 0; i < plain->count; i++)
        config_value_write(out, &plain->keys[i], settings, show_secrets);
}
