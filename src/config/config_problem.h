/* config_problem.h - collecting the problems of a configuration */
#ifndef CAMD_CONFIG_CONFIG_PROBLEM_H
#define CAMD_CONFIG_CONFIG_PROBLEM_H

#include "config/config.h"

/* file and key may be NULL. When the list is full, or memory short, the problem is only counted. */
void config_problem_add(struct config_problems *problems, const char *file, uint32_t line, const char *key,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether there is room for more: what is costly to say need not be said otherwise. */
bool config_problem_has_room(const struct config_problems *problems);

/* Those found since a call with these counts, in the order of their lines. */
void config_problem_sort(struct config_problems *problems, size_t first);

/* All there are, counted ones included. */
size_t config_problem_total(const struct config_problems *problems);

/*
 * A text of the file as messages may quote it: in quotes, redacted, shortened, or "the value" when it cannot
 * be shown. New string; NULL when memory is short.
 */
char *config_problem_quote(const char *text);

#endif
