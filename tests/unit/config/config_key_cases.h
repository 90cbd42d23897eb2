/* config_key_cases.h - every key: its default, what it takes and refuses, and what a change of it asks for */
#ifndef CONFIG_KEY_CASES_H
#define CONFIG_KEY_CASES_H

#include "config/config_keys.h"
#include "config_fixture.h"

struct value {
    const char *text;
    const char *result; /* printed; or, of a bad value, what is wrong */
};

enum { VALUES_MAX = 14 };

struct key_case {
    const char *name;
    const char *standard;
    struct value good[VALUES_MAX]; /* the first one is not the default */
    struct value bad[VALUES_MAX];
    unsigned int apply;
};

/* In the order of config_keys. */
extern const struct key_case key_cases[];
extern const size_t key_case_count;

const struct config_key *key_case_key(const struct key_case *key_case);
bool key_case_is_of_camd(const struct key_case *key_case);
bool key_case_is_of_detector(const struct key_case *key_case);
/* Of the section that it is written in: "camd", "detector d" or "camera front". */
const char *key_case_title(const struct key_case *key_case);
/* What of the configuration has it: [camd], the first detector or the first camera. */
const void *key_case_owner(const struct key_case *key_case, const struct config *config);
/* The owner has that value. */
void assert_key_case_value(const struct key_case *key_case, const void *owner, const char *expected);

/* A file with one setting, in that section, which is else whole, as is one camera. Returns what config_load did. */
int key_case_load(const struct key_case *key_case, const char *title, const char *value);
/* The same, and it is an error for the test when there are problems. */
void key_case_load_good(const struct key_case *key_case, const char *title, const char *value);

#endif
