/* config_fields.h - how the tables of keys name the fields that they are for */
#ifndef CAMD_CONFIG_CONFIG_FIELDS_H
#define CAMD_CONFIG_CONFIG_FIELDS_H

#include "base/clock.h"
#include "config/config.h"
#include "config/config_keys.h"

/* An offset that compiles only when the field has the type that the key's type writes. */
#define OFFSET(owner, field, c_type)                                                                         \
    (offsetof(struct owner, field) +                                                                         \
     0 * sizeof(                                                                                             \
             char[__builtin_types_compatible_p(__typeof__(((struct owner *)0)->field), c_type) ? 1 : -1]))

#define FIELD(value_type, owner, field, c_type)                                                              \
    .type = &config_type_##value_type, .offset = OFFSET(owner, field, c_type)

#define BOOL(owner, field)      FIELD(bool, owner, field, bool)
#define INTEGER(owner, field)   FIELD(integer, owner, field, int64_t)
#define EVEN(owner, field)      FIELD(even, owner, field, int64_t)
#define REAL(owner, field)      FIELD(real, owner, field, double)
#define TIME(owner, field)      FIELD(time, owner, field, int64_t)
#define LEVEL(owner, field)     FIELD(level, owner, field, int64_t)
#define CHOICE(owner, field)    FIELD(choice, owner, field, char *)
#define PATH(owner, field)      FIELD(path, owner, field, char *)
#define LINE(owner, field)      FIELD(line, owner, field, char *)
#define LOG(owner, field)       FIELD(log, owner, field, char *)
#define INPUT(owner, field)     FIELD(input, owner, field, char *)
#define GROUP(owner, field)     FIELD(group, owner, field, char *)
#define USER(owner, field)      FIELD(user, owner, field, char *)
#define PREFIX(owner, field)    FIELD(prefix, owner, field, char *)
#define BACKEND(owner, field)   FIELD(backend, owner, field, char *)
#define NAME(owner, field)      FIELD(name, owner, field, char *)
#define LABELS(owner, field)    FIELD(labels, owner, field, char *)
#define VARIABLES(owner, field) FIELD(variables, owner, field, char *)
#define ALLOWED(owner, field)   FIELD(allowed, owner, field, char *)
#define NUMBERS(owner, field)   FIELD(numbers, owner, field, char *)
#define DISTANCES(owner, field) FIELD(distances, owner, field, struct config_distances)
#define COMMAND(owner, field)   FIELD(command, owner, field, char *)
#define MASK(owner, field)      FIELD(mask, owner, field, struct config_polygon)
#define ZONE(owner, field)      FIELD(zone, owner, field, struct config_polygon)

#define IN_CAMD     .places = CONFIG_PLACE_CAMD
#define IN_CAMERA   .places = CONFIG_PLACE_DEFAULTS | CONFIG_PLACE_CAMERA
#define IN_DETECTOR .places = CONFIG_PLACE_DETECTOR

#endif
