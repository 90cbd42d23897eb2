/*
 * verbs_fleet.c - fleet: all machines at a broker
 *
 * camctl knows no broker: camd-mqtt does, which is executed in its place, with mqtt.ini as it has it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/libexec.h"
#include "base/text.h"
#include "camctl/command.h"

static const char program[] = "camd-mqtt";

/* It is a daemon, too, and so where camd is; a build that is not installed has it beside the workers. */
static char *program_path(void)
{
    return getenv("CAMD_LIBEXECDIR") ? libexec_program(program) : text_format("%s/%s", CAMD_SBINDIR, program);
}

enum { WORDS_MAX = 10 };

enum status verbs_fleet(struct command *command)
{
    const struct options *options = command->options;
    char timeout[TEXT_NUMBER_BYTES], *path = program_path();
    const char *words[WORDS_MAX] = {program, "--fleet"};
    size_t count = 2;
    if (options->host) {
        words[count++] = "--host";
        words[count++] = options->host;
    }
    if (options->given[OPTION_JSON])
        words[count++] = "--json";
    if (options->given[OPTION_TIMEOUT]) {
        text_from_double(timeout, options->timeout_s);
        words[count++] = "--timeout";
        words[count++] = timeout;
    }
    if (path)
        execv(path, (char *const *)words);
    enum status status =
        status_fail(&command->error, "failed", "install the package camd-mqtt", "%s cannot be executed: %s",
                    path ? path : program, strerror(path ? errno : ENOMEM));
    free(path);
    return status;
}
