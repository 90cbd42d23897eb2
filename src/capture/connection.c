#include "capture/connection.h"

#include <errno.h>
#include <libavformat/avio.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void learn_content_type(struct connection *connection)
{
    uint8_t *type = NULL;

    if (av_opt_get(connection->io, "mime_type", AV_OPT_SEARCH_CHILDREN, &type) < 0 || !type)
        return;
    snprintf(connection->content_type, sizeof connection->content_type, "%.*s",
             (int)strcspn((const char *)type, "; \t"), (const char *)type);
    av_free(type);
}

/* What came first is in the buffer, and going back to its start is possible as long as nothing more was read. */
static int learn_head(struct connection *connection)
{
    AVIOContext *io = connection->io;
    int result = avio_read_partial(io, connection->head, 1);

    /* http makes an error of input and output of the end of what has no length */
    if (result == 0 || (result == AVERROR(EIO) && io->bytes_read == 0))
        return AVERROR_EOF;
    if (result < 0)
        return result;
    connection->head_length = (size_t)(io->buf_end - io->buffer);
    if (connection->head_length > CONNECTION_HEAD_BYTES)
        connection->head_length = CONNECTION_HEAD_BYTES;
    memcpy(connection->head, io->buffer, connection->head_length);
    int64_t start = avio_seek(io, 0, SEEK_SET);
    return start < 0 ? (int)start : 0;
}

int connection_open(struct connection *connection, const char *url, const AVIOInterruptCB *interrupt,
                    AVDictionary **options)
{
    *connection = (struct connection){.length = -1};
    int result = avio_open2(&connection->io, url, AVIO_FLAG_READ, interrupt, options);
    if (result < 0)
        return result;
    learn_content_type(connection);
    connection->length = avio_size(connection->io);
    connection->is_seekable = connection->io->seekable & AVIO_SEEKABLE_NORMAL;
    result = learn_head(connection);
    if (result < 0)
        connection_close(connection);
    return result;
}

void connection_close(struct connection *connection)
{
    avio_closep(&connection->io);
}

static bool begins_with(const struct connection *connection, const char *start)
{
    size_t length = strlen(start);
    return connection->head_length >= length &&
           strncasecmp((const char *)connection->head, start, length) == 0;
}

const char *connection_format(const struct connection *connection)
{
    static const char multipart[] = "multipart/";

    if (begins_with(connection, "\xff\xd8\xff") || begins_with(connection, "Content-"))
        return "mjpeg";
    if (strncasecmp(connection->content_type, multipart, sizeof multipart - 1) != 0 ||
        begins_with(connection, "--"))
        return NULL;
    /* A line break before the first boundary is one that libavformat does not expect. */
    return begins_with(connection, "\r\n--") || begins_with(connection, "\n--") ? "mpjpeg" : "mjpeg";
}
