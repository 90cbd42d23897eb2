/* config_flat.h - zones and masks that nothing is within */
#ifndef CAMD_CONFIG_CONFIG_FLAT_H
#define CAMD_CONFIG_CONFIG_FLAT_H

#include "config/config.h"

/*
 * A sentence for each zone and mask whose corners all lie on one line. With defaults, those that it has just as they have are
 * left out; NULL: none are. A camera without a name is [defaults] itself.
 */
void config_warn_flat(const struct config_camera *camera, const struct config_camera *defaults,
                      config_warning *warn, void *context);

#endif
