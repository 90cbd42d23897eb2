/*
 * sandbox.h - what a worker gives up before the first byte of a stream is parsed
 *
 * A decoder may be taken over by what a camera sends. Whoever has it then can do what is left to the process: use what
 * it has open and mapped, and what the wish names. Everything else is refused by the kernel: first the user and the
 * groups, then no_new_privs, limits, landlock (files by their paths, TCP by its ports) and a seccomp filter (calls).
 *
 * A worker that talks to a camera goes two steps: in the first one it can still connect, and so resolve the camera's
 * name; sandbox_close_network then takes that, too. From there on it has the sockets that its parent hands it, and no way
 * to any host of its own.
 *
 * The wish to be killed when the parent dies is kept. To be entered once, after the segments are mapped and before any
 * further thread is made. The filter answers EPERM, as libraries expect of a machine that does not let them: nothing is
 * killed for trying.
 */
#ifndef CAMD_SANDBOX_SANDBOX_H
#define CAMD_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SANDBOX_PATHS_MAX = 48,
    SANDBOX_PORTS_MAX = 8,
    SANDBOX_GROUPS_MAX = 16,
    SANDBOX_TEXT_BYTES = 256,
};

/*
 * C libraries of i386 make and use sockets through one call, socketcall, which has all arguments but the first in memory,
 * where no filter sees them. Other machines that have this call (PowerPC, s390x, some of MIPS) have each of the others, too,
 * and use those.
 */
#ifdef __i386__
enum { SANDBOX_SOCKETS_ARE_HIDDEN = 1 };
#else
enum { SANDBOX_SOCKETS_ARE_HIDDEN = 0 };
#endif

/* What may be done below a path, or with the file that it is. */
enum sandbox_use {
    SANDBOX_READ = 1,
    SANDBOX_WRITE = 2, /* to what is there: nothing is made, removed or truncated */
    SANDBOX_MAKE = 4,  /* below a directory: files are made, replaced and removed; goes with the other two */
};

struct sandbox_path {
    const char *path; /* what is not there is left out */
    unsigned int use; /* enum sandbox_use */
};

/* Zero-initialised, it allows nothing but what is open already. */
struct sandbox_wish {
    bool drops_user; /* to user, group and groups: possible as root only */
    uid_t user;
    gid_t group, groups[SANDBOX_GROUPS_MAX];
    size_t group_count;

    struct sandbox_path paths[SANDBOX_PATHS_MAX];
    size_t path_count;

    bool connects; /* makes sockets, and connects to the TCP ports below */
    /* It connects until sandbox_close_network only; till then it may ask the machine's name services, too. */
    bool closes_network;
    uint16_t ports[SANDBOX_PORTS_MAX];
    size_t port_count;
    bool receives; /* binds UDP sockets, too: RTP over UDP */
    /*
     * It makes Unix sockets and connects them: to camd, the syslog daemon, the service manager. A kernel that has socketcall
     * makes any others for it, too, and connects them.
     */
    bool local;
    bool accepts; /* takes connections of sockets that listen already */
    bool devices; /* any ioctl: V4L2, hardware that decodes */
    bool threads; /* makes threads; else it has those that are there, and uses up no limit of its user's */

    uint64_t data_bytes; /* RLIMIT_DATA; 0: as it is */
};

/* What is in force: what the kernel does not have is missing. */
struct sandbox_state {
    bool user;    /* it runs as the wish's user, who owns nothing */
    bool files;   /* only the wish's paths can be opened */
    bool ports;   /* only the wish's TCP ports can be connected to, and none be listened at */
    bool hosts;   /* no host can be reached, but through the sockets that the parent hands over */
    bool calls;   /* the filter of calls */
    int landlock; /* the ABI of the kernel's landlock; 0: none */
};

/*
 * 0 and *state; what the kernel lacks is no error. -errno when privileges can't be given up: problem says what could
 * not be done, and the process must not go on.
 */
int sandbox_enter(const struct sandbox_wish *wish, struct sandbox_state *state,
                  char problem[SANDBOX_TEXT_BYTES]);

/*
 * The second step of a wish that closes_network, in which the names that it needs are known: no connection is made, no
 * datagram is sent but through a connected socket, and no descriptor handed on. state->hosts tells whether that holds.
 */
void sandbox_close_network(const struct sandbox_wish *wish, struct sandbox_state *state);

/* What is missing of a whole sandbox, in words for people: "" when nothing is. */
void sandbox_explain_missing(const struct sandbox_state *state, char text[SANDBOX_TEXT_BYTES]);

/* To a wish: false when there are too many. The path is not copied. */
bool sandbox_allow_path(struct sandbox_wish *wish, const char *path, unsigned int use);
bool sandbox_allow_port(struct sandbox_wish *wish, uint16_t port);
/* Shared libraries, for what loads some of them when it needs them. */
bool sandbox_allow_libraries(struct sandbox_wish *wish);
/* What resolving a host's name and checking a certificate read. */
bool sandbox_allow_names(struct sandbox_wish *wish);

#endif
