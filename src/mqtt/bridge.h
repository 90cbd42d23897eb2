/* bridge.h - between camd and the broker: events in their order, and what the broker keeps */
#ifndef CAMD_MQTT_BRIDGE_H
#define CAMD_MQTT_BRIDGE_H

#include "companion/companion.h"

struct bridge;

/* password: of the user at the broker, the caller's, or NULL. 0 or -errno, logged. */
int bridge_new(struct bridge **bridge, struct companion *companion, const char *password);
/* Says goodbye to the broker and ends the loop, within two seconds. */
void bridge_stop(struct bridge *bridge);
void bridge_free(struct bridge *bridge);

#endif
