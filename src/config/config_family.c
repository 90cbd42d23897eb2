#include "config/config_family.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- names ---- */

/* What comes after "FAMILY.", or NULL when the name is none of that family. */
static const char *rest_of(const struct config_key *key, const char *name)
{
    size_t length = strlen(key->name);
    return strncmp(name, key->name, length) == 0 && name[length] == '.' ? name + length + 1 : NULL;
}

bool config_family_has_value(const struct config_family *family)
{
    return family->keys[0].name[0] == '\0';
}

/* What comes after the element's name. Labels may have points in them, so the last one counts. */
static const char *member_of(const struct config_family *family, const char *rest)
{
    const char *point = family->key_count == 1 ? NULL
                        : family->has_points   ? strrchr(rest, '.')
                                               : strchr(rest, '.');
    return point ? point + 1 : "";
}

/* The element's key that sets this member, which may be a family. */
static const struct config_key *key_of_element(const struct config_family *family, const char *member)
{
    for (size_t i = 0; i < family->key_count; i++) {
        if (config_key_of_value(&family->keys[i], member))
            return &family->keys[i];
    }
    return NULL;
}

const struct config_key *config_family_key(const struct config_key *key, const char *name)
{
    const char *rest = rest_of(key, name);
    if (!rest)
        return NULL;
    const char *member = member_of(key->family, rest);
    const struct config_key *own = key_of_element(key->family, member);
    return own ? config_key_of_value(own, member) : NULL;
}

char *config_family_names(const char *name)
{
    const struct config_key *key = NULL;
    for (size_t i = 0; i < config_key_count && !key; i++) {
        if (config_keys[i].family && strcmp(config_keys[i].name, name) == 0)
            key = &config_keys[i];
    }
    /* stationary_max_frames is a key without a label, too */
    char *names = key && config_key_find(name) ? strdup(name) : NULL;
    for (size_t i = 0; key && i < key->family->key_count; i++) {
        const char *member = key->family->keys[i].name;
        bool is_last = i + 1 == key->family->key_count;
        char *longer = text_format("%s%s%s.%s%s%s%s", names ? names : "",
                                   !names    ? ""
                                   : is_last ? " or "
                                             : ", ",
                                   key->name, key->family->placeholder, *member ? "." : "", member,
                                   key->family->keys[i].family ? ".LABEL.KEY" : "");
        free(names);
        names = longer;
        if (!names)
            break;
    }
    return names;
}

/* ---- elements ---- */

static char **list_of(const struct config_family *family, void *owner)
{
    return (char **)(void *)((char *)owner + family->list);
}

static size_t *count_of(const struct config_family *family, void *owner)
{
    return (size_t *)(void *)((char *)owner + family->count);
}

static size_t element_count(const struct config_family *family, const void *owner)
{
    return *(const size_t *)(const void *)((const char *)owner + family->count);
}

static const void *element_at(const struct config_family *family, const void *owner, size_t index)
{
    const char *list = *(char *const *)(const void *)((const char *)owner + family->list);
    return list + index * family->element_size;
}

/* Where the element of that name is, or where it belongs in the order. */
static size_t position_of(const struct config_family *family, const void *owner, const char *name,
                          bool *is_there)
{
    size_t count = element_count(family, owner);
    size_t at = 0;
    int order = 1;
    while (at < count && (order = strcmp(element_at(family, owner, at), name)) < 0)
        at++;
    *is_there = at < count && order == 0;
    return at;
}

const void *config_family_find(const struct config_family *family, const void *owner, const char *name)
{
    bool is_there;
    size_t at = position_of(family, owner, name, &is_there);
    return is_there ? element_at(family, owner, at) : NULL;
}

static void element_fini(const struct config_family *family, void *element)
{
    for (size_t i = 0; i < family->key_count; i++)
        config_value_clear(&family->keys[i], element);
}

/* With the defaults of its keys; false when memory is short. */
static bool element_init(const struct config_family *family, void *element, const char *name)
{
    memset(element, 0, family->element_size);
    memcpy(element, name, strlen(name) + 1);
    for (size_t i = 0; i < family->key_count; i++) {
        const struct config_key *key = &family->keys[i];
        if (!key->family && key->standard && config_value_parse(key, key->name, key->standard, element)) {
            element_fini(family, element);
            return false;
        }
    }
    return true;
}

static bool element_copy(const struct config_family *family, void *to, const void *from)
{
    memset(to, 0, family->element_size);
    memcpy(to, from, strlen(from) + 1);
    for (size_t i = 0; i < family->key_count; i++) {
        if (!config_value_copy(&family->keys[i], to, from)) {
            element_fini(family, to);
            return false;
        }
    }
    return true;
}

static void remove_at(const struct config_family *family, void *owner, size_t at)
{
    char *element = *list_of(family, owner) + at * family->element_size;
    size_t *count = count_of(family, owner);
    element_fini(family, element);
    memmove(element, element + family->element_size, (--*count - at) * family->element_size);
}

/* A new one at that place; false when memory is short. */
static bool insert_at(const struct config_family *family, void *owner, size_t at, const char *name)
{
    size_t size = family->element_size;
    size_t *count = count_of(family, owner);
    char *list = reallocarray(*list_of(family, owner), *count + 1, size);
    if (!list)
        return false;
    *list_of(family, owner) = list;
    char *element = list + at * size;
    size_t behind = (*count - at) * size;
    memmove(element + size, element, behind);
    if (!element_init(family, element, name)) {
        memmove(element, element + size, behind);
        return false;
    }
    (*count)++;
    return true;
}

