/* What goes out: answers with the headers that all have, and streams. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/http_private.h"

enum {
    STREAM_BLOCK_BYTES = 32 * 1024,
    TEXT_BYTES = 512,
    AGAIN_S = 5,
};

/*
 * Nothing from elsewhere is loaded or asked, nothing that is written into the page is run, no other page may show this
 * one in a frame or read what it gets, and no type is guessed.
 */
static const struct {
    const char *name, *value;
} for_all[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

static const char *const cache_words[] = {
    [HTTP_CACHE_NEVER] = "no-store",
    [HTTP_CACHE_CHECK] = "private, no-cache",
    [HTTP_CACHE_KEEP] = "private, max-age=86400, immutable",
};

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static void add_for_all(struct MHD_Response *response, const char *type, enum http_cache cache)
{
    for (size_t i = 0; i < sizeof(for_all) / sizeof(for_all[0]); i++)
        add(response, for_all[i].name, for_all[i].value);
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, type ? type : "text/plain; charset=utf-8");
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache_words[cache]);
}

/* One that waits is taken up again by the loop. */
static void give(struct http_request *request, unsigned int status, struct MHD_Response *response)
{
    request->answered = true;
    request->status = status;
    request->response = response;
    http_request_wake(request);
}

enum MHD_Result http_request_settle(struct http_request *request)
{
    struct MHD_Response *response = request->response;
    request->response = NULL;
    if (!response)
        return MHD_NO; /* memory is short: the connection is closed */
    const enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    return result;
}

static bool has_tag(const struct http_request *request, const char *tag)
{
    const char *known = tag ? http_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH) : NULL;
    return known && strstr(known, tag);
}

static struct MHD_Response *new_response(const struct http_answer *answer)
{
    return MHD_create_response_from_buffer(answer->bytes, (void *)(uintptr_t)answer->body,
                                           answer->body_stays ? MHD_RESPMEM_PERSISTENT
                                                              : MHD_RESPMEM_MUST_COPY);
}

static void add_number(struct MHD_Response *response, const char *name, unsigned int number)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", number);
    add(response, name, text);
}

static void add_quoted(struct MHD_Response *response, const char *name, const char *before,
                       const char *quoted)
{
    char text[128];
    snprintf(text, sizeof(text), "%s\"%s\"", before, quoted);
    add(response, name, text);
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    const bool known = answer->cache == HTTP_CACHE_CHECK && has_tag(request, answer->tag);
    const struct http_answer empty = {.body = "", .body_stays = true};
    struct MHD_Response *response = new_response(known ? &empty : answer);
    if (response) {
        add_for_all(response, answer->type, answer->cache);
        if (answer->tag)
            add_quoted(response, MHD_HTTP_HEADER_ETAG, "", answer->tag);
        if (answer->realm)
            add_quoted(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                       "Basic charset=\"UTF-8\", realm=", answer->realm);
        if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
            add(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        if (answer->retry_s)
            add_number(response, MHD_HTTP_HEADER_RETRY_AFTER, answer->retry_s);
    }
    give(request, known ? MHD_HTTP_NOT_MODIFIED : answer->status, response);
}

static void answer_line(struct http_request *request, unsigned int status, const char *text,
                        unsigned int retry_s)
{
    char line[TEXT_BYTES];
    const int length = status == MHD_HTTP_NO_CONTENT ? 0 : snprintf(line, sizeof(line), "%s\n", text);
    const struct http_answer answer = {
        .status = status,
        .body = line,
        .bytes = (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1,
        .retry_s = retry_s,
    };
    http_answer(request, &answer);
}

void http_answer_text(struct http_request *request, unsigned int status, const char *text)
{
    answer_line(request, status, text, 0);
}

void http_answer_busy(struct http_request *request, const char *text)
{
    answer_line(request, MHD_HTTP_SERVICE_UNAVAILABLE, text, AGAIN_S);
}

void http_answer_json(struct http_request *request, const char *text, size_t length)
{
    const struct http_answer answer = {
        .status = MHD_HTTP_OK, .type = "application/json", .body = text, .bytes = length};
    http_answer(request, &answer);
}

/* ---- streams ---- */

static ssize_t read_stream(void *cls, uint64_t position, char *buffer, size_t room)
{
    struct http_request *request = cls;
    (void)position;
    if (request->http->stopping || request->is_left)
        return MHD_CONTENT_READER_END_OF_STREAM;
    const ssize_t length = request->read(request->kept, buffer, room);
    if (length < 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (length == 0) {
        MHD_suspend_connection(request->connection);
        request->suspended = true;
    }
    return length;
}

void http_answer_stream(struct http_request *request, const char *type, http_stream_read *read)
{
    struct http *http = request->http;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, request, NULL);
    request->read = read;
    request->streams = true;
    if (http->streams++ == 0)
        ev_timer_again(http->loop, &http->look);
    if (response) {
        /* libmicrohttpd would send the end of a chunked body where there is none, and the next answer would begin with it */
        if (request->is_head)
            (void)MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
        add_for_all(response, type, HTTP_CACHE_NEVER);
        add(response, "X-Accel-Buffering", "no"); /* a proxy must not keep it back */
    }
    give(request, MHD_HTTP_OK, response);
}

void http_request_wake(struct http_request *request)
{
    if (!request->suspended)
        return;
    request->suspended = false;
    MHD_resume_connection(request->connection);
    http_run_soon(request->http);
}
