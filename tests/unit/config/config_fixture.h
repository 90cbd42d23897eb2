/* config_fixture.h - configuration files in a directory of their own, and what is found wrong in them */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include "config/config.h"

extern char config_directory[];         /* exists from set-up to tear-down */
extern struct config *loaded;           /* by the last config_load_*, or NULL */
extern struct config_problems problems; /* of the last config_load_* */

int config_fixture_set_up(void **state);
int config_fixture_tear_down(void **state);

/* name is relative to the directory; cameras.d is made when it is needed. */
void config_write_file(const char *name, const char *text, size_t length);

/* Loads the directory's camd.ini, or makes it of the text first. Returns what config_load did. */
int config_load_file(void);
int config_load_text(const char *text);
/* The same, and it is an error for the test when there are problems. */
void config_load_good(const char *text);

void config_unload(void);

/*
 * The problems are exactly those of the NULL-terminated list: each begins with what is expected, whose file
 * names lack the directory ("camd.ini:3: fps: ").
 */
void assert_problems(const char *const *expected);
#define ASSERT_PROBLEMS(...) assert_problems((const char *const[]){__VA_ARGS__, NULL})

#endif
