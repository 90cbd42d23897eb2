/*
 * companion.h - a program beside the daemon: from its options to its loop
 *
 * A companion describes itself with a struct companion_program; companion_main does the rest: options, the configuration
 * file, going into the background, the user, the sandbox, the log, signals, the pid file and the notices to systemd.
 */
#ifndef CAMD_COMPANION_COMPANION_H
#define CAMD_COMPANION_COMPANION_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/sandbox.h"

struct companion_files;
struct config_plain;

/* The first member of every companion's settings; see companion_keys.h. */
struct companion_settings {
    char *socket, *user, *log, *sandbox;
    int64_t log_level;
};

struct companion {
    struct ev_loop *loop;
    const void *settings; /* of the program's kind */
    int status;           /* of the exit */
};

/* An option of the program's own. */
struct companion_option {
    const char *name;      /* of the long option */
    char letter;           /* of the short one; 0: none */
    const char *operand;   /* what follows it, for the usage; NULL: nothing */
    const char *summary;   /* for the usage */
    const char **argument; /* where it goes: the operand, or "" */
};

struct companion_program {
    const char *name;    /* camd-mqtt */
    const char *summary; /* one sentence for the usage */
    const char *file;    /* the configuration that is read without -c, if it is there */
    const struct config_plain *plain;
    size_t settings_size;
    const struct companion_option *options;
    size_t option_count;

    /* Whether the options go together: 0, or the exit status, with what is wrong printed. May be NULL. */
    int (*check_options)(void);
    /*
     * Reads the files that the settings name, as who started it, and looks at others, before anything is begun and with
     * -n: what is wrong is a problem there. May be NULL.
     */
    void (*read_files)(const void *settings, const struct companion_files *files);
    /* Whether it is only asked to show something: then its user and the log are not looked at. May be NULL: no. */
    bool (*shows_only)(void);
    /*
     * Instead of running: -1, or the exit status, with the configuration and the files read and nothing else done. May be
     * NULL.
     */
    int (*instead)(const void *settings);
    /*
     * As who started it, before anything is given up: ports below 1024. 0 or -errno, with
     * what is wrong printed on standard error. May be NULL.
     */
    int (*prepare)(const void *settings);
    /* What it needs beyond camd's socket, the log and the shared libraries. False: too much. */
    bool (*wish)(const void *settings, struct sandbox_wish *wish);
    /* The log is open, and what is not needed is given up. 0 and *context, or -errno, logged. */
    int (*start)(struct companion *companion, void **context);
    /* SIGTERM or SIGINT: ends the loop with companion_end, at once or after a bounded time. A second signal ends it. */
    void (*stop)(void *context);
    void (*free)(void *context);
};

int companion_main(const struct companion_program *program, int argc, char **argv);
/* Ends the loop; companion_main returns that status. */
void companion_end(struct companion *companion, int status);

#endif
