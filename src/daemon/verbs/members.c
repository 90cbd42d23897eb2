#include "daemon/verbs/members.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#define OF(id) (UINT64_C(1) << VERB_##id)

static_assert(VERB_COUNT <= 64, "a set of verbs is 64 bits");

/* Verbs that take one camera, one or several, and any number. */
static const uint64_t of_one = OF(RENAME) | OF(ZONE) | OF(GRID) | OF(GRID_EXPORT) | OF(GRID_IMPORT) |
                               OF(SNAPSHOT) | OF(STREAM) | OF(ADD);
static const uint64_t of_some = OF(SET) | OF(REMOVE) | OF(ENABLE) | OF(DISABLE) | OF(START) | OF(STOP) |
                                OF(RESTART) | OF(KICK) | OF(PTZ) | OF(GRID_CLEAR) | OF(MATCH) | OF(SHOW) |
                                OF(WAIT);
static const uint64_t of_any = OF(STATUS) | OF(LOGS);

static bool is_text(const json_t *value)
{
    return json_is_string(value);
}

static bool is_list(const json_t *value)
{
    return json_is_array(value);
}

static bool is_boolean(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_number(const json_t *value)
{
    return json_is_number(value);
}

struct member {
    const char *name;
    bool (*is_right)(const json_t *value);
    const char *expected;
    uint64_t verbs;
};

/* A boolean of another type would be taken as false: what was meant as a trial would be done, or lasts. */
static const struct member members[] = {
    {"name", is_text, "a string", of_one | of_some | of_any},
    {"names", is_list, "an array of strings", of_some | of_any},
    {"all", is_boolean, "true or false", of_some | of_any},
    {"runtime", is_boolean, "true or false", OF(ADD) | OF(SET)},
    {"dry_run", is_boolean, "true or false", OF(ADD) | OF(SET)},
    {"require_frame", is_boolean, "true or false", OF(ADD)},
    {"keep_grid", is_boolean, "true or false", OF(REMOVE)},
    {"show_secrets", is_boolean, "true or false", OF(SHOW) | OF(EXPORT)},
    {"follow", is_boolean, "true or false", OF(LOGS)},
    {"workers", is_boolean, "true or false", OF(UPGRADE)},
    {"timeout_s", is_number, "a number of seconds", OF(ADD) | OF(WAIT)},
    {"to", is_text, "a string", OF(RENAME)},
    {"state", is_text, "a string", OF(WAIT)},
    {"record", is_text, "a string", OF(GRID_IMPORT)},
};

static bool is_in(uint64_t verbs, enum verb verb)
{
    return (verbs >> verb & 1) != 0;
}

bool members_name_several(const json_t *body)
{
    return json_object_get(body, "names") || json_is_true(json_object_get(body, "all"));
}

/* One of them would not be done, and the other perhaps was not meant. */
static bool names_twice(enum verb verb, const json_t *body)
{
    return is_in(of_one | of_some | of_any, verb) && json_object_get(body, "name") &&
           members_name_several(body);
}

static bool names_nobody(enum verb verb, const json_t *body)
{
    return !json_object_get(body, "name") &&
           (is_in(of_one, verb) || (is_in(of_some, verb) && !members_name_several(body)));
}

bool members_are_right(enum verb verb, const json_t *body, char problem[MEMBERS_PROBLEM_BYTES])
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct member *member = &members[i];
        const json_t *value = json_object_get(body, member->name);
        if (value && is_in(member->verbs, verb) && !member->is_right(value)) {
            snprintf(problem, MEMBERS_PROBLEM_BYTES, "\"%s\" is %s", member->name, member->expected);
            return false;
        }
    }
    if (names_twice(verb, body)) {
        snprintf(problem, MEMBERS_PROBLEM_BYTES, "\"name\" stands alone, without \"names\" and \"all\"");
        return false;
    }
    if (names_nobody(verb, body)) {
        snprintf(problem, MEMBERS_PROBLEM_BYTES, "%s needs \"name\"%s", verb_table[verb].word,
                 is_in(of_some, verb) ? ", \"names\" or \"all\"" : "");
        return false;
    }
    return true;
}
