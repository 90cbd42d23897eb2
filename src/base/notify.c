/* notify.c - see notify.h and sd_notify(3) */
#include "base/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "base/text.h"

enum { NOTIFY_BYTES = 512 };

void notify_init_from(struct notify *notify, const char *address, const char *watchdog_us,
                      const char *watchdog_pid, pid_t pid)
{
    *notify = (struct notify){.address = {.sun_family = AF_UNIX}, .length = 0, .watchdog_us = 0};
    const size_t size = address ? strlen(address) : 0;
    if (size < 2 || size >= sizeof(notify->address.sun_path) || (address[0] != '/' && address[0] != '@'))
        return;
    memcpy(notify->address.sun_path, address, size + 1);
    notify->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (address[0] == '@')
        notify->address.sun_path[0] = '\0'; /* an abstract name ends where the length says */
    else
        notify->length++;

    int64_t interval_us, wanted_pid;
    if (!watchdog_us || !text_to_int(watchdog_us, &interval_us) || interval_us <= 0)
        return;
    if (watchdog_pid && (!text_to_int(watchdog_pid, &wanted_pid) || wanted_pid != pid))
        return; /* meant for another process */
    notify->watchdog_us = interval_us;
}

void notify_init(struct notify *notify)
{
    notify_init_from(notify, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"),
                     getpid());
}

static int notify_send(const struct notify *notify, const char *text)
{
    if (notify->length == 0)
        return 0;
    int fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    const ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                                (const struct sockaddr *)&notify->address, notify->length);
    const int error = sent < 0 ? -errno : 0;
    sys_close(&fd);
    return error;
}

int notify_ready(const struct notify *notify)
{
    return notify_send(notify, "READY=1");
}

int notify_reloading(const struct notify *notify)
{
    char text[NOTIFY_BYTES];
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_ns() / 1000);
    return notify_send(notify, text);
}

int notify_stopping(const struct notify *notify)
{
    return notify_send(notify, "STOPPING=1");
}

int notify_watchdog(const struct notify *notify)
{
    return notify_send(notify, "WATCHDOG=1");
}

double notify_watchdog_period_s(const struct notify *notify)
{
    return (double)notify->watchdog_us / 2e6;
}
