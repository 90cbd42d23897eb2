#include "config/config_input.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/text.h"

enum { HOST_BYTES = 253, LABEL_BYTES = 63, PORT_MAX = 65535 };

static const struct config_input_fault good = {NULL, NULL};

/* A piece of the input. */
struct span {
    const char *start;
    size_t length;
};

static struct span span_of(const char *start, const char *end)
{
    return (struct span){start, (size_t)(end - start)};
}

static const char *span_find(struct span span, char character)
{
    return memchr(span.start, character, span.length);
}

/* Copies it as text; false when it is longer. */
static bool span_text(struct span span, char *text, size_t size)
{
    if (span.length >= size)
        return false;
    memcpy(text, span.start, span.length);
    text[span.length] = '\0';
    return true;
}

/* ---- host and port ---- */

static struct config_input_fault check_address6(struct span host)
{
    char text[INET6_ADDRSTRLEN + 32];
    struct in6_addr address;
    if (span_text(host, text, sizeof(text))) {
        text[strcspn(text, "%")] = '\0'; /* a zone such as %eth0 */
        if (inet_pton(AF_INET6, text, &address) == 1)
            return good;
    }
    return (struct config_input_fault){"has an IPv6 address that is none", "such as rtsp://[fe80::1]/PATH"};
}

/* Labels between points, the last of which may be empty; names with _ do exist. */
static bool is_host_name(const char *name)
{
    size_t length = strlen(name);
    size_t label = 0;
    if (length == 0 || length > HOST_BYTES)
        return false;
    for (; *name; name++) {
        if (*name == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (!isascii(*name) || !(isalnum(*name) || *name == '-' || *name == '_') ||
                   ++label > LABEL_BYTES) {
            return false;
        }
    }
    return true;
}

static struct config_input_fault check_host(struct span host)
{
    char text[HOST_BYTES + 2];
    struct in_addr address;
    if (host.length == 0)
        return (struct config_input_fault){"names no host", "such as rtsp://HOST/PATH"};
    if (!span_text(host, text, sizeof(text)) || !is_host_name(text))
        return (struct config_input_fault){"has a host that there cannot be",
                                           "a name of letters, digits, points and -, or an address"};
    /* Names never end in a number, so it is an address or nothing. */
    if (strspn(text, "0123456789.") == host.length && inet_aton(text, &address) == 0)
        return (struct config_input_fault){"has an address that there cannot be", "such as 192.168.1.20"};
    return good;
}

static struct config_input_fault check_port(struct span port)
{
    char text[16];
    int64_t number;
    if (!span_text(port, text, sizeof(text)) || text[strspn(text, "0123456789")] != '\0' ||
        !text_to_int(text, &number) || number == 0 || number > PORT_MAX)
        return (struct config_input_fault){"has a port that there cannot be",
                                           "a number from 1 to 65535 after the host and a colon"};
    return good;
}

/* [USER[:PASSWORD]@]HOST[:PORT] */
static struct config_input_fault check_authority(struct span authority)
{
    const char *at = memrchr(authority.start, '@', authority.length);
    const char *end = authority.start + authority.length;
    struct span place = at ? span_of(at + 1, end) : authority;
    const char *bracket = place.length > 0 && *place.start == '[' ? span_find(place, ']') : NULL;
    struct span after = bracket ? span_of(bracket + 1, end) : place;
    const char *colon = span_find(after, ':');
    if (!bracket && colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        return (struct config_input_fault){"has an IPv6 address without brackets",
                                           "such as rtsp://[fe80::1]/PATH"};
    struct config_input_fault fault = bracket ? check_address6(span_of(place.start + 1, bracket))
                                              : check_host(span_of(place.start, colon ? colon : end));
    if (!fault.what && bracket && after.length > 0 && !(colon && colon == after.start))
        fault = (struct config_input_fault){"has something behind its IPv6 address",
                                            "a colon and the port, or nothing"};
    return fault.what || !colon ? fault : check_port(span_of(colon + 1, end));
}

/* ---- schemes ---- */

static struct config_input_fault check_network(const char *rest)
{
    return check_authority(span_of(rest, rest + strcspn(rest, "/?#")));
}

static struct config_input_fault check_file(const char *rest)
{
    if (rest[0] == '/')
        return good;
    return (struct config_input_fault){"names a file on a host or a relative one",
                                       "such as file:///DIRECTORY/FILE"};
}

static struct config_input_fault refuse_rtmp(const char *rest)
{
    (void)rest;
    return (struct config_input_fault){
        "is RTMP, which camd's capture does not know",
        "the camera's rtsp:// address, which nearly all that send RTMP have, too, or the http:// one of a server that they send to"};
}

static const struct {
    const char *prefix;
    struct config_input_fault (*check)(const char *rest);
} schemes[] = {
    {"rtsp://", check_network},  {"rtsps://", check_network}, {"http://", check_network},
    {"https://", check_network}, {"file://", check_file},     {"rtmp://", refuse_rtmp},
    {"rtmps://", refuse_rtmp},
};

struct config_input_fault config_input_check(const char *input)
{
    /* A password that takes the place of the host is told elsewhere. */
    if (input[0] == '/' || strncasecmp(input, "lavfi:", strlen("lavfi:")) == 0 || secret_url_is_broken(input))
        return good;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncasecmp(input, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            return schemes[i].check(input + strlen(schemes[i].prefix));
    return (struct config_input_fault){
        "has a scheme that camd's capture does not know",
        "rtsp://, rtsps://, http://, https://, file://, an absolute path, or lavfi:GRAPH"};
}
