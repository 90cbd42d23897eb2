/* watch.h - doing something again and again: --watch */
#ifndef CAMD_CAMCTL_WATCH_H
#define CAMD_CAMCTL_WATCH_H

#include "camctl/command.h"

/* One time. What it has to keep for the next one is its own. */
typedef enum status watch_round(struct command *command, void *context);
/* What it has kept is to be thrown away: it failed, or it is over. */
typedef void watch_reset(void *context);

/*
 * Calls round every watch_s seconds until a signal ends camctl. A round that fails because camd is away or a camera
 * is dark is tried again, each second, and said on standard error once; anything else ends it, as does a failure of
 * the first round that waiting does not cure.
 */
enum status watch_run(struct command *command, watch_round *round, watch_reset *reset, void *context);

#endif
