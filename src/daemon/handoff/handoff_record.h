/*
 * handoff_record.h - the hand-off as a whole: a JSON object in a file in memory, and the descriptors that go with it
 *
 * The file is private and sealed: nobody can change it any more, not even who made it. A descriptor stands in the
 * record as {"fd": NUMBER}, wherever it is needed, and keeps its number when the next program is executed.
 */
#ifndef CAMD_DAEMON_HANDOFF_HANDOFF_RECORD_H
#define CAMD_DAEMON_HANDOFF_HANDOFF_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    /* A record of another version can't be read; a member that is added changes nothing (handoff_fields.h). */
    HANDOFF_VERSION = 1,
    HANDOFF_BYTES_MAX = 256 * 1024 * 1024,
};
/* The last line of a program that has checked a record and could take over; any other program may end with 0, too. */
#define HANDOFF_ACCEPTED "camd can take over"

/* A sealed file of these bytes, readable from its beginning: its descriptor or -errno. */
int handoff_file(const void *bytes, size_t size);
/* The record as such a file; it gets its version. */
int handoff_record_write(json_t *record);
/* A new reference. 0, or -errno: -EINVAL is no record, -EPROTONOSUPPORT one of a version that is not known here. */
int handoff_record_read(int fd, json_t **record);
/* The same from memory: pure. */
int handoff_record_parse(const char *text, size_t length, json_t **record);

/* Whether a program that is executed gets all descriptors of the record. */
void handoff_record_inherit(const json_t *record, bool inherit);
/* Closes all descriptors in it: those of a part that nobody goes on with. */
void handoff_record_close(const json_t *record);
/* Puts another number in the place of all of them: for a program that only checks a record, and has none of them. */
void handoff_record_replace_fds(json_t *record, int fd);

#endif
