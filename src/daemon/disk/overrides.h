/*
 * overrides.h - what `enable` and `disable` said, kept over restarts
 *
 * A small JSON file in state_dir: {"NAME": true|false, …}. It wins over the configuration's `enabled`. Written
 * durably without blocking the loop (persist.h); a file that can't be read is set aside and said so, and cameras start
 * as the configuration has it.
 */
#ifndef CAMD_DAEMON_DISK_OVERRIDES_H
#define CAMD_DAEMON_DISK_OVERRIDES_H

#include <stdbool.h>

struct overrides;
struct persist;

/* 0 or -errno. state_dir is copied. */
int overrides_new(struct overrides **overrides, const char *state_dir, struct persist *persist);
void overrides_free(struct overrides *overrides);

bool overrides_enabled(const struct overrides *overrides, const char *camera, bool configured);
/* 0 when it is on its way to the disk, or -errno and nothing has changed. */
int overrides_set(struct overrides *overrides, const char *camera, bool enabled);
/* The camera is gone for good. */
void overrides_forget(struct overrides *overrides, const char *camera);

#endif
