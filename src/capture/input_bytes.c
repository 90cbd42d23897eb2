#include "capture/input_bytes.h"

#include <errno.h>
#include <libavformat/avio.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/overheard.h"

enum { HTTP_NO_CONTENT = 204, HTTP_NOT_MODIFIED = 304 };

static void learn_content_type(struct input_bytes *bytes)
{
    uint8_t *type = NULL;
    if (av_opt_get(bytes->io, "mime_type", AV_OPT_SEARCH_CHILDREN, &type) < 0 || !type)
        return;
    snprintf(bytes->content_type, sizeof(bytes->content_type), "%.*s",
             (int)strcspn((const char *)type, "; \t"), (const char *)type);
    av_free(type);
}

/* What came first is in the buffer, and going back to its start is possible as long as nothing more was read. */
static int learn_head(struct input_bytes *bytes)
{
    AVIOContext *io = bytes->io;
    int result = avio_read_partial(io, bytes->head, 1);

    /* http makes an error of input and output of the end of what has no length */
    if (result == 0 || (result == AVERROR(EIO) && io->bytes_read == 0))
        return AVERROR_EOF;
    if (result < 0)
        return result;
    bytes->head_length = (size_t)(io->buf_end - io->buffer);
    if (bytes->head_length > INPUT_HEAD_BYTES)
        bytes->head_length = INPUT_HEAD_BYTES;
    memcpy(bytes->head, io->buffer, bytes->head_length);
    int64_t start = avio_seek(io, 0, SEEK_SET);
    return start < 0 ? (int)start : 0;
}

/* Some answers have none by their nature, even where the server keeps the connection open. */
static bool has_body(void)
{
    struct overheard overheard;
    overheard_get(&overheard);
    return overheard.status != HTTP_NO_CONTENT && overheard.status != HTTP_NOT_MODIFIED;
}

int input_bytes_open(struct input_bytes *bytes, const char *url, const AVIOInterruptCB *interrupt,
                     AVDictionary **options)
{
    *bytes = (struct input_bytes){.length = -1};
    int result = avio_open2(&bytes->io, url, AVIO_FLAG_READ, interrupt, options);
    if (result < 0)
        return result;
    learn_content_type(bytes);
    bytes->length = avio_size(bytes->io);
    bytes->is_seekable = bytes->io->seekable & AVIO_SEEKABLE_NORMAL;
    result = has_body() ? learn_head(bytes) : AVERROR_EOF;
    if (result < 0)
        input_bytes_close(bytes);
    return result;
}

void input_bytes_close(struct input_bytes *bytes)
{
    avio_closep(&bytes->io);
}

static bool begins_with(const struct input_bytes *bytes, const char *start)
{
    size_t length = strlen(start);
    return bytes->head_length >= length && strncasecmp((const char *)bytes->head, start, length) == 0;
}

const char *input_bytes_format(const struct input_bytes *bytes)
{
    static const char multipart[] = "multipart/";
    if (begins_with(bytes, "\xff\xd8\xff") || begins_with(bytes, "Content-"))
        return "mjpeg";
    if (strncasecmp(bytes->content_type, multipart, sizeof(multipart) - 1) != 0 || begins_with(bytes, "--"))
        return NULL;
    /* A line break before the first boundary is one that libavformat does not expect. */
    return begins_with(bytes, "\r\n--") || begins_with(bytes, "\n--") ? "mpjpeg" : "mjpeg";
}

bool input_bytes_are_list(const struct input_bytes *bytes)
{
    return begins_with(bytes, "#EXTM3U") || begins_with(bytes, "<?xml") || begins_with(bytes, "<MPD");
}

/* What follows that tag in the head; NULL: it is not there. text: of the head, with its end. */
static const char *find_tag(const char *text, const char *tag)
{
    const char *line = strstr(text, tag);
    return line ? line + strlen(tag) : NULL;
}

bool input_bytes_are_stream_list(const struct input_bytes *bytes)
{
    char text[INPUT_HEAD_BYTES + 1];
    if (!begins_with(bytes, "#EXTM3U"))
        return false;
    memcpy(text, bytes->head, bytes->head_length);
    text[bytes->head_length] = '\0';
    const char *number = find_tag(text, "\n#EXT-X-MEDIA-SEQUENCE:");
    return number && strtoll(number, NULL, 10) > 1 && !find_tag(text, "\n#EXT-X-PLAYLIST-TYPE:VOD");
}

enum { BOX_HEAD_BYTES = 8, BOX_TYPE_BYTES = 4 };

static bool box_is(const uint8_t *box, const char *type)
{
    return memcmp(box + BOX_TYPE_BYTES, type, BOX_TYPE_BYTES) == 0;
}

/* ISO/IEC 14496-12 4.2: boxes, each with its length and its type; before the pictures and the index are small ones. */
static bool has_pictures_first(const uint8_t *head, size_t length)
{
    uint64_t at = 0;
    while (at + BOX_HEAD_BYTES <= length && AV_RB32(head + at) >= BOX_HEAD_BYTES &&
           (box_is(head + at, "ftyp") || box_is(head + at, "free") || box_is(head + at, "skip") ||
            box_is(head + at, "wide")))
        at += AV_RB32(head + at);
    return at + BOX_HEAD_BYTES <= length && box_is(head + at, "mdat");
}

bool input_bytes_end_before_index(const struct input_bytes *bytes)
{
    /* In a buffer that holds all of it one can go back. */
    const bool is_short = bytes->length >= 0 && bytes->io && bytes->length <= bytes->io->buffer_size;
    return !bytes->is_seekable && !is_short && has_pictures_first(bytes->head, bytes->head_length);
}
