/*
 * imported.h - what was read from another program's file: cameras with camd's keys, and what has no place among them
 *
 * Nothing here knows a format. Texts may have secrets in them, but for those of notes.
 */
#ifndef CAMD_IMPORT_IMPORTED_H
#define CAMD_IMPORT_IMPORTED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "camd/shm.h"

enum {
    IMPORT_FILE_BYTES = 1 << 20, /* the longest file that is read */
    IMPORT_NOTES_MAX = 2000,     /* what comes after them is only counted */
};

struct imported {
    json_t *cameras;  /* {NAME: {KEY: VALUE}}, in the order of the file */
    json_t *notes;    /* [{"line", "of", "text"}]: what was left out, or done otherwise */
    size_t dropped;   /* notes for which there was no room */
    size_t left_out;  /* cameras, as notes say */
    json_t *sections; /* {TITLE: {KEY: VALUE}}: what belongs in camd.ini */
};

/* False when memory is short. */
bool imported_init(struct imported *imported);
void imported_fini(struct imported *imported);

/* of: what it is about, as the file has it ("cameras.front.record"). The text is redacted. */
void imported_note(struct imported *imported, size_t line, const char *of, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * A new camera, borrowed; NULL: there can't be one of that name, which a note says. A name that is none of camd's gets
 * other characters for those that it can't have, and a note.
 */
json_t *imported_camera(struct imported *imported, size_t line, const char *of, const char *name);
/* The name that camd can have for it, with _ for what is not allowed. False: nothing is left of it, or it is too long. */
bool imported_name(const char *name, char plain[CAMD_NAME_MAX + 1]);
/* False: the value is no UTF-8 text. */
bool imported_set(json_t *settings, const char *key, const char *value);

/* One JSON document: {"cameras", "notes", "dropped", "left_out", "sections"}. False when it could not be written. */
bool imported_print(const struct imported *imported, FILE *out);

#endif
