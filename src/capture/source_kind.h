/* source_kind.h - the kinds of input and what libavformat must be told to open each */
#ifndef CAMD_CAPTURE_SOURCE_KIND_H
#define CAMD_CAPTURE_SOURCE_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture_settings.h"
#include "capture/failure.h"

struct AVDictionary;
struct AVInputFormat;

/* What has to be opened, and how. */
struct source_location {
    char *url;                          /* owned */
    const struct AVInputFormat *format; /* NULL: libavformat finds out */
    bool has_bytes;                     /* they are opened first (input_bytes.h) */
    bool live;                          /* comes in its own time; of http, known only when it is open */
    struct AVDictionary *io_options;    /* owned; of the bytes */
    struct AVDictionary *options;       /* owned; of avformat_open_input */
};

struct source_kind {
    const char *prefix; /* of input, in any case; the first kind that fits is taken */
    bool is_pattern;    /* made here: it shows nothing that there is */
    bool remote;        /* on the network */
    uint16_t port;      /* of one on the network whose URL names none */
    /*
     * Fills in location, which was zeros. 0 or a negative libav error with failure set; what is in it is freed by
     * source_location_fini in any case.
     */
    int (*locate)(const struct settings *settings, const char *subject, struct source_location *location,
                  struct failure *failure);
};

/* Never NULL: what has no known prefix is a file, or refused by its locate. */
const struct source_kind *source_kind_of(const char *input);

/* The path in an input that is a file or a device: what follows file: or file://, or all of it. */
const char *source_path(const char *input);

void source_location_fini(struct source_location *location);

#endif
