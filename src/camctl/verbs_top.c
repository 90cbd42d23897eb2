/* verbs_top.c - top: camd-top is executed, so that camctl itself links nothing for it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/libexec.h"
#include "base/text.h"
#include "camctl/command.h"

enum { WORDS_MAX = 16 };

struct words {
    const char *list[WORDS_MAX];
    size_t count;
};

/* value NULL: the option has none. */
static void add(struct words *words, const char *option, const char *value)
{
    words->list[words->count++] = option;
    if (value)
        words->list[words->count++] = value;
    words->list[words->count] = NULL;
}

static enum status fail(struct command *command, const char *path)
{
    return status_fail(&command->error, "failed",
                       errno == ENOENT ? "this camctl was built without it: it needs ncurses" : NULL,
                       "%s cannot be started: %s", path, strerror(errno));
}

enum status verbs_top(struct command *command)
{
    const struct options *options = command->options;
    char *path = libexec_program("camd-top"), timeout[TEXT_NUMBER_BYTES];
    struct words words = {.count = 0};
    if (!path)
        return status_fail(&command->error, "failed", NULL, "memory is short");
    text_from_double(timeout, (double)command_timeout_ms(command) / 1000);
    add(&words, path, NULL);
    add(&words, "--socket", command_socket(command));
    add(&words, "--timeout", timeout);
    if (options->sort)
        add(&words, "--sort", options->sort);
    if (options->every)
        add(&words, "--every", options->every);
    if (options->given[OPTION_ONCE])
        add(&words, "--once", NULL);
    if (options->given[OPTION_JSON])
        add(&words, "--json", NULL);
    if (options->given[OPTION_UTC])
        add(&words, "--utc", NULL);
    fflush(stdout);
    execv(path, (char *const *)words.list); /* which does not write to them */
    enum status status = fail(command, path);
    free(path);
    return status;
}
