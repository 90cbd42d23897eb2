/*
 * input_bytes.h - the bytes of an input: those of a file, or of what an HTTP server answers
 *
 * libavformat reads them; opened apart, what they are is known before one of its parsers sees them, and why they can't be
 * read is not mixed up with what a parser thinks of them. RTSP, devices and patterns have none: libavformat connects by
 * itself there.
 */
#ifndef CAMD_CAPTURE_INPUT_BYTES_H
#define CAMD_CAPTURE_INPUT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVDictionary;
struct AVIOContext;
struct AVIOInterruptCB;

enum { INPUT_HEAD_BYTES = 1024, INPUT_TYPE_BYTES = 64 };

struct input_bytes {
    struct AVIOContext *io;              /* NULL: not open */
    char content_type[INPUT_TYPE_BYTES]; /* HTTP: without parameters; "": none was given */
    int64_t length;                      /* of all; below 0: not known */
    bool is_seekable;
    uint8_t head[INPUT_HEAD_BYTES]; /* the first bytes, as many as came at once; they will be read again */
    size_t head_length;
};

/*
 * 0 when there is at least one byte; else a negative libav error, and it is closed: AVERROR_EOF when there is nothing.
 * Options that are used are taken out of the dictionary.
 */
int input_bytes_open(struct input_bytes *bytes, const char *url, const struct AVIOInterruptCB *interrupt,
                     struct AVDictionary **options);
/* May be called when it is not open. */
void input_bytes_close(struct input_bytes *bytes);

/*
 * The format of libavformat's that fits, where it would not find out by itself: "mpjpeg", or "mjpeg" for JPEGs one after
 * the other with whatever between them. NULL: it finds out. Pure.
 */
const char *input_bytes_format(const struct input_bytes *bytes);

/* Whether it is a play list: a text that names where the pictures are. Pure. */
bool input_bytes_are_list(const struct input_bytes *bytes);

/*
 * Whether a play list is that of a stream, not of a recording, even where it has an end: it does not begin with its first
 * piece, or the one after that, and does not say that it is a recording. A list of lists does not tell. Pure.
 */
bool input_bytes_are_stream_list(const struct input_bytes *bytes);

/*
 * Whether it is an MP4 file with its pictures before their index, of which nothing can be made: one has to go back to them
 * from the index, and the server has no ranges to do so. Pure.
 */
bool input_bytes_end_before_index(const struct input_bytes *bytes);

#endif
