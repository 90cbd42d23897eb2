#include "config/config_document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config_family.h"
#include "config/config_problem.h"

static const char white_space[] = " \t";

void *config_array_grow(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    return reallocarray(array, count == 0 ? 1 : 2 * count, size);
}

void config_section_clear(struct config_section *section)
{
    for (size_t i = 0; i < section->count; i++) {
        free(section->entries[i].name);
        free(section->entries[i].value);
    }
    free(section->entries);
    section->entries = NULL;
    section->count = 0;
}

void config_document_clear(struct config_document *document)
{
    for (size_t i = 0; i < document->count; i++)
        config_section_clear(&document->sections[i]);
    free(document->sections);
    document->sections = NULL;
    document->count = 0;
}

/* ---- sections ---- */

static const struct place {
    enum config_place place;
    const char *word, *title;
} places[] = {
    {CONFIG_PLACE_CAMD, "camd", "[camd]"},
    {CONFIG_PLACE_DEFAULTS, "defaults", "[defaults]"},
    {CONFIG_PLACE_CAMERA, "camera", "[camera NAME]"},
    {CONFIG_PLACE_DETECTOR, "detector", "[detector NAME]"},
};
enum { PLACES = sizeof(places) / sizeof(places[0]) };

static const struct place *place_of(enum config_place place)
{
    size_t i = 0;
    while (i + 1 < PLACES && places[i].place != place)
        i++;
    return &places[i];
}

const char *config_place_word(enum config_place place)
{
    return place_of(place)->word;
}

const char *config_place_title(enum config_place place)
{
    return place_of(place)->title;
}

/* The title of a file's only section; false: it is another one, and a problem. */
static bool plain_title_parse(const char *file, const char *title, const struct config_section *section,
                              struct config_problems *problems)
{
    if (strcmp(title, section->plain->title) == 0)
        return true;
    char *quoted = config_problem_quote(title);
    config_problem_add(problems, file, section->line, NULL, "%s is no section: expected [%s]",
                       quoted ? quoted : "this", section->plain->title);
    free(quoted);
    return false;
}

/* Place and camera of a section by its title; false: no such section, and a problem. */
static bool title_parse(const char *file, const char *title, struct config_section *section,
                        struct config_problems *problems)
{
    static const char expected[] = "expected [camd], [defaults], [detector NAME] or [camera NAME]";
    char word[16];
    size_t length = strcspn(title, white_space);
    snprintf(word, sizeof(word), "%.*s", (int)length, title);
    const char *rest = title + length + strspn(title + length, white_space);

    bool is_detector = strcmp(word, "detector") == 0;
    if (is_detector || strcmp(word, "camera") == 0) {
        section->place = is_detector ? CONFIG_PLACE_DETECTOR : CONFIG_PLACE_CAMERA;
        if (text_is_camera_name(rest)) {
            memcpy(section->name, rest, strlen(rest) + 1);
            return true;
        }
        char *quoted = *rest ? config_problem_quote(rest) : strdup("it");
        config_problem_add(problems, file, section->line, is_detector ? "[detector]" : "[camera]",
                           "%s %s: expected [%s NAME], the name of " TEXT_NAME_RULE, quoted ? quoted : "this",
                           *rest ? "is no name for one" : "has no name", word);
        free(quoted);
        return false;
    }
    section->place = strcmp(word, "camd") == 0 ? CONFIG_PLACE_CAMD : CONFIG_PLACE_DEFAULTS;
    if ((section->place == CONFIG_PLACE_CAMD || strcmp(word, "defaults") == 0) && !*rest)
        return true;

    const char *words[PLACES];
    for (size_t i = 0; i < PLACES; i++)
        words[i] = places[i].word;
    const char *nearest = *rest ? "camera" : text_nearest(title, words, PLACES);
    char *quoted = config_problem_quote(title);
    config_problem_add(problems, file, section->line, NULL, "%s is no section: %s%s%s%s",
                       quoted ? quoted : "this", expected, nearest ? " (did you mean [" : "",
                       nearest ? nearest : "", nearest ? "]?)" : "");
    free(quoted);
    return false;
}

static struct config_section *section_of(const struct config_document *document, enum config_place place,
                                         const char *name)
{
    for (size_t i = 0; i < document->count; i++) {
        struct config_section *other = &document->sections[i];
        if (other->place == place && strcmp(other->name, name) == 0)
            return other;
    }
    return NULL;
}

int config_document_add(struct config_document *document, const char *title, uint32_t line,
                        struct config_problems *problems)
{
    struct config_section section = {.plain = document->plain, .line = line};
    if (section.plain ? !plain_title_parse(document->file, title, &section, problems)
                      : !title_parse(document->file, title, &section, problems))
        return -EINVAL;
    const struct config_section *before = section_of(document, section.place, section.name);
    if (before) {
        config_problem_add(problems, document->file, line, NULL,
                           "section [%s] is there already, in line %u: put the settings together", title,
                           before->line);
        return -EINVAL;
    }
    if (document->count == CONFIG_SECTIONS_MAX) {
        config_problem_add(problems, document->file, line, NULL, "more than %d cameras", CONFIG_CAMERAS_MAX);
        return -EINVAL;
    }
    struct config_section *sections =
        config_array_grow(document->sections, document->count, sizeof(*sections));
    if (!sections)
        return -ENOMEM;
    document->sections = sections;
    document->sections[document->count++] = section;
    return 0;
}

struct config_section *config_document_find(const struct config_document *document, enum config_place place)
{
    return section_of(document, place, "");
}

struct config_section *config_document_camera(const struct config_document *document, const char *name)
{
    return section_of(document, CONFIG_PLACE_CAMERA, name);
}

