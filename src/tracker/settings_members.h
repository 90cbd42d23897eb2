/*
 * settings_members.h - reading members of a camera's settings, and saying what is wrong with one; for
 * tracker_settings.c and settings_places.c
 */
#ifndef CAMD_TRACKER_SETTINGS_MEMBERS_H
#define CAMD_TRACKER_SETTINGS_MEMBERS_H

#include "tracker/tracker_settings.h"

/* Says what is wrong, and returns -EINVAL. */
int settings_wrong(char problem[SETTINGS_PROBLEM_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Text that fits, or false. */
bool settings_copy_text(char *to, size_t size, const json_t *from);

/* A number of an object, or the default where there is none; false when it is none from least to most. */
bool settings_read_number(const json_t *object, const char *key, double fallback, double least, double most,
                          double *value);

/* A member that is a list of at most most items, each of which read understands; absent: an empty one. 0 or -EINVAL. */
typedef int settings_item_reader(const json_t *item, struct settings *settings,
                                 char problem[SETTINGS_PROBLEM_BYTES]);
int settings_read_list(const json_t *config, const char *key, size_t most, settings_item_reader *read,
                       struct settings *settings, char problem[SETTINGS_PROBLEM_BYTES]);

/*
 * A member that is an object with filters by their labels; absent: none. what: whose, for the problem; fallback: what a
 * filter has for members that are not there. 0, or -EINVAL with *count untouched.
 */
int settings_read_filters(const json_t *object, const char *what, const struct filter *fallback,
                          uint32_t most, struct filter *filters, uint32_t *count,
                          char problem[SETTINGS_PROBLEM_BYTES]);

#endif
