#include "capture/connector.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/sys.h"
#include "capture/redirection.h"

/* Shared libraries find these before those of the C library. */
#define FOUND_FIRST __attribute__((visibility("default")))

enum {
    ANSWER_MS = 10000,   /* camd answers at once, but may be busy with its own upgrade */
    RTCP_OF_NO_PORT = 1, /* libavformat's, beside the port 0 of a camera that has named none */
};

static struct {
    struct worker *worker;     /* NULL: the process connects by itself */
    const struct peers *peers; /* NULL: to whom it likes */
    /* of the last question */
    int64_t id;
    bool is_answered;
    int error; /* 0, or errno */
    int fd;    /* -1: none */
} connector;

/* ---- names ---- */

typedef int resolver(const char *name, const char *service, const struct addrinfo *hints,
                     struct addrinfo **found);

/* The C library's. */
static resolver *library_resolver(void)
{
    static resolver *function;
    if (!function)
        *(void **)&function = dlsym(RTLD_NEXT, "getaddrinfo");
    return function;
}

static int resolve_number(const char *number, const char *service, const struct addrinfo *hints,
                          struct addrinfo **found)
{
    struct addrinfo numeric = hints ? *hints : (struct addrinfo){0};
    numeric.ai_flags = (numeric.ai_flags & ~AI_ADDRCONFIG) | AI_NUMERICHOST;
    return library_resolver()(number, service, &numeric, found);
}

static const struct peer *find_peer(const char *name)
{
    for (size_t i = 0; i < connector.peers->count; i++)
        if (strcasecmp(connector.peers->list[i].name, name) == 0)
            return &connector.peers->list[i];
    return NULL;
}

/* Each address by itself, one behind the other. */
static int resolve_peer(const struct peer *peer, const char *service, const struct addrinfo *hints,
                        struct addrinfo **found)
{
    char text[INET6_ADDRSTRLEN];
    uint32_t scope;
    struct addrinfo **end = found;
    *found = NULL;
    for (size_t i = 0; i < peer->address_count; i++) {
        peer_address_text(&peer->addresses[i], text, &scope);
        if (resolve_number(text, service, hints, end) != 0) {
            *end = NULL; /* not of the family that was asked for */
            continue;
        }
        for (; *end; end = &(*end)->ai_next)
            if ((*end)->ai_family == AF_INET6)
                ((struct sockaddr_in6 *)(void *)(*end)->ai_addr)->sin6_scope_id = scope;
    }
    if (*found)
        return 0;
    return peer->error ? peer->error : EAI_NONAME;
}

FOUND_FIRST int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                            struct addrinfo **found)
{
    const struct peer *peer = connector.peers && name ? find_peer(name) : NULL;
    if (peer)
        return resolve_peer(peer, service, hints, found);
    if (connector.peers && name)
        return resolve_number(name, service, hints, found);
    return library_resolver()(name, service, hints, found);
}

/* ---- connections ---- */

/* The call itself: on i386 that of the C library is one that the second filter refuses (sandbox/network.c). */
static void set_option(int fd, int level, int name, const int *value, socklen_t size)
{
    (void)syscall(SYS_setsockopt, fd, level, name, value, size);
}

static int take_answer(void *context, const char *type, const json_t *message, int *fds, size_t fd_count)
{
    (void)context;
    if (strcmp(type, "connected") != 0 || json_member_int(message, "id", 0) != connector.id ||
        connector.is_answered)
        return 0;
    connector.is_answered = true;
    connector.error = (int)json_member_int(message, "error", EPROTO);
    if (fd_count == 1) {
        connector.fd = fds[0];
        fds[0] = -1;
    }
    return 0;
}

void connector_start(struct worker *worker, const struct peers *peers)
{
    connector.peers = peers;
    connector.fd = -1;
    connector.worker = worker;
    worker->handle = take_answer;
}

void connector_restrict(struct peers *peers)
{
    if (peers->count == 0)
        return;
    peers_resolve(peers);
    connector.peers = peers;
}

static int local_port(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof(own);
    char text[INET6_ADDRSTRLEN];
    uint32_t scope;
    return getsockname(fd, (struct sockaddr *)&own, &length) == 0 ? peer_address_text(&own, text, &scope) : 0;
}

