#include "daemon/start.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log_start.h"
#include "config/config.h"

int start_log(const struct config *config, bool verbose, bool background)
{
    enum log_level level = verbose ? LOG_DEBUG : (enum log_level)config->log_level;
    return log_start("camd", config->log, level, background);
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

void start_upgrade_program(const struct options *options, char *path, bool background,
                           struct daemon_program *program)
{
    static char take_over[] = "--take-over", number[DAEMON_NUMBER_BYTES], *argv[START_WORDS];
    start_arguments(options, take_over, number, argv);
    *program =
        (struct daemon_program){.path = path, .argv = argv, .number = number, .background = background};
}
