/* The sections of a file as they are written, for who wants to put them elsewhere. */
#include <errno.h>
#include <stdlib.h>

#include "config/config_document.h"
#include "config/config_edit.h"
#include "config/config_problem.h"
#include "config/config_read.h"

static int give(const struct config_section *section, config_section_seen *seen, void *context)
{
    struct config_setting *settings = calloc(section->count + 1, sizeof(*settings));
    if (!settings)
        return -ENOMEM;
    for (size_t i = 0; i < section->count; i++)
        settings[i] = (struct config_setting){section->entries[i].name, section->entries[i].value};
    seen(context, config_place_word(section->place), section->name, settings, section->count);
    free(settings);
    return 0;
}

int config_sections_read(const char *file, config_section_seen *seen, void *context,
                         struct config_problems *problems)
{
    const size_t before = config_problem_total(problems);
    struct config_document document = {.file = file};
    int status = config_read_file(&document, problems);
    if (status == 0 && config_problem_total(problems) > before)
        status = -EINVAL;
    for (size_t i = 0; i < document.count && status == 0; i++)
        status = give(&document.sections[i], seen, context);
    config_document_clear(&document);
    return status;
}
