/* mqtt_settings.h - /etc/camd/mqtt.ini */
#ifndef CAMD_MQTT_MQTT_SETTINGS_H
#define CAMD_MQTT_MQTT_SETTINGS_H

#include "companion/companion.h"
#include "config/config_plain.h"
#include "mqtt/broker.h"

struct mqtt_settings {
    struct companion_settings common;
    char *broker, *username, *password_file, *ca_file, *certificate_file, *key_file;
    char *node, *prefix, *discovery_prefix, *state_dir, *commands;
    int64_t port, keepalive_ms, queue_events;
    bool tls, pictures;
};

extern const struct config_plain mqtt_plain;

enum { MQTT_HOST_MOST = 253 };
/*
 * Whether it is a name or an address alone. A broker's host is shown as it is, in the log and by --fleet: a URL with a
 * password must not get there.
 */
bool mqtt_is_host(const char *text);
/* The port of the key, or MQTT's own. */
int mqtt_port(const struct mqtt_settings *settings);
/* Strings stay the settings'. */
struct broker_address mqtt_address(const struct mqtt_settings *settings, const char *password);
/* Whether the key `commands` has that word. */
bool mqtt_takes_command(const struct mqtt_settings *settings, const char *word);
/* The node's name: the key's, or the machine's, as far as it can be one. */
enum { MQTT_NODE_BYTES = 41 };
void mqtt_node_name(const struct mqtt_settings *settings, char name[MQTT_NODE_BYTES]);

#endif
