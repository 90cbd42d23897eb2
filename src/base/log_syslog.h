/*
 * log_syslog.h - lines to the syslog daemon
 *
 * The datagrams that syslog(3) sends, but never waiting for a daemon that does not read: libc's own blocks then.
 */
#ifndef CAMD_BASE_LOG_SYSLOG_H
#define CAMD_BASE_LOG_SYSLOG_H

/* path (stays the caller's): of the daemon's socket, /dev/log. 0 or -errno; it is tried again with every line. */
int log_syslog_open(const char *path);
/* priority: 0..7 as syslog's. 0, or -errno when the line is lost. */
int log_syslog_write(int priority, const char *text);
void log_syslog_close(void);

#endif