/* ---- programs ---- */

static bool names_program(const struct config_entry *entry)
{
    const struct config_key *key = config_key_of_value(entry->key, entry->name);
    return key && key->is_program && !entry->is_damaged && entry->value[0] == '/';
}

void config_document_check_programs(const struct config_document *document, struct config_problems *problems)
{
    for (size_t i = 0; document->writer[0] != '\0' && i < document->count; i++) {
        const struct config_section *section = &document->sections[i];
        for (size_t j = 0; j < section->count; j++) {
            const struct config_entry *entry = &section->entries[j];
            if (names_program(entry))
                config_problem_add(
                    problems, document->file, entry->line, entry->name,
                    "names a program in a file that can be written by %s: expected a file, and a directory, that only root can write (chown root, chmod go-w)",
                    document->writer);
        }
    }
}

/* ---- settings ---- */

/* The row of the key in a file with one section; otherwise NULL and a problem. */
static const struct config_key *plain_key_for(const struct config_plain *plain, const char *file,
                                              uint32_t line, const char *name,
                                              struct config_problems *problems)
{
    const struct config_key *key = config_plain_find(plain, name);
    const char *nearest = key ? NULL : config_plain_nearest(plain, name);
    if (!key && nearest)
        config_problem_add(problems, file, line, name, "is no key: did you mean %s?", nearest);
    else if (!key)
        config_problem_add(problems, file, line, name, "is no key: see %s for those that there are",
                           plain->page);
    return key;
}

/* The same of camd.ini, where it belongs in the section. */
static const struct config_key *key_for(const struct config_section *section, const char *file, uint32_t line,
                                        const char *name, struct config_problems *problems)
{
    if (section->plain)
        return plain_key_for(section->plain, file, line, name, problems);
    const struct config_key *key = config_key_find(name);
    if (key && key->places & section->place)
        return key;
    if (key) {
        enum config_place place = key->places & CONFIG_PLACE_CAMERA     ? CONFIG_PLACE_CAMERA
                                  : key->places & CONFIG_PLACE_DETECTOR ? CONFIG_PLACE_DETECTOR
                                                                        : CONFIG_PLACE_CAMD;
        config_problem_add(problems, file, line, name, "does not belong in %s: expected in %s",
                           section->place == CONFIG_PLACE_CAMERA     ? "a camera"
                           : section->place == CONFIG_PLACE_DETECTOR ? "a detector"
                                                                     : config_place_title(section->place),
                           config_place_title(place));
        return NULL;
    }
    const char *nearest = config_problem_has_room(problems) ? config_key_nearest(name, section->place) : NULL;
    char *family = nearest ? config_family_names(nearest) : NULL;
    if (family)
        config_problem_add(problems, file, line, name, "is no key: expected %s", family);
    else
        config_problem_add(problems, file, line, name, "is no key%s%s%s", nearest ? ": did you mean " : "",
                           nearest ? nearest : "",
                           nearest ? "?" : ": see camd.ini(5) for those that there are");
    free(family);
    return NULL;
}

const struct config_entry *config_section_entry(const struct config_section *section, const char *name)
{
    for (size_t i = 0; i < section->count; i++) {
        if (strcmp(section->entries[i].name, name) == 0)
            return &section->entries[i];
    }
    return NULL;
}

static int entry_append(struct config_section *section, struct config_entry entry, const char *value)
{
    struct config_entry *entries = config_array_grow(section->entries, section->count, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    section->entries = entries;
    entry.value = strdup(value);
    if (!entry.value)
        return -ENOMEM;
    entries[section->count++] = entry;
    return 0;
}

int config_section_add(struct config_section *section, const char *file, uint32_t line, const char *name,
                       const char *value, struct config_problems *problems)
{
    struct config_entry entry = {.line = line};
    entry.key = key_for(section, file, line, name, problems);
    if (!entry.key)
        return -EINVAL;
    const struct config_entry *before = config_section_entry(section, name);
    if (before && file) {
        config_problem_add(problems, file, line, name,
                           "is there already, in line %u: expected once in a section", before->line);
        return -EINVAL;
    }
    if (before) {
        config_problem_add(problems, file, line, name, "is there twice: expected once");
        return -EINVAL;
    }
    if (section->count == CONFIG_SETTINGS_MAX) {
        config_problem_add(problems, file, line, name,
                           "is one setting more than the %d that a section can have", CONFIG_SETTINGS_MAX);
        return -EINVAL;
    }
    entry.name = strdup(name);
    int status = entry.name ? entry_append(section, entry, value) : -ENOMEM;
    if (status < 0)
        free(entry.name);
    return status;
}

int config_section_continue(struct config_section *section, const char *file, uint32_t line,
                            const char *value, struct config_problems *problems)
{
    struct config_entry *entry = &section->entries[section->count - 1];
    size_t before = strlen(entry->value);
    size_t more = strlen(value);
    if (before + more >= CONFIG_VALUE_BYTES) {
        config_problem_add(problems, file, line, entry->name,
                           "is longer than the %d bytes that a value can have", CONFIG_VALUE_BYTES - 1);
        entry->is_damaged = true;
        return -EINVAL;
    }
    char *joined = realloc(entry->value, before + more + 1);
    if (!joined)
        return -ENOMEM;
    memcpy(joined + before, value, more + 1);
    entry->value = joined;
    return 0;
}

const struct config_entry *config_section_find(const struct config_section *section, const char *key_name)
{
    for (size_t i = 0; i < section->count; i++) {
        if (strcmp(section->entries[i].key->name, key_name) == 0)
            return &section->entries[i];
    }
    return NULL;
}
