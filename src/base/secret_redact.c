/*
 * secret_redact.c - texts as they may be shown
 *
 * Redaction goes by the structure of URLs and not by a list of words: cameras take passwords with any character in them
 * and under any name, users write them into URLs without escaping, and FFmpeg quotes such URLs anywhere in its messages.
 * In doubt more is hidden than need be: a path with an @ in it loses its host in the log, which costs less than a password
 * that shows up there.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"

static const char mark[] = "***";
static const char separator[] = "://";
static const char closing[] = ":,;.)]'\"`>!?"; /* what may close a sentence or a quotation */

enum { SEPARATOR_BYTES = sizeof(separator) - 1, HARMLESS_BYTES = 32, PORT_DIGITS = 5 };

/* Counts all bytes, and writes them when there is a buffer: the text is gone through once for each purpose. */
struct redaction {
    char *buffer;
    size_t length;
    const char *end;  /* of the text */
    const char *sign; /* the last @ in it that a host follows, or NULL */
    bool is_value;    /* the text is one value, so that white space in it ends nothing */
};

static void put(struct redaction *redaction, const char *from, const char *to)
{
    if (redaction->buffer)
        memcpy(redaction->buffer + redaction->length, from, (size_t)(to - from));
    redaction->length += (size_t)(to - from);
}

static void put_mark(struct redaction *redaction)
{
    put(redaction, mark, mark + sizeof(mark) - 1);
}

