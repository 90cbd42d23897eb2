/*
 * control_socket.h - the name in the file system under which camd is asked: made, checked, removed
 *
 * Owns the listening descriptor and the socket's name. Who may connect is decided by the file's mode (0660
 * and the configured group), what a connected peer may do by its credentials.
 */
#ifndef CAMD_DAEMON_CONTROL_CONTROL_SOCKET_H
#define CAMD_DAEMON_CONTROL_CONTROL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct control_socket {
    int fd; /* -1: none */
    char *path;
    dev_t device; /* of the name we made: only that is removed */
    ino_t inode;
};

void control_socket_init(struct control_socket *listener);
/*
 * Listens at path, non-blocking. What a killed camd left is replaced; a socket that answers, or another kind
 * of file, is left alone. Reasons are logged here, with what to do: -EADDRINUSE (another daemon answers
 * there), -ENAMETOOLONG, -EEXIST (not a socket), and what the system says. group (gid_t)-1: the group of the
 * process, mode 0600. patience_ms: how long one that takes a connection may take to answer before it counts as one that
 * does.
 */
int control_socket_listen(struct control_socket *listener, const char *path, gid_t group, int patience_ms);
/* One that listens at path already, in place of control_socket_listen. 0 or -errno. */
int control_socket_take_over(struct control_socket *listener, const char *path, int fd);
/* True while the name leads to our socket. */
bool control_socket_is_there(const struct control_socket *listener);
/* Closes, and removes the name while it is still the one we made. */
void control_socket_fini(struct control_socket *listener);

/* What a peer may do. */
struct control_access {
    uid_t uid;
    bool may_read, may_change;
};

/*
 * The rule: root and the daemon's user may change things, members of group may read. group (gid_t)-1: none.
 * groups are the peer's supplementary ones.
 */
struct control_access control_access_decide(uid_t uid, gid_t gid, const gid_t *groups, size_t count,
                                            uid_t owner, gid_t group);
/* Asks the kernel who is at the other end of fd and applies the rule. 0 or -errno. */
int control_access_of_peer(int fd, gid_t group, struct control_access *access);

#endif
