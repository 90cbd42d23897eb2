/* client_watch.h - one descriptor that stands for a socket which may be another one later, and for a time */
#ifndef CAMD_CLIENT_WATCH_H
#define CAMD_CLIENT_WATCH_H

#include <stdint.h>

struct client_watch {
    int epoll_fd; /* -1: nobody asked for it */
    int timer_fd;
    int socket_fd; /* which is in it, or -1 */
    uint32_t socket_events;
    int64_t wake_ns; /* monotonic; INT64_MAX: never */
};

void client_watch_init(struct client_watch *watch);
void client_watch_fini(struct client_watch *watch);
/* 0, or -errno. */
int client_watch_open(struct client_watch *watch);
/*
 * Readable from now on when the socket (-1: none) is ready for the events of epoll, or at wake_ns. Nothing before it
 * is open.
 */
void client_watch_set(struct client_watch *watch, int socket_fd, uint32_t events, int64_t wake_ns);
/* To be called before a socket is closed. */
void client_watch_forget(struct client_watch *watch);

#endif
