/* log_syslog.h - log lines to syslog(3), in a file of its own: <syslog.h> has macros by our levels' names. */
#ifndef CAMD_COMMON_LOG_SYSLOG_H
#define CAMD_COMMON_LOG_SYSLOG_H

void log_syslog_open(void);
/* priority: 0..7 as syslog's. */
void log_syslog_write(int priority, const char *text);
void log_syslog_close(void);

#endif
