/* fuzz_problems.h - what a configuration's problems are like, whatever the configuration is */
#ifndef CAMD_FUZZ_PROBLEMS_H
#define CAMD_FUZZ_PROBLEMS_H

#include <jansson.h>
#include <string.h>

#include "config/config.h"
#include "fuzz.h"

/* They go into logs and JSON. Clears them. */
static inline void check_problems(struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        char *text = config_problem_text(&problems->list[i]);
        check(text && strlen(text) < 2000);
        json_t *string = json_string(text);
        check(string != NULL);
        json_decref(string);
        for (const char *at = text; *at; at++)
            check((unsigned char)*at >= ' ' && *at != 0x7f);
        free(text);
    }
    config_problems_clear(problems);
}

#endif
