/*
 * own_socket.h - the connection to an RTSP camera, which libavformat opens and shows to nobody
 *
 * Capture has no other one: whether more is on its way, and a picture therefore not complete, can be asked of the kernel.
 */
#ifndef CAMD_CAPTURE_OWN_SOCKET_H
#define CAMD_CAPTURE_OWN_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* The one connected TCP socket of this process; -1 when there is none, or more than one. Not to be closed. */
int own_socket_find(void);

/* Whether nothing comes for so long. Also false when it can't be told. */
bool own_socket_is_silent(int fd, int64_t pause_ns);

#endif
