#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "companion/companion_private.h"

enum {
    OPTION_SHOW_SECRETS = 256,
    OPTION_VERSION,
    OPTION_OWN, /* and those behind it: the program's own */
    OPTIONS_MAX = 16,
    LETTERS_MAX = 32,
};

static const struct option shared[] = {
    {"help", no_argument, NULL, 'h'},
    {"show-secrets", no_argument, NULL, OPTION_SHOW_SECRETS},
    {"version", no_argument, NULL, OPTION_VERSION},
};
enum { SHARED_COUNT = sizeof(shared) / sizeof(shared[0]) };

static void usage(const struct companion_program *program, FILE *out)
{
    fprintf(out,
            "usage: %s [-d] [-v] [-c FILE] [-p PIDFILE]\n"
            "       %s -n [-v [--show-secrets]] [-c FILE]\n"
            "%s\n"
            "  -c FILE         configuration (%s)\n"
            "  -d              run in the background; returns when it runs, or says why it cannot\n"
            "  -n              check the configuration and exit; with -v print all of it\n"
            "  -p PIDFILE      write the process's number there\n"
            "  -v              log more\n"
            "  --show-secrets  print passwords, too\n"
            "  --version\n",
            program->name, program->name, program->summary, program->file);
    for (size_t i = 0; i < program->option_count; i++) {
        const struct companion_option *own = &program->options[i];
        char title[64], letter[8] = "";
        if (own->letter)
            snprintf(letter, sizeof(letter), "-%c, ", own->letter);
        snprintf(title, sizeof(title), "%s--%s%s%s", letter, own->name, own->operand ? " " : "",
                 own->operand ? own->operand : "");
        fprintf(out, "  %-15s %s\n", title, own->summary);
    }
}

/* The tables that getopt_long reads: ours, then the program's. */
static void make_tables(const struct companion_program *program, struct option longs[OPTIONS_MAX],
                        char letters[LETTERS_MAX])
{
    memcpy(longs, shared, sizeof(shared));
    size_t length = (size_t)snprintf(letters, LETTERS_MAX, "c:dhnp:v");
    for (size_t i = 0; i < program->option_count && SHARED_COUNT + i < OPTIONS_MAX - 1; i++) {
        const struct companion_option *own = &program->options[i];
        longs[SHARED_COUNT + i] = (struct option){own->name, own->operand ? required_argument : no_argument,
                                                  NULL, OPTION_OWN + (int)i};
        if (own->letter && length < LETTERS_MAX)
            length += (size_t)snprintf(letters + length, LETTERS_MAX - length, "%c%s", own->letter,
                                       own->operand ? ":" : "");
    }
}

static void take_own(const struct companion_program *program, int option)
{
    for (size_t i = 0; i < program->option_count; i++) {
        const struct companion_option *own = &program->options[i];
        if (option == OPTION_OWN + (int)i || (own->letter && option == own->letter)) {
            *own->argument = optarg ? optarg : "";
            return;
        }
    }
}

static int refuse(const struct companion_program *program, char *const argv[])
{
    char shown[SECRET_OPTION_BYTES];
    fprintf(stderr, "%s: " SECRET_OPTION_REFUSED "\n", program->name, secret_refused_option(argv, shown));
    usage(program, stderr);
    return 2;
}

/* -1 to go on, or the exit status. */
static int take(const struct companion_program *program, int option, struct companion_start *start)
{
    switch (option) {
    case 'c':
        start->config_path = optarg;
        return -1;
    case 'd':
        start->background = true;
        return -1;
    case 'n':
        start->check = true;
        return -1;
    case 'p':
        start->pid_path = optarg;
        return -1;
    case 'v':
        start->verbose = true;
        return -1;
    case OPTION_SHOW_SECRETS:
        start->show_secrets = true;
        return -1;
    case OPTION_VERSION:
        printf("%s " CAMD_VERSION "\n", program->name);
        return 0;
    case 'h':
        usage(program, stdout);
        return 0;
    default:
        take_own(program, option);
        return -1;
    }
}

int companion_parse_options(const struct companion_program *program, int argc, char **argv,
                            struct companion_start *start)
{
    struct option longs[OPTIONS_MAX] = {0};
    char letters[LETTERS_MAX];
    int option;
    make_tables(program, longs, letters);
    opterr = 0;
    while ((option = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        int status = option == '?' ? refuse(program, argv) : take(program, option, start);
        if (status >= 0)
            return status;
    }
    if (optind == argc)
        return -1;
    char *shown = secret_redact_value(argv[optind]);
    fprintf(stderr, "%s: %s: it takes no operands\n", program->name, shown ? shown : "***");
    free(shown);
    return 2;
}
