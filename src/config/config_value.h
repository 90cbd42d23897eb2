/*
 * config_value.h - what values can be: parsing, printing, copying, comparing
 *
 * owner is the struct config or config_camera that the key's offset counts in.
 */
#ifndef CAMD_CONFIG_CONFIG_VALUE_H
#define CAMD_CONFIG_CONFIG_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config_key;

struct config_type {
    size_t size;  /* of the field */
    bool is_text; /* the field is a string of its own, or NULL */
    bool is_list; /* a text that workers get as an array, empty when it is not set */
    /* What is wrong with text (static), or NULL when the field has its value now. */
    const char *(*parse)(const struct config_key *key, const char *text, void *field);
    /* New string, which parse understands; NULL when memory is short. */
    char *(*print)(const struct config_key *key, const void *field);
    json_t *(*json)(const void *field);
    /* What is expected, for people. */
    void (*describe)(const struct config_key *key, FILE *out);
};

extern const struct config_type config_type_bool;
extern const struct config_type config_type_integer;
extern const struct config_type config_type_even; /* an integer that is even */
extern const struct config_type config_type_real;
extern const struct config_type config_type_time; /* seconds in the file, int64_t milliseconds in the field */
extern const struct config_type config_type_level;  /* one of the key's words, its index in the field */
extern const struct config_type config_type_choice; /* one of the key's words */
extern const struct config_type config_type_path;   /* absolute */
extern const struct config_type config_type_line;   /* plain text, at most the key's `most` bytes */
extern const struct config_type config_type_log;    /* a path, or syslog */
extern const struct config_type config_type_input;
extern const struct config_type config_type_group;
extern const struct config_type config_type_user;
extern const struct config_type config_type_prefix;
extern const struct config_type config_type_backend;   /* a word, or an absolute path */
extern const struct config_type config_type_name;      /* of a section */
extern const struct config_type config_type_labels;    /* names with commas between them */
extern const struct config_type config_type_variables; /* names with commas between them */
extern const struct config_type config_type_allowed;   /* verbs and set:KEY with spaces between them */
extern const struct config_type config_type_numbers;   /* three with commas between them, or one for all */
extern const struct config_type
    config_type_distances; /* struct config_distances, four with commas between them */
extern const struct config_type config_type_command; /* words; see config_command_split */
extern const struct config_type config_type_mask;    /* struct config_polygon, with what it is for */
extern const struct config_type config_type_zone;    /* struct config_polygon */

/* What parse returns when memory is short: compare the pointers. */
extern const char config_value_no_memory[];

/* For types whose field is a text: a copy of it in place of what was there. config_value_no_memory, or NULL. */
const char *config_value_set_text(void *field, const char *text);
/* The print and json of such a type, for which NULL is "" and null. */
char *config_value_print_text(const struct config_key *key, const void *field);
json_t *config_value_json_text(const void *field);

/*
 * Sets the field from a text of a file or a request; name is the whole key. Returns what is wrong (static),
 * and leaves the field alone then, or NULL.
 */
const char *config_value_parse(const struct config_key *key, const char *name, const char *text, void *owner);

/* Not for families, as the next one. New string; NULL when memory is short. */
char *config_value_print(const struct config_key *key, const void *owner);
/*
 * Writes the setting as a line of a file, a secret redacted unless it is to be shown. Nothing for a value that is empty: what
 * has no default and is not set, such as input in [defaults].
 */
void config_value_write(FILE *out, const struct config_key *key, const void *owner, bool show_secrets);

/* "a number from 1 to 5 (frames per second)": new string; NULL when memory is short. */
char *config_value_expected(const struct config_key *key);

bool config_value_is_equal(const struct config_key *key, const void *owner, const void *other);
/* The field of to must hold nothing that needs freeing. False when memory is short. */
bool config_value_copy(const struct config_key *key, void *to, const void *from);
/* Not for families: what one has the other one gets. */
void config_value_swap(const struct config_key *key, void *owner, void *other);
void config_value_clear(const struct config_key *key, void *owner);
json_t *config_value_json(const struct config_key *key, const void *owner);

#endif
