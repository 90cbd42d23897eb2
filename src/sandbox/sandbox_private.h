/* sandbox_private.h - the parts of a sandbox, for this room only */
#ifndef CAMD_SANDBOX_SANDBOX_PRIVATE_H
#define CAMD_SANDBOX_SANDBOX_PRIVATE_H

#include "sandbox/sandbox.h"

/* Landlock, as far as the kernel has it: state says how far. no_new_privs is set. */
void sandbox_restrict_paths(const struct sandbox_wish *wish, struct sandbox_state *state);
/* The filter of calls, for all threads that there are and that come. */
void sandbox_restrict_calls(const struct sandbox_wish *wish, struct sandbox_state *state);

#endif
