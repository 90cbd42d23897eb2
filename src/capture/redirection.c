#include "capture/redirection.h"

#include <libavformat/avformat.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "capture/overheard.h"

enum { HOST_BYTES = 256 };

static enum redirection_fault refusal;

/* "" when the URL names none: a path on the same host. */
static void host_of(const char *url, char host[HOST_BYTES])
{
    char whole[OVERHEARD_URL_BYTES + sizeof "any:"];
    host[0] = '\0';
    if (strncmp(url, "//", 2) == 0) { /* with the scheme of what leads there */
        snprintf(whole, sizeof(whole), "any:%s", url);
        url = whole;
    }
    if (url[strcspn(url, ":/?#")] == ':')
        av_url_split(NULL, 0, NULL, 0, host, HOST_BYTES, NULL, NULL, 0, url);
}

static bool addresses_meet(const struct addrinfo *a, const struct addrinfo *b)
{
    for (; a; a = a->ai_next)
        for (const struct addrinfo *other = b; other; other = other->ai_next)
            if (a->ai_addrlen == other->ai_addrlen && memcmp(a->ai_addr, other->ai_addr, a->ai_addrlen) == 0)
                return true;
    return false;
}

/* A camera that is known by a name may call itself by its address. */
static bool is_address_of(const char *address, const char *name)
{
    const struct addrinfo stream = {.ai_socktype = SOCK_STREAM};
    const struct addrinfo numeric = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *of_address = NULL, *of_name = NULL;
    bool meet = getaddrinfo(address, NULL, &numeric, &of_address) == 0 &&
                getaddrinfo(name, NULL, &stream, &of_name) == 0 && addresses_meet(of_address, of_name);
    if (of_address)
        freeaddrinfo(of_address);
    if (of_name)
        freeaddrinfo(of_name);
    return meet;
}

static bool stays_on_host(const char *input, const char *url)
{
    char own[HOST_BYTES], other[HOST_BYTES];
    host_of(input, own);
    host_of(url, other);
    return !other[0] || strcasecmp(own, other) == 0 || is_address_of(other, own);
}

/* A path alone has no scheme; "crypto" is what libavformat puts before what is encrypted in a play list. */
static bool is_of_kind(const char *input, const char *url)
{
    static const char crypto[] = "crypto";
    enum { KIND_BYTES = 4 }; /* "http" of https, "rtsp" of rtsps */

    return url[strcspn(url, ":/?#")] != ':' || strncasecmp(url, crypto, sizeof(crypto) - 1) == 0 ||
           strncasecmp(input, url, KIND_BYTES) == 0;
}

enum redirection_fault redirection_judge_url(const char *input, const char *url)
{
    if (!is_of_kind(input, url))
        return REDIRECTION_OTHER_KIND;
    return stays_on_host(input, url) ? REDIRECTION_GOOD : REDIRECTION_FOREIGN;
}

enum redirection_fault redirection_judge(const char *input, const char *location, uint32_t redirections)
{
    if (redirections > REDIRECTIONS_MAX)
        return REDIRECTION_CIRCLE;
    return redirections > 0 ? redirection_judge_url(input, location) : REDIRECTION_GOOD;
}

void redirection_refuse(enum redirection_fault fault)
{
    refusal = fault;
}

enum redirection_fault redirection_take_refusal(void)
{
    const enum redirection_fault taken = refusal;
    refusal = REDIRECTION_GOOD;
    return taken;
}
