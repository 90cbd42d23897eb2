#include "web/web_settings.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "companion/companion_keys.h"
#include "web/address.h"

enum {
    TEXT_BYTES = 80,
    HOSTS_BYTES = 1023,
};

/* ---- values that only this file has ---- */

static const char *set(void *field, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return config_value_no_memory;
    free(*(char **)field);
    *(char **)field = copy;
    return NULL;
}

static char *print(const struct config_key *key, const void *field)
{
    const char *text = *(char *const *)field;
    (void)key;
    return strdup(text ? text : "");
}

static json_t *as_json(const void *field)
{
    const char *text = *(char *const *)field;
    return text ? json_string(text) : json_null();
}

#define OWN_TYPE(name)                                                                                       \
    static const struct config_type type_##name = {                                                          \
        .size = sizeof(char *),                                                                              \
        .is_text = true,                                                                                     \
        .parse = name##_parse,                                                                               \
        .print = print,                                                                                      \
        .json = as_json,                                                                                     \
        .describe = name##_describe,                                                                         \
    }

/* The text before the last colon, without the brackets of IPv6; NULL: there is no port. */
static char *split(const char *text, const char **port)
{
    const char *colon = strrchr(text, ':');
    const bool brackets = colon && text[0] == '[' && colon[-1] == ']';
    if (!colon || colon == text || (!brackets && memchr(text, ':', (size_t)(colon - text))))
        return NULL;
    *port = colon + 1;
    return brackets ? strndup(text + 1, (size_t)(colon - text) - 2) : strndup(text, (size_t)(colon - text));
}

static socklen_t resolve(const char *text, struct sockaddr_storage *address)
{
    const struct addrinfo wish = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                  .ai_socktype = SOCK_STREAM};
    const char *port = NULL;
    char *host = split(text, &port);
    struct addrinfo *found = NULL;
    socklen_t length = 0;
    int64_t number;
    if (host && text_to_int(port, &number) && number > 0 && number < 65536 &&
        getaddrinfo(host, port, &wish, &found) == 0) {
        length = found->ai_addrlen;
        memcpy(address, found->ai_addr, length);
        freeaddrinfo(found);
    }
    free(host);
    return length;
}

static const char *listen_parse(const struct config_key *key, const char *text, void *field)
{
    struct sockaddr_storage address;
    (void)key;
    return resolve(text, &address) > 0 ? set(field, text) : "is no numeric address with a port";
}

static void listen_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs(
        "ADDRESS:PORT, such as 127.0.0.1:8480, [::1]:8480, 0.0.0.0:8480 for all of IPv4 or [::]:8480 for all",
        out);
}

OWN_TYPE(listen);

/* A colon is in addresses of IPv6 only, which are in brackets. */
static bool names_a_port(const char *text)
{
    bool is_inside = false;
    for (; *text; text++) {
        is_inside = (is_inside || *text == '[') && *text != ']';
        if (*text == ':' && !is_inside)
            return true;
    }
    return false;
}

static const char *hosts_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    if (strlen(text) > HOSTS_BYTES)
        return "is too long";
    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:[], ")] != '\0')
        return "has a character that names of hosts do not have";
    if (names_a_port(text))
        return "names a port";
    return set(field, text);
}

static void hosts_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fputs("names of hosts, without ports, with commas between them", out);
}

OWN_TYPE(hosts);

static const char *title_parse(const struct config_key *key, const char *text, void *field)
{
    (void)key;
    return strlen(text) > TEXT_BYTES ? "is too long" : set(field, text);
}

static void title_describe(const struct config_key *key, FILE *out)
{
    (void)key;
    fprintf(out, "a text of at most %d bytes", TEXT_BYTES);
}

OWN_TYPE(title);

/* ---- the keys ---- */

#define OWN(name, field) .type = &type_##name, .offset = OFFSET(web_settings, field, char *)

static const struct config_key keys[] = {
    {.name = "listen",
     OWN(listen, listen),
     .standard = "127.0.0.1:8480",
     .meaning =
         "Where the page is served. An address that others than this machine can reach needs users_file, and a reverse proxy with TLS before it: passwords and pictures go over the network as they are."},
    {.name = "users_file",
     PATH(web_settings, users_file),
     .absent = "none",
     .standard = "none",
     .meaning =
         "Who may see the page: a file of lines USER:HASH, as htpasswd -B writes it, of hashes that crypt(5) knows. It is read once, at the start, before root is given up. With none, everybody on this machine may, and nobody else."},
    {.name = "hosts",
     OWN(hosts, hosts),
     .absent = "none",
     .standard = "none",
     .meaning =
         "By which names the page is asked for besides localhost and the addresses of listen: those that a reverse proxy passes on. Without users_file, requests for other names are refused, since pages of strangers can make a browser on this machine ask under names of theirs."},
    {.name = "proxy",
     BOOL(web_settings, proxy),
     .standard = "no",
     .meaning =
         "Whether requests come by a reverse proxy on this machine that says in X-Forwarded-For who asks: wrong passwords are counted and logged by that address then. With no, all of them are the proxy's, and a stranger's guesses keep others from logging in; with yes and without such a proxy, who is on this machine can make up addresses."},
    {.name = "title",
     OWN(title, title),
     .absent = "none",
     .standard = "none",
     .meaning = "What the page is called. With none, as this machine is."},
    {.name = "viewers",
     INTEGER(web_settings, viewers),
     .least = 1,
     .most = 1000,
     .standard = "50",
     .meaning =
         "How many streams of live pictures there are at once, and as many of events. Who comes too late is told, and the page tries again."},
    {.name = "fps",
     REAL(web_settings, fps),
     .unit = "frames per second",
     .least = 0.1,
     .most = 30,
     .standard = "5",
     .meaning =
         "The most live pictures of a camera that a viewer gets. The page asks for fewer when it shows many cameras."},
    {.name = "quality",
     INTEGER(web_settings, quality),
     .least = 1,
     .most = 100,
     .standard = "75",
     .meaning = "Of the JPEGs of live pictures: 60 looks coarse, 90 takes twice the bytes of 75."},
    COMPANION_KEYS("camd-web"),
};

socklen_t web_settings_address(const char *listen, struct sockaddr_storage *address)
{
    return resolve(listen, address);
}

static const char *check(const void *settings, const char **key)
{
    const struct web_settings *web = settings;
    struct sockaddr_storage address;
    if (web->users_file || resolve(web->listen, &address) == 0 ||
        address_is_loopback((const struct sockaddr *)&address))
        return NULL;
    *key = "listen";
    return "others than this machine can reach that address, and there is no users_file: expected an address of this machine only (127.0.0.1 or [::1]), or users_file = a file with who may see the page";
}

const struct config_plain web_settings_file = {
    .title = "web",
    .page = "camd-web(8)",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
    .check = check,
};
