/*
 * connection.h - the bytes of an input: those of a file, or of what an HTTP server answers
 *
 * libavformat reads them; opened apart, what they are is known before one of its parsers sees them, and why they can't be
 * read is not mixed up with what a parser thinks of them. RTSP, devices and patterns have none: libavformat connects by
 * itself there.
 */
#ifndef CAMD_CAPTURE_CONNECTION_H
#define CAMD_CAPTURE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVDictionary;
struct AVIOContext;
struct AVIOInterruptCB;

enum { CONNECTION_HEAD_BYTES = 16, CONNECTION_TYPE_BYTES = 64 };

struct connection {
    struct AVIOContext *io;                   /* NULL: not open */
    char content_type[CONNECTION_TYPE_BYTES]; /* HTTP: without parameters; "": none was given */
    int64_t length;                           /* of all; below 0: not known */
    bool is_seekable;
    uint8_t
        head[CONNECTION_HEAD_BYTES]; /* the first bytes, as many as came at once; they will be read again */
    size_t head_length;
};

/*
 * 0 when there is at least one byte; else a negative libav error, and it is closed: AVERROR_EOF when there is nothing.
 * Options that are used are taken out of the dictionary.
 */
int connection_open(struct connection *connection, const char *url, const struct AVIOInterruptCB *interrupt,
                    struct AVDictionary **options);
/* May be called when it is not open. */
void connection_close(struct connection *connection);

/*
 * The format of libavformat's that fits, where it would not find out by itself: "mpjpeg", or "mjpeg" for JPEGs one after
 * the other with whatever between them. NULL: it finds out. Pure.
 */
const char *connection_format(const struct connection *connection);

#endif
