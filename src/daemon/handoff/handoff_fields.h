/*
 * handoff_fields.h - a struct's members as members of a JSON object, by a table of them
 *
 *   static const struct handoff_field fields[] = {
 *       HANDOFF(struct trouble, since_ms), HANDOFF_ENUM(struct automaton, state, AUTOMATON_STATE_COUNT), ...
 *   };
 *
 * Who adds a member to a struct adds a row to its table, and nothing else. A member that the record does not have
 * keeps its value, so a record of an older program can be read; one that it has and that can't be is refused.
 */
#ifndef CAMD_DAEMON_HANDOFF_HANDOFF_FIELDS_H
#define CAMD_DAEMON_HANDOFF_HANDOFF_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/kept_text.h"

enum handoff_type {
    HANDOFF_TYPE_BOOL,
    HANDOFF_TYPE_SIGNED,
    HANDOFF_TYPE_UNSIGNED,
    HANDOFF_TYPE_REAL,
    HANDOFF_TYPE_ENUM,  /* below limit */
    HANDOFF_TYPE_TEXT,  /* char *: the struct's, from malloc; NULL: none */
    HANDOFF_TYPE_CHARS, /* char[size] */
    HANDOFF_TYPE_KEPT,  /* struct kept_text */
    HANDOFF_TYPE_NUMBERS, /* an array of unsigned numbers of limit bytes each, of which a record may have fewer */
    HANDOFF_TYPE_FD,      /* an open descriptor, or -1: none; it goes over with the record */
};

struct handoff_field {
    const char *name;
    enum handoff_type type;
    size_t offset, size;
    int64_t limit;
};

/* The member's type says how it is written. */
/* clang-format off */
#define HANDOFF_TYPE_OF(member)                                                                              \
    _Generic((member),                                                                                       \
             _Bool: HANDOFF_TYPE_BOOL,                                                                       \
             int: HANDOFF_TYPE_SIGNED, long: HANDOFF_TYPE_SIGNED, long long: HANDOFF_TYPE_SIGNED,             \
             unsigned char: HANDOFF_TYPE_UNSIGNED, unsigned short: HANDOFF_TYPE_UNSIGNED,                    \
             unsigned int: HANDOFF_TYPE_UNSIGNED,                                                            \
             unsigned long: HANDOFF_TYPE_UNSIGNED, unsigned long long: HANDOFF_TYPE_UNSIGNED,                \
             double: HANDOFF_TYPE_REAL,                                                                      \
             char *: HANDOFF_TYPE_TEXT,                                                                      \
             struct kept_text: HANDOFF_TYPE_KEPT)
#define HANDOFF_ROW(owner, member, type, limit)                                                              \
    {#member, type, offsetof(owner, member), sizeof(((owner *)0)->member), limit}
/* clang-format on */
#define HANDOFF(owner, member)               HANDOFF_ROW(owner, member, HANDOFF_TYPE_OF(((owner *)0)->member), 0)
#define HANDOFF_ENUM(owner, member, limit)   HANDOFF_ROW(owner, member, HANDOFF_TYPE_ENUM, limit)
#define HANDOFF_CHARS(owner, member)         HANDOFF_ROW(owner, member, HANDOFF_TYPE_CHARS, 0)
#define HANDOFF_NUMBERS(owner, member, type) HANDOFF_ROW(owner, member, HANDOFF_TYPE_NUMBERS, sizeof(type))
#define HANDOFF_FD(owner, member)            HANDOFF_ROW(owner, member, HANDOFF_TYPE_FD, 0)

#define HANDOFF_COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* A new object; NULL: memory is short. */
json_t *handoff_write(const void *owner, const struct handoff_field *fields, size_t count);
/* 0, -EINVAL (the log says which member) or -ENOMEM; what was read before it stays read. */
int handoff_read(const json_t *object, void *owner, const struct handoff_field *fields, size_t count);

/* A descriptor as it stands in a record, and back: -1 when there is none. */
json_t *handoff_write_fd(int fd);
int handoff_read_fd(const json_t *value);

struct ev_loop;
struct ev_timer;

/* How long a timer still runs, in ms; null: it does not. */
json_t *handoff_write_timer(struct ev_loop *loop, const struct ev_timer *timer);
/* Starts it for as long. */
void handoff_read_timer(const json_t *value, struct ev_loop *loop, struct ev_timer *timer);

#endif
