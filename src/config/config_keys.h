/*
 * config_keys.h - the table of all keys
 *
 * Parser, printer, comparison, the workers' settings and the documentation are made from it: a key is added
 * here and as a member of struct config or config_camera, nowhere else.
 */
#ifndef CAMD_CONFIG_CONFIG_KEYS_H
#define CAMD_CONFIG_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config_value.h"

/* Sections: bits, since many keys go into two of them. */
enum config_place {
    CONFIG_PLACE_CAMD = 1,
    CONFIG_PLACE_DEFAULTS = 2,
    CONFIG_PLACE_CAMERA = 4,
    CONFIG_PLACE_DETECTOR = 8,
    CONFIG_PLACE_ANY = 15,
};

struct config_family;

struct config_key {
    const char *name;
    const char *member; /* of the workers' settings, when it isn't the name; see is_worker */
    const struct config_type *type;
    const struct config_family *family; /* instead of a type: a key whose names go on, see config_family.h */
    size_t offset; /* of the field in struct config (CONFIG_PLACE_CAMD), config_detector or config_camera */
    unsigned int places; /* enum config_place */
    unsigned int apply;  /* enum config_apply */
    bool is_worker;      /* workers get it */
    bool is_secret;      /* printed redacted */
    bool is_program;     /* names something that camd executes */
    const char *unit;    /* of a number, in the plural */
    double least, most;  /* of a number, in its unit; most also limits the bytes of a path, 0: no limit */
    const char *const *words; /* of a choice, ends with NULL */
    bool is_absent_zero;      /* workers get 0 for "not set", not null */
    const char *absent;   /* the word for "not set" (0 or NULL in the field), NULL: there always is a value */
    const char *standard; /* the default; NULL: none, the key is required */
    const char *standard_shown; /* in the documentation, where the machine decides */
    const char *meaning;        /* a paragraph, for people */
    const char *example;        /* a value that people write; NULL: one is made of the words or the default */
};

enum { CONFIG_KEYS_MAX = 96 };
extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* The row of a key as written in a file: a family's one ("mask") for each of its members ("mask.NAME"). Or NULL. */
const struct config_key *config_key_find(const char *name);

/* The key, or family, that might have been meant in that section, or NULL. */
const char *config_key_nearest(const char *name, enum config_place place);

/*
 * The key that a value is for: key itself, or that of the family's element, as zone.NAME.inertia names it. NULL
 * when there is none of that name.
 */
const struct config_key *config_key_of_value(const struct config_key *key, const char *name);

#endif
