/* fleet_view.h - camd-mqtt --fleet: all nodes and cameras, from what the broker keeps */
#ifndef CAMD_MQTT_FLEET_VIEW_H
#define CAMD_MQTT_FLEET_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "mqtt/mqtt_settings.h"

struct fleet_view_wish {
    const char *host; /* of another broker than the settings', HOST or HOST:PORT; NULL: the settings' */
    const char *password;
    int64_t timeout_ms;
    bool json;
};

/* Prints; the exit status: 0, or 1 with the reason on standard error. */
int fleet_view_run(const struct mqtt_settings *settings, const struct fleet_view_wish *wish);

#endif
