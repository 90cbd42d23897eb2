/* reload.h - reading the configuration again, and what that does to the cameras */
#ifndef CAMD_DAEMON_CAMERA_RELOAD_H
#define CAMD_DAEMON_CAMERA_RELOAD_H

#include <jansson.h>

struct config_problems;
struct fleet;
struct services;

/*
 * Reads the configuration again and applies the difference, as the log tells; nothing changes when it has problems
 * (left in problems) or memory is short. What was begun then (workers that stop, segments that are made) goes on.
 * report, a new reference: {added, removed, changed, unchanged, restart_needed, cameras: [{name, change, text}]}.
 */
int reload_configuration(struct services *services, struct fleet *fleet, struct config_problems *problems,
                         json_t **report);
/* Logs what config_warn has to say of the configuration. */
void reload_warn(const struct services *services);

#endif
