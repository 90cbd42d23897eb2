/* companion_private.h - the parts of companion_main, for this room only */
#ifndef CAMD_COMPANION_COMPANION_PRIVATE_H
#define CAMD_COMPANION_COMPANION_PRIVATE_H

#include "companion/companion.h"

struct companion_start {
    const char *config_path, *pid_path;
    bool background, check, verbose, show_secrets;
};

/* -1 to go on, or the exit status; what there is to say has been printed. */
int companion_parse_options(const struct companion_program *program, int argc, char **argv,
                            struct companion_start *start);

/*
 * Becomes the settings' user and gives up what is not needed; *state says what is in force. 0 or -errno, with what is
 * wrong on standard error.
 */
int companion_confine(const struct companion_program *program, const struct companion_settings *settings,
                      const struct companion_start *start, struct sandbox_state *state);

#endif