/* ---- characters ---- */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_space(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool is_one_of(char c, const char *characters)
{
    return c != '\0' && strchr(characters, c);
}

/* What names of users and words of parameters are made of. */
static bool is_plain(const char *text, const char *end)
{
    while (text < end && (is_alphanumeric(*text) || is_one_of(*text, "._-+~")))
        text++;
    return text == end;
}

static const char *first_of(const char *text, const char *end, const char *characters)
{
    while (text < end && !is_one_of(*text, characters))
        text++;
    return text;
}

static const char *word_end(const char *text, const char *end)
{
    while (text < end && !is_space(*text))
        text++;
    return text;
}

/* ---- NAME=VALUE ---- */

/*
 * Parameters that say which pictures are wanted and how: those of cameras, and those of FFmpeg's own tcp:// and udp://.
 * Under any other name there may be a password.
 */
static const char *const harmless_names[] = {
    "action",      "audio",         "buffer_size",
    "cam",         "camera",        "ch",
    "channel",     "channels",      "chn",
    "codec",       "color",         "compression",
    "connect",     "fifo_size",     "fmt",
    "format",      "fps",           "framerate",
    "height",      "listen",        "listen_timeout",
    "localport",   "localrtcpport", "localrtpport",
    "media",       "mirror",        "multicast",
    "pkt_size",    "profile",       "proto",
    "protocol",    "quality",       "rate",
    "real_stream", "res",           "resolution",
    "reuse",       "rotation",      "size",
    "stream",      "streamtype",    "subtype",
    "timeout",     "transport",     "transportmode",
    "ttl",         "unicast",       "verify",
    "video",       "videocodec",    "width",
};

static bool is_harmless(const char *name, const char *equals, const char *value, const char *end)
{
    size_t length = (size_t)(equals - name);
    if (end - value > HARMLESS_BYTES || !is_plain(value, end))
        return false;
    for (size_t i = 0; i < sizeof(harmless_names) / sizeof(harmless_names[0]); i++)
        if (strlen(harmless_names[i]) == length && strncasecmp(harmless_names[i], name, length) == 0)
            return true;
    return false;
}

/* One parameter of a query. Without a name it may be a token, the end of whose base64 looks like a value. */
static void redact_parameter(struct redaction *redaction, const char *name, const char *end)
{
    const char *equals = first_of(name, end, "=");
    const char *value = equals < end ? equals + 1 : end;
    bool is_named = value < end && *value != '=' && equals - name <= HARMLESS_BYTES && is_plain(name, equals);
    if (name == end || is_harmless(name, equals, value, end)) {
        put(redaction, name, end);
        return;
    }
    if (is_named)
        put(redaction, name, value);
    put_mark(redaction);
}

static void redact_query(struct redaction *redaction, const char *query, const char *end)
{
    for (;;) {
        const char *next = first_of(query, end, "&");
        redact_parameter(redaction, query, next);
        if (next == end)
            return;
        put(redaction, next, next + 1);
        query = next + 1;
    }
}

/* The length of an equals sign, escaped as often as may be; 0: there is none. */
static size_t equals_length(const char *text, const char *end)
{
    if (*text == '=')
        return 1;
    if (*text != '%')
        return 0;
    const char *at = text + 1;
    while (end - at > 2 && at[0] == '2' && at[1] == '5')
        at += 2;
    return end - at >= 2 && at[0] == '3' && (at[1] == 'D' || at[1] == 'd') ? (size_t)(at + 2 - text) : 0;
}

/* A value that is hidden ends at & and nowhere else; what follows is as a query is. */
static void redact_value(struct redaction *redaction, const char *value, const char *end)
{
    const char *next = first_of(value, end, "&");
    put_mark(redaction);
    if (next == end)
        return;
    put(redaction, next, next + 1);
    redact_query(redaction, next + 1, end);
}

static bool is_digits(const char *text, const char *end)
{
    while (text < end && *text >= '0' && *text <= '9')
        text++;
    return text == end;
}

/* A user's name: a plain one, or before a colon a mail address, whose @ has to be escaped in a URL. */
static bool is_user(const char *user, const char *end, bool before_colon)
{
    static const char escaped[] = "%40";
    const char *at = before_colon ? memmem(user, (size_t)(end - user), escaped, sizeof(escaped) - 1) : NULL;
    return at ? is_plain(user, at) && is_plain(at + sizeof(escaped) - 1, end) : is_plain(user, end);
}

/* Behind the colon of a time, or of a channel that is counted twice, there are numbers of two digits at most. */
static bool is_like_time(const char *value, const char *end)
{
    int digits = 0;
    for (; value < end && digits <= 2; value++) {
        if (!is_one_of(*value, "0123456789:.TZ+-"))
            return false;
        digits = is_digits(value, value + 1) ? digits + 1 : 0;
    }
    return digits <= 2;
}

/* The hour of a time, or a channel's number; users of digits only have more of them. */
static bool is_like_hour(const char *text, const char *end)
{
    return end - text <= 2 && is_digits(text, end);
}

/*
 * USER:PASSWORD as a segment of the path, from where it begins to its first colon: some cameras want it there. *value_end: of
 * what is to be hidden. What closes a sentence is no password, unless more of the path follows.
 */
static bool is_login(const char *segment, const char *colon, const char *end, const char **value_end)
{
    const char *value = colon + 1, *stop = first_of(value, end, "/");
    *value_end = stop;
    while (stop > value && *value_end == end && is_one_of(stop[-1], closing))
        stop--;
    if (colon == segment || stop == value || !is_user(segment, colon, true) || is_like_hour(segment, colon))
        return false;
    if (is_digits(colon - 1, colon) && is_like_time(value, stop))
        return false;
    return !is_harmless(segment, colon, value, stop);
}

/* Some cameras take parameters in the path, with anything between them: /user=admin_password=x_channel=1.sdp */
static void redact_path(struct redaction *redaction, const char *path, const char *end)
{
    const char *name = path, *at = path, *segment = path, *value_end;
    bool is_first_colon = true; /* of the segment: each goes through the rest of it once only */
    while (at < end) {
        if (*at == '/') {
            segment = at + 1;
            is_first_colon = true;
        }
        if (*at == ':' && is_first_colon) {
            is_first_colon = false;
            if (is_login(segment, at, end, &value_end)) {
                put(redaction, path, at + 1);
                put_mark(redaction);
                path = name = at = value_end;
                continue;
            }
        }
        size_t equals = equals_length(at, end);
        const char *value = at + equals;
        if (equals > 0 && !is_harmless(name, at, value, first_of(value, end, "/&"))) {
            put(redaction, path, value);
            redact_value(redaction, value, end);
            return;
        }
        if (!is_alphanumeric(*at) && *at != '_' && *at != '-')
            name = at + 1;
        at++;
    }
    put(redaction, path, end);
}

/* Path, query and fragment. */
static void redact_resource(struct redaction *redaction, const char *path, const char *end)
{
    const char *query = first_of(path, end, "?#"), *fragment = first_of(query, end, "#");
    redact_path(redaction, path, query);
    if (query < fragment) {
        put(redaction, query, query + 1);
        redact_query(redaction, query + 1, fragment);
    }
    if (fragment < end) {
        put(redaction, fragment, fragment + 1);
        if (fragment + 1 < end)
            put_mark(redaction);
    }
}

/* ---- USER:PASSWORD@HOST:PORT ---- */

/* A name alone may be shown; what follows its colon may not, nor may what looks like something else than a name. */
static void redact_user(struct redaction *redaction, const char *user, const char *sign)
{
    static const char placeholder[] = ":PASSWORD"; /* as the manual and hints write it */
    const char *colon = first_of(user, sign, ":");
    bool shown = colon == sign || ((size_t)(sign - colon) == sizeof(placeholder) - 1 &&
                                   memcmp(colon, placeholder, sizeof(placeholder) - 1) == 0);
    const bool is_name = is_user(user, colon, colon < sign);

    if (is_name)
        put(redaction, user, shown ? sign : colon + 1);
    if (!shown || !is_name)
        put_mark(redaction);
}

/*
 * The colon before what should be a port and is something else, such as the beginning of a password; NULL: there is none.
 * Within a text, what closes a sentence or a quotation may follow the digits.
 */
static const char *bad_port(const char *host, const char *end)
{
    const char *stop = first_of(host, end, "/?#");
    const char *colon = first_of(host < end && *host == '[' ? first_of(host, stop, "]") : host, stop, ":");
    const char *digits = colon < stop ? colon + 1 : stop, *at = digits;
    while (at < stop && *at >= '0' && *at <= '9')
        at++;
    bool too_long = at - digits > PORT_DIGITS;
    while (at < stop && is_one_of(*at, closing))
        at++;
    return at == stop && !too_long ? NULL : colon;
}

/* The @ before the host, or NULL. A host follows it: one that stands alone is that of FFmpeg's "[tcp @ 0x...]". */
static const char *host_sign(const struct redaction *redaction, const char *text, const char *end)
{
    for (const char *at = end; at > text; at--)
        if (at[-1] == '@' && (redaction->is_value || (at < end && !is_space(*at))))
            return at - 1;
    return NULL;
}

/* ---- URLs in a text ---- */

/* Where the next URL begins, with its scheme, and its authority; or end. */
static const char *url_find(const char *text, const char *end, const char **authority)
{
    const char *found = memmem(text, (size_t)(end - text), separator, SEPARATOR_BYTES);
    *authority = found ? found + SEPARATOR_BYTES : end;
    if (!found)
        return end;
    while (found > text && (is_alphanumeric(found[-1]) || is_one_of(found[-1], "+.-")))
        found--;
    return found;
}

/* The next URL that white space parts from what is before it, so that it is no part of a password; or end. */
static const char *url_after_space(const char *text, const char *end)
{
    const char *authority = text, *url;
    while ((url = url_find(authority, end, &authority)) < end) {
        const char *before = url - 1;
        if (before > text && is_one_of(*before, "'\"`(<["))
            before--;
        if (before >= text && is_space(*before))
            return url;
    }
    return end;
}

/* The URL's end within a text: the mark of quotation that it began with, or white space. */
static const char *url_end(char quote, const char *from, const char *end)
{
    char closes = quote == '`' ? '\'' : quote;
    for (const char *at = from; (closes == '\'' || closes == '"') && at < end; at++)
        if (*at == closes && (at + 1 == end || is_space(at[1]) || is_one_of(at[1], closing)))
            return at;
    return word_end(from, end);
}

static void redact_host(struct redaction *redaction, const char *host, const char *end)
{
    const char *port = bad_port(host, end), *resource = first_of(host, end, "/?#");
    put(redaction, host, port ? port + 1 : resource);
    if (port)
        put_mark(redaction);
    else
        redact_resource(redaction, resource, end);
}

/* What follows the scheme of a URL; returns its end. quote: what stands before the URL. */
static const char *redact_url(struct redaction *redaction, const char *authority, char quote)
{
    const char *reach = redaction->is_value ? redaction->end : url_after_space(authority, redaction->end);
    const char *sign = host_sign(redaction, authority, reach);

    /* a password with white space, and what looks like another URL, in it */
    if (!sign && redaction->sign > authority && bad_port(authority, word_end(authority, reach)))
        sign = redaction->sign;
    const char *host = sign ? sign + 1 : authority;
    const char *end = redaction->is_value ? redaction->end : url_end(quote, host, redaction->end);
    if (sign) {
        redact_user(redaction, authority, sign);
        put(redaction, sign, host);
    }
    /* with parameters before the @, it may stand in the value of one, and what follows is not the host */
    if (sign && first_of(first_of(authority, sign, "/?#"), sign, "?#=%") < sign)
        redact_value(redaction, host, end);
    else
        redact_host(redaction, host, end);
    return end;
}

/* Text without a URL. USER:PASSWORD@HOST may be one whose scheme was forgotten. */
static void redact_plain(struct redaction *redaction, const char *text, const char *end)
{
    while (text < end) {
        const char *word = text;
        while (word < end && is_space(*word))
            word++;
        put(redaction, text, word);
        text = redaction->is_value ? end : word_end(word, end);
        const char *sign = host_sign(redaction, word, text);
        if (sign && first_of(word, sign, ":") < sign) {
            redact_user(redaction, word, sign);
            word = sign;
        }
        put(redaction, word, text);
    }
}

static void redact_text(struct redaction *redaction, const char *text)
{
    while (text < redaction->end) {
        const char *authority, *url = url_find(text, redaction->end, &authority);
        redact_plain(redaction, text, url);
        put(redaction, url, authority);
        bool is_file = authority - url == 7 && strncasecmp(url, "file", 4) == 0;
        if (is_file || url == redaction->end)
            text = authority;
        else
            text = redact_url(redaction, authority, url > text ? url[-1] : ' ');
    }
}

static char *redact(const char *text, bool is_value)
{
    struct redaction redaction = {.end = text + strlen(text), .is_value = is_value};
    redaction.sign = host_sign(&redaction, text, redaction.end);
    redact_text(&redaction, text);
    redaction.buffer = malloc(redaction.length + 1);
    if (!redaction.buffer)
        return NULL;
    redaction.length = 0;
    redact_text(&redaction, text);
    redaction.buffer[redaction.length] = '\0';
    return redaction.buffer;
}

char *secret_redact(const char *text)
{
    return redact(text, false);
}

char *secret_redact_value(const char *value)
{
    return redact(value, true);
}
