/* start.h - what main.c and main_upgrade.c share: camd's options, its log, and the arguments of the program that follows */
#ifndef CAMD_DAEMON_START_H
#define CAMD_DAEMON_START_H

#include <stdbool.h>

#include "daemon/daemon.h"

struct config;

struct options {
    const char *config_path, *pid_path;
    bool background, check, verbose, show_secrets, respawn;
    bool is_respawned;      /* the parent of --respawn has started us: it listens on RESPAWN_FD */
    bool checks_handoff;    /* we are only to say whether we could take over */
    const char *takes_over; /* number of the descriptor with what we take over; NULL: we start from nothing */
};

/* background: started with -d. 0 or -errno, which was printed. */
int start_log(const struct config *config, bool verbose, bool background);
/* The path of this program, as it was found when it was started; the caller's to free. NULL: it can't be found. */
char *start_program_path(void);

enum { START_WORDS = 9 };

/* "camd WORD [NUMBER]" and the options that hold for as long as camd runs. number may be NULL; neither is copied. */
void start_arguments(const struct options *options, char *word, char *number, char *argv[START_WORDS]);

/* What the next upgrade executes, of which there is one a process; path is taken over, NULL: it is not known. */
void start_upgrade_program(const struct options *options, char *path, bool background,
                           struct daemon_program *program);

/* ---- main_upgrade.c ---- */

/* --take-over and --check-handoff: the exit status. */
int upgrade_run(const struct options *options);
int upgrade_check(void);

#endif
