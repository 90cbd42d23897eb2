/*
 * notify.h - telling the service manager how far we are (sd_notify's protocol, datagrams to $NOTIFY_SOCKET)
 *
 * Does nothing when nobody asked. Never waits: a datagram that is not taken at once is dropped, and said so
 * by the result.
 */
#ifndef CAMD_BASE_NOTIFY_H
#define CAMD_BASE_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct notify {
    struct sockaddr_un address;
    socklen_t length;    /* 0: nobody wants to know */
    int64_t watchdog_us; /* a sign of life is expected this often; 0: no */
};

/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; the environment is left as it is. Owns nothing. */
void notify_init(struct notify *notify);
/* The same from values (NULL: not set), for the process pid. Values that make no sense count as not set. */
void notify_init_from(struct notify *notify, const char *address, const char *watchdog_us,
                      const char *watchdog_pid, pid_t pid);

/* 0, also when nobody asked, or -errno (-EAGAIN: the manager's queue is full). */
int notify_ready(const struct notify *notify);
int notify_reloading(const struct notify *notify); /* to be followed by notify_ready */
int notify_stopping(const struct notify *notify);
int notify_watchdog(const struct notify *notify);

/* How often notify_watchdog is to be called: half of what is expected. 0: never. */
double notify_watchdog_period_s(const struct notify *notify);

#endif
