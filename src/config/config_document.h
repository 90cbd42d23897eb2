/* config_document.h - what was read, before it is understood: sections with their settings as text */
#ifndef CAMD_CONFIG_CONFIG_DOCUMENT_H
#define CAMD_CONFIG_CONFIG_DOCUMENT_H

#include "config/config.h"
#include "config/config_keys.h"
#include "config/config_plain.h"
#include "config/config_writer.h"

enum {
    /*
     * Of one section: every key, and every mask, zone and filter with all that it can have, once there and once
     * taken away. A test counts them.
     */
    CONFIG_SETTINGS_MAX = 2048,
    CONFIG_SECTIONS_MAX = CONFIG_CAMERAS_MAX + CONFIG_DETECTORS_MAX + 2,
};

/* A setting: a key that exists and belongs in its section, with the text of its value. */
struct config_entry {
    const struct config_key *key;
    char *name; /* the whole key as written */
    char *value;
    uint32_t line;
    bool is_damaged; /* a problem has been reported: the value is not to be used */
};

/* "camera" of [camera NAME], and the whole as it is written, brackets and NAME with it. place: one bit. */
const char *config_place_word(enum config_place place);
const char *config_place_title(enum config_place place);

struct config_section {
    const struct config_plain *plain; /* the kind of file whose only section it is; NULL: camd.ini */
    enum config_place place;          /* of camd.ini */
    char name[CAMD_NAME_MAX + 1];     /* of the camera or detector */
    uint32_t line;
    struct config_entry *entries;
    size_t count;
    bool is_damaged; /* something in it could not be read, which may be what will be missed */
};

struct config_document {
    const char *file;                 /* for problems; NULL: a request */
    const struct config_plain *plain; /* another kind of file than camd.ini; NULL: camd.ini */
    char writer[CONFIG_WRITER_BYTES]; /* who else can write the file, see config_writer.h; empty: nobody */
    struct config_section *sections;
    size_t count;
    bool is_empty; /* there is nothing in the file, not even a comment */
};

/*
 * Room for one more in an array of count: a new array, twice as long, when count is a power of two, for then it is
 * full. NULL when memory is short; the old one stays then.
 */
void *config_array_grow(void *array, size_t count, size_t size);

void config_document_clear(struct config_document *document);
void config_section_clear(struct config_section *section);

/*
 * Adds an empty section by its title, the text between the brackets. 0, -EINVAL when that is no title or
 * there is such a section already (a problem, then), or -ENOMEM.
 */
int config_document_add(struct config_document *document, const char *title, uint32_t line,
                        struct config_problems *problems);

/*
 * Settings that name a program, in a file that others can write, are problems: what such a file says would be
 * executed as camd's own user.
 */
void config_document_check_programs(const struct config_document *document, struct config_problems *problems);

/* The section of [camd] or [defaults], or NULL. */
struct config_section *config_document_find(const struct config_document *document, enum config_place place);
/* That of a camera, or NULL. */
struct config_section *config_document_camera(const struct config_document *document, const char *name);
/* A setting by its whole name, or NULL. */
const struct config_entry *config_section_entry(const struct config_section *section, const char *name);

/*
 * Adds a setting. 0, -EINVAL when the key does not exist, is none of that section or is there already (a
 * problem, then), or -ENOMEM.
 */
int config_section_add(struct config_section *section, const char *file, uint32_t line, const char *name,
                       const char *value, struct config_problems *problems);

/* A line more of the value of the section's last setting. 0, -EINVAL (too long, a problem), or -ENOMEM. */
int config_section_continue(struct config_section *section, const char *file, uint32_t line,
                            const char *value, struct config_problems *problems);

/* The setting with that key (for families: the first of them), or NULL. */
const struct config_entry *config_section_find(const struct config_section *section, const char *key_name);

#endif
