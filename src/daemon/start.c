#include "daemon/start.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"

/* systemd connects standard error to its journal and says which file that is: an older word may be inherited. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];
    if (!stream || fstat(fd, &status) < 0)
        return false;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, own) == 0;
}

int start_log(const struct config *config, bool verbose, bool background)
{
    enum log_level level = verbose ? LOG_DEBUG : (enum log_level)config->log_level;
    if (config->log ? strcmp(config->log, "syslog") == 0 : background) {
        int error = log_open_syslog(NULL, level);
        if (error < 0)
            fprintf(
                stderr,
                "camd: no syslog daemon answers at /dev/log: %s: the log is lost until one does; install one, or set log = /var/log/camd.log in the configuration\n",
                strerror(-error));
        return 0;
    }
    enum log_style style = !config->log && is_journal(STDERR_FILENO) ? LOG_STYLE_PRIORITY : LOG_STYLE_TIMED;
    int error = log_open(config->log, style, level);
    if (error < 0)
        fprintf(stderr, "camd: cannot open the log %s: %s\n", config->log, strerror(-error));
    else
        log_never_block();
    return error;
}

char *start_program_path(void)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length < 0)
        return NULL;
    path[length] = '\0';
    return strdup(path);
}

void start_arguments(const struct options *options, char *word, char *number, char *argv[START_WORDS])
{
    static char name[] = "camd", verbose[] = "-v", config[] = "-c", pid[] = "-p";
    size_t count = 0;
    argv[count++] = name;
    argv[count++] = word;
    if (number)
        argv[count++] = number;
    if (options->verbose)
        argv[count++] = verbose;
    if (options->config_path) {
        argv[count++] = config;
        argv[count++] = (char *)options->config_path;
    }
    if (options->pid_path) {
        argv[count++] = pid;
        argv[count++] = (char *)options->pid_path;
    }
    argv[count] = NULL;
}
