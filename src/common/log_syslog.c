#include "common/log_syslog.h"

#include <syslog.h>

void log_syslog_open(void)
{
    openlog("camd", LOG_NDELAY | LOG_PID, LOG_DAEMON);
}

void log_syslog_write(int priority, const char *text)
{
    syslog(priority, "%s", text);
}

void log_syslog_close(void)
{
    closelog();
}
