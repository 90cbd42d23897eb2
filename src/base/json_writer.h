/*
 * json_writer.h - JSON text that is printed as it is made, onto a byte queue
 *
 * jansson prints trees. Where an answer is made often, or of a thousand parts, the tree is most of the work: here each
 * value is text at once. The writer formats and keeps the commas; that what is begun is ended, and that a member has a
 * name and an item has none, is the caller's care. Everything else is jansson's: parsing, and values that are trees.
 *
 * Once memory was short nothing more is written, and failed says so: the caller takes the text back as a whole.
 */
#ifndef CAMD_BASE_JSON_WRITER_H
#define CAMD_BASE_JSON_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct byte_queue;

struct json_writer {
    struct byte_queue *out;
    bool separate; /* the next value comes after another one: with a comma */
    bool failed;
};

/* Prints behind what waits in out, which stays the caller's. */
void json_writer_init(struct json_writer *writer, struct byte_queue *out);

/*
 * One value each. name: of a member, a constant of the program that needs no escaping; NULL: an item of an array, or the
 * whole.
 */
void json_write_begin_object(struct json_writer *writer, const char *name);
void json_write_end_object(struct json_writer *writer);
void json_write_begin_array(struct json_writer *writer, const char *name);
void json_write_end_array(struct json_writer *writer);
void json_write_null(struct json_writer *writer, const char *name);
void json_write_bool(struct json_writer *writer, const char *name, bool value);
void json_write_int(struct json_writer *writer, const char *name, int64_t value);
/* A count. Readers of JSON, jansson among them, know integers up to INT64_MAX: more is shown as that. */
void json_write_count(struct json_writer *writer, const char *name, uint64_t value);
/* With 12 digits, as JSON_DIGITS; null for what is not finite. */
void json_write_real(struct json_writer *writer, const char *name, double value);
/* As json_string_lossy: text may be anything. NULL is null. */
void json_write_string(struct json_writer *writer, const char *name, const char *text);
/* A tree; NULL, which is what jansson makes when memory is short, fails. */
void json_write_tree(struct json_writer *writer, const char *name, const json_t *value);

/*
 * The comma and the name of a value that somebody else puts behind them.
 */
void json_write_name(struct json_writer *writer, const char *name);

#endif
