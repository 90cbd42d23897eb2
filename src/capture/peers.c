#include "capture/peers.h"

#include <arpa/inet.h>
#include <libavformat/avformat.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/source_kind.h"

enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

static void add_port(struct peer *peer, int port)
{
    for (size_t i = 0; i < peer->port_count; i++)
        if (peer->ports[i] == port)
            return;
    peer->ports[peer->port_count++] = (uint16_t)port;
}

/* The host and the port of the URL, or the port of its kind. */
static struct peer *add(struct peers *peers, const char *url, int usual_port)
{
    struct peer *peer = &peers->list[peers->count++];
    int port = -1;
    av_url_split(NULL, 0, NULL, 0, peer->name, sizeof(peer->name), &port, NULL, 0, url);
    add_port(peer, port > 0 && port <= UINT16_MAX ? port : usual_port);
    return peer;
}

void peers_name(const struct settings *settings, struct peers *peers)
{
    static const char http[] = "http", proxy_kind[] = "http://";
    const struct source_kind *kind = source_kind_of(settings->input);
    const char *proxy = getenv("http_proxy"); /* as libavformat does */
    *peers = (struct peers){0};
    if (!kind->remote)
        return;
    struct peer *camera = add(peers, settings->input, kind->port);
    if (strncasecmp(settings->input, http, sizeof(http) - 1) != 0)
        return;
    /* a redirection from http to https on the camera is followed */
    add_port(camera, PORT_HTTP);
    add_port(camera, PORT_HTTPS);
    if (proxy && strncmp(proxy, proxy_kind, sizeof(proxy_kind) - 1) == 0)
        add(peers, proxy, PORT_HTTP);
}

static void resolve(struct peer *peer)
{
    const struct addrinfo stream = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    peer->error = getaddrinfo(peer->name, NULL, &stream, &found);
    for (const struct addrinfo *one = found; one && peer->address_count < PEER_ADDRESSES_MAX;
         one = one->ai_next)
        memcpy(&peer->addresses[peer->address_count++], one->ai_addr, one->ai_addrlen);
    if (found)
        freeaddrinfo(found);
}

void peers_resolve(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++)
        if (peers->list[i].address_count == 0)
            resolve(&peers->list[i]);
}

uint16_t peer_address_text(const struct sockaddr_storage *address, char *text, uint32_t *scope)
{
    const struct sockaddr_in *in = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;
    const bool is_4 = address->ss_family == AF_INET;
    *scope = is_4 ? 0 : in6->sin6_scope_id;
    inet_ntop(address->ss_family, is_4 ? (const void *)&in->sin_addr : &in6->sin6_addr, text,
              INET6_ADDRSTRLEN);
    return ntohs(is_4 ? in->sin_port : in6->sin6_port);
}

static bool is_port_of(const struct peer *peer, uint16_t port)
{
    for (size_t i = 0; i < peer->port_count; i++)
        if (peer->ports[i] == port)
            return true;
    return false;
}

static bool is_address_of(const struct peer *peer, const char *address, uint32_t scope)
{
    char own[INET6_ADDRSTRLEN];
    uint32_t own_scope;
    for (size_t i = 0; i < peer->address_count; i++) {
        peer_address_text(&peer->addresses[i], own, &own_scope);
        if (strcmp(own, address) == 0 && own_scope == scope)
            return true;
    }
    return false;
}

bool peers_have(const struct peers *peers, const struct sockaddr_storage *address, bool datagram)
{
    char text[INET6_ADDRSTRLEN];
    uint32_t scope;
    const uint16_t port = peer_address_text(address, text, &scope);
    for (size_t i = 0; i < peers->count; i++) {
        const struct peer *peer = &peers->list[i];
        if (is_address_of(peer, text, scope) && (datagram || is_port_of(peer, port)))
            return true;
    }
    return false;
}

static void describe(const struct peer *peer, json_t *array)
{
    char address[INET6_ADDRSTRLEN];
    uint32_t scope;
    for (size_t i = 0; i < peer->address_count; i++) {
        peer_address_text(&peer->addresses[i], address, &scope);
        for (size_t j = 0; j < peer->port_count; j++)
            json_array_append_new(array, json_pack("{s:s, s:I, s:i}", "address", address, "scope",
                                                   (json_int_t)scope, "port", (int)peer->ports[j]));
    }
}

json_t *peers_describe(const struct peers *peers)
{
    json_t *array = json_array();
    for (size_t i = 0; i < peers->count; i++)
        describe(&peers->list[i], array);
    return array;
}
