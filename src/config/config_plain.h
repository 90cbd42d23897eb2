/*
 * config_plain.h - configuration files of one section, with a table of keys of their own
 *
 * For the programs beside the daemon: lines, continuation lines, values and messages are those of camd.ini, from the same
 * reader. A key's field is in a struct of the program; keys are of the types in config_value.h, no families.
 */
#ifndef CAMD_CONFIG_CONFIG_PLAIN_H
#define CAMD_CONFIG_CONFIG_PLAIN_H

#include <stdio.h>

#include "config/config.h"
#include "config/config_keys.h"

enum { CONFIG_PLAIN_KEYS_MAX = 64 };

struct config_plain {
    const char *title; /* of the section, without brackets */
    const char *page;  /* the manual page with the keys, such as camd-mqtt(8) */
    const struct config_key *keys;
    size_t count; /* at most CONFIG_PLAIN_KEYS_MAX */
    /*
     * What has to fit together: NULL when all is well, or what is wrong and what was expected (static), with *key, the name
     * of the key that it is reported at. May be NULL itself.
     */
    const char *(*check)(const void *settings, const char **key);
};

/*
 * Fills settings, which is zeroed: the keys' defaults, then what the file says. path NULL: no file. 0; -EINVAL with
 * problems (at least one); or -ENOMEM. To be cleared in any case.
 */
int config_plain_load(const struct config_plain *plain, const char *path, void *settings,
                      struct config_problems *problems);
void config_plain_clear(const struct config_plain *plain, void *settings);

/* The whole effective configuration, which reads back to itself. */
void config_plain_print(const struct config_plain *plain, const void *settings, FILE *out, bool show_secrets);
/* The keys, for the manual page (mdoc). */
void config_plain_print_keys(const struct config_plain *plain, FILE *out);

/* Where a key stands in the file, for a problem that is found after it was loaded; 0: it does not, or there is no file. */
uint32_t config_plain_line(const struct config_plain *plain, const char *path, const char *key);

const struct config_key *config_plain_find(const struct config_plain *plain, const char *name); /* or NULL */
const char *config_plain_nearest(const struct config_plain *plain, const char *name);           /* or NULL */

#endif
