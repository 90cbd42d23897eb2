#include "daemon/supervise/worker_peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static struct sockaddr_in *ip4(const struct sockaddr_storage *address)
{
    return (struct sockaddr_in *)(void *)address;
}

static struct sockaddr_in6 *ip6(const struct sockaddr_storage *address)
{
    return (struct sockaddr_in6 *)(void *)address;
}

int worker_peers_read_address(const json_t *object, struct sockaddr_storage *address)
{
    const char *text = json_member_string(object, "address", "");
    const int64_t port = json_member_int(object, "port", -1), scope = json_member_int(object, "scope", 0);
    struct sockaddr_storage read = {0};
    if (port < 0 || port > UINT16_MAX || scope < 0 || scope > UINT32_MAX)
        return -EINVAL;
    if (inet_pton(AF_INET, text, &ip4(&read)->sin_addr) == 1) {
        read.ss_family = AF_INET;
        ip4(&read)->sin_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET6, text, &ip6(&read)->sin6_addr) == 1) {
        read.ss_family = AF_INET6;
        ip6(&read)->sin6_port = htons((uint16_t)port);
        ip6(&read)->sin6_scope_id = (uint32_t)scope;
    } else {
        return -EINVAL;
    }
    *address = read;
    return 0;
}

static json_t *write_address(const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];
    const bool is_4 = address->ss_family == AF_INET;
    inet_ntop(address->ss_family, is_4 ? (const void *)&ip4(address)->sin_addr : &ip6(address)->sin6_addr,
              text, sizeof(text));
    return json_pack("{s:s, s:I, s:i}", "address", text, "scope",
                     (json_int_t)(is_4 ? 0 : ip6(address)->sin6_scope_id), "port",
                     (int)ntohs(is_4 ? ip4(address)->sin_port : ip6(address)->sin6_port));
}

int worker_peers_read(struct worker_peers *peers, const json_t *array)
{
    const size_t count = json_array_size(array);
    if (count > WORKER_PEERS_MAX)
        return -EINVAL;
    struct sockaddr_storage *list = calloc(count + 1, sizeof(*list));
    int error = list ? 0 : -ENOMEM;
    for (size_t i = 0; i < count && error == 0; i++)
        error = worker_peers_read_address(json_array_get(array, i), &list[i]);
    if (error < 0) {
        free(list);
        return error;
    }
    worker_peers_clear(peers);
    *peers = (struct worker_peers){.list = list, .count = count};
    return 0;
}

json_t *worker_peers_write(const struct worker_peers *peers)
{
    json_t *array = json_array();
    for (size_t i = 0; i < peers->count; i++)
        json_array_append_new(array, write_address(&peers->list[i]));
    return array;
}

void worker_peers_clear(struct worker_peers *peers)
{
    free(peers->list);
    *peers = (struct worker_peers){0};
}

static bool is_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return ip4(a)->sin_addr.s_addr == ip4(b)->sin_addr.s_addr;
    return memcmp(&ip6(a)->sin6_addr, &ip6(b)->sin6_addr, sizeof(struct in6_addr)) == 0 &&
           ip6(a)->sin6_scope_id == ip6(b)->sin6_scope_id;
}

static bool is_same_port(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return a->ss_family == AF_INET ? ip4(a)->sin_port == ip4(b)->sin_port
                                   : ip6(a)->sin6_port == ip6(b)->sin6_port;
}

bool worker_peers_have(const struct worker_peers *peers, const struct sockaddr_storage *address,
                       bool datagram)
{
    for (size_t i = 0; i < peers->count; i++)
        if (is_same_host(&peers->list[i], address) && (datagram || is_same_port(&peers->list[i], address)))
            return true;
    return false;
}