static json_t *question(int fd, bool datagram, const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];
    uint32_t scope;
    const int port = peer_address_text(address, text, &scope);
    json_t *object = json_pack("{s:s, s:I, s:s, s:I, s:i}", "type", "connect", "id", (json_int_t)connector.id,
                               "address", text, "scope", (json_int_t)scope, "port", port);
    if (datagram)
        json_object_set_new(object, "from_port", json_integer(local_port(fd)));
    return object;
}

/* 0, or errno; *socket then is a socket that is connected, or is being connected as EINPROGRESS says. */
static int ask(int fd, bool datagram, const struct sockaddr_storage *address, int *socket)
{
    const int64_t deadline_ms = clock_monotonic_ms() + ANSWER_MS;
    struct worker *worker = connector.worker;
    connector.id++;
    connector.is_answered = false;
    int error = worker_send(worker, question(fd, datagram, address));
    while (error == 0 && !connector.is_answered) {
        const int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (worker->stop || left_ms <= 0) {
            connector.is_answered = true; /* what comes later answers no other question */
            return worker->stop ? EINTR : ETIMEDOUT;
        }
        error = worker_poll(worker, (int)left_ms, -1, NULL);
    }
    *socket = connector.fd;
    connector.fd = -1;
    return error < 0 ? -error : connector.error;
}

/* In the place of the caller's own one, with its flags. */
static int put_in_place(int socket, int fd)
{
    const int flags = fcntl(fd, F_GETFL), kept = fcntl(fd, F_GETFD);
    if (flags < 0 || kept < 0 || dup3(socket, fd, kept & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
        return errno;
    return fcntl(fd, F_SETFL, flags) < 0 ? errno : 0;
}

/* So that as many packets as were asked for can wait there; the kernel tells twice what it was told. */
static void keep_room(int socket, int fd)
{
    int bytes = 0;
    socklen_t length = sizeof(bytes);
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length) < 0)
        return;
    bytes /= 2;
    set_option(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

/* As connect() on a socket that waits. */
static int wait_connected(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof(error);
    if (poll(&wait, 1, -1) < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return errno;
    return error;
}

static int connect_by_camd(int fd, bool datagram, const struct sockaddr_storage *address)
{
    const int shared = 1;
    int socket = -1;
    if (datagram) /* for the moment in which there are two with the same port */
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, &shared, sizeof(shared));
    int error = ask(fd, datagram, address, &socket);
    if (socket >= 0) {
        if (datagram) /* libavformat asks for none for TCP, where the kernel finds out by itself */
            keep_room(socket, fd);
        const int misplaced = put_in_place(socket, fd);
        error = misplaced ? misplaced : error;
        sys_close(&socket);
    }
    if (error == EINPROGRESS && !(fcntl(fd, F_GETFL) & O_NONBLOCK))
        error = wait_connected(fd);
    return datagram && error != EINTR ? 0 : error;
}

/* Outside the sandbox any port of the camera's will do. */
static bool is_allowed(const struct sockaddr_storage *address, bool datagram)
{
    return !connector.peers || peers_have(connector.peers, address, datagram || !connector.worker);
}

/* Where a camera sends us on to, it does so in vain: camd would take the question for an attack. */
static int refuse(const struct sockaddr_storage *address, bool datagram)
{
    if (datagram)
        return 0;
    redirection_refuse(peers_have(connector.peers, address, true) ? REDIRECTION_OTHER_PORT
                                                                  : REDIRECTION_FOREIGN);
    return EACCES;
}

static bool names_no_port(const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];
    uint32_t scope;
    return peer_address_text(address, text, &scope) <= RTCP_OF_NO_PORT;
}

/* By its own name in C, since that of the library has a type of its own for addresses. */
FOUND_FIRST int connector_connect(int fd, const struct sockaddr *address,
                                  socklen_t length) __asm__("connect");

int connector_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_storage to = {0};
    int type = 0;
    socklen_t type_length = sizeof(type);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length);
    memcpy(&to, address, length < sizeof(to) ? length : sizeof(to));
    const bool is_internet = to.ss_family == AF_INET || to.ss_family == AF_INET6;
    if (is_internet && type == SOCK_DGRAM && names_no_port(&to))
        return 0;
    const bool datagram = type == SOCK_DGRAM;
    const bool is_refused = is_internet && !is_allowed(&to, datagram);
    if (!is_refused && (!connector.worker || !is_internet))
        return (int)syscall(SYS_connect, fd, address, length);
    errno = is_refused ? refuse(&to, datagram) : connect_by_camd(fd, datagram, &to);
    return errno ? -1 : 0;
}
