#include "base/log_start.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_hint.h"

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

int log_start(const char *program, const char *where, enum log_level level, bool background)
{
    if (where ? strcmp(where, "syslog") == 0 : background) {
        int error = log_open_syslog(NULL, level);
        if (error < 0)
            fprintf(
                stderr,
                "%s: no syslog daemon answers at /dev/log: %s: the log is lost until one does; install one, or set log = /var/log/%s.log in the configuration\n",
                program, strerror(-error), program);
        return 0;
    }
    enum log_style style = !where && is_journal(STDERR_FILENO) ? LOG_STYLE_PRIORITY : LOG_STYLE_TIMED;
    char words[ERROR_WORDS_BYTES];
    int error = log_open(where, style, level);
    if (error < 0)
        fprintf(stderr, "%s: cannot open the log %s: %s\n", program, where ? where : "on standard error",
                where ? error_words_of_path(error, where, words) : error_words(error, words));
    else
        log_never_block();
    return error;
}
