/* capture_sandbox.h - what capture needs of the machine, by the kind of its input */
#ifndef CAMD_CAPTURE_CAPTURE_SANDBOX_H
#define CAMD_CAPTURE_CAPTURE_SANDBOX_H

#include <stdbool.h>

#include "capture/capture_settings.h"
#include "capture/peers.h"
#include "sandbox/sandbox.h"

/*
 * wish is zero; it refers to settings, which must outlive it. *needs_devices: the groups of devices are kept.
 */
void capture_sandbox_wish(const struct settings *settings, const struct peers *peers,
                          struct sandbox_wish *wish, bool *needs_devices);

#endif
