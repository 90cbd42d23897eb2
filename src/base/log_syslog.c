#include "base/log_syslog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

enum { DATAGRAM_BYTES = 4096 + 128, TIME_BYTES = 32 };

static struct {
    int fd; /* -1: not connected */
    const char *path;
} syslog_state = {.fd = -1, .path = NULL};

static int log_syslog_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(syslog_state.path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, syslog_state.path);

    int fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fd;

    const int error = sys_connect(fd, (const struct sockaddr *)&address, sizeof(address));

    if (error < 0) {
        sys_close(&fd);
        return error;
    }
    syslog_state.fd = fd;
    return 0;
}

int log_syslog_open(const char *path)
{
    log_syslog_close();
    syslog_state.path = path;
    return log_syslog_connect();
}

static int log_syslog_send(const char *text, size_t length)
{
    if (syslog_state.fd < 0)
        return -ENOTCONN;
    return send(syslog_state.fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int log_syslog_write(int priority, const char *text)
{
    char line[DATAGRAM_BYTES], when[TIME_BYTES];
    const time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    when[strftime(when, sizeof(when), "%b %e %T", &local)] = '\0';

    const int length = snprintf(line, sizeof(line), "<%d>%s %s[%d]: %s", LOG_DAEMON | priority, when,
                                program_invocation_short_name, (int)getpid(), text);
    const size_t bytes = (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1;
    int error = log_syslog_send(line, bytes);

    /* full: later. Anything else: the daemon was restarted, or only now. */
    if (error == 0 || error == -EAGAIN)
        return error;
    sys_close(&syslog_state.fd);
    error = log_syslog_connect();
    return error < 0 ? error : log_syslog_send(line, bytes);
}

void log_syslog_close(void)
{
    sys_close(&syslog_state.fd);
}
