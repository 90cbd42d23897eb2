/*
 * own_socket.h - the connection to an RTSP camera, which libavformat opens and shows to nobody
 *
 * Capture has no other one: whether more is on its way, and a picture therefore not complete, can be asked of the kernel.
 */
#ifndef CAMD_CAPTURE_OWN_SOCKET_H
#define CAMD_CAPTURE_OWN_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one connected TCP socket of this process; -1 when there is none, or more than one. Not to be closed. */
int own_socket_find(void);

/* Bytes that were read from that connection since it began; 0 when it can't be told. */
int64_t own_socket_bytes_read(int fd);

/* Whether nothing comes for so long. Also false when it can't be told. */
bool own_socket_is_silent(int fd, int64_t pause_ns);

enum { OWN_DATAGRAMS_MAX = 16 };

/* The sockets by which RTP comes, and RTCP goes, over UDP. */
struct own_datagrams {
    int fds[OWN_DATAGRAMS_MAX];
    size_t count;
};

void own_datagrams_find(struct own_datagrams *datagrams);
/*
 * A camera that takes no RTCP has its host say that nobody is at that port. The error stays with the socket, which then
 * always is ready for poll, and libavformat, which looks for data only, asks without a pause.
 */
void own_datagrams_forget_errors(const struct own_datagrams *datagrams);

#endif
