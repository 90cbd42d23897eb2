/*
 * config_family.h - keys whose names go on: mask.NAME, zone.NAME, zone.NAME.KEY, filter.LABEL.KEY
 *
 * A camera has a list of a family's elements, in the order of their names. What an element can have is a table of
 * keys again, of which one may be a family in its turn: zone.NAME.filter.LABEL.KEY. The one without a name is the value of
 * FAMILY.NAME itself, and "none" for it takes the element away, unless "none" is a value that it can have.
 */
#ifndef CAMD_CONFIG_CONFIG_FAMILY_H
#define CAMD_CONFIG_CONFIG_FAMILY_H

#include "config/config.h"
#include "config/config_keys.h"

struct config_family {
    const char *placeholder;  /* "NAME": what the part in the middle is, for people */
    const char *example_name; /* "yard": such a one */
    size_t element_size;      /* of a struct that begins with char name[CAMD_NAME_MAX + 1] */
    size_t list, count;   /* offsets in the owner: a struct config_camera, or the element of another family */
    size_t most;          /* elements of one owner */
    const char *too_many; /* what is wrong with one more */
    bool (*is_name)(const char *name);
    const char *bad_name; /* what is wrong then */
    bool has_points;      /* a name may have points in it; what an element has, has none then */
    /* Workers get an object with the elements, or their values, by their names, not an array. */
    bool is_object;
    const struct config_key *keys; /* their offsets count in the element */
    size_t key_count;
};

extern const struct config_family config_family_mask, config_family_zone, config_family_filter,
    config_family_stationary_limit, config_family_allow;

/*
 * Sets a value of an element, which is made when there is none yet; name is the whole key. What is wrong with
 * name or text (static), or NULL.
 */
const char *config_family_parse(const struct config_key *key, const char *name, const char *text,
                                void *owner);

/* The key of the table that the whole key's name is for, or NULL. */
const struct config_key *config_family_key(const struct config_key *key, const char *name);
/* Whether FAMILY.NAME itself has a value. */
bool config_family_has_value(const struct config_family *family);

/* "zone.NAME, zone.NAME.inertia or ...", when name is a family's: new string; NULL also when memory is short. */
char *config_family_names(const char *name);

/* One of them, a struct config_mask, config_zone, config_filter, config_limit or config_allow; NULL: there is none. */
const void *config_family_find(const struct config_family *family, const void *owner, const char *name);

/*
 * Calls visit for every value of an owner's elements, those of families in families, too, in the order of their
 * names; name is the family's whole one, as "zone" or "zone.yard.filter". Ends with the first visit that does not
 * return 0. What that returned, 0, or -ENOMEM.
 */
typedef int config_family_visit(void *context, const char *name, const struct config_key *key,
                                const void *element);
int config_family_walk(const struct config_family *family, const char *name, const void *owner,
                       config_family_visit *visit, void *context);
/* The same for the elements that other has and owner has not, each once, with key and element NULL: "mask.NAME". */
int config_family_walk_missing(const struct config_family *family, const char *name, const void *owner,
                               const void *other, config_family_visit *visit, void *context);

bool config_family_is_equal(const struct config_family *family, const void *a, const void *b);
/* False when memory is short. */
bool config_family_copy(const struct config_family *family, void *to, const void *from);
void config_family_clear(const struct config_family *family, void *owner);
json_t *config_family_json(const struct config_family *family, const void *owner);

#endif
