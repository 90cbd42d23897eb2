/*
 * writer.h - the one writer: text for people, JSON for programs
 *
 * A verb hands over JSON documents together with a function that shows such a document as text; which of the
 * two appears is decided here. Text goes through writer_line and its like, which escape what a terminal would
 * act on (control characters, bytes that are no text in the locale, marks that turn the direction), as \xNN:
 * names, reasons and messages come from cameras and files. On a terminal lines are broken at its width;
 * elsewhere they stay whole.
 */
#ifndef CAMD_CAMCTL_WRITER_H
#define CAMD_CAMCTL_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum style {
    STYLE_PLAIN,
    STYLE_GOOD,  /* green */
    STYLE_WAIT,  /* yellow */
    STYLE_BAD,   /* red */
    STYLE_FAINT, /* not wanted to run, column headings */
    STYLE_STRONG,
    STYLE_COUNT
};

struct writer {
    FILE *stream;
    bool json;
    bool utc; /* times are shown in UTC, not in local time */
    bool terminal;
    bool colour;   /* a terminal, and NO_COLOR is not set */
    size_t width;  /* columns of the terminal; 0: lines may be of any length */
    size_t height; /* and its lines; 0: there may be any number of them */
    int problem;   /* 0, or -errno: what is written is lost */
};

typedef void writer_render(struct writer *output, const json_t *document);

void writer_init(struct writer *output, FILE *stream, bool json);

/* One JSON document on a line of its own (on a terminal laid out over several), or what render makes of it. */
void writer_document(struct writer *output, const json_t *document, writer_render *render);
/* The same for one of many: always one line, and at once out of the buffer. */
void writer_stream(struct writer *output, const json_t *document, writer_render *render);

/* JSON that is not for eyes: a document may be written to stream as it came, without being read. */
bool writer_passes_json_on(const struct writer *output);

/* A line of text, broken at the terminal's width, further lines being indented by hang columns. */
void writer_line(struct writer *output, enum style style, size_t hang, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "  label     text": one thing known of something; label is a constant of the program. */
void writer_field(struct writer *output, enum style style, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void writer_blank(struct writer *output);

/* 0, or -errno when something could not be written: whoever goes on and on looks at problem meanwhile. */
int writer_finish(struct writer *output);

/* A time as camd writes it, for people: in local time, or as it is with utc; what is none stays, too. Returns text. */
enum { WRITER_TIME_BYTES = 32 };
const char *writer_time(const struct writer *output, const char *utc, char text[WRITER_TIME_BYTES]);
/* The same for a column: "13:34:56" of today, else "Jan 31". */
const char *writer_short_time(const struct writer *output, const char *utc, char text[WRITER_TIME_BYTES]);

/* For the table: text that was escaped before; without a line's end, and as a line that begins at column at. */
void writer_escaped(struct writer *output, enum style style, const char *escaped);
void writer_wrapped(struct writer *output, enum style style, const char *escaped, size_t at, size_t hang);
void writer_pad(struct writer *output, size_t columns);

#endif