/* ---- setting ---- */

static const char *element_name(const struct config_family *family, const char *rest, char *name, size_t size)
{
    const char *member = member_of(family, rest);
    size_t length = *member ? (size_t)(member - 1 - rest) : strlen(rest);
    if (length >= size)
        return family->bad_name;
    memcpy(name, rest, length);
    name[length] = '\0';
    return family->is_name(name) ? NULL : family->bad_name;
}

const char *config_family_parse(const struct config_key *key, const char *name, const char *text, void *owner)
{
    const struct config_family *family = key->family;
    const char *rest = rest_of(key, name);
    const char *member = rest ? member_of(family, rest) : "";
    const struct config_key *own = rest ? key_of_element(family, member) : NULL;
    char element[CAMD_NAME_MAX + 1];
    const char *fault =
        own ? element_name(family, rest, element, sizeof(element)) : "is for a setting that there is not";
    if (fault)
        return fault;

    bool is_there;
    size_t at = position_of(family, owner, element, &is_there);
    if (own->name[0] == '\0' && !own->absent && strcmp(text, "none") == 0) {
        if (is_there)
            remove_at(family, owner, at);
        return NULL;
    }
    if (!is_there && element_count(family, owner) == family->most)
        return family->too_many;
    if (!is_there && !insert_at(family, owner, at, element))
        return config_value_no_memory;
    fault = config_value_parse(own, member, text, *list_of(family, owner) + at * family->element_size);
    if (fault && !is_there)
        remove_at(family, owner, at);
    return fault;
}

/* ---- whole lists ---- */

static bool element_is_equal(const struct config_family *family, const void *a, const void *b)
{
    if (strcmp(a, b) != 0)
        return false;
    for (size_t i = 0; i < family->key_count; i++) {
        if (!config_value_is_equal(&family->keys[i], a, b))
            return false;
    }
    return true;
}

bool config_family_is_equal(const struct config_family *family, const void *a, const void *b)
{
    size_t count = element_count(family, a);
    if (element_count(family, b) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!element_is_equal(family, element_at(family, a, i), element_at(family, b, i)))
            return false;
    }
    return true;
}

bool config_family_copy(const struct config_family *family, void *to, const void *from)
{
    size_t total = element_count(family, from);
    size_t *count = count_of(family, to);
    *list_of(family, to) = NULL;
    *count = 0;
    if (total == 0)
        return true;
    char *list = calloc(total, family->element_size);
    if (!list)
        return false;
    *list_of(family, to) = list;
    for (; *count < total; ++*count) {
        if (!element_copy(family, list + *count * family->element_size, element_at(family, from, *count)))
            return false; /* what is there is the owner's to clear */
    }
    return true;
}

void config_family_clear(const struct config_family *family, void *owner)
{
    char **list = list_of(family, owner);
    size_t *count = count_of(family, owner);
    for (size_t i = 0; i < *count; i++)
        element_fini(family, *list + i * family->element_size);
    free(*list);
    *list = NULL;
    *count = 0;
}

/* ---- for workers ---- */

static json_t *element_json(const struct config_family *family, const void *element)
{
    if (family->is_object && config_family_has_value(family))
        return config_value_json(&family->keys[0], element);
    json_t *object = json_object();
    int status = family->is_object ? 0 : json_object_set_new(object, "name", json_string(element));
    for (size_t i = 0; i < family->key_count && status == 0; i++) {
        const struct config_key *key = &family->keys[i];
        json_t *value = config_value_json(key, element);
        if (key->name[0] == '\0') {
            status = json_object_update(object, value);
            json_decref(value);
        } else {
            status = json_object_set_new(object, key->member ? key->member : key->name, value);
        }
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *config_family_json(const struct config_family *family, const void *owner)
{
    json_t *json = family->is_object ? json_object() : json_array();
    for (size_t i = 0; i < element_count(family, owner); i++) {
        const void *element = element_at(family, owner, i);
        json_t *value = element_json(family, element);
        if ((family->is_object ? json_object_set_new(json, element, value)
                               : json_array_append_new(json, value)) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

/* ---- all of them ---- */

/* A value, or those of a family in the family. */
static int visit_member(const struct config_key *key, const char *name, const void *element,
                        config_family_visit *visit, void *context)
{
    return key->family ? config_family_walk(key->family, name, element, visit, context)
                       : visit(context, name, key, element);
}

int config_family_walk(const struct config_family *family, const char *name, const void *owner,
                       config_family_visit *visit, void *context)
{
    int status = 0;
    for (size_t i = 0; i < element_count(family, owner) * family->key_count && status == 0; i++) {
        const void *element = element_at(family, owner, i / family->key_count);
        const struct config_key *key = &family->keys[i % family->key_count];
        char *whole = text_format("%s.%s%s%s", name, (const char *)element, *key->name ? "." : "", key->name);
        status = whole ? visit_member(key, whole, element, visit, context) : -ENOMEM;
        free(whole);
    }
    return status;
}

int config_family_walk_missing(const struct config_family *family, const char *name, const void *owner,
                               const void *other, config_family_visit *visit, void *context)
{
    int status = 0;
    for (size_t i = 0; i < element_count(family, other) && status == 0; i++) {
        const char *element = element_at(family, other, i);
        if (config_family_find(family, owner, element))
            continue;
        char *whole = text_format("%s.%s", name, element);
        status = whole ? visit(context, whole, NULL, NULL) : -ENOMEM;
        free(whole);
    }
    return status;
}
